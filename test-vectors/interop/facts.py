"""Says what a PSBT does, twice: by embit and by libwally. One JSON object on each line, in and out.

In: {"psbt": hex, "descriptors": [..], "places": [[chain, index] of each input]}.
Out: {"embit": facts, "wally": facts}: txid, version and lock time of the transaction, its fee, and
amount, script and address of every input and output; of every input the sighash (BIP-143, ALL) over
the script that the library makes of the descriptor, whatever the PSBT names.

Example:
  corpus.py .. | facts.py
"""

import json
import sys

from libraries import LIBRARIES, library


def main():
    for line in sys.stdin:
        asked = json.loads(line)
        psbt = bytes.fromhex(asked["psbt"])
        facts = {
            name: library(name).facts(psbt, tuple(asked["descriptors"]), asked["places"])
            for name in LIBRARIES
        }
        print(json.dumps(facts), flush=True)


if __name__ == "__main__":
    main()
