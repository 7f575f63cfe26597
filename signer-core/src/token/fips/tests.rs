use super::*;

fn date(text: &str) -> Date {
    Date::parse(text).unwrap()
}

/// A certificate of FIPS 140-3 that ends on 2029-04-01.
fn listing() -> FipsListing {
    FipsListing {
        certificate: 4684,
        module: Line::lossy("Luna K7"),
        standard: FipsStandard::Fips140v3,
        level: FipsLevel::Three,
        list: FipsList::Active,
        firmware: Vec::from([Line::lossy("7.8.4")]),
        sunset: Some(date("2029-04-01")),
        checked_on: date("2026-03-29"),
        source: Line::lossy("CMVP"),
    }
}

fn with(change: impl FnOnce(&mut FipsListing)) -> FipsClaim {
    let mut listing = listing();
    change(&mut listing);
    FipsClaim::Listed(listing)
}

fn standing_on(claim: &FipsClaim, today: &str) -> FipsStanding {
    fips_status(claim, &Line::lossy("7.8.4"), date(today)).standing()
}

fn warnings(claim: &FipsClaim, firmware: &str, today: &str) -> Vec<FipsWarning> {
    let status = fips_status(claim, &Line::lossy(firmware), date(today));
    status.warnings().to_vec()
}

fn old() -> FipsClaim {
    with(|listing| {
        listing.certificate = 3916;
        listing.standard = FipsStandard::Fips140v2;
        listing.sunset = Some(date("2026-05-02"));
    })
}

#[test]
fn a_certificate_is_active_up_to_the_day_before_its_end() {
    let claim = with(|_| {});
    assert_eq!(standing_on(&claim, "2029-03-31"), FipsStanding::Active);
    let since = FipsStanding::Historical(Some(date("2029-04-01")));
    assert_eq!(standing_on(&claim, "2029-04-01"), since);
    assert_eq!(standing_on(&claim, "2035-01-01"), since);
}

#[test]
fn every_140_2_certificate_ended_on_the_21st_of_september_2026() {
    for sunset in [None, Some(date("2026-09-21")), Some(date("2030-01-01"))] {
        let claim = with(|listing| {
            listing.standard = FipsStandard::Fips140v2;
            listing.sunset = sunset;
        });
        assert_eq!(standing_on(&claim, "2026-09-20"), FipsStanding::Active);
        let since = FipsStanding::Historical(Some(date("2026-09-21")));
        assert_eq!(standing_on(&claim, "2026-09-21"), since);
    }
    assert_eq!(
        standing_on(&old(), "2026-11-22"),
        FipsStanding::Historical(Some(date("2026-05-02")))
    );
}

#[test]
fn a_140_3_certificate_without_an_end_stays_what_it_was() {
    let claim = with(|listing| listing.sunset = None);
    assert_eq!(standing_on(&claim, "2099-01-01"), FipsStanding::Active);
}

#[test]
fn what_was_historical_stays_so_and_says_since_when_only_where_that_is_known() {
    for (sunset, since) in [
        (None, None),
        (Some("2026-01-04"), Some("2026-01-04")),
        (Some("2026-03-29"), Some("2026-03-29")),
        (Some("2029-01-01"), None),
    ] {
        let claim = with(|listing| {
            listing.list = FipsList::Historical;
            listing.sunset = sunset.map(date);
        });
        let expected = FipsStanding::Historical(since.map(date));
        assert_eq!(standing_on(&claim, "2026-11-22"), expected, "{sunset:?}");
    }
}

#[test]
fn a_clock_that_is_behind_makes_nothing_young_and_is_said() {
    let claim = with(|listing| listing.sunset = Some(date("2026-03-29")));
    let behind = FipsWarning::ClockBehind {
        clock: date("1970-01-01"),
    };
    let since = FipsStanding::Historical(Some(date("2026-03-29")));
    assert_eq!(standing_on(&claim, "1970-01-01"), since);
    assert_eq!(warnings(&claim, "7.8.4", "1970-01-01"), [behind]);
    assert_eq!(warnings(&claim, "7.8.4", "2026-03-28").len(), 1);
    assert_eq!(warnings(&claim, "7.8.4", "2026-03-29"), []);
}

#[test]
fn a_look_is_old_on_the_ninety_first_day() {
    let claim = with(|_| {});
    assert_eq!(STALE_AFTER, 90);
    assert_eq!(warnings(&claim, "7.8.4", "2026-06-27"), []);
    let stale = FipsWarning::Stale {
        checked_on: date("2026-03-29"),
        days: 91,
    };
    assert_eq!(warnings(&claim, "7.8.4", "2026-06-28"), [stale]);
}

#[test]
fn another_firmware_is_not_validated_and_a_rough_one_is_not_known() {
    let claim = with(|_| {});
    let on = "2026-03-29";
    let other = |token: &str| FipsWarning::OtherFirmware {
        token: Line::lossy(token),
    };
    let unclear = |token: &str| FipsWarning::FirmwareUnclear {
        token: Line::lossy(token),
    };
    assert_eq!(warnings(&claim, "7.8.4", on), []);
    for token in ["7.8.3", "7.80", "7.9", "8.8.4", "7.8.40"] {
        assert_eq!(warnings(&claim, token, on), [other(token)], "{token}");
    }
    for token in ["7.8", "7", ""] {
        assert_eq!(warnings(&claim, token, on), [unclear(token)], "{token}");
    }
    let silent = with(|listing| listing.firmware.clear());
    assert_eq!(warnings(&silent, "9.9", on), [unclear("9.9")]);
}

#[test]
fn software_has_no_validation_and_no_warning() {
    let claim = FipsClaim::Never(Line::lossy("software, never validated"));
    let status = fips_status(&claim, &Line::lossy("2.6"), date("1970-01-01"));
    assert_eq!(status.standing(), FipsStanding::None);
    assert!(status.warnings().is_empty());
    assert_eq!(status.lines(Lang::En), ["none: software, never validated"]);
    assert_eq!(status.lines(Lang::Ja), ["なし: software, never validated"]);
}

#[test]
fn the_lines_say_validated_and_never_certified_or_approved() {
    let firmware = Line::lossy("7.8.4");
    let claim = old();
    let lines = fips_status(&claim, &firmware, date("2026-11-22")).lines(Lang::En);
    assert_eq!(
        lines,
        [
            "validated to FIPS 140-2 Level 3, certificate #3916 (Luna K7), historical since \
             2026-05-02; checked on 2026-03-29",
            "WARNING: last checked on 2026-03-29, 238 days ago; look at the CMVP list again",
            "secp256k1 is no curve that NIST recommends: no signature is claimed to be \
             FIPS-approved",
        ]
    );
    let claim = with(|listing| listing.list = FipsList::Interim);
    let lines = fips_status(&claim, &firmware, date("2026-03-29")).lines(Lang::En);
    assert_eq!(
        lines[0],
        "validated to FIPS 140-3 Level 3, certificate #4684 (Luna K7), active (interim) until \
         2029-04-01; checked on 2026-03-29"
    );
    assert_eq!(lines.len(), 2);
    let japanese = fips_status(&claim, &firmware, date("2026-03-29")).lines(Lang::Ja);
    assert_eq!(
        japanese[0],
        "FIPS 140-3 レベル3 認証、証明書番号 4684(Luna K7)、有効(暫定)、2029-04-01 まで。2026-03-29 確認"
    );
}

#[test]
fn both_languages_have_a_line_for_each_warning() {
    let claim = with(|_| {});
    for (firmware, today) in [
        ("7.9", "2026-11-22"),
        ("7.8", "1970-01-01"),
        ("7.8.4", "2026-03-29"),
    ] {
        let status = fips_status(&claim, &Line::lossy(firmware), date(today));
        let [en, ja] = [Lang::En, Lang::Ja].map(|lang| status.lines(lang));
        assert_eq!(en.len(), status.warnings().len() + 2);
        assert_eq!(en.len(), ja.len());
        for (en, ja) in en.iter().zip(&ja) {
            assert_eq!(en.contains("WARNING"), ja.contains("警告"), "{en}\n{ja}");
        }
    }
}

#[test]
fn claims_survive_the_wire() {
    let without = with(|listing| {
        listing.sunset = None;
        listing.firmware.clear();
    });
    for claim in [
        FipsClaim::Never(Line::lossy("software")),
        with(|_| {}),
        without,
    ] {
        let bytes = crate::codec::encode(&claim);
        assert_eq!(crate::codec::decode(&bytes), Ok(claim));
    }
}
