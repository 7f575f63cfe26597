"""Writes good PSBTs of many shapes, one JSON object on each line.

A case is made from its number and the seed alone. Every threshold of every multisig up to 15 keys
comes up, as wsh and sh-wsh, of ranged and of plain descriptors; versions 0 and 2; lock times,
sequences, change, and PSBTs that say less than they could. embit and libwally write two thirds of
them; of the rest only the plan is given, for another maker.

Example:
  corpus.py --seed himuro --first 0 --step 1 --count 300 --most 500
"""

import argparse
import functools
import json
import random

from embit import bip32, hashes, script
from embit.descriptor.checksum import add_checksum
from embit.transaction import Transaction, TransactionInput, TransactionOutput
from embit.script import Script, Witness

from libraries import LIBRARIES, library

ADDRESSES = 20
ACCOUNT = "48h/0h/0h/2h"
QUORUMS = [(m, n) for n in range(1, 16) for m in range(1, n + 1)]
MAKERS = (*LIBRARIES, "ours")
# Below what nodes relay, with room for outputs.
WEIGHT = 380_000


@functools.cache
def signer(number):
    root = bip32.HDKey.from_seed(hashes.tagged_hash("himuro/corpus", bytes([number])))
    return root.my_fingerprint, root.derive(f"m/{ACCOUNT}")


@functools.cache
def key(number, chain, index):
    """Secret, public key and origin of one key."""
    fingerprint, account = signer(number)
    private = account.derive([chain, index]).key
    path = [step + (1 << 31) for step in (48, 0, 0, 2)] + [chain, index]
    return private.secret, private.get_public_key().sec(), fingerprint, path


class Wallet:
    """One m-of-n of some of the fifteen signers."""

    def __init__(self, m, n, wrapped, ranged):
        self.name = f"{m}-of-{n}-{'sh-wsh' if wrapped else 'wsh'}-{'ranged' if ranged else 'plain'}"
        self.m, self.wrapped, self.ranged = m, wrapped, ranged
        self.signers = random.Random(self.name).sample(range(15), n)

    @functools.cache
    def descriptors(self):
        if self.ranged:
            return [self.descriptor(self.extended_key)]
        places = [(chain, index) for chain in (0, 1) for index in range(ADDRESSES)]
        return [self.descriptor(lambda number: self.plain_key(number, *at)) for at in places]

    def descriptor(self, text_of):
        keys = ",".join(text_of(number) for number in self.signers)
        inner = f"wsh(sortedmulti({self.m},{keys}))"
        return add_checksum(f"sh({inner})" if self.wrapped else inner)

    @staticmethod
    def extended_key(number):
        fingerprint, account = signer(number)
        return f"[{fingerprint.hex()}/{ACCOUNT}]{account.to_public().to_base58()}/<0;1>/*"

    @staticmethod
    def plain_key(number, chain, index):
        _, public, fingerprint, _ = key(number, chain, index)
        return f"[{fingerprint.hex()}/{ACCOUNT}/{chain}/{index}]{public.hex()}"

    @functools.cache
    def address(self, chain, index):
        keys = sorted((key(n, chain, index) for n in self.signers), key=lambda k: k[1])
        pushes = b"".join(b"\x21" + public for _, public, _, _ in keys)
        n = len(keys)
        witness = bytes([0x50 + self.m]) + pushes + bytes([0x50 + n, 0xAE])
        native = script.p2wsh(Script(witness))
        return {
            "chain": chain,
            "index": index,
            "script": (script.p2sh(native) if self.wrapped else native).data.hex(),
            "spends": witness.hex(),
            "witness_script": witness.hex(),
            "redeem_script": native.data.hex() if self.wrapped else None,
            "origins": [[p.hex(), fp.hex(), path] for _, p, fp, path in keys],
            "secrets": [secret.hex() for secret, _, _, _ in keys[: self.m]],
        }

    def most_inputs(self):
        stripped = 41 + 36 if self.wrapped else 41
        return WEIGHT // (4 * stripped + 10 + 73 * self.m + 34 * len(self.signers))


@functools.cache
def wallet(number):
    m, n = QUORUMS[number % len(QUORUMS)]
    rest = number // len(QUORUMS)
    return Wallet(m, n, rest % 2 == 1, rest // 2 % 2 == 1)


def somebody(rng):
    """A script of each usual form."""
    short, long = rng.randbytes(20), rng.randbytes(32)
    forms = [
        b"\x00\x14" + short,
        b"\x00\x20" + long,
        b"\x76\xa9\x14" + short + b"\x88\xac",
        b"\xa9\x14" + short + b"\x87",
        b"\x51\x20" + long,
    ]
    return rng.choice(forms)


def previous(rng, pays_to, amount):
    """A transaction that pays the coin somewhere among its outputs."""
    vin = [
        TransactionInput(rng.randbytes(32), rng.randrange(4), sequence=rng.getrandbits(32))
        for _ in range(rng.choice((1, 1, 1, 2, 3)))
    ]
    if rng.random() < 0.5:
        for each in vin:
            each.witness = Witness([rng.randbytes(71), rng.randbytes(33)])
    else:
        vin[0].script_sig = Script(rng.randbytes(rng.randrange(1, 110)))
    outputs = 40 if rng.random() < 0.03 else rng.choice((1, 2, 2, 3))
    vout = [
        TransactionOutput(rng.randrange(1, 10**9), Script(somebody(rng))) for _ in range(outputs)
    ]
    place = rng.randrange(outputs)
    vout[place] = TransactionOutput(amount, Script(bytes.fromhex(pays_to)))
    tx = Transaction(version=rng.choice((1, 2)), vin=vin, vout=vout, locktime=rng.choice((0, 800_000)))
    return tx.serialize().hex(), place


def said(rng, address, fully):
    """What a PSBT says of an address: all, or some of it."""
    says = dict(address)
    if not fully:
        if rng.random() < 0.4:
            says["witness_script"] = None
        if rng.random() < 0.4:
            says["redeem_script"] = None
        says["origins"] = [origin for origin in says["origins"] if rng.random() < 0.5]
    return says


def split(rng, total, parts):
    """`parts` amounts that make up the total."""
    cuts = sorted(rng.sample(range(1, total), parts - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total])]


def plan(seed, number, most):
    rng = random.Random(f"{seed}/{number}")
    paying = wallet(number)
    version = rng.choice((0, 2))
    maker = MAKERS[number // 7 % len(MAKERS)]
    count = rng.randint(1, 20) if rng.random() < 0.985 else rng.randint(100, most)
    if paying.name == "2-of-3-wsh-plain":
        count = most
    count = min(count, paying.most_inputs())
    fully = rng.random() < 0.6
    sequences = rng.choice(([0xFFFFFFFD], [0xFFFFFFFE], [0xFFFFFFFF], [0xFFFFFFFD, 0xFFFFFFFE, 0x80000000]))
    inputs, total = [], 0
    for _ in range(count):
        address = paying.address(rng.choice((0, 0, 1)), rng.randrange(ADDRESSES))
        amount = rng.choice((rng.randrange(1_000, 10**7), rng.randrange(10**7, 10**11)))
        tx, vout = previous(rng, address["script"], amount)
        inputs.append(said(rng, address, fully) | {
            "previous": tx,
            "vout": vout,
            "sequence": rng.choice(sequences),
            # BIP-174 lets an updater leave it out where the previous transaction is there.
            "witness_utxo": fully or rng.random() < 0.5,
            "required_height": None,
        })
        total += amount
    heights = version == 2 and maker == "wally" and rng.random() < 0.3
    if heights:
        for each in rng.sample(inputs, rng.randint(1, len(inputs))):
            each["required_height"] = rng.randint(1, 900_000)
    fee = rng.randrange(0, max(total // 50, 2))
    payments, change = rng.choice(((1, 0), (1, 1), (1, 1), (2, 1), (3, 0), (0, 1), (20, 1)))
    amounts = split(rng, total - fee, payments + change) if total - fee > 100 else [total - fee]
    outputs = [{"amount": amount, "script": somebody(rng).hex()} for amount in amounts]
    if change:
        address = paying.address(1, rng.randrange(ADDRESSES))
        outputs[-1] = {"amount": amounts[-1]} | said(rng, address, fully)
    rng.shuffle(outputs)
    return {
        "case": number,
        "maker": maker,
        "wallet": paying.name,
        "m": paying.m,
        "descriptors": paying.descriptors(),
        "version": version,
        "tx_version": 2 if version == 2 else rng.choice((1, 2)),
        "lock_time": rng.choice((0, 0, 1, 840_000, 499_999_999)),
        "inputs": inputs,
        "outputs": outputs,
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", required=True)
    parser.add_argument("--first", type=int, required=True)
    parser.add_argument("--step", type=int, required=True)
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--most", type=int, required=True, help="most inputs, at least 100; few cases have over 20")
    arguments = parser.parse_args()
    last = arguments.first + arguments.count * arguments.step
    for number in range(arguments.first, last, arguments.step):
        case = plan(arguments.seed, number, arguments.most)
        maker = case["maker"]
        case["psbt"] = None if maker == "ours" else library(maker).make(case).hex()
        print(json.dumps(case), flush=True)


if __name__ == "__main__":
    main()
