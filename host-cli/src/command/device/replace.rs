//! `device replace`: the order by which a restored HSM takes the place of a device's own, for the
//! administrators to sign.

use std::path::PathBuf;

use signer_core::acceptance::CheckedReport;
use signer_core::cose::Endorsed;
use signer_core::digest::{FileDigest, KeyId};
use signer_core::life::{
    Found, HsmName, KeyLine, KeyState, PossessionReport, Replacement, Standing, key01,
};
use signer_core::phrase;
use signer_core::rule::{Explained as _, Phrase, Refusal, Verdict};
use signer_core::signing::WalletKeyRef;
use signer_core::token::AcceptanceRecord;
use signer_core::types::Label;
use signer_core::wallet::CheckedCard;

use super::report::key;
use crate::artefact;
use crate::cli::{self, Desk};
use crate::error::{Failure, path_of};
use crate::files::{self, Output};
use crate::rosters::RosterArgs;
use crate::view::line;

/// Drafts the order by which a restored HSM takes the place of a device's own, which is retired.
///
/// The report is what `signer-device device verify-backup` wrote: every key of the newest card proven, by
/// an HSM that is not the one in use. The HSM in use must not have been used since.
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  \
    host-cli device replace --report tokyo-1.possession --card tokyo-1.cbor --root root.cbor \\\n    \
    --roster roster.cbor --reason \"HSM broke\" --out replacement-0.cbor")]
pub(crate) struct Args {
    /// The possession report of the restored HSM
    #[arg(long)]
    report: PathBuf,

    /// The device's newest card
    #[arg(long)]
    card: PathBuf,

    /// The root of trust
    #[arg(long)]
    root: PathBuf,

    #[command(flatten)]
    rosters: RosterArgs,

    /// The report of the acceptance test that the restored HSM has passed; needed on main net
    #[arg(long, requires = "acceptance_key")]
    acceptance: Option<PathBuf>,

    /// The key that signed it: the 32 words of the device's screen, or 64 hexadecimal characters
    #[arg(long, value_parser = key, requires = "acceptance")]
    acceptance_key: Option<KeyId>,

    /// Why, in few words
    #[arg(long, value_parser = cli::label)]
    reason: Label,

    /// The order to be written
    #[arg(long)]
    out: PathBuf,
}

impl Args {
    pub(super) fn run(&self, desk: &mut Desk) -> Result<(), Failure> {
        let out = Output::reserve(&self.out)?;
        let root = artefact::root(&self.root)?;
        let roster = self.rosters.read()?.into_last();
        artefact::same_scope(self.rosters.path(), roster.body().scope, root.scope)?;
        let card = artefact::device_card(&self.card, &root)?;
        let bytes = files::read(&self.report)?;
        let report = self.proven(&bytes, &card)?;
        let missing = report.lines.len() - report.proofs().count();
        let order = Replacement {
            version: 1,
            scope: root.scope,
            root: root.digest(),
            roster: roster.roster_digest(),
            identity: card.card().identity,
            generation: card.card().generation.saturating_add(1),
            retired: HsmName::of(&card.card().hsm),
            acceptance: self.accepted()?,
            report: FileDigest::over(&[&bytes]),
            entries: report.entries,
            head: report.head,
            hsm: report.hsm,
            reason: self.reason.clone(),
        };
        let draft = Endorsed::new(order, root.scope);
        out.write(&draft.to_bytes())?;
        show(draft.body());
        if missing > 0 {
            desk.tell(
                &format!(
                    "missing     {missing} keys: the device takes the order only where they were \
                     destroyed"
                ),
                &format!("不足 {missing} 鍵: 破棄済みの場合に限り、端末はこの指示を受け付けます"),
            )?;
        }
        line!("{}", draft.replacement_digest());
        Ok(())
    }

    /// A report of that device on that card, of a restored HSM without a key that does not prove
    /// itself. Whether a missing one was destroyed, the device's journal knows.
    fn proven(&self, bytes: &[u8], card: &CheckedCard) -> Result<PossessionReport, Failure> {
        let report = artefact::possession_report(&self.report, bytes, card)?;
        if report.card != card.digest() {
            return Err(self.unfit(&phrase!("is on another card", "別の端末カードに対するもの")));
        }
        let found = |key: &WalletKeyRef| report.lines.iter().find(|line| line.id == key.id);
        let asked = card.card().keys().map(|key| KeyLine {
            key,
            state: match found(&key).map(|line| line.found) {
                Some(Found::Missing) => KeyState::Destroyed,
                _ => KeyState::Active,
            },
        });
        if let Verdict::Refused(refusals) = key01(&report, &asked.collect::<Vec<_>>()) {
            let what = refusals.first().map_or_else(Phrase::none, Refusal::what);
            return Err(self.unfit(&what));
        }
        match report.standing {
            Standing::Behind | Standing::Blank => Ok(report),
            Standing::Current | Standing::Unanchored => Err(self.unfit(&phrase!(
                "is of the HSM in use, or of one that cannot be told from it",
                "使用中のHSM、または判別できないHSMのもの"
            ))),
        }
    }

    fn unfit(&self, why: &Phrase) -> Failure {
        Failure::refused(
            phrase!(
                "the report {path} {why}",
                "報告書 {path}: {why}",
                path = path_of(&self.report),
                why = why
            ),
            phrase!(
                "connect the restored HSM and hold it against the newest card (signer-device device verify-backup)",
                "復元したHSMを接続し、最新の端末カードで所持証明(signer-device device verify-backup)を行ってください。"
            ),
        )
    }

    fn accepted(&self) -> Result<Option<AcceptanceRecord>, Failure> {
        let (Some(path), Some(key)) = (&self.acceptance, &self.acceptance_key) else {
            return Ok(None);
        };
        let checked = CheckedReport::open(&files::read(path)?, key)
            .map_err(|error| Failure::told(&path_of(path), &error))?;
        let record = AcceptanceRecord::of(&checked).ok_or_else(|| {
            Failure::refused(
                phrase!(
                    "the acceptance test in {path} did not pass",
                    "{path} の受入試験が合格していない",
                    path = path_of(path)
                ),
                phrase!(
                    "give the report of a test in which everything was tried and held",
                    "すべて実施され適合した試験の報告を指定してください。"
                ),
            )
        })?;
        Ok(Some(record))
    }
}

/// The order as people read it.
pub(super) fn show(order: &Replacement) {
    line!("device      {}", order.identity.device_id());
    line!("retired     {}", order.retired);
    line!("new HSM     {}", HsmName::of(&order.hsm));
    let hsm = &order.hsm;
    line!("            {} {}, {}", hsm.vendor, hsm.model, hsm.profile);
    line!("generation  {}", order.generation);
    line!("report      {}", order.report);
    line!("entries     {} before that report", order.entries);
    let tested = order.acceptance.as_ref();
    let tested = tested.map_or_else(
        || "none (refused on main net)".to_owned(),
        |record| record.report.to_hex(),
    );
    line!("acceptance  {tested}");
    line!("reason      {}", order.reason);
}
