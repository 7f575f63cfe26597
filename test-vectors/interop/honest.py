"""Makes good PSBTs for wallets that somebody else registered: one JSON object in, one out, on each line.

  {"case": N, "maker": NAME, "m": M, "descriptors": [..], "payees": [..], "tip": HEIGHT, "inputs": N}
      ->  {"psbt": HEX, "version": 0 | 2, "inputs": N, "payments": N, "change": true | false}

A wallet is known by its descriptors alone, one for each address, of plain keys: those of receiving,
then as many for change. A payee is a script. A case is made from what is asked alone: the same
question has the same answer. What the PSBT holds is chosen here, and written by the maker: embit,
libwally or bitcoinjs-lib (which knows version 0 only).

Example:
  echo '{"case": 0, ..}' | honest.py --seed himuro
"""

import argparse
import functools
import json
import random
import sys

from embit.descriptor import Descriptor

from corpus import WEIGHT, previous, said, split
from libraries import library

# The least that anybody is paid, and the least that a coin is worth: fees stay small beside it.
LEAST = 20_000
COIN = 5_000_000


class Registered:
    """A wallet by its descriptors."""

    def __init__(self, m, descriptors):
        self.m = m
        half = len(descriptors) // 2
        self.chains = [descriptors[:half], descriptors[half:]]
        self.addresses = half
        self.keys = len(self.known(0, 0).keys)
        self.wrapped = self.known(0, 0).is_wrapped

    @functools.cache
    def known(self, chain, index):
        return Descriptor.from_string(self.chains[chain][index].split("#")[0])

    @functools.cache
    def address(self, chain, index):
        descriptor = self.known(chain, index)
        redeem = descriptor.redeem_script().data.hex() if descriptor.is_wrapped else None
        return {
            "chain": chain,
            "index": index,
            "script": descriptor.script_pubkey().data.hex(),
            "witness_script": descriptor.witness_script().data.hex(),
            "redeem_script": redeem,
            "origins": [
                [key.sec().hex(), key.fingerprint.hex(), key.origin.derivation]
                for key in descriptor.keys
            ],
        }

    def input_weight(self):
        stripped = 41 + 35 if self.wrapped else 41
        return 4 * stripped + 8 + 73 * self.m + 34 * self.keys

    def most_inputs(self):
        return (WEIGHT - 20_000) // self.input_weight()


@functools.cache
def wallet(m, descriptors):
    return Registered(m, descriptors)


def plan(seed, asked):
    """What the PSBT is to hold."""
    paying = wallet(asked["m"], tuple(asked["descriptors"]))
    rng = random.Random(f"{seed}/{asked['case']}")
    version = 0 if asked["maker"] == "bitcoinjs" else rng.choice((0, 2))
    fully = rng.random() < 0.6
    sequences = rng.choice(([0xFFFFFFFD], [0xFFFFFFFE], [0xFFFFFFFF], [0xFFFFFFFD, 0xFFFFFFFE]))
    inputs, total = [], 0
    for _ in range(min(asked["inputs"], paying.most_inputs())):
        address = paying.address(rng.choice((0, 0, 1)), rng.randrange(paying.addresses))
        amount = rng.choice((rng.randrange(COIN, 10**8), rng.randrange(10**8, 10**9)))
        tx, vout = previous(rng, address["script"], amount)
        inputs.append(said(rng, address, fully) | {
            "previous": tx,
            "vout": vout,
            "sequence": rng.choice(sequences),
            "witness_utxo": fully or rng.random() < 0.5,
            "required_height": None,
        })
        total += amount
    payments, change = rng.choice(((1, 0), (1, 1), (1, 1), (2, 1), (3, 0), (0, 1), (20, 1)))
    payees = rng.sample(asked["payees"], payments)
    size = (60 + 44 * (payments + change)) * 4 + len(inputs) * paying.input_weight()
    fee = min(size * rng.randint(4, 120) // 16, total // 500)
    returned = rng.randrange(LEAST, total // 2) if payments and change else 0
    paid = total - fee - returned
    amounts = [LEAST + part for part in split(rng, paid - LEAST * len(payees), payments)] if payments else []
    outputs = [{"amount": amount, "script": payee} for amount, payee in zip(amounts, payees)]
    if change:
        address = paying.address(1, rng.randrange(paying.addresses))
        outputs.append({"amount": total - fee - sum(amounts)} | said(rng, address, fully))
    rng.shuffle(outputs)
    return {
        "version": version,
        "tx_version": 2 if version == 2 else rng.choice((1, 2)),
        "lock_time": rng.choice((0, 0, 1, asked["tip"] - rng.randrange(1_000), asked["tip"])),
        "inputs": inputs,
        "outputs": outputs,
    }


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seed", required=True)
    seed = parser.parse_args().seed
    for line in sys.stdin:
        asked = json.loads(line)
        made = plan(seed, asked)
        change = sum("index" in output for output in made["outputs"])
        print(json.dumps({
            "psbt": library(asked["maker"]).make(made).hex(),
            "version": made["version"],
            "inputs": len(made["inputs"]),
            "payments": len(made["outputs"]) - change,
            "change": change == 1,
        }), flush=True)


if __name__ == "__main__":
    main()
