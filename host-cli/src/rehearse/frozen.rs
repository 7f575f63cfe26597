//! An incident: one officer freezes a device, it refuses to sign, the administrators let it go on.

use signer_core::phrase;

use super::actor::{Machine, Prompt};
use super::ceremony::CEREMONY;
use super::officer::{not_seen, screen, stretch_of_words, tag};
use super::people::{self, ADMINISTRATORS, number_of};
use super::{Rehearsal, RehearseError, nobody};

/// The device that is frozen.
const DEVICE: &str = "d1";

impl Rehearsal<'_> {
    /// Freezes the first device, shows that it signs nothing, and has it thawed by a quorum.
    pub(super) fn freeze_and_thaw(&mut self) -> Result<(), RehearseError> {
        self.step(
            &format!("device {DEVICE}: one officer freezes it, and it refuses to sign"),
            &format!("端末 {DEVICE}: 1名が凍結し、端末は署名を拒否する"),
        );
        self.refresh_headers()?;
        let machine = self.house.device(DEVICE)?;
        let freeze = self.freeze(DEVICE)?;
        self.to_gap(CEREMONY)?;
        self.signs_nothing(&machine)?;
        self.step(
            "administrators order the thaw",
            "管理者が凍結解除を指示する",
        );
        self.order_thaw(&freeze)?;
        self.step(
            &format!("device {DEVICE}: two operators thaw it"),
            &format!("端末 {DEVICE}: 操作者2名が凍結を解除する"),
        );
        self.thaw(&machine)
    }

    /// One officer freezes a device; the digest of the freeze, as the device shows it.
    pub(super) fn freeze(&self, device: &str) -> Result<String, RehearseError> {
        let machine = self.house.device(device)?;
        let [officer, _] = people::operators(number_of(device));
        let arguments = ["device", "freeze", "--state", "state", "--reason", "seal"];
        let frozen = self.with_operators(&machine, &arguments, 0, |prompt| match tag(prompt) {
            "officer" => Ok(officer.id.clone()),
            _ => Err(not_seen(prompt)),
        })?;
        let shown = screen(&frozen.output, "freeze").lines();
        let mut words = shown.flat_map(str::split_whitespace);
        let digest = words.find(|word| word.len() == 64);
        digest.map(str::to_owned).ok_or_else(|| {
            RehearseError::Check(phrase!(
                "device {name} shows no freeze",
                "端末 {name} が凍結を表示しない",
                name = device
            ))
        })
    }

    /// A device that is frozen refuses an ordinary transfer.
    fn signs_nothing(&self, machine: &Machine) -> Result<(), RehearseError> {
        let (from, to) = (format!("../../gap/{CEREMONY}"), "../../gap/frozen.psbt");
        let arguments = [
            "psbt", "sign", "--state", "state", "--in", &from, "--out", to,
        ];
        let asked = |prompt: &Prompt<'_>| Err(not_seen(prompt));
        let refused = self.with_operators(machine, &arguments, 1, asked)?;
        let said = refused.output.contains("ENV03");
        if said && !self.house.gap("frozen.psbt").exists() {
            return Ok(());
        }
        Err(RehearseError::Check(phrase!(
            "device {name} is frozen and does not say ENV03",
            "凍結中の端末 {name} が ENV03 を示さない",
            name = DEVICE
        )))
    }

    fn order_thaw(&self, freeze: &str) -> Result<(), RehearseError> {
        let mut arguments = vec!["device", "thaw", "--freeze", freeze];
        arguments.extend(["--roster", "roster.cbor", "--root", "root.cbor"]);
        arguments.extend(["--reason", "found", "--out", "thaw-0.cbor"]);
        self.host(&self.house.desk(ADMINISTRATORS[0])?, &arguments, 0, nobody)?;
        let (command, quorum) = (["device", "sign-thaw"], &ADMINISTRATORS[..2]);
        let roster = ["--roster", "roster.cbor"];
        self.sign_in_turn(&command, "--thaw", "thaw", quorum, &roster)?;
        self.to_gap("thaw.cbor")
    }

    fn thaw(&self, machine: &Machine) -> Result<(), RehearseError> {
        let arguments = [
            "device",
            "thaw",
            "--state",
            "state",
            "--order",
            "../../gap/thaw.cbor",
        ];
        let thawed = self.with_operators(machine, &arguments, 0, |prompt| {
            stretch_of_words(prompt, prompt.screen)
        });
        thawed.map(drop)
    }
}
