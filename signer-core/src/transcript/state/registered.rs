//! What two operators read and type before the device knows a co-signer or a wallet: the screens of
//! a registration, on the device and in the fold.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use super::{DeviceState, FoldError};
use crate::approval::{CheckedEnrolment, Seat};
use crate::digest::{WalletDigest, word_lines};
use crate::policy::Page;
use crate::review::address::grouped;
use crate::types::{Chain, Id, KeyIndex, Label, Lang};
use crate::wallet::{
    CheckedCard, CoSigner, KnownHsm, RegisteredWallet, RegistrableRecord, WalletRecord,
};

impl DeviceState {
    /// Whom the administrators vouch for; B types words of the identity from that device's own paper.
    ///
    /// # Errors
    /// Where no session is open.
    pub fn enrolment_page(&self, enrolment: &CheckedEnrolment) -> Result<Page, FoldError> {
        let asking = self.asking()?;
        let body = enrolment.enrolment();
        let (name, site, device) = (&body.name, &body.site, body.identity.device_id());
        let mut lines = Vec::from([
            match asking.lang {
                Lang::En => format!("enrolment of device {name} ({site})"),
                Lang::Ja => format!("端末 {name}({site})の登録証"),
            },
            String::new(),
        ]);
        lines.extend(word_lines(device.as_bytes()));
        let subject = [
            format!("the identity of device {name} from its own paper"),
            format!("端末 {name} の書面にある識別鍵照合語"),
        ];
        let id = format!("enrolment-{name}");
        let asked = asking.words(
            &id,
            device.as_bytes(),
            subject.each_ref().map(String::as_str),
        );
        Ok(Page { id, lines, asked })
    }

    /// A co-signer's card; A types words of it from that device's own paper. Of a device of which one is
    /// known the HSM of before stands beside the one of now, and each wallet that cannot sign with it.
    ///
    /// # Errors
    /// Where no session is open.
    pub fn card_page(&self, card: &CheckedCard) -> Result<Page, FoldError> {
        let (body, lang) = (card.card(), self.asking()?.lang);
        let mut page = self.words_of_card(&body.name, &body.site, card.digest().as_bytes())?;
        if let Some(before) = self.wallets().cards().of(&card.device()) {
            page.lines.push(String::new());
            page.lines
                .extend(hsm_lines(before, &KnownHsm::of(card), lang));
            page.lines.extend(self.unplaced_after(card, lang));
        }
        Ok(page)
    }

    /// The wallets that WAL08 or POL09 keep from signing once this card is known.
    fn unplaced_after(&self, card: &CheckedCard, lang: Lang) -> Vec<String> {
        let mut cards = self.wallets().cards().clone();
        cards.note(card);
        let cannot = lang.pick("CANNOT SIGN", "署名できません");
        let unplaced = self.unplaced(|record| cards.cosigners(record)).into_iter();
        let lines = unplaced.map(|(wallet, refusal)| {
            let (rule, why) = (refusal.rule, refusal.difference());
            format!("{} {cannot}: {rule} {}", wallet.name(), why.text(lang))
        });
        lines.collect()
    }

    /// The cards of other devices that this one does not know, and the wallet; B types words that
    /// every other device shows too.
    ///
    /// # Errors
    /// Where no session is open.
    pub fn draft_pages(&self, draft: &RegistrableRecord) -> Result<Vec<Page>, FoldError> {
        let (record, digest) = (draft.record(), draft.digest());
        let mut pages = self.unknown_cards(record)?;
        pages.push(self.record_page(record, &digest, &[("wallet", Seat::OperatorB)])?);
        Ok(pages)
    }

    /// The same of a wallet that all of its devices have signed; both type. The emergency wallet of
    /// other devices is compared with their paper.
    ///
    /// # Errors
    /// Where no session is open.
    pub fn wallet_pages(&self, wallet: &RegisteredWallet) -> Result<Vec<Page>, FoldError> {
        let (record, digest) = (wallet.record(), wallet.digest());
        if !self.is_of(record) {
            return Ok(Vec::from([self.emergency_page(record, &digest)?]));
        }
        let mut pages = self.unknown_cards(record)?;
        pages.push(self.record_page(record, &digest, &BOTH)?);
        Ok(pages)
    }

    /// Whether this device is a co-signer.
    pub(super) fn is_of(&self, record: &WalletRecord) -> bool {
        let mut members = record.cosigners.iter();
        members.any(|cosigner| self.is_own(cosigner))
    }

    fn is_own(&self, cosigner: &CoSigner) -> bool {
        self.identity() == Some(&cosigner.identity)
    }

    /// A card that the journal holds was compared when it came in.
    fn unknown_cards(&self, record: &WalletRecord) -> Result<Vec<Page>, FoldError> {
        let known = |cosigner: &&CoSigner| {
            let mut cards = self.cards().iter();
            cards.any(|card| card.digest() == cosigner.card)
        };
        let others = record.cosigners.iter().filter(|c| !self.is_own(c));
        let unknown = others.filter(|cosigner| !known(cosigner));
        unknown
            .map(|c| self.words_of_card(&c.name, &c.site, c.card.as_bytes()))
            .collect()
    }

    fn words_of_card(&self, name: &Id, site: &Label, digest: &[u8; 32]) -> Result<Page, FoldError> {
        let asking = self.asking()?;
        let mut lines = Vec::from([
            match asking.lang {
                Lang::En => format!("card of device {name} ({site})"),
                Lang::Ja => format!("端末 {name}({site})のカード"),
            },
            String::new(),
        ]);
        lines.extend(word_lines(digest));
        let subject = [
            format!("the card of device {name} from its own paper"),
            format!("端末 {name} の書面にあるカード照合語"),
        ];
        let id = format!("card-{name}");
        let asked = asking.words(&id, digest, subject.each_ref().map(String::as_str));
        let asked = asked.into_iter().map(|asked| asked.by(Seat::OperatorA));
        Ok(Page {
            id,
            lines,
            asked: asked.collect(),
        })
    }

    fn record_page(
        &self,
        record: &WalletRecord,
        digest: &WalletDigest,
        asked: &[(&str, Seat)],
    ) -> Result<Page, FoldError> {
        let lang = self.asking()?.lang;
        let (m, n, form) = (
            record.threshold,
            record.cosigners.len(),
            record.script_type.name(),
        );
        let mut lines = Vec::from([
            format!("{}  {}", record.name, record.class.phrase().text(lang)),
            format!("{m} of {n}  {form}  {}", record.scope.network),
        ]);
        let members = record.cosigners.iter();
        lines.extend(members.map(|c| format!("  {} ({}) pool {}", c.name, c.site, c.pool)));
        let [receive, change] = [&record.receive, &record.change].map(Vec::len);
        lines.push(match lang {
            Lang::En => format!(
                "{receive} receive addresses, {change} change addresses; the first receive address:"
            ),
            Lang::Ja => {
                format!(
                    "受取アドレス {receive} 件、おつりアドレス {change} 件。最初の受取アドレス:"
                )
            }
        });
        lines.extend(address_lines(record, KeyIndex(0)));
        lines.extend(self.extension_lines(record, lang));
        let subject = [
            "the wallet, as every other device shows them",
            "ウォレット照合語(他の端末と同じもの)",
        ];
        self.wallet_words(lines, digest, (asked, subject))
    }

    /// What an extension keeps, and the first address that it adds.
    fn extension_lines(&self, record: &WalletRecord, lang: Lang) -> Vec<String> {
        let before = record.predecessor.as_ref();
        let Some(before) = before.and_then(|named| self.wallets().by_digest(named)) else {
            return Vec::new();
        };
        let (version, digest) = (record.table_version, before.digest());
        let [receive, change] = [Chain::Receive, Chain::Change].map(|c| before.addresses(c));
        let mut lines = Vec::from([String::new()]);
        lines.extend(match lang {
            Lang::En => [
                format!("version {version}, extends {digest}"),
                format!(
                    "{receive} receive and {change} change addresses stay as they are; the first new one:"
                ),
            ],
            Lang::Ja => [
                format!("第 {version} 版、拡張元 {digest}"),
                format!("受取 {receive} 件、おつり {change} 件のアドレスは変更なし。最初の新アドレス:"),
            ],
        });
        lines.extend(address_lines(record, KeyIndex(receive)));
        lines
    }

    fn emergency_page(
        &self,
        record: &WalletRecord,
        digest: &WalletDigest,
    ) -> Result<Page, FoldError> {
        let lang = self.asking()?.lang;
        let (m, n) = (record.threshold, record.cosigners.len());
        let mut lines = Vec::from([
            format!("{}  {}", record.name, record.class.phrase().text(lang)),
            format!("{m} of {n}  {}", record.scope.network),
            lang.pick(
                "this device is NOT one of them: it pays this wallet in a sweep alone",
                "この端末は共同署名者ではなく、緊急退避送金でのみ送付します",
            )
            .to_string(),
        ]);
        let members = record.cosigners.iter();
        lines.extend(members.map(|c| format!("  {} ({})", c.name, c.site)));
        lines.extend(address_lines(record, KeyIndex(0)));
        let subject = [
            "the emergency wallet from the paper of its own devices",
            "緊急退避ウォレットの端末の書面にある照合語",
        ];
        self.wallet_words(lines, digest, (&BOTH, subject))
    }

    /// The words of a wallet below what was said of it, and who types some of them.
    fn wallet_words(
        &self,
        mut lines: Vec<String>,
        digest: &WalletDigest,
        (asked, subject): (&[(&str, Seat)], [&str; 2]),
    ) -> Result<Page, FoldError> {
        let asking = self.asking()?;
        lines.push(String::new());
        lines.extend(word_lines(digest.as_bytes()));
        let questions = asked.iter().flat_map(|(id, seat)| {
            let asked = asking.words(id, digest.as_bytes(), subject);
            asked.into_iter().map(|asked| asked.by(*seat))
        });
        Ok(Page {
            id: "wallet".to_string(),
            lines,
            asked: questions.collect(),
        })
    }
}

/// A complete record: both operators type.
const BOTH: [(&str, Seat); 2] = [("wallet-1", Seat::OperatorA), ("wallet-2", Seat::OperatorB)];

/// Which HSM a device had, and which it has.
fn hsm_lines(before: &KnownHsm, now: &KnownHsm, lang: Lang) -> [String; 2] {
    let [was, is] = match lang {
        Lang::En => ["known until now: ", "from now on:     "],
        Lang::Ja => ["これまで: ", "これから: "],
    };
    [(was, before), (is, now)].map(|(when, known)| format!("{when}{}", known.phrase().text(lang)))
}

fn address_lines(record: &WalletRecord, index: KeyIndex) -> Vec<String> {
    let address = record.address(Chain::Receive, index);
    address.map_or_else(Vec::new, |address| grouped(&address.to_string()))
}
