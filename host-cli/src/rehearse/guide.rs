//! What a person opens afterwards: every binary artefact as text, and a guide to the folder.
//!
//! The views are those of `host-cli`'s own commands; each begins with the command that shows it.

use std::fs;

use super::actor::Machine;
use super::ceremony::CEREMONY;
use super::{Rehearsal, RehearseError, nobody};

/// Files of the folder, and what they are in English and Japanese.
const GUIDE: &[[&str; 3]] = &[
    [
        "office/final-transaction.hex",
        "the final transaction",
        "確定した取引",
    ],
    [
        "office/ceremony.psbt",
        "the PSBT before, with request and approvals",
        "署名前のPSBT(申請と承認を含む)",
    ],
    [
        "office/combined.psbt",
        "the PSBT after, with every partial signature",
        "署名後のPSBT(部分署名を含む)",
    ],
    [
        "office/wallet.cbor",
        "the wallet record, signed by every device",
        "全端末が署名したウォレット記録",
    ],
    [
        "office/root.txt",
        "the paper with the root of trust",
        "信頼の起点の書面",
    ],
    [
        "gap/to-*/, gap/from-*/",
        "the pictures that crossed the gap",
        "ギャップを渡った画像",
    ],
    [
        "gap/*.card, gap/*.transcript",
        "device cards and transcripts",
        "端末カードと記録",
    ],
    ["screens/", "every screen, as text", "全画面のテキスト"],
    [
        "readable/",
        "PSBTs, cards, wallet record and transcripts as text",
        "PSBT・カード・ウォレット記録・記録のテキスト",
    ],
];

impl Rehearsal<'_> {
    /// Writes the views and the guide.
    pub(super) fn explain(&self) -> Result<(), RehearseError> {
        let wallet = ["--wallet", "wallet.cbor"];
        self.view("wallet", &[["wallet", "show"], wallet].concat())?;
        self.view("root", &["root", "show", "--root", "root.cbor"])?;
        self.view("roster", &["roster", "show", "--roster", "roster.cbor"])?;
        let policy = ["--policy", "policy.cbor", "--roster", "roster.cbor"];
        self.view("policy", &[&["policy", "show"][..], &policy].concat())?;
        self.view_psbt("psbt-before", CEREMONY)?;
        if self.house.office("combined.psbt").exists() {
            self.view_psbt("psbt-after", "combined.psbt")?;
        }
        for name in self.device_names() {
            let card = format!("../gap/{name}.card");
            let card = ["device", "show", "--card", &card, "--root", "root.cbor"];
            self.view(&format!("card-{name}"), &card)?;
            let transcript = format!("../gap/{name}.transcript");
            let transcript = ["transcript", "show", "--transcript", &transcript];
            self.view(&format!("transcript-{name}"), &transcript)?;
        }
        let path = self.house.root().join("READ-ME-FIRST.txt");
        fs::write(&path, self.guide()).map_err(|e| RehearseError::file(&path, &e))
    }

    fn view_psbt(&self, view: &str, psbt: &str) -> Result<(), RehearseError> {
        let arguments = ["psbt", "show", "--psbt", psbt, "--wallet", "wallet.cbor"];
        self.view(view, &arguments)
    }

    fn view(&self, view: &str, arguments: &[&str]) -> Result<(), RehearseError> {
        let reader = Machine {
            screens: self.house.root().join(format!("readable/{view}.txt")),
            ..self.house.desk("kato.m")?
        };
        self.host(&reader, arguments, 0, nobody).map(drop)
    }

    fn guide(&self) -> String {
        let words = self.lang.pick(
            "Open the pictures with any viewer and the .txt, .hex, .json and .toml files with any\n\
             editor. The other files are binary; readable/ shows them as text, and the first line\n\
             of each text is the command that makes it, given in office/.\n",
            "画像は任意のビューアで、.txt・.hex・.json・.toml は任意のエディタで開けます。\n\
             その他はバイナリです。readable/ にテキストがあり、その1行目が office/ で実行した\n\
             コマンドです。\n",
        );
        format!("{}\n{words}", self.contents())
    }

    /// One line for everything that this play has made.
    pub(super) fn contents(&self) -> String {
        let made = |file: &str| file.contains('*') || self.house.root().join(file).exists();
        let lines: Vec<String> = GUIDE
            .iter()
            .filter(|[file, ..]| made(file))
            .map(|[file, en, ja]| format!("  {file:<32} {}\n", self.lang.pick(en, ja)))
            .collect();
        lines.concat()
    }
}
