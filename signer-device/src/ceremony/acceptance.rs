//! The record of an acceptance test, taken in at commissioning: two people type the words of the
//! key that signed the report, from the paper of the day when the test was run.

use std::path::Path;

use signer_core::acceptance::CheckedReport;
use signer_core::cose::Scope;
use signer_core::digest::KeyId;
use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::token::{AcceptanceRecord, HsmFacts};
use signer_core::types::Network;

use super::room::Room;
use super::words::{self, Half};
use crate::console::Who;
use crate::failure::{Failure, path_of};
use crate::files;

/// A report that was read and whose key nobody has compared yet.
pub(super) struct Claimed {
    key: KeyId,
    record: AcceptanceRecord,
}

impl Claimed {
    /// Reads the report of a test that passed.
    ///
    /// # Errors
    /// Bad input: no report, one of another network, or of a test that did not pass.
    pub(super) fn read(path: &Path, scope: Scope) -> Result<Self, Failure> {
        let bytes = files::read(path, files::ARTEFACT)?;
        let told =
            |error: signer_core::acceptance::ReportError| Failure::told(&path_of(path), &error);
        let key = CheckedReport::claimed_key(&bytes).map_err(told)?;
        let checked = CheckedReport::open(&bytes, &key).map_err(told)?;
        if checked.report().scope != scope {
            return Err(Failure::input(
                phrase!(
                    "{path} is of another network or purpose",
                    "{path} のネットワークまたは用途が違う",
                    path = Named(path.display())
                ),
                phrase!(
                    "Run the acceptance test again for the network of this root.",
                    "この基点のネットワークで受入試験をやり直してください。"
                ),
            ));
        }
        let record = AcceptanceRecord::of(&checked).ok_or_else(|| {
            Failure::input(
                phrase!(
                    "the acceptance test in {path} did not pass",
                    "{path} の受入試験が合格していない",
                    path = Named(path.display())
                ),
                phrase!(
                    "Give the report of a test in which everything was tried and held.",
                    "すべて実施され適合した試験の報告を指定してください。"
                ),
            )
        })?;
        Ok(Self { key, record })
    }

    /// The record, for what is judged before anybody is asked.
    pub(super) const fn record(&self) -> &AcceptanceRecord {
        &self.record
    }

    /// Two people type the words of the key. They are not shown before.
    pub(super) fn confirm(&self, room: &mut Room) -> Result<(), Failure> {
        for (who, id, half, [en, ja]) in [
            (
                Who::A,
                "acceptance-1",
                Half::First,
                [
                    "Type words 1 to 16 of the acceptance test's key from your paper",
                    "書面の受入試験の鍵1語目から16語目を入力",
                ],
            ),
            (
                Who::B,
                "acceptance-2",
                Half::Second,
                [
                    "Type words 17 to 32 of the acceptance test's key from your paper",
                    "書面の受入試験の鍵17語目から32語目を入力",
                ],
            ),
        ] {
            let question = room.lang().pick(en, ja);
            room.ask_until(&who, id, question, |typed| {
                words::is_half(self.key.as_bytes(), half, typed).then_some(())
            })?;
        }
        room.say(
            "the acceptance report is the one of the paper",
            "受入試験の報告が書面と一致しました",
        )
    }

    /// The record, where it is of the HSM that is there. On main net HSM06 says what differs;
    /// elsewhere a record of another HSM is left out, with a notice.
    pub(super) fn of_this_hsm(
        self,
        room: &mut Room,
        facts: &HsmFacts,
        network: Network,
    ) -> Result<Option<AcceptanceRecord>, Failure> {
        let record = self.record;
        let same = record.profile_digest == facts.profile_digest
            && record.module_digest == facts.module_digest
            && (&record.serial, &record.firmware) == (&facts.serial, &facts.firmware);
        if same || network == Network::Main {
            return Ok(Some(record));
        }
        room.console.notice(room.lang().pick(
            "the acceptance test was run on another HSM, or before a change: it is not recorded",
            "受入試験は別のHSMまたは変更前のHSMのものです。記録しません",
        ))?;
        Ok(None)
    }
}
