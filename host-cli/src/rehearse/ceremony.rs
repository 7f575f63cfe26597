//! The signing ceremony: the PSBT crosses the gap as pictures, two operators read every screen and
//! type what they are asked.

use signer_core::phrase;
use signer_core::rule::Phrase;

use std::fs;

use super::actor::{Machine, Prompt};
use super::officer::{grid, not_seen, screen, stretch_of_address, tag};
use super::policy::destination_id;
use super::withdrawal::{CASE, btc};
use super::{Play, Rehearsal, RehearseError, nobody};

/// The PSBT that goes to the devices.
pub(super) const CEREMONY: &str = "ceremony.psbt";

impl Rehearsal<'_> {
    /// Lets m devices sign, each from the same approved PSBT.
    pub(super) fn sign_at_devices(&mut self) -> Result<(), RehearseError> {
        if self.arguments.play != Play::Frozen {
            self.refresh_headers()?;
        }
        if self.arguments.play == Play::WrongDestination {
            self.swap_destination()?;
        }
        for name in self.signers() {
            self.step(
                &format!("device {name}: two operators read the screens; one signature per input"),
                &format!("端末 {name}: 操作者2名が画面を読み、入力ごとに1つ署名する"),
            );
            self.sign_at(&name, self.arguments.play.ends_well())?;
        }
        Ok(())
    }

    /// On the day of the ceremony the chain is longer than when officers approved.
    pub(super) fn refresh_headers(&self) -> Result<(), RehearseError> {
        let mut arguments = vec!["psbt", "headers", "--psbt", "approved.psbt"];
        arguments.extend(["--headers", "headers-later.json", "--root", "root.cbor"]);
        arguments.extend(["--out", CEREMONY]);
        self.host(&self.house.desk("sato.k")?, &arguments, 0, nobody)
            .map(drop)
    }

    /// Takes the PSBT to a device; `good` says whether it is to sign.
    pub(super) fn sign_at(&self, name: &str, good: bool) -> Result<(), RehearseError> {
        let desk = self.house.desk("sato.k")?;
        let (to, from) = (format!("../gap/to-{name}"), format!("../gap/from-{name}"));
        let machine = self.house.device(name)?;
        let hello = format!("../gap/hello-{name}.png");
        let greet = ["hello", "--out", &format!("../{hello}")];
        self.at_device(&machine, &greet, 0, nobody)?;
        let mut to_device = vec!["qr", "send", "--psbt", CEREMONY];
        to_device.extend(["--lean", "wallet.cbor", "--hello", &hello]);
        self.show(&desk, &self.host_program, &to_device)?;
        to_device.extend(["--out", &to]);
        let sent = self.host(&desk, &to_device, 0, nobody)?;
        self.say_sizes(&["to", "送信"], name, &sent.output);
        let answers = self.house.gap(&format!("from-{name}"));
        fs::create_dir_all(&answers).map_err(|e| RehearseError::file(&answers, &e))?;

        let verb = match self.arguments.play {
            Play::Sweep => "sweep",
            _ => "sign",
        };
        let (input, output) = (format!("../{to}"), format!("../{from}"));
        let arguments = [
            "psbt", verb, "--state", "state", "--in", &input, "--out", &output,
        ];
        self.with_operators(&machine, &arguments, i32::from(!good), |prompt| {
            self.consent(prompt)
        })?;
        if !good {
            return self.take_refusal(&desk, name);
        }
        let again = ["psbt", "reissue", "--state", "state"];
        self.show(&machine, &self.device_program, &again)?;
        let answer = format!("answer-{name}.psbt");
        let mut to_host = vec!["qr", "receive", "--in", &from, "--out", &answer];
        to_host.extend(["--request", CEREMONY]);
        let received = self.host(&desk, &to_host, 0, nobody)?;
        self.say_sizes(&["from", "受信"], name, &received.output);
        Ok(())
    }

    /// How much crossed the gap, and how much there is of it.
    fn say_sizes(&self, [en, ja]: &[&str; 2], name: &str, said: &str) {
        for sizes in said.lines().filter_map(|line| line.strip_prefix("lean: ")) {
            println!("    {} {name}: {sizes}", self.lang.pick(en, ja));
        }
    }

    /// What an operator types after reading a screen: what was asked, read from the screen, and
    /// held against the paper that was approved. What differs from the paper is rejected.
    fn consent(&self, prompt: &Prompt<'_>) -> Result<String, RehearseError> {
        let screen = last_screen(prompt.screen);
        let asked =
            |en: &str, ja: &str| prompt.question.contains(en) || prompt.question.contains(ja);
        if !tag(prompt).starts_with("screen") {
            return Err(not_seen(prompt));
        }
        if asked("characters", "文字目") {
            let address = address_on(&screen);
            let on_paper = self.addresses.values().any(|known| *known == address);
            return if on_paper {
                stretch_of_address(prompt, &address)
            } else {
                Ok("r".into())
            };
        }
        if asked("total", "合計") {
            return Ok(btc(self.total()));
        }
        if asked("amount in BTC", "金額をBTC") {
            return Ok(btc(self.payment()));
        }
        if asked("fee in satoshi", "手数料をsat") {
            return sat_on(&screen).ok_or_else(|| not_seen(prompt));
        }
        if asked("of the wallet digest", "ウォレット照合語") {
            return numbered_word(prompt, &screen).ok_or_else(|| not_seen(prompt));
        }
        if asked("identifier of the rule", "規則の番号") {
            return rule_on(&screen).ok_or_else(|| not_seen(prompt));
        }
        if asked("type the case", "案件番号") {
            return Ok(CASE.into());
        }
        code_on(&screen).ok_or_else(|| not_seen(prompt))
    }

    /// A refused ceremony releases nothing but the device's receipt of that, over what it was given.
    fn take_refusal(&self, desk: &Machine, name: &str) -> Result<(), RehearseError> {
        let (from, receipt) = (
            format!("../gap/from-{name}"),
            format!("refused-{name}.cbor"),
        );
        let to_host = ["qr", "receive", "--in", &from, "--out", &receipt];
        self.host(desk, &to_host, 0, nobody)?;
        let mut checked = vec!["psbt", "refused", "--receipt", &receipt];
        checked.extend(["--request", CEREMONY, "--wallet", "wallet.cbor"]);
        let said = self.host(desk, &checked, 0, nobody)?;
        for line in said
            .output
            .lines()
            .filter(|line| line.starts_with("refused by"))
        {
            println!("    {name}: {line}");
        }
        Ok(())
    }

    /// What a thief on the host would do: the approved PSBT pays somebody else.
    fn swap_destination(&self) -> Result<(), RehearseError> {
        let path = self.house.office(CEREMONY);
        let bytes = fs::read(&path).map_err(|e| RehearseError::file(&path, &e))?;
        let script = |address: &str| {
            address
                .parse::<bitcoin::Address<_>>()
                .map(|address| address.assume_checked().script_pubkey().into_bytes())
                .map_err(|e| RehearseError::Check(Phrase::new(&e.to_string(), "アドレスではない")))
        };
        let ours = self
            .addresses
            .get(&destination_id(1))
            .map_or("", String::as_str);
        let ours = script(ours)?;
        let mut theirs = ours.clone();
        if let Some(last) = theirs.last_mut() {
            *last ^= 0xff;
        }
        let place = bytes
            .windows(ours.len())
            .position(|window| window == ours)
            .ok_or_else(|| {
                RehearseError::Check(phrase!(
                    "the destination is not in the PSBT",
                    "送付先がPSBTにない"
                ))
            })?;
        let mut changed = bytes;
        changed[place..place + theirs.len()].copy_from_slice(&theirs);
        fs::write(&path, changed).map_err(|e| RehearseError::file(&path, &e))
    }
}

/// The lines of the last screen, without their marks.
fn last_screen(shown: &str) -> Vec<&str> {
    screen(shown, "")
        .lines()
        .map(|line| line.strip_prefix("| ").unwrap_or(line))
        .collect()
}

/// The address of a payment screen: groups of four after `NN |`.
fn address_on(screen: &[&str]) -> String {
    screen
        .iter()
        .filter_map(|line| line.split_once(" | "))
        .filter(|(mark, _)| mark.trim().parse::<usize>().is_ok())
        .flat_map(|(_, groups)| groups.chars().filter(|c| !c.is_whitespace()))
        .collect()
}

/// The first amount in satoshi on the screen.
fn sat_on(screen: &[&str]) -> Option<String> {
    screen.iter().find_map(|line| {
        let before = line
            .split(" sat")
            .next()
            .filter(|before| before.len() < line.len())?;
        let number = before.rsplit([' ', '(']).next()?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        (!digits.is_empty()).then_some(digits)
    })
}

fn numbered_word(prompt: &Prompt<'_>, screen: &[&str]) -> Option<String> {
    let question = prompt.question.rsplit(']').next()?;
    let digits: String = question.chars().filter(char::is_ascii_digit).collect();
    grid(&screen.join("\n"))
        .get(&digits.parse().ok()?)
        .map(|word| (*word).to_owned())
}

/// An identifier such as `ENV01`.
fn rule_on(screen: &[&str]) -> Option<String> {
    let is_rule = |word: &&str| {
        word.len() == 5
            && word.bytes().take(3).all(|b| b.is_ascii_uppercase())
            && word.bytes().skip(3).all(|b| b.is_ascii_digit())
    };
    screen
        .iter()
        .flat_map(|line| line.split(|c: char| !c.is_ascii_alphanumeric()))
        .find(is_rule)
        .map(str::to_owned)
}

/// The code at the bottom: `-- [k7] code of this page`.
fn code_on(screen: &[&str]) -> Option<String> {
    let line = screen
        .iter()
        .rev()
        .find(|line| line.trim_start().starts_with("-- ["))?;
    line.split(['[', ']']).nth(1).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_addresses_amounts_and_codes_from_a_screen() {
        let shown = "x\n+-- payment ---\n|   1 | bcrt 1qab\n|  17 | cdef\n\
                     | 0.010 000 00 BTC (1,000,000 sat)\n| -- [k7] code of this page\n+---\n";
        let screen = last_screen(shown);
        assert_eq!(address_on(&screen), "bcrt1qabcdef");
        assert_eq!(sat_on(&screen).as_deref(), Some("1000000"));
        assert_eq!(code_on(&screen).as_deref(), Some("k7"));
        assert_eq!(rule_on(&["| ENV01 no network"]).as_deref(), Some("ENV01"));
    }
}
