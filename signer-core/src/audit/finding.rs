//! What is found when the records of several devices are held against each other.

use crate::phrase;
use crate::rule::Phrase;
use crate::types::Lang;

/// A finding over more than one record. Rules judge one device; these judge the house.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Finding {
    /// A transcript does not verify.
    NotVerified,
    /// A trusted device has no transcript.
    NoTranscript,
    /// Two transcripts of one device part.
    Fork,
    /// Somebody knew a head that the transcript does not hold.
    LostHead,
    /// A transcript is of a device that nobody commissioned.
    Stranger,
    /// A signature is in a transaction or PSBT and in no transcript.
    UnknownSignature,
    /// A receipt is in the folder and in no transcript.
    UnknownReceipt,
    /// One r value in two signatures.
    RepeatedR,
    /// Devices signed one transaction for different requests.
    OtherRequest,
    /// Devices judged one transaction by different policies.
    OtherPolicy,
    /// Devices judged one transaction by different rosters.
    OtherRoster,
    /// One person stands on both sides of one transaction.
    OnePersonTwice,
    /// Two devices drew the same random numbers.
    RepeatedSample,
    /// A clock contradicts another clock or a block.
    Clock,
    /// Software ran that the auditor does not know.
    OtherSoftware,
    /// Keys of one wallet stand in one HSM, or at one place.
    OnePlace,
    /// A count does not agree with what was counted.
    Count,
}

/// Name, sentence and advice of a finding.
struct Words {
    name: &'static str,
    sentence: [&'static str; 2],
    advice: [&'static str; 2],
}

impl Finding {
    /// Every finding, in the order of their numbers.
    pub const ALL: [Self; 17] = [
        Self::NotVerified,
        Self::NoTranscript,
        Self::Fork,
        Self::LostHead,
        Self::Stranger,
        Self::UnknownSignature,
        Self::UnknownReceipt,
        Self::RepeatedR,
        Self::OtherRequest,
        Self::OtherPolicy,
        Self::OtherRoster,
        Self::OnePersonTwice,
        Self::RepeatedSample,
        Self::Clock,
        Self::OtherSoftware,
        Self::OnePlace,
        Self::Count,
    ];

    /// The name by which reports and `audit explain` know it.
    pub const fn name(self) -> &'static str {
        self.words().name
    }

    /// What it is.
    pub const fn sentence(self, lang: Lang) -> &'static str {
        let [en, ja] = self.words().sentence;
        lang.pick(en, ja)
    }

    /// What an auditor can do about it.
    pub const fn advice(self, lang: Lang) -> &'static str {
        let [en, ja] = self.words().advice;
        lang.pick(en, ja)
    }

    /// What it is, in both languages.
    pub fn phrase(self) -> Phrase {
        let [en, ja] = self.words().sentence;
        phrase!(
            "{name} {what}",
            "{name} {what}",
            name = self.name(),
            what = Phrase::new(en, ja)
        )
    }

    #[expect(clippy::too_many_lines, reason = "a table: one entry per finding")]
    const fn words(self) -> Words {
        match self {
            Self::NotVerified => Words {
                name: "F01",
                sentence: ["the transcript does not verify", "記録が検証に合格しない"],
                advice: [
                    "run audit verify; nothing else is answered over this device until it passes",
                    "audit verify を実行してください。合格するまで、この端末については何も答えません。",
                ],
            },
            Self::NoTranscript => Words {
                name: "F02",
                sentence: [
                    "no transcript of this device is in the folder",
                    "この端末の記録がフォルダにない",
                ],
                advice: [
                    "ask for the transcript that the device exported last",
                    "端末が最後に書き出した記録を請求してください。",
                ],
            },
            Self::Fork => Words {
                name: "F03",
                sentence: [
                    "two transcripts of one device part",
                    "同じ端末の2つの記録が分岐している",
                ],
                advice: [
                    "a copied or rolled-back disk or HSM was used: treat every key of the device as exposed",
                    "ディスクまたはHSMの複製か巻き戻しがあります。この端末のすべての鍵を危険とみなしてください。",
                ],
            },
            Self::LostHead => Words {
                name: "F04",
                sentence: [
                    "somebody knew a sealed head that the transcript does not hold",
                    "記録にない封印済みの先頭値が知られている",
                ],
                advice: [
                    "the transcript is older than what was known, or the device was rolled back: ask for the newest one",
                    "記録が古いか、端末が巻き戻されています。最新の記録を請求してください。",
                ],
            },
            Self::Stranger => Words {
                name: "F05",
                sentence: [
                    "a transcript is of a device that the trust file does not name",
                    "信頼ファイルにない端末の記録がある",
                ],
                advice: [
                    "compare the device's identity with the genesis paper and its enrolment",
                    "端末の識別鍵を、起点の書面および端末登録と照合してください。",
                ],
            },
            Self::UnknownSignature => Words {
                name: "F06",
                sentence: [
                    "a signature by a wallet key stands in no transcript",
                    "ウォレット鍵の署名がどの記録にもない",
                ],
                advice: [
                    "a key was used outside the ceremony: freeze the wallet and begin the incident procedure",
                    "セレモニーの外で鍵が使われています。ウォレットを凍結し、事故対応を開始してください。",
                ],
            },
            Self::UnknownReceipt => Words {
                name: "F07",
                sentence: [
                    "a receipt of a device stands in no transcript",
                    "端末の受領証がどの記録にもない",
                ],
                advice: [
                    "the device signed or refused in a session that its transcript does not hold: ask for the newest transcript",
                    "記録にないセッションで署名または拒否が行われています。最新の記録を請求してください。",
                ],
            },
            Self::RepeatedR => Words {
                name: "F08",
                sentence: [
                    "one r value stands in two signatures",
                    "同じr値が2つの署名にある",
                ],
                advice: [
                    "the private keys can be computed: move all coins of these keys now",
                    "秘密鍵が計算できます。これらの鍵の資産を直ちに移してください。",
                ],
            },
            Self::OtherRequest => Words {
                name: "F09",
                sentence: [
                    "devices signed one transaction for different requests",
                    "1つの取引が異なる申請で署名されている",
                ],
                advice: [
                    "ask why a transaction was requested twice, and who approved each request",
                    "二重に申請された理由と、それぞれの承認者を確認してください。",
                ],
            },
            Self::OtherPolicy => Words {
                name: "F10",
                sentence: [
                    "devices judged one transaction by different policies",
                    "1つの取引が異なるポリシーで判定されている",
                ],
                advice: [
                    "install the newest policy on every device of the wallet",
                    "ウォレットのすべての端末に最新のポリシーを導入してください。",
                ],
            },
            Self::OtherRoster => Words {
                name: "F11",
                sentence: [
                    "devices judged one transaction by different rosters",
                    "1つの取引が異なる名簿で判定されている",
                ],
                advice: [
                    "install the newest roster on every device of the wallet",
                    "ウォレットのすべての端末に最新の名簿を導入してください。",
                ],
            },
            Self::OnePersonTwice => Words {
                name: "F12",
                sentence: [
                    "one person stands on both sides of one transaction",
                    "同じ人物が1つの取引で複数の役割を担っている",
                ],
                advice: [
                    "ask who stood in for whom, and whether the roster allowed it on every device",
                    "誰の代わりを務めたか、各端末の名簿で許されていたかを確認してください。",
                ],
            },
            Self::RepeatedSample => Words {
                name: "F13",
                sentence: [
                    "the same random numbers were drawn twice",
                    "同じ乱数が2回引かれている",
                ],
                advice: [
                    "the source of random numbers is broken or a machine was copied: stop signing with both devices",
                    "乱数源の故障か端末の複製です。両方の端末での署名を止めてください。",
                ],
            },
            Self::Clock => Words {
                name: "F14",
                sentence: [
                    "a clock contradicts another clock or a block",
                    "時計が別の時計またはブロックと矛盾している",
                ],
                advice: [
                    "take the blocks as the time; ask how the clock was set",
                    "ブロックの時刻を基準とし、時計の設定方法を確認してください。",
                ],
            },
            Self::OtherSoftware => Words {
                name: "F15",
                sentence: [
                    "software ran that the trust file does not name",
                    "信頼ファイルにないソフトウェアが動いていた",
                ],
                advice: [
                    "rebuild the release from its source and compare the digest of the program",
                    "リリースをソースから再構築し、プログラムのダイジェストを比較してください。",
                ],
            },
            Self::OnePlace => Words {
                name: "F16",
                sentence: [
                    "keys of one wallet stand in one HSM, at one place, or in HSMs of too few vendors",
                    "1つのウォレットの鍵が同じHSMまたは同じ場所にあるか、HSMの製造元が少なすぎる",
                ],
                advice: [
                    "move one of the devices, or register the wallet again with another one",
                    "端末の1つを移すか、別の端末でウォレットを登録し直してください。",
                ],
            },
            Self::Count => Words {
                name: "F17",
                sentence: [
                    "a count does not agree with what was counted, or exceeds a limit",
                    "件数が数えた結果と一致しない、または上限を超えている",
                ],
                advice: [
                    "ask for the transcript, the anchor in the HSM and the receipts of the device",
                    "端末の記録、HSM内のアンカー、受領証を請求してください。",
                ],
            },
        }
    }
}
