"""The creator and updater of BIP 174, played by bitcoinjs-lib in a program of its own."""

import functools
import json
import subprocess
from pathlib import Path


@functools.cache
def program():
    maker = Path(__file__).resolve().with_name("bitcoinjs.mjs")
    return subprocess.Popen(
        ["node", str(maker)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def make(plan):
    """A PSBT of version 0, as its plan says."""
    assert plan["version"] == 0
    node = program()
    node.stdin.write(json.dumps(plan) + "\n")
    node.stdin.flush()
    return bytes.fromhex(node.stdout.readline().strip())
