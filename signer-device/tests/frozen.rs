//! Freezing and thawing, at the real program, with SoftHSM tokens.

mod support;

use signer_core::cose::Endorsed;
use signer_core::life::Thaw;
use signer_core::types::Label;

use support::house::{House, ceremony, destination_script, run};
use support::isolated;
use support::officers::SCOPE;
use support::people::at_ceremony;
use support::play::{Played, typed};

fn words(house: &House<'_>, words: &[&str]) -> Vec<String> {
    let (noun, rest) = words.split_at(2);
    let state = ["--state".to_owned(), house.bench.arg("d1")];
    let own = |words: &[&str]| -> Vec<String> { words.iter().map(|w| (*w).to_owned()).collect() };
    [own(noun), state.to_vec(), own(rest)].concat()
}

fn freeze(house: &House<'_>, officer: &str) -> Played {
    let arguments = words(house, &["device", "freeze", "--reason", "seal broken"]);
    run(&arguments, |prompt| match prompt.id {
        "officer" => typed(officer),
        _ => at_ceremony(prompt),
    })
}

fn sign(house: &mut House<'_>) -> Played {
    let psbt = house.approved_psbt(destination_script(), 1).to_bytes();
    house.bench.write("in.psbt", &psbt);
    ceremony(&house.sign_arguments("d1", "in.psbt", &["out.psbt"]))
}

#[test]
fn one_officer_freezes_and_the_administrators_thaw() {
    let name = "one_officer_freezes_and_the_administrators_thaw";
    isolated(name, |bench| {
        let mut house = House::ready(bench);
        // The witness: neither an operator nor an approver.
        freeze(&house, "wit.a")
            .ended(0)
            .says("the device is frozen");
        let refused = sign(&mut house);
        refused
            .ended(1)
            .says("ENV03")
            .says("frozen by wit.a in session");
        assert!(!bench.path("out.psbt").exists());
        freeze(&house, "op.a").ended(3).says("frozen already");
        let status = words(&house, &["device", "status", "--json"]);
        ceremony(&status)
            .ended(0)
            .says(r#""frozen_by":"wit.a""#)
            .says(r#""without_spare":[{"wallet":"Cold 1","able":1,"needed":2}]"#);
        ceremony(&words(&house, &["device", "status"]))
            .ended(0)
            .says("wallet Cold 1: 2 devices must sign and 1 can");
        // Every other ceremony goes on, and is told.
        let inventory = words(&house, &["device", "inventory"]);
        ceremony(&inventory)
            .ended(0)
            .says("frozen by wit.a in session")
            .says("wallet Cold 1: 2 devices must sign and 1 can");

        let transcript = house.verified_transcript("d1");
        let frozen = transcript.state().frozen().expect("frozen").digest;
        let mut order = Endorsed::new(
            Thaw {
                version: 1,
                scope: SCOPE,
                root: house.officers.root.digest(),
                roster: house.officers.roster.roster_digest(),
                freeze: frozen,
                reason: Label::new("the seal was found").expect("plain"),
            },
            SCOPE,
        );
        house.officers.endorse_by("app.a", &mut order);
        let file = bench.write("thaw.cbor", &order.to_bytes());
        let thaw = words(&house, &["device", "thaw", "--order", &file]);
        ceremony(&thaw)
            .ended(3)
            .says("signed by 1 administrators, at least 2");
        house.officers.endorse_by("req.a", &mut order);
        bench.write("thaw.cbor", &order.to_bytes());
        run(&thaw, |prompt| match prompt.id {
            "thaw" => typed("frost"),
            _ => at_ceremony(prompt),
        })
        .ended(2);
        ceremony(&thaw).ended(0).says("the device is thawed");
        ceremony(&thaw).ended(3).says("is not frozen by");
        // Of two devices two sign: that is said as long as the wallet is used.
        let signed = sign(&mut house);
        signed
            .ended(0)
            .says("wallet Cold 1: 2 devices must sign and 2 can");
        assert_eq!(house.verified_transcript("d1").state().frozen(), None);
    });
}
