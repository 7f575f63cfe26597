"""Builds an unsigned PSBT for a wallet that is known by its descriptors alone.

Files, all JSON lists:
  descriptors  one text per address: wsh(sortedmulti(..)) or sh(wsh(sortedmulti(..))) of plain keys
  coins        {"prev_tx_hex": .., "vout": .., "descriptor_index": ..}
  outputs      {"amount_sat": .., and one of "address", "script_hex", "descriptor_index" (change)}

Example:
  build.py --library embit --version 2 --descriptors d.json --coins c.json --outputs o.json --out a.psbt
"""

import argparse
import json
from pathlib import Path

from libraries import LIBRARIES, library


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--library", choices=LIBRARIES, required=True)
    parser.add_argument("--version", choices=(0, 2), type=int, required=True)
    parser.add_argument("--descriptors", type=Path, required=True)
    parser.add_argument("--coins", type=Path, required=True)
    parser.add_argument("--outputs", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    descriptors, coins, outputs = (
        json.loads(path.read_text())
        for path in (arguments.descriptors, arguments.coins, arguments.outputs)
    )
    made = library(arguments.library).build(arguments.version, descriptors, coins, outputs)
    arguments.out.write_bytes(made)


if __name__ == "__main__":
    main()
