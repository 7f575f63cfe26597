//! A53: addresses of a policy as people write it, and A42: descriptors likewise. A device never
//! reads either: policies and records hold scripts and keys.

use bitcoin::Address;
use bitcoin::base58;
use bitcoin::bip32::{Xpriv, Xpub};
use bitcoin::secp256k1::Secp256k1;
use bitcoin::{Network, ScriptBuf};

use crate::sheet::{Kind, Sheet, SheetCase};
use crate::text::hex;
use crate::world::{destination_script, world};

pub(super) fn sheets() -> Vec<Sheet> {
    vec![
        Sheet::new(
            "A53-address-text",
            Kind::Addresses,
            "Texts that look like addresses of regtest. What counts is the script: the host turns\n\
             text into a script once, and a policy holds nothing else.",
            addresses(),
        ),
        Sheet::new(
            "A42-descriptors",
            Kind::Descriptors,
            "Descriptors at the host, for `psbt check`: the usual transfer is judged against them.\n\
             Devices register key tables, not descriptors. A list without checksums is taken:\n\
             a wrong key finds no coin of its own.",
            descriptors(),
        ),
        Sheet::new(
            "A41-keys",
            Kind::Descriptors,
            "Extended keys in descriptors.",
            extended_keys(),
        ),
        Sheet::new(
            "A43-unusual-origin",
            Kind::Descriptors,
            "An origin is a name for a key and proves nothing: a list may say any, and what the PSBT says of the\n\
             same key must not contradict it. A key without one is its own master key. In a wallet of devices a key has no path of derivation: pool,\n\
             chain and index name it, and A37 and A38 swap those.",
            unusual_origins(),
        ),
    ]
}

fn address_of(script: &ScriptBuf, network: Network) -> String {
    let address = Address::from_script(script, network);
    address.expect("an address").to_string()
}

fn addresses() -> Vec<SheetCase> {
    let wsh = destination_script("hot-1");
    let good = address_of(&wsh, Network::Regtest);
    let case = |name: &str, text: &str, expected: &str| {
        SheetCase::new(name, expected).line("address", text)
    };
    let is = |script: &ScriptBuf| format!("script {}", hex(script.as_bytes()));
    let none = "refused";
    let pkh = destination_script("hot-pkh");
    let sh = destination_script("hot-sh");
    let tr = destination_script("hot-tr");
    let mut mixed = good.clone();
    mixed.replace_range(8..9, &mixed[8..9].to_uppercase());
    let half_upper = {
        let (head, tail) = good.split_at(good.len() / 2);
        format!("{head}{}", tail.to_uppercase())
    };
    let mut typo = good.clone().into_bytes();
    let last = typo.len() - 1;
    typo[last] = if typo[last] == b'q' { b'p' } else { b'q' };
    let program: Vec<u8> = wsh.as_bytes()[2..].to_vec();
    let coded =
        |variant: u32, version: u8, program: &[u8]| segwit("bcrt", variant, version, program);
    let (bech32, bech32m) = (1, 0x2BC8_30A3);
    let v1 = tr.as_bytes()[2..].to_vec();
    vec![
        case("usual", &good, &is(&wsh)),
        case("upper-case", &good.to_uppercase(), &is(&wsh)),
        case("taproot", &address_of(&tr, Network::Regtest), &is(&tr)),
        case("legacy", &address_of(&pkh, Network::Regtest), &is(&pkh)),
        case("script-hash", &address_of(&sh, Network::Regtest), &is(&sh)),
        case("coded-by-hand", &coded(bech32, 0, &program), &is(&wsh)),
        case("mixed-case", &mixed, none),
        case("half-upper-case", &half_upper, none),
        case(
            "last-character",
            std::str::from_utf8(&typo).expect("ASCII"),
            none,
        ),
        case("version-0-as-bech32m", &coded(bech32m, 0, &program), none),
        case("version-1-as-bech32", &coded(bech32, 1, &v1), none),
        case("version-17", &coded(bech32m, 17, &v1), none),
        case(
            "program-of-31-bytes",
            &coded(bech32, 0, &program[..31]),
            none,
        ),
        case("main-net", &address_of(&wsh, Network::Bitcoin), none),
        case("test-net", &address_of(&wsh, Network::Testnet), none),
        case(
            "legacy-of-main-net",
            &address_of(&pkh, Network::Bitcoin),
            none,
        ),
        case(
            "script-hash-of-main-net",
            &address_of(&sh, Network::Bitcoin),
            none,
        ),
        case("other-prefix", &segwit("lcrt", bech32, 0, &program), none),
        case("script-as-hex", &hex(wsh.as_bytes()), none),
        case("empty", "", none),
        case("with-amount", &format!("bitcoin:{good}?amount=1"), none),
    ]
}

/// A segwit address of any version and checksum: BIP-173 and BIP-350, by hand.
fn segwit(hrp: &str, variant: u32, version: u8, program: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
    let mut values = vec![version];
    let (mut bits, mut held) = (0_u32, 0_u32);
    for byte in program {
        held = (held << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            values.push(u8::try_from((held >> bits) & 31).expect("five bits"));
        }
    }
    if bits > 0 {
        values.push(u8::try_from((held << (5 - bits)) & 31).expect("five bits"));
    }
    let high = hrp.bytes().map(|c| c >> 5);
    let low = hrp.bytes().map(|c| c & 31);
    let mut all: Vec<u8> = high.chain([0]).chain(low).chain(values.clone()).collect();
    all.extend([0; 6]);
    let rest = polymod(&all) ^ variant;
    let checksum = (0..6).map(|at| u8::try_from((rest >> (5 * (5 - at))) & 31).expect("five bits"));
    let text = values.into_iter().chain(checksum);
    let text: String = text.map(|v| char::from(LETTERS[usize::from(v)])).collect();
    format!("{hrp}1{text}")
}

fn polymod(values: &[u8]) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3B6A_57B2,
        0x2650_8E6D,
        0x1EA1_19FA,
        0x3D42_33DD,
        0x2A14_62B3,
    ];
    values.iter().fold(1, |rest, value| {
        let top = rest >> 25;
        let shifted = ((rest & 0x01FF_FFFF) << 5) ^ u32::from(*value);
        let taken = GENERATOR.iter().enumerate();
        let taken = taken.filter(|(bit, _)| (top >> bit) & 1 == 1);
        taken.fold(shifted, |rest, (_, generator)| rest ^ generator)
    })
}

/// The descriptors of both chains of `cold`, one for each address.
fn explicit() -> Vec<String> {
    let places = [0, 1]
        .into_iter()
        .flat_map(|chain| (0..6).map(move |index| (chain, index)));
    let one = |(chain, index)| {
        let keys = world().cold.keys(chain, index).into_iter().map(|key| {
            let path: Vec<String> = key.path.iter().map(u32::to_string).collect();
            format!(
                "[{}/{}]{}",
                hex(&key.fingerprint),
                path.join("/"),
                hex(&key.public)
            )
        });
        format!("wsh(sortedmulti(2,{}))", keys.collect::<Vec<_>>().join(","))
    };
    places.map(one).collect()
}

fn listed(name: &str, lines: &[String], expected: &str) -> SheetCase {
    let case = SheetCase::new(name, expected);
    lines
        .iter()
        .fold(case, |case, text| case.line("descriptor", text.as_str()))
}

/// All lines changed in one way.
fn each(change: impl Fn(&str) -> String) -> Vec<String> {
    explicit().iter().map(|text| change(text)).collect()
}

fn descriptors() -> Vec<SheetCase> {
    let (taken, refused) = ("taken", "refused");
    let inside = |text: &str| text["wsh(".len()..text.len() - 1].to_owned();
    let one = |change: &dyn Fn(&str) -> String| {
        let mut lines = explicit();
        lines[0] = change(&lines[0]);
        lines
    };
    vec![
        listed("without-checksums", &explicit(), taken),
        listed("other-order-of-keys", &each(reversed), taken),
        listed("bad-checksum", &one(&|t| format!("{t}#qqqqqqqq")), refused),
        listed("short-checksum", &one(&|t| format!("{t}#qqqqqqq")), refused),
        listed(
            "hardened-step",
            &one(&|t| t.replacen("/1/", "/1h/", 1)),
            "other-origin",
        ),
        listed("nested-in-itself", &one(&|t| format!("wsh({t})")), refused),
        listed("bare-multisig", &one(&inside), refused),
        listed("sh-alone", &one(&|t| format!("sh({})", inside(t))), refused),
        listed(
            "another-quorum",
            &one(&|t| t.replacen("(2,", "(1,", 1)),
            refused,
        ),
        listed(
            "unsorted-multi",
            &one(&|t| t.replacen("sortedmulti", "multi", 1)),
            refused,
        ),
        listed(
            "musig",
            &one(&|t| t.replacen("sortedmulti(2,", "musig(", 1)),
            refused,
        ),
        listed("taproot", &one(&|t| format!("tr({})", inside(t))), refused),
        listed("no-key", &["wsh(sortedmulti(2))".into()], refused),
        listed(
            "of-100-kb",
            &[format!("wsh(sortedmulti(2,{}))", "0".repeat(100_000))],
            refused,
        ),
        listed("empty", &[String::new()], refused),
        listed("key-twice", &one(&first_key_twice), refused),
    ]
}

fn unusual_origins() -> Vec<SheetCase> {
    // Of the device that is asked, and of a co-signer.
    let (own, other) = (0, 1);
    let origin = |key: usize, new: &'static str| {
        each(|text| {
            let start = text.match_indices('[').nth(key).expect("three keys").0;
            let end = start + text[start..].find(']').expect("an origin");
            let (fingerprint, path) = (&text[start + 1..start + 9], &text[start + 11..end]);
            let new = new.replace("FP", fingerprint).replace("TAIL", path);
            format!("{}{new}{}", &text[..start], &text[end + 1..])
        })
    };
    let bip48 = "[FP/48h/1h/0h/2hTAIL]";
    let differs =
        |name: &str, key, new: &'static str| listed(name, &origin(key, new), "other-origin");
    vec![
        listed("as-the-psbt-says", &origin(other, "[FP/1TAIL]"), "taken"),
        differs("of-a-co-signer-none", other, ""),
        differs("of-a-co-signer-bip48", other, bip48),
        differs("of-a-co-signer-of-another-seed", other, "[00000000/1TAIL]"),
        differs("own-none", own, ""),
        differs("own-bip48", own, bip48),
        differs("own-of-another-seed", own, "[00000000/1TAIL]"),
    ]
}

fn reversed(text: &str) -> String {
    let inner = &text["wsh(sortedmulti(2,".len()..text.len() - 2];
    let mut keys: Vec<&str> = inner.split(',').collect();
    keys.reverse();
    format!("wsh(sortedmulti(2,{}))", keys.join(","))
}

fn first_key_twice(text: &str) -> String {
    let inner = &text["wsh(sortedmulti(2,".len()..text.len() - 2];
    let keys: Vec<&str> = inner.split(',').collect();
    format!("wsh(sortedmulti(2,{},{},{}))", keys[0], keys[0], keys[1])
}

/// Descriptors of ranged extended keys; none of them finds the coins of `cold`.
fn extended_keys() -> Vec<SheetCase> {
    let secp = Secp256k1::new();
    let master = |n: u8, network| Xpriv::new_master(network, &[n; 32]).expect("a seed");
    let public = |n: u8, network| Xpub::from_priv(&secp, &master(n, network));
    let of = |keys: [String; 2], tail: &str| {
        format!("wsh(sortedmulti(2,{}{tail},{}{tail}))", keys[0], keys[1])
    };
    let tpub = |n| public(n, Network::Testnet).to_string();
    let usual = |tail: &str| vec![of([tpub(1), tpub(2)], tail)];
    let first = |text: String| vec![of([text, tpub(2)], "/0/*")];
    let changed = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = base58::decode_check(&tpub(1)).expect("ours");
        change(&mut bytes);
        base58::encode_check(&bytes)
    };
    // SLIP-132: a multisig key as some wallets write it.
    let zpub = changed(&|bytes| bytes[..4].copy_from_slice(&[0x02, 0xAA, 0x7E, 0xD3]));
    let off_curve =
        changed(&|bytes| bytes[45..].copy_from_slice(&[&[2], &[0xFF; 32][..]].concat()));
    let mut typo = tpub(1);
    typo.replace_range(20..21, if &typo[20..21] == "A" { "B" } else { "A" });
    let (none, refused) = ("finds-nothing", "refused");
    vec![
        listed("ranged", &usual("/0/*"), none),
        listed("both-chains", &usual("/<0;1>/*"), none),
        listed(
            "private-key",
            &first(master(1, Network::Testnet).to_string()),
            refused,
        ),
        listed("slip-132", &first(zpub), refused),
        listed("wrong-checksum", &first(typo), refused),
        listed("off-curve", &first(off_curve), refused),
        listed("same-key-twice", &first(tpub(2)), refused),
        listed("hardened-wildcard", &usual("/0/*h"), refused),
        listed("hardened-wildcard-apostrophe", &usual("/0/*'"), refused),
        listed("same-chain-twice", &usual("/<0;0>/*"), refused),
        listed("three-chains", &usual("/<0;1;2>/*"), refused),
        listed(
            "no-wildcard-in-one",
            &[of([format!("{}/0/*", tpub(1)), tpub(2)], "")],
            none,
        ),
    ]
}
