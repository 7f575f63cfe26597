//! What a person opens afterwards: every binary artefact as text, and a guide to the folder.
//!
//! The views are those of `host-cli`'s own commands; each begins with the command that shows it.

use std::fs;

use super::actor::Machine;
use super::ceremony::CEREMONY;
use super::{Play, Rehearsal, RehearseError, nobody};

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
        "office/emergency.cbor",
        "the emergency wallet of other devices, which a sweep pays",
        "緊急退避送金の宛先となる別の端末のウォレット",
    ],
    [
        "office/new-wallet.cbor",
        "the new wallet of other devices, to which the coins moved",
        "移行先となる別の端末のウォレット",
    ],
    [
        "office/policy.toml",
        "the policy as people write it",
        "ポリシーの原文",
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
    [
        "audit/",
        "what the auditor was given, the trust file, every answer",
        "監査人に渡した証拠、信頼ファイル、すべての回答",
    ],
    ["screens/", "every screen, as text", "全画面のテキスト"],
    [
        "readable/",
        "PSBTs, cards, wallet record and transcripts as text",
        "PSBT・カード・ウォレット記録・記録のテキスト",
    ],
];

impl Play {
    /// What was played, for whoever opens the folder.
    const fn story(self) -> [&'static str; 2] {
        match self {
            Self::Good => [
                "A withdrawal: requested, approved, signed by m devices, final, audited.\n",
                "出庫: 申請、承認、m台の端末による署名、確定、監査。\n",
            ],
            Self::WrongDestination => [
                "A host that pays another address than the one that was approved: every device refuses.\n",
                "承認と異なるアドレスへ支払うホスト: 全端末が拒否する。\n",
            ],
            Self::Expired => [
                "A request whose last height is over: every device refuses.\n",
                "期限を過ぎた申請: 全端末が拒否する。\n",
            ],
            Self::Rejected => [
                "A request that an approver rejected: every device refuses.\n",
                "承認者が却下した申請: 全端末が拒否する。\n",
            ],
            Self::Frozen => [
                "A device that an officer froze: it refuses, two administrators order its thaw, and it\n\
                 signs as ever.\n",
                "1名が凍結した端末: 署名を拒否し、管理者2名の指示で解除され、再び署名する。\n",
            ],
            Self::Sweep => [
                "The worst day. An emergency wallet of other devices was registered before, and the\n\
                 policy names it. One officer freezes each device of the wallet; from then on it signs\n\
                 nothing but the sweep, which the sweep's own quorum approved. m devices sign every\n\
                 coin to the emergency wallet; the transaction is final and audited. The screens\n\
                 with ** SWEEP ** stand in screens/d1.txt; docs/ceremony/sweep.md leads through the day.\n",
                "鍵の漏えいが疑われる日。別の端末による緊急退避ウォレットを事前に登録し、ポリシーに定めてある。\n\
                 各端末を役職員1名が凍結し、以後その端末は専用の承認定足数を満たした緊急退避送金だけに\n\
                 署名する。m台の端末が全コインを緊急退避ウォレットへ送る取引に署名し、確定、監査する。\n\
                 「** 緊急退避送金 **」の画面は screens/d1.txt に、当日の流れは docs/ceremony/sweep.md にある。\n",
            ],
            Self::Migration => [
                "A wallet that can lose no device any more. One device is frozen for good, and says so\n\
                 (screens/d1.txt). Other devices are commissioned and register a new wallet; policy 2\n\
                 lets the old wallet pay it, and waits for the delay of policy 1. The devices that are\n\
                 left move every coin; the old wallet is retired on each of its devices; all is audited.\n",
                "これ以上端末を失えないウォレット。1台が恒久的に凍結され、その旨を表示する\n\
                 (screens/d1.txt)。別の端末を設置して新ウォレットを登録し、旧ウォレットからの支払いを\n\
                 認めるポリシー2がポリシー1の待機期間を経て有効になる。残る端末が全コインを移し、旧\n\
                 ウォレットを各端末で廃止し、監査する。\n",
            ],
        }
    }
}

impl Rehearsal<'_> {
    /// Writes the views and the guide.
    pub(super) fn explain(&self) -> Result<(), RehearseError> {
        for wallet in self.wallets() {
            let record = wallet.record();
            let show = ["wallet", "show", "--wallet", &record];
            self.view(wallet.base(), &show)?;
        }
        self.view("root", &["root", "show", "--root", "root.cbor"])?;
        self.view("roster", &["roster", "show", "--roster", "roster.cbor"])?;
        let policy = ["--policy", "policy.cbor", "--roster", "roster.cbor"];
        self.view("policy", &[&["policy", "show"][..], &policy].concat())?;
        self.view_psbt("psbt-before", CEREMONY)?;
        if self.house.office("combined.psbt").exists() {
            self.view_psbt("psbt-after", "combined.psbt")?;
        }
        for name in self.everywhere() {
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
        let [en, ja] = self.arguments.play.story();
        let story = self.lang.pick(en, ja);
        format!("{story}\n{}\n{words}", self.contents())
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
