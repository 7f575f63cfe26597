"""Combines signed PSBTs and finalizes them to a transaction.

Example:
  finish.py --library wally --psbts a.psbt b.psbt --out final.hex
"""

import argparse
from pathlib import Path

from libraries import LIBRARIES, library


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--library", choices=LIBRARIES, required=True)
    parser.add_argument("--psbts", nargs="+", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    means = library(arguments.library)
    combined = means.combine([path.read_bytes() for path in arguments.psbts])
    arguments.out.write_text(means.finalize(combined).hex() + "\n")


if __name__ == "__main__":
    main()
