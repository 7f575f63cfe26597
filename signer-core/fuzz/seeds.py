"""Makes the corpora again: python3 signer-core/fuzz/seeds.py

From the official vectors of BIP-174 and BIP-370, and from the samples that
`cargo test -p signer-core --lib formats` leaves in target/formats-samples.json. Seeds that a
fuzzer found (corpus/<target>/found-*) stay.
"""

import base64
import hashlib
import json
import pathlib
import re
import struct
import zlib

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SAMPLES = json.loads((ROOT / "target/formats-samples.json").read_text())


def seed(target, name, data):
    folder = HERE / "corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data)


def head(major, number):
    """The head of a CBOR item."""
    if number < 24:
        return bytes([major << 5 | number])
    for code, form in ((24, ">B"), (25, ">H"), (26, ">I"), (27, ">Q")):
        if number < 1 << 8 * struct.calcsize(form):
            return bytes([major << 5 | code]) + struct.pack(form, number)
    raise ValueError(number)


def string(data):
    return head(2, len(data)) + data


def take_string(data, at):
    """The byte string at this place, and the place after it."""
    code = data[at] & 0x1F
    size = {24: 1, 25: 2, 26: 4}.get(code, 0)
    length = int.from_bytes(data[at + 1 : at + 1 + size], "big") if size else code
    start = at + 1 + size
    return data[start : start + length], start + length


def body(rule, data):
    """What was signed, without signatures."""
    if rule.startswith("endorsed"):
        return take_string(data, 1)[0]
    _, after = take_string(data, 2)
    return take_string(data, after + 1)[0]


def artefacts():
    targets = {
        "endorsed-roster": "roster",
        "endorsed-policy": "policy",
        "endorsed-wallet-record": "wallet",
        "signed-device-card": "device_card",
        "signed-request": "request",
        "signed-approval": "approval",
        "signed-receipt": "receipt",
        "signed-acceptance": "acceptance",
    }
    # What the targets have in force: the first sample of its kind.
    in_force = {"roster": "first", "policy": "in_force", "wallet": "registered"}
    seen, entries = {}, []
    for sample in SAMPLES["samples"]:
        rule, data = sample["rule"], bytes.fromhex(sample["hex"])
        seen[rule] = number = seen.get(rule, 0) + 1
        if rule in targets:
            target = targets[rule]
            first = in_force.get(target) if number == 1 else None
            seed(target, first or f"signed-{number}", data)
            seed(target, f"body-{number}", body(rule, data))
        elif rule == "entry":
            entries.append(data)
        elif rule == "header-run":
            seed("headers", f"sample-{number}", data)
        elif rule == "settlement-file":
            seed("headers", f"settlement-{number}", data)
        else:
            seed("small_artefacts", rule if number == 1 else f"{rule}-{number}", data)
            if rule.startswith(("signed-", "endorsed-")):
                seed("small_artefacts", f"{rule}-body", body(rule, data))
    seed("transcript", "every-kind", b"".join(entries))
    seed("transcript", "signing", bytes.fromhex(SAMPLES["transcripts"][0]["hex"]))


def psbts():
    ours = [bytes.fromhex(psbt["hex"]) for psbt in SAMPLES["psbts"]]
    for version, data in zip((0, 2), ours):
        seed(f"psbt_v{version}", "sample", data)
        seed("psbt_stages", f"sample-v{version}", data)
        seed("merge", f"same-v{version}", pair(data, data))
    for bip, version in ((174, 0), (370, 2)):
        vectors = json.loads((ROOT / f"test-vectors/data/bip/bip{bip}.json").read_text())
        for case in vectors["parse_valid"]:
            seed(f"psbt_v{version}", case["id"], base64.b64decode(case["psbt"]))
        for case in vectors["parse_invalid"][::4]:
            seed(f"psbt_v{version}", case["id"], base64.b64decode(case["psbt"]))
        if bip == 174:
            combined(vectors["roles"])


def combined(roles):
    step = {name: base64.b64decode(text) for name, text in roles["steps"].items() if isinstance(text, str)}
    seed("merge", "signers", pair(step["signer_a"], step["signer_b"]))
    unknown = [base64.b64decode(text) for text in roles["combine_unknown"]["in"]]
    seed("merge", "unknown", pair(*unknown))
    seed("psbt_v0", "combiner", step["combiner"])


def pair(a, b):
    return struct.pack("<I", len(a)) + a + b


def headers():
    for count in (1, 14):
        run = b""
        for number in range(count):
            time = 1_700_000_600 + 600 * number
            run += struct.pack("<i32s32sIII", 0x20000000, bytes(32), bytes([number] * 32), time, 0x207FFFFF, 0)
        data = head(5, 2) + b"\x00" + head(0, 850_001) + b"\x01" + string(run)
        seed("headers", f"rising-{count}", data)


def frames():
    source = (ROOT / "signer-core/src/frames/bytewords.rs").read_text()
    table = "".join(re.findall("[A-Z]{64}", source))
    for name, size, cut in (("whole", 40, 100), ("three", 100, 35), ("many", 900, 60)):
        wrapped = string(bytes(n * 7 % 256 for n in range(size)))
        checksum = zlib.crc32(wrapped)
        pieces = [wrapped[at : at + cut].ljust(cut, b"\0") for at in range(0, len(wrapped), cut)]
        parts = [
            head(4, 5)
            + b"".join(head(0, n) for n in (seq, len(pieces), len(wrapped), checksum))
            + string(piece)
            for seq, piece in enumerate(pieces, 1)
        ]
        if len(parts) == 1:
            lines = ["ur:bytes/" + letters(table, wrapped)]
        else:
            lines = [f"ur:bytes/{n}-{len(parts)}/" + letters(table, part) for n, part in enumerate(parts, 1)]
            seed("ur_parts", name, b"".join(struct.pack("<H", len(part)) + part for part in parts))
        seed("ur", name, "\n".join(lines).encode())


def circles():
    psbt = bytes.fromhex("70736274ff01020402000000010401000105010001fb0402000000") + b"\0"
    seed("bbqr", "psbt-itself", psbt)
    packed = zlib.compressobj(9, zlib.DEFLATED, -10)
    packed = packed.compress(psbt) + packed.flush()
    for packing, data in enumerate((psbt, psbt, packed)):
        for count in (1, 2, 3):
            each = -(-len(data) // count)
            cuts = [data[at : at + each] for at in range(0, len(data), each)]
            frames = b"".join(bytes([n, len(cut)]) + cut for n, cut in enumerate(cuts))
            seed("bbqr", f"psbt-{'h2z'[packing]}-{count}", bytes([packing, 0, len(cuts) - 1]) + frames)
    seed("ur", "bbqr-hex", b"B$HP0200" + psbt[:14].hex().upper().encode() + b"\nB$HP0201" + psbt[14:].hex().upper().encode())
    text = base64.b64encode(psbt)
    seed("ur", "specter", b"p1of2 " + text[:20] + b"\np2of2 " + text[20:])
    seed("ur", "base64", text)


def byte_frames():
    psbt = bytes.fromhex("70736274ff01020402000000010401000105010001fb0402000000") + b"\0"
    zeros = bytes(3_000)
    packed = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packed.compress(zeros) + packed.flush()
    for name, kinds, message, cut, count in (
        ("psbt", 0x10, psbt, psbt, 2),
        ("psbt-from-a-device", 0x11, psbt, psbt, 3),
        ("other", 0x12, psbt, psbt, 1),
        ("packed", 0x16, zeros, packed, 4),
    ):
        each = -(-len(cut) // count)
        pieces = [cut[at : at + each].ljust(each, b"\0") for at in range(0, len(cut), each)]
        mark = hashlib.sha256(message).digest()[:8]
        frames = [
            bytes([kinds]) + mark + struct.pack(">III", len(message), len(cut), seq) + piece
            for seq, piece in enumerate(pieces, 1)
        ]
        seed("byte_frames", name, b"".join(struct.pack("<H", len(frame)) + frame for frame in frames))


def letters(table, payload):
    """Minimal bytewords: two letters for a byte, and a checksum at the end."""
    data = payload + struct.pack(">I", zlib.crc32(payload))
    return "".join(table[2 * byte : 2 * byte + 2] for byte in data)


def texts():
    for name, text in {
        "name": "Cold 1",
        "kanji": "利用者資産ウォレット",
        "id": "hot-refill-01",
        "p2wsh": "bc1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3qccfmv3",
        "p2sh": "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
        "p2tr": "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    }.items():
        seed("text", name, text.encode())
        seed("text", f"{name}-cbor", head(3, len(text.encode())) + text.encode())
    seed("text", "script-p2wsh", b"\x00\x20" + bytes(range(32)))
    seed("text", "script-p2sh", b"\xa9\x14" + bytes(range(20)) + b"\x87")


def descriptors():
    source = (ROOT / "signer-core/src/wallet/descriptors/tests.rs").read_text()
    ranged, fixed = (re.search(f'const {name}: &str = "(.*)";', source)[1] for name in ("BIP129", "BIP129_KEYS"))
    bare = fixed.split("#")[0]
    for name, text in {
        "ranged": ranged,
        "two-chains": ranged.replace("**", "0/*") + "\n" + ranged.replace("**", "1/*"),
        "wrapped": f"sh({ranged})",
        "checksum": fixed,
        "fixed": bare,
    }.items():
        seed("descriptors", name, text.encode())


artefacts()
psbts()
headers()
frames()
circles()
byte_frames()
texts()
descriptors()
