//! Modules as vendors have them, and broken ones: the quirk module stands before SoftHSM. Each
//! fault is one row, with what it must end in; and the same token works again without it.

#[path = "../common/mod.rs"]
mod common;
mod table;
mod work;

use table::{DONE, Row, check};
use work::{lock_out, log_in_without_typing};

/// Quirks that a good module may have, with a profile that says so.
#[test]
fn what_vendors_do_is_served() {
    check(
        "what_vendors_do_is_served",
        &[
            Row::new("nothing at all", "", DONE),
            Row::new("always high S", "signature=high-s,seal=high-s", DONE),
            Row::new("raw points", "point=raw", DONE).with("point = \"der\"", "point = \"either\""),
            Row::new("raw points alone", "point=raw", DONE)
                .with("point = \"der\"", "point = \"raw\""),
            Row::new("compressed points", "point=compressed", DONE)
                .with("point = \"der\"", "point = \"either\""),
            Row::new("compressed points in DER", "point=compressed-der", DONE),
            Row::new(
                "no point on the private object",
                "attribute:CKA_EC_POINT=absent",
                DONE,
            ),
            Row::new(
                "no mechanism of birth",
                "attribute:CKA_KEY_GEN_MECHANISM=unavailable",
                DONE,
            ),
            Row::new(
                "an attribute that is not there",
                "attribute:CKA_UNWRAP=absent",
                DONE,
            )
            .with("absent_ok = []", "absent_ok = [\"CKA_UNWRAP\"]"),
            Row::new(
                "never local, and the profile knows",
                "attribute:CKA_LOCAL=false",
                DONE,
            )
            .with("local = \"required\"", "local = \"unreliable\""),
            Row::new(
                "a flag that it does not take, left out",
                "template=CKA_COPYABLE",
                "HSM01",
            )
            .with("    \"CKA_COPYABLE\",\n", "")
            .then("HSM01"),
            Row::new("a wrong PIN before", "flags=count-low", DONE),
            Row::new("one try left", "flags=final-try", DONE),
            Row::new("a late answer", "delay:C_Sign=20000", DONE),
            Row::new(
                "no answer how long a signature will be",
                "code:C_Sign(length)=0x54",
                DONE,
            ),
        ],
    );
}

/// `CKA_EC_POINT` that is no point of its curve, or in a form that the profile does not know.
#[test]
fn bad_points_are_no_keys() {
    let bad = "is not a point of its curve";
    check(
        "bad_points_are_no_keys",
        &[
            Row::new("raw where DER is promised", "point=raw", bad),
            Row::new("compressed where DER is promised", "point=compressed", bad),
            Row::new("a byte short", "point=short", bad),
            Row::new("empty", "point=empty", bad),
            Row::new("absent on the public object", "point=absent", bad),
            Row::new("off the curve", "point=off-curve", bad),
        ],
    );
}

/// Signatures of wallet keys and of the identity key.
#[test]
fn bad_signatures_are_never_handed_on() {
    let shape = "is not r and s in range";
    let wrong = "the signature does not verify";
    check(
        "bad_signatures_are_never_handed_on",
        &[
            Row::new("random", "signature=random", wrong),
            Row::new("of another digest", "signature=other-digest", wrong),
            Row::new("by another key", "signature=other-key", wrong),
            Row::new("by another key of the token", "key=swapped", wrong),
            Row::new("of an earlier call", "signature=earlier", wrong),
            Row::new("63 bytes", "signature=63-bytes", shape),
            Row::new("65 bytes", "signature=65-bytes", shape),
            Row::new("DER", "signature=der", shape),
            Row::new("empty", "signature=empty", shape),
            Row::new("r is zero", "signature=zero-r", shape),
            Row::new("s is zero", "signature=zero-s", shape),
            Row::new("r is the order", "signature=r-too-large", shape),
            Row::new("s is the order", "signature=s-too-large", shape),
            Row::new("a random seal", "seal=random", wrong),
            Row::new("a seal of another digest", "seal=other-digest", wrong),
            Row::new("a seal in DER", "seal=der", shape),
            Row::new("a seal of 63 bytes", "seal=63-bytes", shape),
        ],
    );
}

/// Private keys that say of themselves what no key of ours may say.
#[test]
fn keys_that_are_not_ours_are_refused() {
    check(
        "keys_that_are_not_ours_are_refused",
        &[
            Row::new("not born inside", "attribute:CKA_LOCAL=false", "HSM01"),
            Row::new("extractable", "attribute:CKA_EXTRACTABLE=true", "HSM01"),
            Row::new("not sensitive", "attribute:CKA_SENSITIVE=false", "HSM01"),
            Row::new(
                "once not sensitive",
                "attribute:CKA_ALWAYS_SENSITIVE=false",
                "HSM01",
            ),
            Row::new(
                "once extractable",
                "attribute:CKA_NEVER_EXTRACTABLE=false",
                "HSM01",
            ),
            Row::new("modifiable", "attribute:CKA_MODIFIABLE=true", "HSM01"),
            Row::new("not private", "attribute:CKA_PRIVATE=false", "HSM01"),
            Row::new("derives", "attribute:CKA_DERIVE=true", "HSM01"),
            Row::new("unwraps", "attribute:CKA_UNWRAP=true", "HSM01"),
            Row::new("decrypts", "attribute:CKA_DECRYPT=true", "HSM01"),
            Row::new("does not sign", "attribute:CKA_SIGN=false", "HSM01"),
            Row::new("does not say", "attribute:CKA_SENSITIVE=absent", "HSM01"),
            Row::new(
                "does not say what it may leave out",
                "attribute:CKA_UNWRAP=absent",
                "HSM01",
            ),
        ],
    );
}

/// What a search finds, and what it does not.
#[test]
fn what_is_found_is_what_must_be_there() {
    check(
        "what_is_found_is_what_must_be_there",
        &[
            Row::new("nothing", "find=empty", "the search found nothing at all"),
            Row::new("an object that nobody made", "find=extra", "HSM03"),
            Row::new("a key twice", "find=twice", "HSM03"),
            Row::new("no private keys", "find=no-private", "HSM03"),
            Row::new("no public keys", "find=no-public", "HSM03"),
            Row::new(
                "a private key before login",
                "find=visible",
                "1 private keys are visible before login",
            ),
            Row::new(
                "anchors that are not kept",
                "anchor=lost",
                "CKR_OBJECT_HANDLE_INVALID",
            ),
            Row::new(
                "anchors that stay as they were",
                "anchor=old",
                "the anchor does not read back as written",
            ),
        ],
    );
}

/// The login, and what the token says of itself.
#[test]
fn a_token_that_is_another_or_not_logged_in_is_refused() {
    check(
        "a_token_that_is_another_or_not_logged_in_is_refused",
        &[
            Row::new(
                "another serial number",
                "token:serial=4711",
                "there is no token",
            ),
            Row::new("another label", "token:label=somebody", "there is no token"),
            Row::new("another maker", "token:manufacturer=Somebody", "HSM02"),
            Row::new("another model", "token:model=Something", "HSM02"),
            Row::new("older firmware", "token:firmware=1", "HSM02"),
            Row::new("a locked PIN", "flags=locked", "no try was made"),
            Row::new("no login needed", "flags=no-login", "need no login"),
            Row::new(
                "a login of nobody",
                "login=nobody",
                "not logged in any more",
            ),
            Row::new(
                "three wrong PINs lock it",
                "login:locks-after=3",
                "no try was made",
            )
            .doing(lock_out),
            Row::new("cards that were loaded before", "login=any-pin", DONE)
                .doing(log_in_without_typing)
                .with("kind = \"pin\"", "kind = \"preloaded\""),
            Row::new("a keypad of its own", "login=keypad", DONE)
                .doing(log_in_without_typing)
                .with("kind = \"pin\"", "kind = \"protected_path\""),
            Row::new("a logout that is none", "logout=ignored", "HSM05"),
            Row::new("random numbers of zeros", "random=zero", "HSM04"),
            Row::new("constant random numbers", "random=constant", "HSM04"),
            Row::new("random numbers twice", "random=repeated", "HSM04"),
            Row::new("biased random numbers", "random=biased", "HSM04"),
        ],
    );
}

/// Return codes at the k-th call, as the profile maps them; what it does not name stops.
const CODES: &[(&str, &str, &str)] = &[
    (
        "removed at a signature",
        "gone:C_Sign:2=0x32",
        "C_Sign returned CKR_DEVICE_REMOVED (DeviceGone)",
    ),
    (
        "removed at the search",
        "gone:C_FindObjects:2=0x32",
        "CKR_DEVICE_REMOVED (DeviceGone)",
    ),
    (
        "removed while keys are made",
        "gone:C_GenerateKeyPair:2=0x32",
        "C_GenerateKeyPair returned CKR_DEVICE_REMOVED (DeviceGone)",
    ),
    (
        "removed at the anchor",
        "gone:C_CreateObject:1=0x32",
        "C_CreateObject returned CKR_DEVICE_REMOVED (DeviceGone)",
    ),
    (
        "removed at the login",
        "gone:C_Login:1=0x32",
        "C_Login returned CKR_DEVICE_REMOVED (DeviceGone)",
    ),
    (
        "removed at the random numbers",
        "gone:C_GenerateRandom:1=0x32",
        "C_GenerateRandom returned CKR_DEVICE_REMOVED (DeviceGone)",
    ),
    (
        "the token pulled out",
        "gone:C_SignInit:1=0xE0",
        "C_SignInit returned CKR_TOKEN_NOT_PRESENT (DeviceGone)",
    ),
    (
        "a device that fails",
        "code:C_Sign:1=0x30",
        "C_Sign returned CKR_DEVICE_ERROR (DeviceGone)",
    ),
    (
        "full after one key",
        "code:C_GenerateKeyPair:2=0x31",
        "C_GenerateKeyPair returned CKR_DEVICE_MEMORY (StoreFull)",
    ),
    (
        "full, in other words",
        "code:C_GenerateKeyPair:1=0x2",
        "C_GenerateKeyPair returned CKR_HOST_MEMORY (StoreFull)",
    ),
    (
        "a session that closed",
        "code:C_SignInit:1=0xB0",
        "C_SignInit returned CKR_SESSION_CLOSED (Unknown)",
    ),
    (
        "a session that was forgotten",
        "code:C_SignInit:1=0xB3",
        "CKR_SESSION_HANDLE_INVALID (Unknown)",
    ),
    (
        "logged out by somebody",
        "code:C_SignInit:1=0x101",
        "CKR_USER_NOT_LOGGED_IN (Permission)",
    ),
    (
        "no handle, when it signs",
        "code:C_Sign:1=0x82",
        "C_Sign returned CKR_OBJECT_HANDLE_INVALID (StaleHandle)",
    ),
    ("no handle, before it signs", "code:C_SignInit:1=0x82", DONE),
    (
        "no handle, again and again",
        "code:C_SignInit=0x82",
        "C_SignInit returned CKR_OBJECT_HANDLE_INVALID (StaleHandle)",
    ),
    (
        "not allowed",
        "code:C_SignInit:1=0x68",
        "CKR_KEY_FUNCTION_NOT_PERMITTED (Permission)",
    ),
    (
        "a vendor's code",
        "code:C_Sign:1=0x80000018",
        "C_Sign returned 0x80000018 (Unknown)",
    ),
    (
        "no free session",
        "code:C_OpenSession:1=0xB1",
        "C_OpenSession returned CKR_SESSION_COUNT (Busy)",
    ),
    (
        "a flag that it does not take",
        "template=CKA_COPYABLE",
        "C_GenerateKeyPair returned CKR_TEMPLATE_INCONSISTENT (Unknown)",
    ),
    (
        "no such mechanism",
        "code:C_GenerateKeyPair:1=0x70",
        "C_GenerateKeyPair returned CKR_MECHANISM_INVALID (Unknown)",
    ),
    (
        "no such curve",
        "code:C_GenerateKeyPair:1=0x140",
        "C_GenerateKeyPair returned CKR_CURVE_NOT_SUPPORTED (Unknown)",
    ),
    (
        "a PIN that expired",
        "code:C_Login:1=0xA3",
        "C_Login returned CKR_PIN_EXPIRED (Unknown)",
    ),
    (
        "a PIN that is wrong",
        "code:C_Login:1=0xA0",
        "C_Login returned CKR_PIN_INCORRECT (PinWrong)",
    ),
    (
        "a PIN that is locked",
        "code:C_Login:1=0xA4",
        "C_Login returned CKR_PIN_LOCKED (PinLocked)",
    ),
    (
        "an attribute that fails",
        "code:C_GetAttributeValue:3=0x5",
        "C_GetAttributeValue returned CKR_GENERAL_ERROR (DeviceGone)",
    ),
    (
        "no random numbers",
        "code:C_GenerateRandom:1=0x121",
        "C_GenerateRandom returned CKR_RANDOM_NO_RNG (Unknown)",
    ),
    (
        "write protected",
        "code:C_CreateObject:1=0xE2",
        "C_CreateObject returned CKR_TOKEN_WRITE_PROTECTED (Unknown)",
    ),
    (
        "no logout",
        "code:C_Logout:1=0x5",
        "C_Logout returned CKR_GENERAL_ERROR (DeviceGone)",
    ),
];

#[test]
fn codes_end_in_their_class() {
    let mut rows: Vec<Row> = CODES
        .iter()
        .map(|(name, quirk, ends)| Row::new(name, quirk, ends))
        .collect();
    rows.push(
        Row::new(
            "a vendor's code that is known",
            "code:C_OpenSession:1=0x80000018",
            "C_OpenSession returned 0x80000018 (Busy)",
        )
        .with("busy = [", "busy = [\"0x80000018\", "),
    );
    check("codes_end_in_their_class", &rows);
}

/// Calls that never return. The program ends by itself.
#[test]
fn calls_that_never_return_are_given_up() {
    let hang = |function: &'static str, quirk| {
        let ends = format!("{function} did not come back in 2500 ms");
        Row::new(function, quirk, &ends).with("timeout_ms = 10000", "timeout_ms = 2500")
    };
    check(
        "calls_that_never_return_are_given_up",
        &[
            hang("C_Initialize", "hang:C_Initialize"),
            hang("C_Login", "hang:C_Login"),
            hang("C_FindObjects", "hang:C_FindObjectsInit:2"),
            hang("C_GetAttributeValue", "hang:C_GetAttributeValue:4"),
            hang("C_GenerateRandom", "hang:C_GenerateRandom:2"),
            hang("C_CreateObject", "hang:C_CreateObject"),
            hang("C_Sign", "hang:C_Sign:2"),
            hang("C_GenerateKeyPair", "hang:C_GenerateKeyPair"),
            hang("C_Logout", "hang:C_Logout"),
            Row::new("C_CloseSession", "hang:C_CloseSession", DONE)
                .with("timeout_ms = 10000", "timeout_ms = 2500"),
        ],
    );
}
