//! A113 and A115: a true transcript, and what somebody made of it. Transcripts are long, so a case
//! has the name of its edit, and [`transcript`] makes it.

use std::sync::OnceLock;

use crate::case::{Case, Expected};
use crate::journal::{journal, journal_installing};
use crate::sheet::{Kind, Sheet, SheetCase};

/// Entries of a journal, byte for byte.
type Entries = Vec<Vec<u8>>;

/// An edit: what it is called, what an auditor says, and how it is made.
struct Edit {
    name: String,
    expected: &'static str,
    make: Box<dyn Fn(&Entries) -> Vec<u8> + Send + Sync>,
}

const TAMPERED: &str = "A113-tampered-transcript";
const OWN_KEYS: &str = "A115-own-root-of-trust";

pub(super) fn sheets() -> Vec<Sheet> {
    let sheet = |name, note, edits: &[Edit]| {
        let case = |edit: &Edit| SheetCase::new(edit.name.clone(), edit.expected);
        Sheet::new(
            name,
            Kind::Transcripts,
            note,
            edits.iter().map(case).collect(),
        )
    };
    vec![
        sheet(
            TAMPERED,
            "The transcript of a device of three sealed sessions, edited. Anything but the true one\n\
             must be refused; one cut off after a seal is a true older one, and the anchor in the\n\
             HSM and the heads in receipts tell how old (TRN03).",
            tampered(),
        ),
        sheet(
            OWN_KEYS,
            "A transcript does not bring the keys by which it is judged: root and identity come from\n\
             outside. Sessions that leave an output out, show another fee, hold another policy or hash\n\
             another transaction are forged over a true session that signed, which only signer-core can\n\
             write: signer-core/src/transcript/tests/forged/a115.rs.",
            own_keys(),
        ),
    ]
}

/// The transcript of this case.
pub fn transcript(family: &str, name: &str) -> Vec<u8> {
    let edits = if family == TAMPERED {
        tampered()
    } else {
        own_keys()
    };
    let edit = edits.iter().find(|edit| edit.name == name);
    (edit.expect("a case of the sheet").make)(&truth())
}

fn usual(device: &str) -> Case {
    let case = Case::new("usual", vec![], Expected::Accept);
    case.with(|case| case.device = device.into())
}

fn truth() -> Entries {
    entries(&journal(&usual("north")))
}

/// The items of a CBOR sequence, each `[prev, sequence, session, body]`.
fn entries(bytes: &[u8]) -> Entries {
    let mut rest = bytes;
    let mut entries = vec![];
    while !rest.is_empty() {
        let length = item(rest);
        entries.push(rest[..length].to_vec());
        rest = &rest[length..];
    }
    entries
}

/// How long the first item is.
fn item(bytes: &[u8]) -> usize {
    let (kind, small) = (bytes[0] >> 5, bytes[0] & 31);
    let wide = match small {
        0..24 => 0,
        more => 1_usize << (more - 24),
    };
    let number = bytes[1..=wide]
        .iter()
        .fold(0, |n, byte| (n << 8) | usize::from(*byte));
    let number = if wide == 0 {
        usize::from(small)
    } else {
        number
    };
    let head = 1 + wide;
    match kind {
        2 | 3 => head + number,
        4 => many(bytes, head, number),
        5 => many(bytes, head, 2 * number),
        6 => many(bytes, head, 1),
        _ => head,
    }
}

fn many(bytes: &[u8], head: usize, count: usize) -> usize {
    (0..count).fold(head, |at, _| at + item(&bytes[at..]))
}

fn edit(
    name: impl Into<String>,
    expected: &'static str,
    make: impl Fn(&Entries) -> Vec<u8> + Send + Sync + 'static,
) -> Edit {
    Edit {
        name: name.into(),
        expected,
        make: Box::new(make),
    }
}

const CHAIN: &str = "refused TRN01";

fn tampered() -> &'static [Edit] {
    static EDITS: OnceLock<Vec<Edit>> = OnceLock::new();
    EDITS.get_or_init(|| {
        let truth = truth();
        let count = truth.len();
        let mut edits = vec![
            edit("true", "verified", |e| e.concat()),
            edit("after-the-first-seal", "verified", |e| {
                e[..seal(e, 0)].concat()
            }),
            edit("after-the-second-seal", "verified", |e| {
                e[..seal(e, 1)].concat()
            }),
            edit("empty", CHAIN, |_| vec![]),
            edit("half-an-entry-less", CHAIN, |e| {
                let all = e.concat();
                all[..all.len() - 40].to_vec()
            }),
            edit("a-byte-more", CHAIN, |e| [e.concat(), vec![0]].concat()),
            edit("itself-again", CHAIN, |e| [e.concat(), e.concat()].concat()),
            edit("of-another-device-whole", "refused TRN04", |_| {
                journal(&usual("south"))
            }),
            edit("last-session-of-another-device", CHAIN, |e| {
                let other = entries(&journal(&usual("south")));
                let cut = seal(e, 1);
                [e[..cut].concat(), other[cut..].concat()].concat()
            }),
            edit("without-the-first-entry", CHAIN, |e| e[1..].concat()),
            edit("without-the-middle-session", CHAIN, |e| {
                [e[..seal(e, 0)].concat(), e[seal(e, 1)..].concat()].concat()
            }),
            edit("two-sessions-exchanged", CHAIN, |e| {
                let (a, b) = (seal(e, 0), seal(e, 1));
                [e[..a].concat(), e[b..].concat(), e[a..b].concat()].concat()
            }),
            edit("session-twice", CHAIN, |e| {
                let (a, b) = (seal(e, 0), seal(e, 1));
                [e[..b].concat(), e[a..].concat()].concat()
            }),
            edit("without-the-last-seal", "refused TRN02", |e| {
                e[..e.len() - 1].concat()
            }),
            edit("ends-in-an-open-session", "refused TRN02", |e| {
                e[..e.len() - 2].concat()
            }),
        ];
        for place in 0..count {
            let (last, sealed) = (place + 1 == count, place + 2 == count);
            edits.push(edit(
                format!("bit-of-entry-{place}"),
                if last { "refused TRN02" } else { CHAIN },
                move |e| {
                    let mut e = e.clone();
                    let middle = e[place].len() - 8;
                    e[place][middle] ^= 1;
                    e.concat()
                },
            ));
            if !last {
                edits.push(edit(format!("without-entry-{place}"), CHAIN, move |e| {
                    let mut e = e.clone();
                    e.remove(place);
                    e.concat()
                }));
            }
            edits.push(edit(format!("entry-{place}-twice"), CHAIN, move |e| {
                let mut e = e.clone();
                e.insert(place, e[place].clone());
                e.concat()
            }));
            if !last && !sealed {
                edits.push(edit(format!("entry-{place}-later"), CHAIN, move |e| {
                    let mut e = e.clone();
                    e.swap(place, place + 1);
                    e.concat()
                }));
            }
        }
        edits
    })
}

/// Where the entries after a seal begin.
fn seal(entries: &Entries, number: usize) -> usize {
    // A sealing entry is the last of its session: the session number is the third of its parts.
    let sessions: Vec<usize> = (1..entries.len())
        .filter(|at| session_of(&entries[*at]) != session_of(&entries[at - 1]))
        .collect();
    sessions[number + 1]
}

fn session_of(entry: &[u8]) -> u8 {
    let prev = 1 + item(&entry[1..]);
    entry[prev + item(&entry[prev..])]
}

fn own_keys() -> &'static [Edit] {
    static EDITS: OnceLock<Vec<Edit>> = OnceLock::new();
    EDITS.get_or_init(|| {
        let all = crate::journal::journal_under_another_root;
        vec![
            edit("another-device", "refused TRN04", |_| {
                journal_installing("west", &[])
            }),
            edit("another-root", "refused TRN04", move |_| all("north")),
            edit("another-root-and-device", "refused TRN04", move |_| {
                all("south")
            }),
            edit("true", "verified", |_| journal_installing("north", &[])),
        ]
    })
}
