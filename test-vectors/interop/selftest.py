"""Plays whole payments between the two libraries, so that what they say of ours can be believed.

For wsh and sh(wsh), versions 0 and 2: each library builds, each signs for one of three holders,
each combines (keeping a field of ours that it does not know) and finalizes, and both must arrive at
the same transaction. Keys are made here.
"""

import argparse
import itertools
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from embit import ec
from embit.descriptor import Descriptor
from embit.descriptor.checksum import add_checksum
from embit.hashes import tagged_hash
from embit.networks import NETWORKS
from embit.script import Script
from embit.transaction import Transaction, TransactionInput, TransactionOutput

from libraries import LIBRARIES, library

HERE = Path(__file__).resolve().parent
HOLDERS = 3
COINS = 4
AMOUNT = 150_000
PAYMENT = 400_000
FEE = 3_000
SOMEBODY = Script(bytes.fromhex("0014" + "11" * 20))


def secret(holder, chain, index):
    return tagged_hash("himuro/interop", bytes([holder, chain, index]))


def descriptor(wrapped, chain, index):
    keys = ",".join(
        f"[{0xA0 + holder:02x}000001/7/{chain}/{index}]"
        + ec.PrivateKey(secret(holder, chain, index)).get_public_key().sec().hex()
        for holder in range(HOLDERS)
    )
    inner = f"wsh(sortedmulti(2,{keys}))"
    return add_checksum(f"sh({inner})" if wrapped else inner)


def previous(text):
    """A transaction that pays to the second of its two outputs, with a witness of its own."""
    pays_to = Descriptor.from_string(text.split("#")[0]).script_pubkey()
    tx = Transaction(
        version=2,
        vin=[TransactionInput(tagged_hash("himuro/interop", text.encode()), 0)],
        vout=[TransactionOutput(77_777, SOMEBODY), TransactionOutput(AMOUNT, pays_to)],
    )
    return tx.serialize().hex()


def run(program, *arguments):
    subprocess.run([sys.executable, HERE / program, *map(str, arguments)], check=True)


def unsigned(folder, wrapped, version, builder):
    """Lets one library build a PSBT into `folder`; returns its file and the outputs."""
    descriptors = [descriptor(wrapped, 0, i) for i in range(COINS)] + [descriptor(wrapped, 1, 0)]
    coins = [
        {"prev_tx_hex": previous(text), "vout": 1, "descriptor_index": i}
        for i, text in enumerate(descriptors[:COINS])
    ]
    outputs = [
        {"amount_sat": PAYMENT, "address": SOMEBODY.address(NETWORKS["regtest"])},
        {"amount_sat": COINS * AMOUNT - PAYMENT - FEE, "descriptor_index": COINS},
    ]
    files = {"descriptors": descriptors, "coins": coins, "outputs": outputs}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    psbt = folder / f"{builder}-v{version}-{'sh-wsh' if wrapped else 'wsh'}.psbt"
    run(
        "build.py", "--library", builder, "--version", version, "--out", psbt,
        *itertools.chain.from_iterable((f"--{n}", folder / f"{n}.json") for n in files),
    )
    return psbt, outputs


def play(folder, wrapped, version, builder, signers):
    psbt, outputs = unsigned(folder, wrapped, version, builder)
    parts = []
    for holder, signer in enumerate(signers):
        part = folder / f"part-{holder}.psbt"
        secrets = [secret(holder, 0, i) for i in range(COINS)]
        signed = library(signer).sign(psbt.read_bytes(), secrets)
        part.write_bytes(with_receipt(signed, holder))
        parts.append(part)
    keeps_receipts([part.read_bytes() for part in parts])
    finals = []
    for finisher in LIBRARIES:
        out = folder / f"final-{finisher}.hex"
        run("finish.py", "--library", finisher, "--out", out, "--psbts", *parts)
        finals.append(out.read_text())
    assert finals[0] == finals[1], "the libraries finalize to different transactions"
    check(finals[0], outputs)


def receipt(holder):
    """A global proprietary field as a device adds it: its own key, so that combiners keep it."""
    key = b"\xfc\x06himuro\x10" + bytes([holder]) * 8
    value = b"receipt of holder %d" % holder
    return bytes([len(key)]) + key + bytes([len(value)]) + value


def with_receipt(psbt, holder):
    magic = b"psbt\xff"
    assert psbt.startswith(magic)
    return magic + receipt(holder) + psbt[len(magic) :]


def keeps_receipts(parts):
    for combiner in LIBRARIES:
        combined = library(combiner).combine(parts)
        for holder in range(len(parts)):
            assert receipt(holder) in combined, f"{combiner} loses a receipt"


def check(final, outputs):
    tx = Transaction.parse(bytes.fromhex(final))
    assert [out.value for out in tx.vout] == [out["amount_sat"] for out in outputs]
    assert all(len(vin.witness.items) == 4 for vin in tx.vin), "two signatures per input"


def refuses_too_few(folder):
    """The stand-in signers are needed: one part alone is not finished."""
    for finisher in LIBRARIES:
        arguments = ["--library", finisher, "--out", folder / "x", "--psbts", folder / "part-0.psbt"]
        done = subprocess.run(
            [sys.executable, HERE / "finish.py", *map(str, arguments)], stderr=subprocess.DEVNULL
        )
        assert done.returncode != 0, f"{finisher} finalizes with one signature"


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=Path, help="only build the PSBTs, into this folder")
    samples = parser.parse_args().samples
    cases = list(itertools.product((False, True), (0, 2), LIBRARIES))
    if samples:
        for case in cases:
            unsigned(samples, *case)
        return
    for wrapped, version, builder in cases:
        with tempfile.TemporaryDirectory() as name:
            play(Path(name), wrapped, version, builder, LIBRARIES)
            refuses_too_few(Path(name))
    print(f"interop: {len(cases)} payments between {' and '.join(LIBRARIES)}, all agree")


if __name__ == "__main__":
    main()
