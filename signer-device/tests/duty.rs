//! Who attends a session that signs, by the real program: a witness who sits, signs for the session or
//! does not; operators who take turns.

mod support;

use signer_core::transcript::{Body, Outcome, VerifiedTranscript};
use signer_core::types::Id;

use support::house::{House, ceremony, destination_script, run};
use support::isolated;
use support::people::{at_ceremony, at_the_next_device};
use support::play::{Act, Played, Prompt, typed};

/// One witness of each session, and operators who sit at one session in a row.
fn strict(house: &mut House<'_>) {
    let policy = house.next_policy(|policy| {
        policy.separation.sessions_in_a_row = Some(1);
        policy.wallets[0].witnesses = 1;
    });
    ceremony(&house.install_arguments("d1", &policy)).ended(0);
}

/// These people, and this one as witness.
fn beside(
    witness: &'static str,
    mut people: impl FnMut(&Prompt<'_>) -> Act,
) -> impl FnMut(&Prompt<'_>) -> Act {
    move |prompt| match prompt.id {
        "witness-1" => typed(witness),
        _ => people(prompt),
    }
}

/// The witness sits, and rejects when asked to sign for the session: after both operators' PINs and
/// the one to sit down with.
fn disagrees() -> impl FnMut(&Prompt<'_>) -> Act {
    let mut pins = 0;
    beside("wit.a", move |prompt| {
        pins += usize::from(prompt.id == "officer-pin");
        match prompt.id {
            "officer-pin" if pins == 4 => typed("r"),
            _ => at_ceremony(prompt),
        }
    })
}

fn resumed(house: &House<'_>, bench: &support::Bench, out: &str) -> Vec<String> {
    let (state, out) = (bench.arg("d1"), bench.arg(out));
    let arguments = ["psbt", "resume", "--state", &state, "--out", &out];
    house.at_hsm(arguments.map(str::to_owned).to_vec())
}

fn last(transcript: &VerifiedTranscript) -> Option<Outcome> {
    let sessions = transcript.state().sessions();
    sessions.last().map(|session| session.outcome)
}

fn refused_by(played: &Played, rule: &str) {
    played.ended(1).says(&format!("x {rule} refused"));
    assert!(!played.output.contains("[screen-1]"), "nobody was asked");
}

#[test]
fn a_session_is_signed_with_its_witness_alone() {
    isolated("a_session_is_signed_with_its_witness_alone", |bench| {
        let mut house = House::ready(bench);
        strict(&mut house);
        bench.write(
            "in.psbt",
            &house.approved_psbt(destination_script(), 1).to_bytes(),
        );
        let sign = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        refused_by(&run(&sign, beside("none", at_ceremony)), "APP17");
        assert_eq!(
            last(&house.verified_transcript("d1")),
            Some(Outcome::Refused)
        );
        // An operator of this session cannot sit as witness: the seat takes the role alone.
        run(&sign, beside("op.c", at_ceremony)).ended(2);

        let played = run(&sign, disagrees());
        played.ended(2).says("signs for session");
        assert!(!bench.path("out.psbt").exists());
        let transcript = house.verified_transcript("d1");
        assert_eq!(last(&transcript), Some(Outcome::Aborted));
        let cut = transcript
            .state()
            .unfinished()
            .first()
            .map(|cut| cut.results().len());
        assert_eq!(cut, Some(1), "the signature is there, and open");

        let resume = resumed(&house, bench, "out.psbt");
        refused_by(&run(&resume, beside("none", at_ceremony)), "APP17");
        let played = run(&resume, beside("wit.a", at_ceremony));
        played.ended(0).says("has signed as witness");
        let transcript = house.verified_transcript("d1");
        assert_eq!(last(&transcript), Some(Outcome::Signed));
        let said = house.said_without_our_code("d1", &bench.read("d1.transcript"));
        assert_eq!(said, "");
    });
}

#[test]
fn operators_take_turns() {
    isolated("operators_take_turns", |bench| {
        let mut house = House::ready(bench);
        strict(&mut house);
        for coin in [1, 2] {
            let psbt = house.approved_psbt(destination_script(), coin);
            bench.write(&format!("in-{coin}.psbt"), &psbt.to_bytes());
        }
        let first = house.sign_arguments("d1", "in-1.psbt", &["first.psbt"]);
        run(&first, beside("wit.a", at_ceremony)).ended(0);
        let second = house.sign_arguments("d1", "in-2.psbt", &["second.psbt"]);
        refused_by(&run(&second, beside("wit.a", at_ceremony)), "APP16");
        run(&second, beside("wit.a", at_the_next_device)).ended(0);
        let transcript = house.verified_transcript("d1");
        let duty = transcript.state().ledger().duty();
        let count = |who: &str| duty.in_a_row(&Id::new(who).expect("an officer"));
        assert_eq!([count("op.a"), count("op.c")], [0, 1]);
        let said = house.said_without_our_code("d1", &bench.read("d1.transcript"));
        assert_eq!(said, "");
    });
}

/// Where no policy calls for one, a seat is asked for, and who sits there signs.
#[test]
fn a_witness_may_attend_whom_nobody_calls_for() {
    isolated("a_witness_may_attend_whom_nobody_calls_for", |bench| {
        let mut house = House::ready(bench);
        bench.write(
            "in.psbt",
            &house.approved_psbt(destination_script(), 1).to_bytes(),
        );
        let mut sign = house.sign_arguments("d1", "in.psbt", &["out.psbt"]);
        sign.extend(["--witnesses", "1"].map(str::to_owned));
        run(&sign, beside("wit.a", at_ceremony)).ended(0);
        let transcript = house.verified_transcript("d1");
        let bodies = transcript.entries().iter().map(|entry| &entry.body);
        let statements = bodies.filter(|body| matches!(body, Body::Witnessed(_)));
        assert_eq!(statements.count(), 1);
    });
}
