//! What must hold when a device comes back after a cut, wherever it was.
//!
//! Nothing left without its entry; of one approval one set of signatures; no record is lost, no count
//! falls; the device says what was cut, and goes on with it or with nothing.

use std::collections::BTreeMap;
use std::fs;

use signer_core::psbt::ParsedPsbt;
use signer_core::rule::Explained as _;
use signer_core::signing::SignatureLine;
use signer_core::transcript::{
    DeviceState, Journal, OpenSession, Outcome, VerifiedTranscript, whole_prefix,
};
use signer_core::types::Lang;

use super::cut::{OUT, Scene, arguments};
use super::house::ceremony;
use super::play::Played;

/// Signatures before those of the transaction: both operators sign in.
const OPERATORS: usize = 2;

impl Scene<'_> {
    /// The laws, and the way on: it is signed again, gone on with, or written once more.
    pub(super) fn comes_back(&self, what: &str, played: &Played) {
        let bench = self.house.bench;
        let cut = bench.read("d1/journal.cbor");
        let whole = whole_prefix(&cut);
        assert!(
            whole.starts_with(whole_prefix(&self.before)),
            "{what}: a record is lost"
        );
        let journal = Journal::load(whole);
        let journal = journal.unwrap_or_else(|e| panic!("{what}: {}", e.what().text(Lang::En)));
        let state = journal.state();
        let signed = state
            .sessions()
            .last()
            .is_some_and(|last| last.outcome == Outcome::Signed && whole.len() > self.before.len());
        let released = self.released();
        assert!(
            signed || released.is_empty(),
            "{what}: released without an entry"
        );
        if played.code == 0 {
            assert!(signed && released.contains_key(OUT), "{what}");
        }
        if self.asked_for_signatures() || self.intended {
            assert!(
                signed || !state.unfinished().is_empty(),
                "{what}: the HSM was asked without an intent"
            );
        }
        let (next, recorded) = match state.unfinished().last() {
            _ if signed => (["psbt", "reissue", "--out"], Vec::new()),
            Some(cut) => (["psbt", "resume", "--out"], cut.results().to_vec()),
            None => (["psbt", "sign", "--out"], Vec::new()),
        };
        let says = |played: &Played| {
            for text in said_of(state) {
                played.says(&text);
            }
        };
        if next[1] == "resume" {
            // Only by going on, never by another session.
            let again = self.house.sign_arguments("d1", "in.psbt", &["again.psbt"]);
            let refused = ceremony(&again);
            refused.ended(1).says("POL07");
            says(&refused);
        }
        let words = [&next[..], &["next.psbt"]].concat();
        let again = ceremony(&arguments(self.house, &words));
        assert_eq!(again.code, 0, "{what}: {next:?}\n{}", again.errors);
        if next[1] == "sign" {
            says(&again);
        }
        self.one_set_of_signatures(what, &released, &recorded);
        self.verifies(what, whole, state);
        self.keeps_the_torn(what, whole.len(), &cut[whole.len()..]);
    }

    /// Whether the HSM was asked for a signature of the transaction.
    fn asked_for_signatures(&self) -> bool {
        let reached = self.reached();
        let asked = reached.iter().filter(|point| point.starts_with("C_Sign "));
        asked.count() > OPERATORS
    }

    /// All that left is a part of what leaves now; signatures that were recorded are in it.
    fn one_set_of_signatures(
        &self,
        what: &str,
        released: &BTreeMap<String, Vec<u8>>,
        recorded: &[SignatureLine],
    ) {
        let last = self.house.bench.read("next.psbt");
        for (name, bytes) in released {
            let is_whole = !name.contains("/.") && !name.starts_with('.');
            let same = if is_whole {
                last == *bytes
            } else {
                last.starts_with(bytes)
            };
            assert!(same, "{what}: {name} is another release");
        }
        let psbt = ParsedPsbt::parse(last).expect("strict");
        for line in recorded {
            let input = usize::try_from(line.input.0).expect("few");
            let signatures = &psbt.inputs()[input].partial_sigs;
            let compact = |der: &[u8]| {
                let (_, der) = der.split_last()?;
                let signature = k256::ecdsa::Signature::from_der(der).ok()?;
                Some(signature.to_bytes().to_vec())
            };
            let mut made = signatures.iter().filter_map(|(_, der)| compact(der));
            let kept = made.any(|bytes| bytes == line.signature.0);
            assert!(kept, "{what}: a recorded signature was made again");
        }
    }

    /// The journal goes on from what was left, and an auditor takes it.
    fn verifies(&self, what: &str, left: &[u8], state: &DeviceState) {
        let signatures = state.ledger().signatures();
        let open = state.open().filter(|open| open.closed().is_none());
        let open = open.map(OpenSession::number);
        let end = self.house.bench.read("d1/journal.cbor");
        assert!(end.starts_with(left), "{what}: a record was changed");
        let verified = VerifiedTranscript::verify(&end, &self.trust);
        let verified = verified.unwrap_or_else(|found| panic!("{what}: {found}"));
        let state = verified.state();
        assert!(
            state.ledger().signatures() >= signatures,
            "{what}: a count fell"
        );
        let cuts = state.sessions().iter();
        let mut cut = cuts.filter(|session| session.outcome == Outcome::Cut);
        assert!(
            open.is_none_or(|open| cut.any(|session| session.number == open)),
            "{what}: that {open:?} was cut is not recorded"
        );
    }

    /// Half an entry is no record; it is kept all the same.
    fn keeps_the_torn(&self, what: &str, at: usize, torn: &[u8]) {
        let begins = format!("journal.cbor.torn-at-{at}");
        let names = fs::read_dir(self.house.bench.path("d1")).expect("it is there");
        let mut kept = names
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.display().to_string().contains(&begins));
        let same = kept.any(|path| fs::read(path).expect("it can be read") == torn);
        assert!(torn.is_empty() || same, "{what}: the torn bytes are gone");
    }

    /// The second verifier takes the journal as it is now, after its cuts.
    pub(crate) fn others_take_it(&self) {
        let journal = self.house.bench.read("d1/journal.cbor");
        assert_eq!(self.house.said_without_our_code("d1", &journal), "");
    }
}

/// What the next ceremony says of what was cut.
fn said_of(state: &DeviceState) -> Vec<String> {
    let open = state.open().map(|open| {
        let number = open.number();
        format!("session {number} was cut and is not sealed")
    });
    let intent = state.unfinished().last().map(|cut| {
        let (session, done) = (cut.session(), cut.results().len());
        let of = cut.intent().lines.len();
        format!(
            "session {session}: {done} of {of} signatures were made and no ceremony released them"
        )
    });
    open.into_iter().chain(intent).collect()
}
