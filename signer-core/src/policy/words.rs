//! A change of policy in words, for the people who compare it with their paper.

use alloc::format;
use alloc::string::{String, ToString};

use super::{
    Changed, ClassMove, ColdFloor, ColdFloorChange, DestinationChange, Direction, PolicyChange,
    SeparationChange, Sweep, SweepChange, Voters, WalletChange, WindowChange, WindowLimit,
};
use crate::digest::WalletDigest;
use crate::review::amount::sat;
use crate::types::Lang;
use crate::wallet::WalletClass;

impl Direction {
    /// The word for it.
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Tightening => lang.pick("tightens", "厳格化"),
            Self::Loosening => lang.pick("LOOSENS", "緩和"),
        }
    }
}

impl PolicyChange {
    /// What changes, from what to what; `named` says how a wallet is called.
    pub fn text(&self, lang: Lang, named: &dyn Fn(&WalletDigest) -> String) -> String {
        match self {
            Self::Delay(delay) => from_to(
                lang.pick("blocks that a loosening waits", "緩和の発効待機ブロック数"),
                delay,
                ToString::to_string,
            ),
            Self::Separation(change) => change.text(lang),
            Self::DestinationAdded(id) => {
                format!("{} {id}", lang.pick("destination added:", "送付先を追加:"))
            }
            Self::DestinationRemoved(id) => {
                format!(
                    "{} {id}",
                    lang.pick("destination removed:", "送付先を削除:")
                )
            }
            Self::Destination(id, change) => format!("{id}: {}", change.text(lang)),
            Self::WalletAdded(wallet) => {
                let what = lang.pick("wallet added:", "ウォレットを追加:");
                format!("{what} {}", named(wallet))
            }
            Self::WalletRemoved(wallet) => {
                let what = lang.pick("wallet removed:", "ウォレットを削除:");
                format!("{what} {}", named(wallet))
            }
            Self::Wallet(wallet, change) => format!("{}: {}", named(wallet), change.text(lang)),
            Self::ClassMoveAdded(class_move) => {
                let what = lang.pick("move between classes allowed:", "区分間の移動を許可:");
                format!("{what} {}", class_move.text(lang))
            }
            Self::ClassMoveRemoved(class_move) => {
                let what = lang.pick("move between classes ended:", "区分間の移動を終了:");
                format!("{what} {}", class_move.text(lang))
            }
            Self::Cold(change) => change.text(lang),
            Self::Sweep(change) => change.text(lang, named),
        }
    }
}

impl ColdFloorChange {
    fn text(&self, lang: Lang) -> String {
        let of = |class: &WalletClass, [en, ja]: [&str; 2]| {
            format!("{}: {}", class.phrase().text(lang), lang.pick(en, ja))
        };
        match self {
            Self::Added(floor) => {
                let what = lang.pick(
                    "floor of the cold share added:",
                    "コールド比率の下限を追加:",
                );
                format!("{what} {}", floor.text(lang))
            }
            Self::Removed(floor) => {
                let what = lang.pick(
                    "floor of the cold share ended:",
                    "コールド比率の下限を削除:",
                );
                format!("{what} {}", floor.text(lang))
            }
            Self::PerMille(class, floor) => {
                let what = of(
                    class,
                    ["per mille that stay cold", "コールド比率の下限(パーミル)"],
                );
                from_to(&what, floor, ToString::to_string)
            }
            Self::Age(class, age) => {
                let what = [
                    "blocks that a statement of balances is good for",
                    "残高報告書の有効ブロック数",
                ];
                from_to(&of(class, what), age, ToString::to_string)
            }
        }
    }
}

impl ColdFloor {
    /// In words.
    pub fn text(&self, lang: Lang) -> String {
        let (class, floor, age) = (self.class.phrase(), self.per_mille, self.age);
        let class = class.text(lang);
        match lang {
            Lang::En => format!(
                "{class}: {floor} per mille stay cold, by a statement of at most {age} blocks"
            ),
            Lang::Ja => {
                format!(
                    "{class}: コールド比率 {floor} パーミル以上({age} ブロック以内の残高報告書)"
                )
            }
        }
    }
}

impl SweepChange {
    fn text(&self, lang: Lang, named: &dyn Fn(&WalletDigest) -> String) -> String {
        let to = |sweep: &Sweep| format!("{} ({})", named(&sweep.wallet), sweep.id);
        let what = lang.pick("SWEEP of a frozen device", "緊急退避送金(凍結中の端末)");
        match self {
            Self::Added(sweep) => {
                let added = lang.pick("added, to", "を追加。宛先:");
                format!("{what} {added} {}; {}", to(sweep), sweep.text(lang))
            }
            Self::Removed(sweep) => {
                let ended = lang.pick("ended, to", "を終了。宛先:");
                format!("{what} {ended} {}", to(sweep))
            }
            Self::Exchanged(sweep) => {
                let until = lang.pick(
                    "until this begins, nothing can be swept",
                    "有効になるまで緊急退避送金は不可",
                );
                format!("{}; {until}", from_to(what, sweep, to))
            }
            Self::Fee(cap) => format!("{what}: {}", cap.text(lang)),
            Self::Quorum(who, count) => {
                let count = from_to(who.name(lang), count, ToString::to_string);
                format!("{what}: {count}")
            }
        }
    }
}

impl Sweep {
    /// Its quorum and its caps in words.
    pub fn text(&self, lang: Lang) -> String {
        let (quorum, fee) = (self.quorum, self.fee);
        let (approvers, departments) = (quorum.approvers, quorum.departments);
        let (directors, most) = (quorum.directors, sat(fee.absolute));
        let (rate, share) = (fee.sat_per_vbyte, fee.per_mille);
        match lang {
            Lang::En => format!(
                "{approvers} approvers, {departments} departments, {directors} directors; fee at \
                 most {most}, {rate} sat/vB, {share} per mille"
            ),
            Lang::Ja => format!(
                "承認者 {approvers} 名、{departments} 部門、承認取締役 {directors} 名。手数料 \
                 {most} 以下、{rate} sat/vB 以下、千分の {share} 以下"
            ),
        }
    }
}

impl SeparationChange {
    fn text(&self, lang: Lang) -> String {
        let (what, change) = match self {
            Self::DevicesPerOperator(change) => (
                lang.pick(
                    "devices that one person may operate for one transfer",
                    "1件の出庫で1人が操作できる端末数",
                ),
                change,
            ),
            Self::AdministratorsApart(change) => (
                lang.pick(
                    "signers of the policy who have no part in a transfer",
                    "ポリシー署名者のうち出庫に関与しない人数",
                ),
                change,
            ),
            Self::SessionsInARow(change) => {
                let what = lang.pick(
                    "sessions that sign in a row that one person may operate",
                    "1人が連続して操作できる署名セッション数",
                );
                let say = |most: &Option<u8>| match most {
                    Some(most) => most.to_string(),
                    None => lang.pick("any number", "制限なし").to_string(),
                };
                return from_to(what, change, say);
            }
        };
        from_to(what, change, ToString::to_string)
    }
}

impl DestinationChange {
    fn text(&self, lang: Lang) -> String {
        match self {
            Self::Label(label) => from_to(lang.pick("label", "名称"), label, ToString::to_string),
            Self::Script(_) => lang
                .pick(
                    "ANOTHER ADDRESS, shown below",
                    "別のアドレス(次の画面に表示)",
                )
                .to_string(),
            Self::From(height) => from_to(
                lang.pick("may be paid from height", "送付できるブロック高"),
                height,
                ToString::to_string,
            ),
            Self::Limit(limit) => from_to(lang.pick("limit", "限度額"), limit, |a| sat(*a)),
            Self::Window(window) => window.text(lang),
        }
    }
}

impl WalletChange {
    fn text(&self, lang: Lang) -> String {
        let amount = |[en, ja]: [&str; 2], change: &Changed<bitcoin::Amount>| {
            from_to(lang.pick(en, ja), change, |a| sat(*a))
        };
        let number =
            |[en, ja]: [&str; 2], change| from_to(lang.pick(en, ja), change, u32::to_string);
        match self {
            Self::Class(class) => {
                from_to(lang.pick("class", "ウォレット区分"), class, |class| {
                    class.phrase().text(lang).to_string()
                })
            }
            Self::PerTransfer(limit) => amount(["limit per transfer", "1回の限度額"], limit),
            Self::FeeAbsolute(cap) => amount(["fee at most", "手数料の上限"], cap),
            Self::FeeRate(cap) => {
                number(["fee rate at most, sat/vB", "手数料率の上限 sat/vB"], cap)
            }
            Self::FeePerMille(cap) => number(
                [
                    "fee at most, thousandths of the amount",
                    "手数料の上限(出庫額の千分率)",
                ],
                cap,
            ),
            Self::Quorum(who, count) => from_to(who.name(lang), count, ToString::to_string),
            Self::BandQuorum(from, who, count) => {
                let (from, what) = (
                    sat(*from),
                    from_to(who.name(lang), count, ToString::to_string),
                );
                match lang {
                    Lang::En => format!("from {from} on: {what}"),
                    Lang::Ja => format!("{from} 以上: {what}"),
                }
            }
            Self::DestinationAdded(id) => {
                format!("{} {id}", lang.pick("may now pay", "送付先に追加:"))
            }
            Self::DestinationRemoved(id) => {
                format!("{} {id}", lang.pick("may no longer pay", "送付先から除外:"))
            }
            Self::ChangeWindow(window) => number(["change window", "おつりの範囲"], window),
            Self::Vendors(count) => from_to(
                lang.pick("vendors of its devices, at least", "端末のメーカー数の下限"),
                count,
                ToString::to_string,
            ),
            Self::Sites(count) => from_to(
                lang.pick("sites of its devices, at least", "端末の設置場所数の下限"),
                count,
                ToString::to_string,
            ),
            Self::Witnesses(count) => from_to(
                lang.pick(
                    "witnesses of a session that signs",
                    "署名セッションの立会人数",
                ),
                count,
                ToString::to_string,
            ),
            Self::Window(window) => window.text(lang),
        }
    }
}

impl WindowChange {
    fn text(self, lang: Lang) -> String {
        let ([en, ja], limit) = match self {
            Self::Added(limit) => (["limit over time added:", "期間限度額を追加:"], limit),
            Self::Removed(limit) => (["limit over time removed:", "期間限度額を削除:"], limit),
            Self::Lowered(limit) => (["limit over time lowered to", "期間限度額を減額:"], limit),
            Self::Raised(limit) => (["limit over time RAISED to", "期間限度額を増額:"], limit),
        };
        format!("{} {}", lang.pick(en, ja), limit.text(lang))
    }
}

impl WindowLimit {
    /// In words: the whole of it, of which each device holds its share.
    pub fn text(&self, lang: Lang) -> String {
        let (most, blocks) = (sat(self.amount), self.blocks);
        match lang {
            Lang::En => format!("{most} within {blocks} blocks"),
            Lang::Ja => format!("{blocks} ブロック内に {most}"),
        }
    }
}

impl ClassMove {
    /// In words.
    pub fn text(&self, lang: Lang) -> String {
        let (from, to) = (self.from.phrase(), self.to.phrase());
        let purpose = self.purpose.as_ref().map_or_else(
            || lang.pick("for any purpose", "目的を問わず").to_string(),
            ToString::to_string,
        );
        format!("{} -> {}: {purpose}", from.text(lang), to.text(lang))
    }
}

impl Voters {
    const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Approvers => lang.pick("people who must approve", "承認者の人数"),
            Self::Departments => lang.pick("departments among them", "承認者の部門数"),
            Self::Directors => lang.pick("directors among them", "承認取締役の人数"),
        }
    }
}

fn from_to<T>(what: &str, change: &Changed<T>, say: impl Fn(&T) -> String) -> String {
    format!("{what}: {} -> {}", say(&change.old), say(&change.new))
}
