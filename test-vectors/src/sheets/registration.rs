//! A37 to A46: what a device registers, and what it keeps of it.

use crate::card::{Card, Draft, enrolment, proven};
use crate::cbor::Value;
use crate::sheet::{Kind, Sheet, SheetCase};
use crate::sign::Endorsed;
use crate::text::hex;
use crate::world::{DEVICES, STRANGE_DEVICE, stranger_key, world};

const ADMINISTRATORS: [&str; 2] = ["admin.a", "admin.b"];
const NAME: &str = "New wallet";

/// What a device is given, in this order.
#[derive(Clone)]
struct Given {
    device: &'static str,
    enrolments: Vec<Vec<u8>>,
    cards: Vec<Card>,
    own: Option<Vec<u8>>,
}

impl Given {
    fn usual() -> Self {
        let enrolled = |device: &&str| enrolment(device, device, &ADMINISTRATORS);
        Self {
            device: "north",
            enrolments: DEVICES.iter().map(enrolled).collect(),
            cards: DEVICES.iter().map(|device| Card::of(device)).collect(),
            own: None,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn draft(&self) -> Draft {
        Draft::of(NAME, 2, self.cards.clone())
    }

    /// The case that installs all of it, and then this.
    fn then(&self, name: &str, kind: &str, last: &[u8], expected: &str) -> SheetCase {
        let mut case = SheetCase::new(name, expected).line("device", self.device);
        for bytes in &self.enrolments {
            case = case.line("install", format!("enrolment {}", hex(bytes)));
        }
        for card in &self.cards {
            case = case.line("install", format!("card {}", hex(&card.bytes())));
        }
        if let Some(own) = &self.own {
            case = case.line("install", format!("card {}", hex(own)));
        }
        case.line("install", format!("{kind} {}", hex(last)))
    }

    fn draft_case(&self, name: &str, draft: &Draft, expected: &str) -> SheetCase {
        self.then(name, "draft", &draft.signed_by(&[]).bytes(), expected)
    }
}

/// A complete record and nothing else: what the disk holds is judged again at every start.
fn record(name: &str, endorsed: &Endorsed, expected: &str) -> SheetCase {
    SheetCase::new(name, expected)
        .line("device", "north")
        .line("install", format!("wallet {}", hex(&endorsed.bytes())))
}

pub(super) fn sheets() -> Vec<Sheet> {
    let sheet = |name, note, cases| Sheet::new(name, Kind::Registration, note, cases);
    vec![
        sheet(
            "A37-not-a-member",
            "A wallet that this device is no co-signer of, or not with the keys on its own disk.",
            not_a_member(),
        ),
        sheet(
            "A38-key-swapped",
            "One key exchanged, names and fingerprints kept. Cards prove every key, enrolments every\n\
             device, and the record must be the one that the cards make, byte for byte.",
            key_swapped(),
        ),
        sheet(
            "A39-duplicate",
            "One key or one device in two places. Keys have no chain code here, and two devices of\n\
             one fingerprint cannot be made for a test: four bytes of a hash would have to collide.",
            duplicate(),
        ),
        sheet(
            "A40-quorum",
            "Not 2 <= m <= n <= 15: the house takes no wallet of one signature.",
            quorum(),
        ),
        sheet(
            "A41-keys",
            "There are no extended keys: what stands on a card is a point with its proof. Extended\n\
             keys of descriptors are judged at the host.",
            keys(),
        ),
        sheet(
            "A44-names",
            "Names: 1 to 64 characters of ASCII, kana, kanji and full-width forms (the house's\n\
             names are Japanese too), no space at either end, not that of another wallet.",
            names(),
        ),
        sheet(
            "A45-stored-record",
            "The journal is the only store: what was installed is opened again at every start.",
            stored(),
        ),
        sheet(
            "A46-devices-disagree",
            "Devices that signed different records have not signed one.",
            disagree(),
        ),
        sheet(
            "H04-extended-wallet",
            "The next version of a wallet only appends addresses (WAL07). Not of the catalogue: a house\n\
             that makes all keys beforehand needs more of them one day.",
            extended(),
        ),
    ]
}

fn not_a_member() -> Vec<SheetCase> {
    let usual = Given::usual();
    let strangers = [STRANGE_DEVICE, "south", "west"].map(Card::of).to_vec();
    let foreign = Draft::of(NAME, 2, strangers.clone());
    let with_stranger = usual.clone().with(|g| {
        let east = enrolment(STRANGE_DEVICE, STRANGE_DEVICE, &ADMINISTRATORS);
        g.enrolments.push(east);
        g.cards.push(Card::of(STRANGE_DEVICE));
    });
    let other_pool = usual.draft().with(|draft| draft.pool = 1);
    let at = "this device is not in the record";
    vec![
        usual.draft_case("usual", &usual.draft(), "installed"),
        usual.then(
            "usual-complete",
            "wallet",
            &usual.draft().complete().bytes(),
            "installed",
        ),
        with_stranger.draft_case("draft-without-us", &foreign, &format!("refused 8 {at}")),
        record(
            "complete-without-us",
            &foreign.complete(),
            "refused 0 a wallet of which this device is no co-signer",
        ),
        usual.draft_case(
            "our-keys-of-another-pool",
            &other_pool,
            "refused 6 north has no pool 1",
        ),
        usual.draft_case(
            "our-key-at-another-index",
            &usual.draft().with(|draft| draft.rows[0].swap(0, 1)),
            "refused 6 the record is not the one that the cards make",
        ),
    ]
}

fn place_of(draft: &Draft, device: &str) -> usize {
    let found = draft.cards.iter().position(|card| card.device == device);
    found.expect("a co-signer")
}

fn key_swapped() -> Vec<SheetCase> {
    let usual = Given::usual();
    let thief = stranger_key("thief");
    let stolen = proven("south", 0, 0, Some(thief)).public;
    let swapped = |device: &str| {
        usual.draft().with(|draft| {
            let place = place_of(draft, device);
            draft.rows[0][0][place] = stolen.clone();
        })
    };
    let unproven = usual.clone().with(|given| {
        given.cards[1].chains[0][0].public = stolen.clone();
    });
    let forged = usual.clone().with(|given| {
        given.cards[1].chains[0][0].public = stolen.clone();
        given.cards[1].signer = "east";
    });
    // The thief's device says that it is `south`, under a key of its own.
    let posing = usual.clone().with(|given| {
        given.enrolments[1] = enrolment("south", STRANGE_DEVICE, &["admin.a"]);
    });
    let unenrolled = usual.clone().with(|given| drop(given.enrolments.remove(1)));
    let other_card = usual.clone().with(|given| {
        let card = Card::of("south").with(|card| {
            card.chains[0][0] = proven("south", 0, 0, Some(stranger_key("another")));
        });
        given.cards[1] = card;
    });
    let our_own = usual.clone().with(|given| {
        let card = Card::of("north").with(|card| {
            card.chains[0][0] = proven("north", 0, 0, Some(stranger_key("another")));
        });
        given.own = Some(card.bytes());
    });
    let not_made = "the record is not the one that the cards make";
    vec![
        usual.draft_case(
            "of-a-co-signer",
            &swapped("south"),
            &format!("refused 6 {not_made}"),
        ),
        usual.draft_case(
            "our-own",
            &swapped("north"),
            &format!("refused 6 {not_made}"),
        ),
        unproven.draft_case(
            "on-a-card-without-proof",
            &unproven.draft(),
            "refused 4 south does not prove that it has key 9/0/0",
        ),
        forged.draft_case("on-a-card-of-another-signer", &usual.draft(), "refused 4"),
        posing.draft_case("enrolled-by-too-few", &usual.draft(), "refused 1"),
        unenrolled.draft_case(
            "of-a-device-not-enrolled",
            &unenrolled.draft(),
            "refused 5 no enrolment of south",
        ),
        other_card.draft_case(
            "record-from-another-card-of-a-co-signer",
            &usual.draft(),
            "refused 6 no card of south",
        ),
        our_own.draft_case(
            "our-card-was-made-again",
            &usual.draft(),
            "refused 6 a card that does not name the card before it",
        ),
    ]
}

fn duplicate() -> Vec<SheetCase> {
    let usual = Given::usual();
    let twice = usual.clone().with(|given| {
        let again = proven("south", 1, 1, Some(shared("south")));
        given.cards[1].chains[0][0] = proven("south", 0, 0, Some(shared("south")));
        given.cards[1].chains[1][1] = again;
    });
    let of_two = usual.clone().with(|given| {
        given.cards[1].chains[0][0] = proven("south", 0, 0, Some(shared("both")));
        given.cards[2].chains[0][1] = proven("west", 0, 1, Some(shared("both")));
    });
    let ours = usual.clone().with(|given| {
        let north = crate::world::secret_key("north", crate::card::POOL, 0, 0);
        given.cards[1].chains[0][0] = proven("south", 0, 0, Some(north));
    });
    let row = usual.draft().with(|draft| {
        draft.rows[0][0][1] = draft.rows[0][0][0].clone();
    });
    let device = Draft::of(NAME, 2, ["north", "south", "south"].map(Card::of).to_vec());
    let unsorted = usual.draft().with(|draft| draft.cards.swap(0, 1));
    let at_one_hsm = |places: &[usize]| {
        usual.clone().with(|given| {
            for place in places {
                given.cards[*place].serial = "north";
            }
        })
    };
    let (two, three) = (at_one_hsm(&[2]), at_one_hsm(&[1, 2]));
    vec![
        twice.draft_case(
            "twice-on-a-card",
            &twice.draft(),
            "refused 4 public key ~ stands in two places",
        ),
        of_two.draft_case(
            "of-two-co-signers",
            &of_two.draft(),
            "refused 6 public key ~ stands in two places",
        ),
        ours.draft_case(
            "ours-as-a-co-signers",
            &ours.draft(),
            "refused 6 public key ~ stands in two places",
        ),
        usual.draft_case(
            "in-one-row",
            &row,
            "refused 6 public key ~ stands in two places",
        ),
        two.draft_case(
            "two-devices-at-one-hsm",
            &two.draft(),
            "refused 6 an HSM of its own for",
        ),
        three.draft_case(
            "three-devices-at-one-hsm",
            &three.draft(),
            "refused 6 an HSM of its own for",
        ),
        usual.draft_case(
            "device-twice",
            &device,
            "refused 6 device ~ twice or out of order",
        ),
        usual.draft_case(
            "devices-out-of-order",
            &unsorted,
            "refused 6 device ~ twice or out of order",
        ),
    ]
}

fn shared(name: &str) -> bitcoin::secp256k1::SecretKey {
    stranger_key(name)
}

fn quorum() -> Vec<SheetCase> {
    let usual = Given::usual();
    let with = |value: Value| usual.draft().with(|draft| draft.threshold = value);
    let mut cases: Vec<SheetCase> = [(0_u64, "0"), (1, "1"), (4, "4"), (255, "255")]
        .map(|(m, text)| {
            let expected = format!("refused 0 {text} of 3 devices is no quorum");
            record(
                &format!("{text}-of-3"),
                &with(Value::Uint(m)).complete(),
                &expected,
            )
        })
        .to_vec();
    for (m, name) in [(2, "2-of-3"), (3, "3-of-3")] {
        cases.push(record(name, &with(Value::Uint(m)).complete(), "installed"));
    }
    let half = Value::Raw(vec![0xF9, 0x41, 0x00]);
    for (value, name) in [
        (Value::Uint(256), "256-of-3"),
        (Value::Uint(1 << 32), "2-32-of-3"),
        (Value::Negative(0), "minus-1-of-3"),
        (half, "2-5-of-3"),
        (Value::text("2"), "text-of-3"),
    ] {
        cases.push(record(name, &with(value).complete(), "refused 0"));
    }
    let of = |devices: &[&'static str]| {
        Draft::of(
            NAME,
            2,
            devices.iter().map(|device| Card::of(device)).collect(),
        )
    };
    cases.push(record("2-of-1", &of(&["north"]).complete(), "refused 0"));
    cases.push(record(
        "2-of-2",
        &of(&["north", "south"]).complete(),
        "installed",
    ));
    cases.push(record("2-of-15", &of(&MANY[..15]).complete(), "installed"));
    cases.push(record("2-of-16", &of(&MANY).complete(), "refused 0"));
    cases
}

const MANY: [&str; 16] = [
    "north", "south", "west", "d04", "d05", "d06", "d07", "d08", "d09", "d10", "d11", "d12", "d13",
    "d14", "d15", "d16",
];

fn keys() -> Vec<SheetCase> {
    let usual = Given::usual();
    let with = |name: &str, change: &dyn Fn(&mut Card), expected: &str| {
        let given = usual.clone().with(|given| change(&mut given.cards[1]));
        given.draft_case(name, &usual.draft(), expected)
    };
    let key = |bytes: Vec<u8>| move |card: &mut Card| card.chains[0][0].public = bytes.clone();
    let good = proven("south", 0, 0, None).public;
    let first = |byte: u8| [&[byte], &good[1..]].concat();
    let uncompressed = {
        let secret = crate::world::secret_key("south", crate::card::POOL, 0, 0);
        let secp = bitcoin::secp256k1::Secp256k1::signing_only();
        secret.public_key(&secp).serialize_uncompressed().to_vec()
    };
    vec![
        with(
            "off-curve",
            &key([&[2], &[0xFF; 32][..]].concat()),
            "refused 4",
        ),
        with("infinity", &key(vec![0]), "refused 4"),
        with("first-byte-04", &key(first(4)), "refused 4"),
        with("first-byte-05", &key(first(5)), "refused 4"),
        with("first-byte-07", &key(first(7)), "refused 4"),
        with("uncompressed", &key(uncompressed), "refused 4"),
        with("x-only", &key(good[1..].to_vec()), "refused 4"),
        with("a-byte-more", &key([&good[..], &[0]].concat()), "refused 4"),
        with(
            "other-sign",
            &key(first(good[0] ^ 1)),
            "refused 4 south does not prove that it has key 9/0/0",
        ),
        with(
            "not-born-in-an-hsm",
            &|card| card.attributes.retain(|attribute| *attribute != 6),
            "refused 4 keys of pool 9 of south were not born and kept in an HSM",
        ),
        with(
            "extractable",
            &|card| card.attributes.push(4),
            "refused 4 keys of pool 9 of south were not born and kept in an HSM",
        ),
        with(
            "of-another-root",
            &|card| card.root[0] ^= 1,
            "refused 4 south belongs to another root of trust",
        ),
        with(
            "of-main-net",
            &|card| {
                card.scope = Value::fields([Some(Value::Uint(0)), Some(Value::Uint(0))]);
            },
            "refused 4",
        ),
    ]
}

fn names() -> Vec<SheetCase> {
    let usual = Given::usual();
    let named = |name: &str, text: &str, expected: &str| {
        let draft = Draft::of(text, 2, usual.cards.clone());
        record(name, &draft.complete(), expected)
    };
    let beside = |name: &str, text: &str, expected: &str| {
        let draft = Draft::of(text, 2, usual.cards.clone());
        SheetCase::new(name, expected)
            .line("device", "north")
            .line(
                "install",
                format!("wallet {}", hex(&world().cold.record_bytes())),
            )
            .line(
                "install",
                format!("wallet {}", hex(&draft.complete().bytes())),
            )
    };
    let not_text = usual.draft().with(|draft| {
        draft.name = vec![0x62, 0xC3, 0x28];
    });
    vec![
        named("one-character", "a", "installed"),
        named("japanese", "コールド１号", "installed"),
        named("64-characters", &"a".repeat(64), "installed"),
        named("empty", "", "refused 0"),
        named("65-characters", &"a".repeat(65), "refused 0"),
        named("leading-space", " a", "refused 0"),
        named("trailing-space", "a ", "refused 0"),
        named("leading-full-width-space", "\u{3000}a", "refused 0"),
        named("cyrillic-homograph", "c\u{043E}ld", "refused 0"),
        named("turned-around", "a\u{202E}b", "refused 0"),
        named("zero-width", "a\u{200B}b", "refused 0"),
        named("combining", "a\u{0301}", "refused 0"),
        named("line-feed", "a\nb", "refused 0"),
        named("carriage-return", "a\rb", "refused 0"),
        named("escape", "a\u{1B}[2Jb", "refused 0"),
        named("bell", "a\u{7}", "refused 0"),
        named("nul", "a\0b", "refused 0"),
        named("no-break-space", "a\u{A0}b", "refused 0"),
        record("not-utf-8", &not_text.complete(), "refused 0"),
        beside(
            "name-in-use",
            "cold",
            "refused 1 another wallet is called cold",
        ),
        beside("case-only-difference", "Cold", "installed"),
    ]
}

fn stored() -> Vec<SheetCase> {
    let usual = Given::usual();
    let draft = usual.draft();
    let complete = draft.complete();
    let bytes = complete.bytes();
    let flipped = |at: usize| {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1;
        SheetCase::new(format!("bit-of-byte-{at}"), "refused 0")
            .line("device", "north")
            .line("install", format!("wallet {}", hex(&bytes)))
    };
    let mut cases: Vec<SheetCase> = [3, 40, 120, bytes.len() / 2, bytes.len() - 20]
        .map(flipped)
        .to_vec();
    let again = |name: &str, second: &Endorsed, expected: &str| {
        SheetCase::new(name, expected)
            .line("device", "north")
            .line("install", format!("wallet {}", hex(&bytes)))
            .line("install", format!("wallet {}", hex(&second.bytes())))
    };
    let renamed = draft
        .clone()
        .with(|d| d.name = Value::text("Renamed").encode());
    let shorter = draft.clone().with(|d| {
        d.rows[0].truncate(1);
    });
    let other_quorum = draft.clone().with(|d| d.threshold = Value::Uint(3));
    let in_use = "refused 1 the pool already serves wallet";
    let same_name = "refused 1 another wallet is called New wallet";
    cases.extend([
        again("the-same-again", &complete, "installed"),
        again("renamed", &renamed.complete(), in_use),
        again("with-fewer-keys", &shorter.complete(), same_name),
        again("with-another-quorum", &other_quorum.complete(), same_name),
        record(
            "second-version-of-the-table",
            &draft.clone().with(|d| d.table_version = 2).complete(),
            "refused 0 version 2 of the key table does not fit its predecessor",
        ),
        record(
            "of-another-root",
            &draft.clone().with(|d| d.root[31] ^= 1).complete(),
            "refused 0",
        ),
        record(
            "signed-by-two-of-three",
            &draft.signed_by(&["north", "south"]),
            "refused 0 signed by 2 of its 3 devices",
        ),
        record(
            "signed-by-none",
            &draft.signed_by(&[]),
            "refused 0 signed by 0 of its 3 devices",
        ),
        record(
            "signed-by-a-stranger-too",
            &draft.signed_by(&["north", "south", "west", STRANGE_DEVICE]),
            "refused 0",
        ),
    ]);
    cases
}

fn disagree() -> Vec<SheetCase> {
    let usual = Given::usual();
    let draft = usual.draft();
    let other = draft.clone().with(|d| d.rows[0].swap(0, 1));
    let mixed = |name: &str, other: &Draft| {
        let mut record = draft.complete();
        let theirs = other.complete();
        record.signatures[0] = theirs.signatures[0].clone();
        self::record(name, &record, "refused 0")
    };
    let other_m = draft.clone().with(|d| d.threshold = Value::Uint(3));
    let renamed = draft.clone().with(|d| d.named = |name| format!("{name}.x"));
    vec![
        mixed("one-signed-other-addresses", &other),
        mixed("one-signed-another-quorum", &other_m),
        mixed("one-signed-other-names", &renamed),
        usual.then(
            "other-names-than-enrolled",
            "draft",
            &renamed.signed_by(&[]).bytes(),
            "refused 6 no enrolment of",
        ),
    ]
}

/// The first version, and the next ones of it.
struct Versions {
    first: Draft,
}

impl Versions {
    /// A wallet with one address on each chain.
    fn new() -> Self {
        let first = Given::usual().draft();
        Self {
            first: first.with(|draft| draft.rows.iter_mut().for_each(|rows| rows.truncate(1))),
        }
    }

    /// The next version with every address that the cards have keys for.
    fn next(&self) -> Draft {
        Given::usual().draft().with(|draft| {
            draft.table_version = 2;
            draft.predecessor = Some(self.first.complete().digest("himuro/wallet"));
        })
    }

    /// The case that installs the first version and then these.
    fn then(&self, name: &str, next: &[Draft], expected: &str) -> SheetCase {
        let case = record(name, &self.first.complete(), expected);
        next.iter().fold(case, |case, draft| {
            case.line(
                "install",
                format!("wallet {}", hex(&draft.complete().bytes())),
            )
        })
    }
}

fn extended() -> Vec<SheetCase> {
    let versions = Versions::new();
    let next = || versions.next();
    let case = |name: &str, change: &dyn Fn(&mut Draft), expected: &str| {
        versions.then(name, &[next().with(|draft| change(draft))], expected)
    };
    let one_chain = next().with(|draft| draft.rows[1].truncate(1));
    vec![
        case("more-addresses", &|_| {}, "installed"),
        case(
            "one-more-on-one-chain",
            &|draft| {
                draft.rows[1].truncate(1);
            },
            "installed",
        ),
        case(
            "no-more",
            &|draft| draft.rows.iter_mut().for_each(|rows| rows.truncate(1)),
            "refused 1 more addresses",
        ),
        record(
            "of-a-record-that-is-not-here",
            &next().complete(),
            "refused 0 an extension of a record that is registered here",
        ),
        case(
            "a-version-left-out",
            &|draft| draft.table_version = 3,
            "refused 1 version 2",
        ),
        case(
            "rows-exchanged",
            &|draft| draft.rows[0].swap(0, 1),
            "refused 1 row 0/0 as before",
        ),
        case(
            "change-rows-exchanged",
            &|draft| draft.rows[1].swap(0, 1),
            "refused 1 row 1/0 as before",
        ),
        case(
            "a-row-dropped",
            &|draft| drop(draft.rows[0].remove(0)),
            "refused 1 row 0/0 as before",
        ),
        case(
            "renamed",
            &|draft| draft.name = Value::text("Newer wallet").encode(),
            "refused 1 name New wallet",
        ),
        case(
            "of-another-quorum",
            &|draft| draft.threshold = Value::Uint(3),
            "refused 1 wallet ~",
        ),
        case(
            "of-another-pool",
            &|draft| draft.pool = 1,
            "refused 1 wallet ~",
        ),
        versions.then(
            "a-second-extension-of-one-version",
            &[next(), one_chain],
            "refused 2 one extension of a version",
        ),
        versions.then("the-same-extension-twice", &[next(), next()], "installed"),
    ]
}
