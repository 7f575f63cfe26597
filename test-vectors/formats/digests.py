"""Digests and signatures as docs/formats/README.md describes them, and nothing taken from elsewhere."""

from hashlib import sha256

import cbor
from ecdsa import NIST256p, SECP256k1, VerifyingKey
from ecdsa.keys import BadSignatureError
from ecdsa.util import sigdecode_string

NETWORKS = ["main", "testnet4", "signet", "regtest"]
PURPOSES = ["live", "drill"]

# Rule of the grammar: kind in the context string, tag of the digest.
KINDS = {
    "signed-device-card": ("device-card", "himuro/card"),
    "endorsed-wallet-record": ("wallet-record", "himuro/wallet"),
    "signed-officer-card": ("officer-card", None),
    "endorsed-roster": ("roster", "himuro/roster"),
    "endorsed-enrolment": ("enrolment", "himuro/enrolment"),
    "endorsed-policy": ("policy", "himuro/policy"),
    "signed-recovery-cancellation": ("recovery-cancellation", None),
    "signed-freeze": ("freeze", "himuro/freeze"),
    "endorsed-thaw": ("thaw", None),
    "signed-request": ("request", "himuro/request"),
    "signed-approval": ("approval", "himuro/approval"),
    "signed-attendance": ("attendance", None),
    "signed-witness-statement": ("witness-statement", None),
    "signed-balance-statement": ("balance", None),
    "signed-receipt": ("receipt", "himuro/receipt"),
    "endorsed-retirement": ("retirement", "himuro/retirement"),
    "endorsed-recovery": ("recovery", "himuro/recovery"),
    "endorsed-replacement": ("replacement", "himuro/replacement"),
    "signed-possession-report": ("possession-report", None),
    "signed-seal": ("seal", None),
}


def tagged(tag, *parts):
    name = sha256(tag.encode()).digest()
    return sha256(name + name + b"".join(parts)).digest()


def key_id(p256_key):
    return tagged("himuro/key-id", p256_key)


def device_id(identity):
    return tagged("himuro/device-id", identity)


def context(scope, kind):
    return f"himuro/v1/{PURPOSES[scope[1]]}/{NETWORKS[scope[0]]}/{kind}".encode()


def is_valid(curve, key, digest, signature):
    """A low-S signature of `key` over `digest`."""
    if int.from_bytes(signature[32:], "big") > curve.order // 2:
        return False
    try:
        verifier = VerifyingKey.from_string(key, curve=curve)
        return verifier.verify_digest(signature, digest, sigdecode=sigdecode_string)
    except BadSignatureError:
        return False


def sig_digest(protected, aad, payload):
    return sha256(cbor.dumps(["Signature1", protected, aad, payload])).digest()


def verify_sign1(sign1, aad, payload, keys):
    """The digest that was signed; raises where the signature is not one of `keys`."""
    protected, _, _, signature = sign1.value
    digest = sig_digest(protected, aad, payload)
    key = keys[cbor.loads(protected)[4]]
    assert is_valid(NIST256p, key, digest, signature), "signature"
    return digest


def artefact_digest(rule, data, keys):
    """Verifies every signature of an artefact; its digest, where it has one."""
    kind, tag = KINDS[rule]
    item = cbor.loads(data)
    payload = item.value[2] if rule.startswith("signed-") else item[0]
    aad = context(cbor.loads(payload)[1], kind)
    if rule.startswith("signed-"):
        content = verify_sign1(item, aad, payload, keys)
    else:
        for endorsement in item[1]:
            verify_sign1(endorsement, aad, payload, keys)
        content = tagged("himuro/content", aad, b"\0", payload)
    return tag and tagged(tag, content)


def cka_id(role, pool, chain, index, fingerprint):
    head = bytes([1, role]) + pool.to_bytes(4, "big")
    return head + bytes([chain, 0]) + index.to_bytes(4, "big") + fingerprint


def check_possession(card):
    """Every key of a card is proven; how many there are."""
    device, proven = device_id(card[5]), 0
    r_values = {key[1][:32] for pool in card[8] for key in pool[1] + pool[2]}
    assert len(r_values) == sum(len(pool[1]) + len(pool[2]) for pool in card[8]), "an r value twice"
    for pool in card[8]:
        for chain, keys in ((0, pool[1]), (1, pool[2])):
            for index, key in enumerate(keys):
                name = cka_id(2, pool[0], chain, index, device[:4])
                digest = tagged("himuro/possession", device, name, key[0], card[7])
                assert is_valid(SECP256k1, key[0], digest, key[1]), f"{pool[0]}/{chain}/{index}"
                proven += 1
    return proven


def check_report(report):
    """Every proof of a possession report verifies; how many there are."""
    proven = 0
    for name, key, (found, proof) in ((line[0], line[1], line[2]) for line in report[8]):
        if found == 0:
            digest = tagged("himuro/possession", report[2], name, key, report[4])
            assert is_valid(SECP256k1, key, digest, proof[0]), f"proof of {name.hex()}"
            proven += 1
    return proven


def wallet_id(record):
    members = b"".join(device_id(c[0]) + c[3].to_bytes(4, "big") for c in record[7])
    return tagged(
        "himuro/wallet-id",
        cbor.dumps(record[1]),
        cbor.dumps(record[4]),
        bytes([record[5]]),
        len(record[7]).to_bytes(8, "big"),
        cbor.dumps(record[6]),
        members,
        record[8],
    )
