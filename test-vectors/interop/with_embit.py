"""The roles of BIP 174 and BIP 370, played by embit."""

import functools
from io import BytesIO

from embit import ec, script
from embit.descriptor import Descriptor
from embit.finalizer import finalize_psbt
from embit.networks import NETWORKS
from embit.psbt import PSBT, DerivationPath
from embit.transaction import Transaction, TransactionInput, TransactionOutput


def build(version, descriptors, coins, outputs):
    wallet = [Descriptor.from_string(text.split("#")[0]) for text in descriptors]
    previous = [Transaction.parse(bytes.fromhex(coin["prev_tx_hex"])) for coin in coins]
    transaction = Transaction(
        version=2,
        vin=[
            TransactionInput(tx.txid(), coin["vout"], sequence=0xFFFFFFFD)
            for tx, coin in zip(previous, coins)
        ],
        vout=[TransactionOutput(out["amount_sat"], output_script(wallet, out)) for out in outputs],
    )
    # embit keeps version 0 as "no version field".
    psbt = PSBT(transaction, version=2 if version == 2 else None)
    for scope, tx, coin in zip(psbt.inputs, previous, coins):
        scope.non_witness_utxo = tx
        scope.witness_utxo = tx.vout[coin["vout"]]
        describe(scope, wallet[coin["descriptor_index"]])
    for scope, out in zip(psbt.outputs, outputs):
        if "descriptor_index" in out:
            describe(scope, wallet[out["descriptor_index"]])
    return psbt.serialize()


def output_script(wallet, out):
    if "descriptor_index" in out:
        return wallet[out["descriptor_index"]].script_pubkey()
    if "script_hex" in out:
        return script.Script(bytes.fromhex(out["script_hex"]))
    return script.address_to_scriptpubkey(out["address"])


def describe(scope, descriptor):
    """Scripts and key origins of one address of the wallet."""
    scope.witness_script = descriptor.witness_script()
    if descriptor.is_wrapped:
        scope.redeem_script = descriptor.redeem_script()
    for key in descriptor.keys:
        public = ec.PublicKey.parse(key.sec())
        scope.bip32_derivations[public] = DerivationPath(key.fingerprint, key.origin.derivation)


def sign(psbt_bytes, secrets):
    psbt = PSBT.parse(psbt_bytes)
    for secret in secrets:
        psbt.sign_with(ec.PrivateKey(secret))
    return psbt.serialize()


def combine(parts):
    """All parts in one; embit has no combiner, its scopes have one."""
    first, *others = [PSBT.read_from(BytesIO(part)) for part in parts]
    for other in others:
        first.unknown.update(other.unknown)
        for mine, theirs in zip(first.inputs + first.outputs, other.inputs + other.outputs):
            mine.update(theirs)
    return first.serialize()


def finalize(combined):
    final = finalize_psbt(PSBT.parse(combined))
    if final is None:
        raise SystemExit("embit: not enough signatures for every input")
    return final.serialize()


def make(plan):
    """A PSBT of the corpus, as its plan says."""
    previous = [Transaction.parse(bytes.fromhex(each["previous"])) for each in plan["inputs"]]
    transaction = Transaction(
        version=plan["tx_version"],
        locktime=plan["lock_time"],
        vin=[
            TransactionInput(tx.txid(), each["vout"], sequence=each["sequence"])
            for tx, each in zip(previous, plan["inputs"])
        ],
        vout=[
            TransactionOutput(each["amount"], script.Script(bytes.fromhex(each["script"])))
            for each in plan["outputs"]
        ],
    )
    psbt = PSBT(transaction, version=2 if plan["version"] == 2 else None)
    for scope, tx, each in zip(psbt.inputs, previous, plan["inputs"]):
        scope.non_witness_utxo = tx
        if each["witness_utxo"]:
            scope.witness_utxo = tx.vout[each["vout"]]
        say(scope, each)
    for scope, each in zip(psbt.outputs, plan["outputs"]):
        say(scope, each)
    return psbt.serialize()


def say(scope, plan):
    for field in ("witness_script", "redeem_script"):
        if plan.get(field):
            setattr(scope, field, script.Script(bytes.fromhex(plan[field])))
    for key, fingerprint, path in plan.get("origins", ()):
        public = ec.PublicKey.parse(bytes.fromhex(key))
        scope.bip32_derivations[public] = DerivationPath(bytes.fromhex(fingerprint), path)


def facts(psbt_bytes, descriptors, places):
    """What a PSBT does, by embit's reading of it."""
    psbt = PSBT.parse(psbt_bytes)
    tx = psbt.tx
    tx.locktime = lock_time(psbt)
    coins = [scope.non_witness_utxo for scope in psbt.inputs]
    spent = [coin.vout[vin.vout] for coin, vin in zip(coins, tx.vin)]
    inputs = [
        {
            "txid": vin.txid.hex(),
            "vout": vin.vout,
            "sequence": vin.sequence,
            **output_facts(coin),
            "sighash": tx.sighash_segwit(
                place, at(descriptors, *where).witness_script(), coin.value
            ).hex(),
        }
        for place, (vin, coin, where) in enumerate(zip(tx.vin, spent, places))
    ]
    assert all(coin.txid() == vin.txid for coin, vin in zip(coins, tx.vin))
    return {
        "txid": tx.txid().hex(),
        "tx_version": tx.version,
        "lock_time": tx.locktime,
        "fee_sat": sum(coin.value for coin in spent) - sum(out.value for out in tx.vout),
        "inputs": inputs,
        "outputs": [output_facts(out) for out in tx.vout],
    }


def output_facts(out):
    return {
        "amount_sat": out.value,
        "script": out.script_pubkey.data.hex(),
        "address": address(out.script_pubkey.data),
    }


@functools.lru_cache(10_000)
def address(pays_to):
    return script.Script(pays_to).address(NETWORKS["main"])


def lock_time(psbt):
    """BIP-370: the highest that an input requires, else the fallback. embit reads only the latter."""
    required = [scope.unknown.get(b"\x12") for scope in psbt.inputs]
    heights = [int.from_bytes(height, "little") for height in required if height]
    return max(heights, default=psbt.locktime or 0)


@functools.cache
def at(descriptors, chain, index):
    """The descriptor of one address: of a ranged one, or out of a list of both chains."""
    if len(descriptors) == 1:
        return ranged(descriptors[0]).derive(index, branch_index=chain)
    return ranged(descriptors[chain * (len(descriptors) // 2) + index])


@functools.cache
def ranged(text):
    return Descriptor.from_string(text.split("#")[0])
