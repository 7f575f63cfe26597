//! What a wallet may pay, written down by nobody in particular: for reports, never for a signature.

use alloc::vec::Vec;

use bitcoin::Amount;

use super::checking::{Checking, Terms};
use super::{Destination, FeeCaps};
use crate::phrase;
use crate::rule::{RuleId, Verdict};
use crate::types::{Height, Network};
use crate::wallet::Moves;

/// Limits and destinations without a signature. Only a report is made with them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlainPolicy {
    /// Most that one transaction may pay out, change not counted.
    pub per_transfer: Amount,
    /// The caps on the fee; all of them hold.
    pub fee: FeeCaps,
    /// The destinations that the wallet may pay.
    pub destinations: Vec<Destination>,
}

impl PlainPolicy {
    /// The verdicts of POL01, POL02 and POL04.
    pub(crate) fn judge(
        &self,
        moves: Moves<'_>,
        network: Network,
        tip: Option<Height>,
    ) -> [(RuleId, Verdict); 3] {
        let checking = Checking {
            moves,
            terms: Some(Terms {
                per_transfer: self.per_transfer,
                fee: self.fee,
                destinations: self.destinations.iter().collect(),
                waits: None,
                windows: &[],
            }),
            network,
            tip,
        };
        let noted = |(rule, verdict)| match (rule, verdict) {
            (RuleId::POL01, Verdict::Passed) if tip.is_none() => {
                let text = phrase!(
                    "no height was given: when destinations become active was not judged",
                    "ブロック高の指定がないため、送付先の有効化時期は未判定"
                );
                (rule, Verdict::Notice(text))
            }
            judged => judged,
        };
        checking.judge().map(noted)
    }
}
