"""The roles of BIP 174 and BIP 370, played by embit."""

from io import BytesIO

from embit import ec, script
from embit.descriptor import Descriptor
from embit.finalizer import finalize_psbt
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
