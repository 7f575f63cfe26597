//! The screen about the HSM with which every ceremony begins. It is computed from what the journal
//! holds (the facts, the record, the clock), so that an auditor gets the same lines.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::{
    AcceptanceRecord, AnchorStore, Assurance, Date, HsmFacts, KeyAttribute, KeyStorage, Line,
    LocalClaim, LoginKind, Relaxations, WrapBackup, fips_status,
};
use crate::review::layout::Block;
use crate::types::Lang;

/// The lines, on the day `today` by the machine's clock.
pub fn hsm_screen(
    facts: &HsmFacts,
    accepted: Option<&AcceptanceRecord>,
    today: Date,
    lang: Lang,
) -> Vec<String> {
    hsm_block(facts, accepted, today, lang).into_lines()
}

/// The same before it is broken into lines.
pub(crate) fn hsm_block(
    facts: &HsmFacts,
    accepted: Option<&AcceptanceRecord>,
    today: Date,
    lang: Lang,
) -> Block {
    let mut block = Block::new(lang);
    let (vendor, model, serial) = (&facts.vendor, &facts.model, &facts.serial);
    block.fact(["HSM", "HSM"], format!("{vendor}, {model}, {serial}"));
    let (firmware, hardware) = (&facts.firmware, &facts.hardware);
    block.fact(
        ["Firmware", "ファームウェア"],
        format!("{firmware} ({hardware})"),
    );
    let (module, version) = (&facts.module_library, &facts.module_version);
    block.fact(["Module", "モジュール"], format!("{module} {version}"));
    let profile = format!("{}, {}", facts.profile, assurance(facts, lang));
    block.fact(["Profile", "プロファイル"], profile);
    if !facts.unverified.is_empty() {
        let values: Vec<&str> = facts.unverified.iter().map(Line::as_str).collect();
        block.fact(["Not verified", "未検証の値"], values.join(", "));
    }
    block.fact(["Relaxed", "緩和"], relaxed(&facts.relaxations, lang));
    block.fact(["Accepted", "受入試験"], acceptance(accepted, lang));
    block.fact(
        ["Keys at rest", "鍵の保管"],
        storage(facts.key_storage, lang),
    );
    block.fact(["Login", "ログイン"], login(facts.login, lang));
    block.fact(["Anchor", "アンカー"], anchor(facts.anchor, lang));
    let mut name = ["FIPS 140", "FIPS 140"];
    for line in fips_status(&facts.fips, &facts.firmware, today).lines(lang) {
        block.fact(name, line);
        name = ["", ""];
    }
    block.fact(
        ["Date", "日付"],
        match lang {
            Lang::En => format!("{today} by this machine's clock, which was set by hand"),
            Lang::Ja => format!("{today}(端末の時計。人手で設定)"),
        },
    );
    block
}

fn assurance(facts: &HsmFacts, lang: Lang) -> String {
    match facts.assurance {
        Assurance::TestOnly => lang.pick(
            "FOR TESTS ONLY: never for main net",
            "試験専用。メインネットでは使用不可",
        ),
        Assurance::Unverified => lang.pick(
            "NOT VERIFIED on a device by anybody",
            "未検証。実機での確認なし",
        ),
        Assurance::Verified => lang.pick("verified", "検証済み"),
    }
    .into()
}

/// All three, each by its name in the profile, and what it gives up.
fn relaxed(relaxations: &Relaxations, lang: Lang) -> String {
    let mut said: Vec<String> = Vec::new();
    if relaxations.local == LocalClaim::Unreliable {
        said.push(
            lang.pick(
                "CKA_LOCAL is not relied on: the token does not say that it made its keys",
                "CKA_LOCALに依拠しない(トークンは鍵の内部生成を示さない)",
            )
            .into(),
        );
    }
    if relaxations.extractable == WrapBackup::MeansWrap {
        said.push(
            lang.pick(
                "CKA_EXTRACTABLE may be true: keys can be backed up under a wrap key",
                "CKA_EXTRACTABLEを許容(鍵はラップ鍵でバックアップ可能)",
            )
            .into(),
        );
    }
    if !relaxations.absent_ok.is_empty() {
        let attributes = relaxations.absent_ok.iter().copied();
        let names: Vec<&str> = attributes.map(KeyAttribute::name).collect();
        let names = names.join(", ");
        said.push(match lang {
            Lang::En => format!("the token may say nothing of {names}"),
            Lang::Ja => format!("{names} は応答なしを許容"),
        });
    }
    if said.is_empty() {
        return lang
            .pick("nothing: every rule as it stands", "なし(全規則を適用)")
            .into();
    }
    said.join("; ")
}

fn acceptance(accepted: Option<&AcceptanceRecord>, lang: Lang) -> String {
    match (accepted, lang) {
        (None, _) => lang
            .pick(
                "no test on record: not for main net",
                "記録なし。メインネットでは使用不可",
            )
            .into(),
        (Some(accepted), Lang::En) => {
            format!(
                "passed on {}, report {}",
                accepted.passed_on, accepted.report
            )
        }
        (Some(accepted), Lang::Ja) => {
            format!("{} 合格、報告書 {}", accepted.passed_on, accepted.report)
        }
    }
}

const fn storage(storage: KeyStorage, lang: Lang) -> &'static str {
    match storage {
        KeyStorage::Internal => lang.pick("inside the HSM", "HSM内"),
        KeyStorage::WrappedOnHost => lang.pick(
            "on the host's disk, encrypted under a key of the HSM: never leave unencrypted",
            "HSMの鍵で暗号化しホストのディスクに保管(平文では外に出ない)",
        ),
        KeyStorage::Software => lang.pick(
            "in files of a software token: this protects nothing",
            "ソフトウェアトークンのファイル(保護なし)",
        ),
    }
}

const fn login(kind: LoginKind, lang: Lang) -> &'static str {
    match kind {
        LoginKind::Pin => lang.pick("by PIN", "PIN"),
        LoginKind::IdAndPassword => {
            lang.pick("by key number and password", "認証鍵の番号とパスワード")
        }
        LoginKind::UserColonPassword => lang.pick("by user and password", "利用者名とパスワード"),
        LoginKind::ProtectedPath => lang.pick("at the HSM's own keypad or reader", "HSMの入力装置"),
        LoginKind::Preloaded => lang.pick(
            "by cards that were loaded before: a login here proves nothing of who is present",
            "事前に読み込んだカード(ログイン成功は在席の証明にならない)",
        ),
    }
}

const fn anchor(anchor: AnchorStore, lang: Lang) -> &'static str {
    match anchor {
        AnchorStore::DataObject => lang.pick("in the HSM", "HSM内"),
        AnchorStore::None => lang.pick(
            "none: this HSM cannot notice a disk that was set back",
            "なし(ディスクの巻き戻しを検出できない)",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::facts::tests::softhsm;
    use super::super::hsm06::tests::acceptance_of;
    use super::*;
    use crate::review::layout::{COLUMNS, width};

    fn screen(facts: &HsmFacts, lang: Lang) -> Vec<String> {
        let accepted = acceptance_of(facts);
        hsm_screen(facts, Some(&accepted), Date::of_clock(1_790_000_000), lang)
    }

    #[test]
    fn software_says_that_it_is_software() {
        let lines = hsm_screen(&softhsm(), None, Date::of_clock(1_790_000_000), Lang::En);
        assert_eq!(
            lines,
            [
                "HSM               SoftHSM project, SoftHSM v2, 0123456789abcdef",
                "Firmware          2.6 (2.6)",
                "Module            SoftHSM: Implementation of PKCS11 2.6",
                "Profile           softhsm2, FOR TESTS ONLY: never for main net",
                "Relaxed           nothing: every rule as it stands",
                "Accepted          no test on record: not for main net",
                "Keys at rest      in files of a software token: this protects nothing",
                "Login             by PIN",
                "Anchor            in the HSM",
                "FIPS 140          none: software",
                "Date              2026-09-21 by this machine's clock, which was set by hand",
            ]
        );
    }

    #[test]
    fn every_relaxation_and_every_unverified_value_is_named() {
        let mut facts = softhsm();
        facts.assurance = Assurance::Unverified;
        facts.unverified = ["ec.point", "login.max"].map(Line::lossy).to_vec();
        facts.relaxations = Relaxations {
            local: LocalClaim::Unreliable,
            extractable: WrapBackup::MeansWrap,
            absent_ok: Vec::from([KeyAttribute::Copyable, KeyAttribute::Modifiable]),
        };
        for lang in [Lang::En, Lang::Ja] {
            let text = screen(&facts, lang).join(" ");
            for name in [
                "CKA_LOCAL",
                "CKA_EXTRACTABLE",
                "CKA_COPYABLE",
                "CKA_MODIFIABLE",
                "ec.point",
                "login.max",
                "2026-09-21",
            ] {
                assert!(text.contains(name), "{name}: {text}");
            }
        }
    }

    #[test]
    fn every_kind_has_words_that_fit_in_both_languages() {
        for lang in [Lang::En, Lang::Ja] {
            let mut facts = softhsm();
            let mut seen: Vec<String> = Vec::new();
            for login in LoginKind::ALL {
                facts.login = *login;
                seen.push(screen(&facts, lang).join("\n"));
            }
            for storage in [KeyStorage::Internal, KeyStorage::WrappedOnHost] {
                facts.key_storage = storage;
                seen.push(screen(&facts, lang).join("\n"));
            }
            facts.anchor = AnchorStore::None;
            seen.push(screen(&facts, lang).join("\n"));
            facts.assurance = Assurance::Verified;
            seen.push(screen(&facts, lang).join("\n"));
            for text in &seen {
                assert!(text.lines().all(|line| width(line) <= COLUMNS), "{text}");
            }
            let all = seen.len();
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), all);
        }
    }
}
