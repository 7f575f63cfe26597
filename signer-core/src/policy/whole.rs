//! A policy in full, as its last screen shows it. Each structure is taken apart here, so that a field
//! which nobody sees does not compile.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{
    ApprovalQuorum, Destination, FeeCaps, Placement, Policy, QuorumBand, Separation, WalletRules,
};
use crate::digest::WalletDigest;
use crate::review::amount::{btc, sat};
use crate::types::{Id, Lang};

impl Policy {
    /// Everything that holds for wallets, people and sweeps. Destinations have screens of their own.
    pub(super) fn in_full(
        &self,
        lang: Lang,
        named: &dyn Fn(&WalletDigest) -> String,
    ) -> Vec<String> {
        let Self {
            version: _,
            scope,
            root: _,
            roster: _,
            number,
            predecessor: _,
            activation,
            delay,
            wallets,
            destinations: _,
            separation,
            class_moves,
            cold_floors: _,
            sweep,
        } = self;
        let head = [
            format!("policy {number}  {}", scope.network),
            match lang {
                Lang::En => {
                    format!("from height {activation}; a later loosening waits {delay} blocks")
                }
                Lang::Ja => {
                    format!("ブロック高 {activation} から。以後の緩和は {delay} ブロック待機")
                }
            },
        ];
        let wallets = wallets.iter();
        let wallets = wallets.map(|rules| rules.in_full(&named(&rules.wallet), lang));
        let moves = class_moves.iter().map(|allowed| {
            let what = lang.pick("may move between", "区分間の移動を許可:");
            format!("{what} {}", allowed.text(lang))
        });
        let sweep = sweep.iter().flat_map(|sweep| {
            let what = lang.pick("SWEEP when frozen, to", "凍結中の緊急退避送金:");
            let name = named(&sweep.wallet);
            let to = format!("{what} {name}  ({})", sweep.id);
            [to, format!("  {}", sweep.text(lang))]
        });
        let floors = self.cold_floors().iter().map(|floor| floor.text(lang));
        let parts = core::iter::once(head.into_iter().chain(separation.in_full(lang)).collect())
            .chain(wallets)
            .chain([moves.chain(floors).collect(), sweep.collect()]);
        let parts = parts.filter(|part: &Vec<String>| !part.is_empty());
        parts
            .flat_map(|part| part.into_iter().chain([String::new()]))
            .collect()
    }
}

impl WalletRules {
    fn in_full(&self, name: &str, lang: Lang) -> Vec<String> {
        let Self {
            wallet,
            class,
            per_transfer,
            fee,
            quorum,
            destinations,
            change_window,
            windows,
            bands: _,
            placement: Placement { vendors, sites },
            witnesses,
        } = self;
        let row = |[en, ja]: [&str; 2], what: String| match lang {
            Lang::En => format!("  {en:<13} {what}"),
            Lang::Ja => format!("  {ja}: {what}"),
        };
        let pays: Vec<&str> = destinations.iter().map(Id::as_str).collect();
        let most = format!("{}  ({})", btc(*per_transfer), sat(*per_transfer));
        let over_time = windows.iter().map(|limit| limit.text(lang));
        let bands = self.bands().iter().map(|QuorumBand { from, quorum }| {
            let (from, people) = (sat(*from), quorum.in_full(lang));
            match lang {
                Lang::En => format!("from {from}: {people}"),
                Lang::Ja => format!("{from} 以上: {people}"),
            }
        });
        let spread = match lang {
            Lang::En => format!("{vendors} vendors, {sites} sites"),
            Lang::Ja => format!("メーカー {vendors} 社、設置場所 {sites} か所以上"),
        };
        let head = [
            format!("{name}  {}", class.phrase().text(lang)),
            match lang {
                Lang::En => format!("  wallet {wallet}"),
                Lang::Ja => format!("  ウォレット {wallet}"),
            },
            row(["per transfer", "1回の限度額"], most),
        ];
        head.into_iter()
            .chain(over_time.map(|limit| row(["over time", "期間限度額"], limit)))
            .chain([
                row(["fee", "手数料"], fee.in_full(lang)),
                row(["approvals", "承認"], quorum.in_full(lang)),
            ])
            .chain(bands.map(|band| row(["", "金額帯"], band)))
            .chain([
                row(["pays", "送付先"], pays.join(" ")),
                row(["change window", "おつりの範囲"], change_window.to_string()),
                row(["placement", "端末の分散"], spread),
                row(["witnesses", "立会人数"], witnesses.to_string()),
            ])
            .collect()
    }
}

impl Destination {
    /// What holds for it besides its address.
    pub(super) fn limits(&self, lang: Lang) -> Vec<String> {
        let Self {
            id: _,
            label: _,
            script: _,
            activation,
            limit,
            windows,
        } = self;
        let single = [
            format!("{}  ({})", btc(*limit), sat(*limit)),
            match lang {
                Lang::En => format!("at most, in one transfer; from height {activation}"),
                Lang::Ja => format!("1回の上限。ブロック高 {activation} から有効"),
            },
        ];
        let over_time = windows.iter().map(|window| match lang {
            Lang::En => format!("at most, over time: {}", window.text(lang)),
            Lang::Ja => format!("期間限度額: {}", window.text(lang)),
        });
        single.into_iter().chain(over_time).collect()
    }
}

impl Separation {
    fn in_full(self, lang: Lang) -> [String; 2] {
        let Self {
            devices_per_operator: devices,
            administrators_apart: apart,
            sessions_in_a_row,
        } = self;
        let turn = match (sessions_in_a_row, lang) {
            (Some(most), Lang::En) => format!("sessions in a row per operator {most}"),
            (Some(most), Lang::Ja) => format!("操作者1人の連続セッション {most} 回まで"),
            (None, Lang::En) => "sessions in a row per operator: any number".to_string(),
            (None, Lang::Ja) => "操作者1人の連続セッション 制限なし".to_string(),
        };
        let kept = match lang {
            Lang::En => {
                format!("devices per operator {devices}; administrators apart {apart}")
            }
            Lang::Ja => {
                format!("操作者1人あたりの端末 {devices} 台、関与しないポリシー署名者 {apart} 名")
            }
        };
        [turn, kept]
    }
}

impl FeeCaps {
    fn in_full(self, lang: Lang) -> String {
        let Self {
            absolute,
            sat_per_vbyte: rate,
            per_mille,
        } = self;
        let most = sat(absolute);
        match lang {
            Lang::En => format!("{most}, {rate} sat/vB, {per_mille}/1000"),
            Lang::Ja => format!("{most} 以下、{rate} sat/vB 以下、千分の {per_mille} 以下"),
        }
    }
}

impl ApprovalQuorum {
    fn in_full(self, lang: Lang) -> String {
        let Self {
            approvers,
            departments,
            directors,
        } = self;
        match lang {
            Lang::En => {
                format!("{approvers} people, {departments} departments, {directors} directors")
            }
            Lang::Ja => {
                format!("承認者 {approvers} 名、{departments} 部門、承認取締役 {directors} 名")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::vec;

    use super::*;
    use crate::policy::{ClassMove, ColdFloor, WindowLimit};
    use crate::testing::world;
    use crate::types::Blocks;
    use crate::wallet::WalletClass;
    use bitcoin::Amount;

    #[test]
    fn a_quorum_is_told_in_full() {
        let quorum = ApprovalQuorum {
            approvers: 4,
            departments: 3,
            directors: 2,
        };
        let told = quorum.in_full(Lang::En);
        assert_eq!(told, "4 people, 3 departments, 2 directors");
        let told = quorum.in_full(Lang::Ja);
        assert_eq!(told, "承認者 4 名、3 部門、承認取締役 2 名");
    }

    /// Of what is new, the difference names wallets and destinations alone.
    #[test]
    fn every_limit_over_time_move_and_floor_is_shown() {
        let mut policy = world().policy.document().clone();
        let limit = |sat| WindowLimit {
            blocks: Blocks(1_008),
            amount: Amount::from_sat(sat),
        };
        policy.wallets[0].windows = vec![limit(7_654_321)];
        policy.destinations[0].windows = vec![limit(1_234_567)];
        policy.class_moves = vec![ClassMove {
            from: WalletClass::Company,
            to: WalletClass::Guarantee,
            purpose: None,
        }];
        policy.cold_floors = Some(vec![ColdFloor {
            class: WalletClass::Customer,
            per_mille: 951,
            age: Blocks(99),
        }]);
        for (lang, amounts, floor) in [
            (
                Lang::En,
                [
                    "7,654,321 sat within 1008 blocks",
                    "1,234,567 sat within 1008 blocks",
                ],
                "951 per mille stay cold",
            ),
            (
                Lang::Ja,
                [
                    "1008 ブロック内に 7,654,321 sat",
                    "1008 ブロック内に 1,234,567 sat",
                ],
                "951 パーミル以上",
            ),
        ] {
            let all = policy.in_full(lang, &|_| String::new()).join("\n");
            assert!(all.contains(amounts[0]), "{all}");
            assert!(all.contains(&policy.class_moves[0].text(lang)), "{all}");
            assert!(all.contains(floor), "{all}");
            let limits = policy.destinations[0].limits(lang).join("\n");
            assert!(limits.contains(amounts[1]), "{limits}");
        }
    }
}
