"""Holds docs/formats against artefacts that signer-core made.

    check.py docs/formats SAMPLES.json

Grammar: every sample matches its rule; with a key too many in any of its maps it does
not; every rule and every optional field of the grammar is met. Digests: every signature and
digest of the samples is computed again by this folder's own code, from the README alone.
Prints one line for each part; ends with 1 and the reason where something does not hold.
"""

import copy
import json
import sys
from pathlib import Path

import cbor
import digests
import journal
import psbt
from cddl import Grammar, Mismatch

TOO_MANY = 99


def main(folder, samples):
    grammar = Grammar("\n".join(p.read_text() for p in sorted(Path(folder).glob("*.cddl"))))
    data = json.loads(Path(samples).read_text())
    artefacts = [(s["rule"], bytes.fromhex(s["hex"]), s) for s in data["samples"]]
    spoiled = sum(check_grammar(grammar, rule, value) for rule, value, _ in artefacts)
    check_coverage(grammar)
    print(f"grammar: {len(artefacts)} samples match, {spoiled} spoiled ones are refused")
    keys = {digests.key_id(key): key for key in map(bytes.fromhex, data["p256_keys"])}
    count = sum(check_digest(rule, value, s, keys) for rule, value, s in artefacts)
    print(f"digests: {count} artefacts, their signatures, digests and proofs computed again")
    check_journal([value for rule, value, _ in artefacts if rule == "entry"])
    for sample in data["psbts"]:
        check_psbt(sample)
    print(f"psbt: {len(data['psbts'])} transaction digests and their proprietary fields")
    for sample in data["transcripts"]:
        check_transcript(grammar, sample)


def check_grammar(grammar, rule, data):
    """The sample matches, and no spoiled form of it; how many forms there were."""
    value = cbor.loads(data)
    opened = grammar.check(rule, value)
    count = 0
    for what, form in spoiled(value, opened):
        try:
            grammar.check(rule, form)
        except Mismatch:
            count += 1
        else:
            raise AssertionError(f"{rule} matches with {what}")
    return count


def spoiled(value, opened):
    """Forms of `value`: each of its maps with a key more. `opened` are the paths of byte strings
    that hold CBOR."""
    for path in places(value, (), set(opened)):
        form = copy.deepcopy(value)
        yield f"key {TOO_MANY} at {path}", edited(form, path)


def places(value, path, opened):
    """Paths of all maps."""
    if path in opened:
        yield from places(cbor.loads(value), path + ("cbor",), opened)
    elif isinstance(value, cbor.Tag):
        yield from places(value.value, path, opened)
    elif isinstance(value, dict):
        yield path
        for key, item in value.items():
            yield from places(item, path + (key,), opened)
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from places(item, path + (at,), opened)


def edited(value, path):
    """`value` with a key more in the map at `path`."""
    if isinstance(value, cbor.Tag):
        return cbor.Tag(value.number, edited(value.value, path))
    if not path:
        return {**value, TOO_MANY: 0}
    if path[0] == "cbor":
        return cbor.dumps(edited(cbor.loads(value), path[1:]))
    value[path[0]] = edited(value[path[0]], path[1:])
    return value


def check_coverage(grammar):
    unused = set(grammar.rules) - grammar.used
    assert not unused, f"rules that no sample meets: {sorted(unused)}"
    optional = grammar.optional()
    never = {field for field in optional if field not in grammar.present}
    always = {field for field in optional if field not in grammar.absent}
    assert not never, f"optional fields that no sample has: {sorted(never)}"
    assert not always, f"optional fields that every sample has: {sorted(always)}"


def check_digest(rule, data, sample, keys):
    if rule in digests.KINDS:
        digest = digests.artefact_digest(rule, data, keys)
    elif rule == "root":
        digest = digests.tagged("himuro/root", data)
    elif rule == "anchor-statement":
        digest = digests.tagged("himuro/anchor-statement", data)
    elif rule == "share-set":
        digest = digests.tagged("himuro/shares", data)
    elif rule == "anchor-slot":
        anchor, checksum = cbor.loads(data)
        assert digests.tagged("himuro/anchor", cbor.dumps(anchor)) == checksum, "anchor"
        digest = None
    else:
        return 0
    expected = sample.get("digest")
    assert (digest and digest.hex()) == expected, f"{rule}: digest {digest} is not {expected}"
    if rule == "signed-device-card":
        digests.check_possession(cbor.loads(cbor.loads(data).value[2]))
    if rule == "signed-possession-report":
        digests.check_report(cbor.loads(cbor.loads(data).value[2]))
    if rule == "endorsed-wallet-record":
        found = digests.wallet_id(cbor.loads(cbor.loads(data)[0])).hex()
        assert found == sample["wallet_id"], f"wallet id {found}"
    return 1


def check_journal(entries):
    last = bytes(32)
    for place, data in enumerate(entries):
        prev, sequence, _, _ = cbor.loads(data)
        assert (prev, sequence) == (last, place), f"entry {place} does not follow"
        last = digests.sha256(data).digest()
    print(f"journal: {len(entries)} entries in one chain")


def check_psbt(sample):
    data = bytes.fromhex(sample["hex"])
    found = psbt.tx_digest(data).hex()
    assert found == sample["tx_digest"], f"transaction digest {found}"
    assert digests.tagged("himuro/psbt", data).hex() == sample["psbt_digest"], "PSBT digest"
    top = psbt.maps(data)[0]
    for field in sample["fields"]:
        key = psbt.proprietary(field["subtype"], bytes.fromhex(field["key_data"]))
        assert top[key].hex() == field["value"], f"proprietary field {field['subtype']}"


def check_transcript(grammar, sample):
    """It reads, and with one bit changed anywhere (at 25 places) it does not."""
    data, trusted = bytes.fromhex(sample["hex"]), [bytes.fromhex(t) for t in sample["trusted"]]
    found = journal.read(grammar, data, *trusted)
    counts = found.signatures, found.proofs, len(found.gone)
    expected = sample["signatures"], sample["proofs"], sample["destroyed"]
    assert counts == expected, f"signatures, proofs, destroyed keys: {counts}"
    tried = range(0, len(data), max(1, len(data) // 24))
    for place in tried:
        changed = bytearray(data)
        changed[place] ^= 1
        try:
            journal.read(grammar, bytes(changed), *trusted)
        except journal.PROBLEMS:
            continue
        raise AssertionError(f"transcript: a changed bit of byte {place} is not found")
    print(f"transcript: {found.count} entries, {found.seals} seals; {len(tried)} changes found")


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except (AssertionError, Mismatch, cbor.CborError) as problem:
        sys.exit(f"check.py: {problem}")
