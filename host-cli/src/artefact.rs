//! Reading artefacts from files: every signature on them is verified, and errors name the file.

use std::path::Path;

use serde_json::Value;
use signer_core::approval::{Enrolment, Officer, OfficerCard, Order, Role, Roster};
use signer_core::codec;
use signer_core::cose::{Artefact, CoseError, Endorsed, Scope, Signed, peek};
use signer_core::digest::KeyId;
use signer_core::headers::HeaderRun;
use signer_core::keys::P256PublicKey;
use signer_core::life::{PossessionReport, Recovery, Replacement, Retirement, Thaw};
use signer_core::phrase;
use signer_core::policy::{BalanceStatement, Policy};
use signer_core::root::Root;
use signer_core::rule::{Explained, Named, Phrase};
use signer_core::types::{Height, OfficerId};
use signer_core::wallet::{CheckedCard, RegisteredWallet, WalletRecord};

use crate::error::{Failure, not_json};
use crate::files;
use crate::rosters::Rosters;

/// An artefact's file is not what it should be.
pub(crate) fn bad(path: &Path, kind: Kind, why: &Phrase) -> Failure {
    Failure::input(
        phrase!(
            "{subject}: {why}",
            "{subject}: {why}",
            subject = invalid(path, kind),
            why = why
        ),
        phrase!(
            "use the file as it was made; if it was, it was changed on its way: report it",
            "作成されたままのファイルを指定してください。そのままの場合は途中で変更されています。報告してください。"
        ),
    )
}

fn invalid(path: &Path, kind: Kind) -> Phrase {
    phrase!(
        "{path} is not a valid {kind}",
        "{path} は正しい{kind}ではない",
        path = Named(path.display()),
        kind = kind.phrase()
    )
}

/// What a file should hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Anchor,
    Answer,
    Balance,
    Checkpoint,
    Descriptors,
    DeviceCard,
    Endorsement,
    Enrolment,
    Headers,
    OfficerCard,
    Policy,
    PossessionReport,
    Recovery,
    Replacement,
    Retirement,
    Thaw,
    Root,
    Roster,
    WalletRecord,
}

impl Kind {
    fn phrase(self) -> Phrase {
        match self {
            Self::Anchor => phrase!("statement of an anchor", "アンカーの申告"),
            Self::Answer => phrase!("answer of this device", "この端末の回答"),
            Self::PossessionReport => phrase!("possession report", "所持証明報告書"),
            Self::Balance => phrase!("statement of balances", "残高報告書"),
            Self::Recovery => phrase!("recovery", "復旧指示"),
            Self::Replacement => phrase!("replacement", "交換指示"),
            Self::Checkpoint => phrase!("checkpoint", "起点ブロック"),
            Self::Descriptors => phrase!("list of descriptors", "ディスクリプタの一覧"),
            Self::DeviceCard => phrase!("device card", "端末カード"),
            Self::Endorsement => phrase!(
                "signature on this wallet record",
                "このウォレット記録への署名"
            ),
            Self::Enrolment => phrase!("enrolment", "端末登録"),
            Self::Headers => phrase!("list of headers", "ブロックヘッダーの一覧"),
            Self::OfficerCard => phrase!("officer card", "役職員カード"),
            Self::Policy => phrase!("policy", "ポリシー"),
            Self::Retirement => phrase!("retirement", "廃止指示"),
            Self::Thaw => phrase!("thaw", "凍結解除指示"),
            Self::Root => phrase!("root", "信頼の起点"),
            Self::Roster => phrase!("roster", "名簿"),
            Self::WalletRecord => phrase!("wallet record", "ウォレット記録"),
        }
    }
}

/// An officer card, verified under the key in it.
pub(crate) fn officer_card(path: &Path) -> Result<OfficerCard, Failure> {
    let bytes = files::read(path)?;
    let wrong = |e: &CoseError| bad(path, Kind::OfficerCard, &e.phrase());
    let claimed: OfficerCard = peek(&bytes).map_err(|e| wrong(&e))?;
    let open = Signed::<OfficerCard>::open(&bytes, claimed.scope, key_of([claimed.key]));
    Ok(open.map_err(|e| wrong(&e))?.body().clone())
}

/// The root of trust.
pub(crate) fn root(path: &Path) -> Result<Root, Failure> {
    codec::decode(&files::read(path)?).map_err(|e| bad(path, Kind::Root, &e.phrase()))
}

/// A first roster with verified signatures of officers in it.
pub(crate) fn roster(path: &Path) -> Result<Endorsed<Roster>, Failure> {
    let bytes = files::read(path)?;
    let wrong = |e: &CoseError| bad(path, Kind::Roster, &e.phrase());
    let claimed = Endorsed::<Roster>::peek(&bytes).map_err(|e| wrong(&e))?;
    let keys: Vec<P256PublicKey> = claimed.officers.iter().map(|o| o.key).collect();
    Endorsed::open(&bytes, claimed.scope, key_of(keys)).map_err(|e| wrong(&e))
}

/// An order with verified signatures of officers of `roster`, which it must name.
pub(crate) fn order<T: Order + OrderFile>(
    path: &Path,
    roster: &Endorsed<Roster>,
) -> Result<Endorsed<T>, Failure> {
    let order: Endorsed<T> = endorsed(path, T::FILE, roster)?;
    if order.body().frame().roster == roster.roster_digest() {
        Ok(order)
    } else {
        let why = phrase!("it names another roster", "別の名簿を指している");
        Err(bad(path, T::FILE, &why))
    }
}

/// What the file of an order is called.
pub(crate) trait OrderFile {
    const FILE: Kind;
}

impl OrderFile for Policy {
    const FILE: Kind = Kind::Policy;
}

impl OrderFile for Recovery {
    const FILE: Kind = Kind::Recovery;
}

impl OrderFile for Replacement {
    const FILE: Kind = Kind::Replacement;
}

impl OrderFile for Retirement {
    const FILE: Kind = Kind::Retirement;
}

impl OrderFile for Thaw {
    const FILE: Kind = Kind::Thaw;
}

/// A policy with verified signatures of officers of the roster that it names, and that roster.
pub(crate) fn policy_of<'r>(
    path: &Path,
    rosters: &'r Rosters,
) -> Result<(Endorsed<Policy>, &'r Endorsed<Roster>), Failure> {
    let claimed = Endorsed::<Policy>::peek(&files::read(path)?);
    let claimed = claimed.map_err(|e| bad(path, Kind::Policy, &e.phrase()))?;
    let roster = rosters.named(claimed.roster);
    Ok((order(path, roster)?, roster))
}

/// A possession report that was signed by the device of a card.
pub(crate) fn possession_report(
    path: &Path,
    bytes: &[u8],
    card: &CheckedCard,
) -> Result<PossessionReport, Failure> {
    let (identity, scope) = (card.card().identity, card.card().scope);
    let open = Signed::<PossessionReport>::open(bytes, scope, key_of([identity]));
    let signed = open.map_err(|e| bad(path, Kind::PossessionReport, &e.phrase()))?;
    Ok(signed.body().clone())
}

/// A statement of balances with the verified signature of an officer of `roster`.
pub(crate) fn balance(
    path: &Path,
    roster: &Endorsed<Roster>,
) -> Result<Signed<BalanceStatement>, Failure> {
    let keys = roster.body().officers.iter().map(|officer| officer.key);
    Signed::open(&files::read(path)?, roster.body().scope, key_of(keys))
        .map_err(|e| bad(path, Kind::Balance, &e.phrase()))
}

/// An enrolment with verified signatures of officers of `roster`.
pub(crate) fn enrolment(
    path: &Path,
    roster: &Endorsed<Roster>,
) -> Result<Endorsed<Enrolment>, Failure> {
    endorsed(path, Kind::Enrolment, roster)
}

fn endorsed<T: Artefact>(
    path: &Path,
    kind: Kind,
    roster: &Endorsed<Roster>,
) -> Result<Endorsed<T>, Failure> {
    let officers = &roster.body().officers;
    let keys: Vec<P256PublicKey> = officers.iter().map(|o| o.key).collect();
    let scope = roster.body().scope;
    Endorsed::open(&files::read(path)?, scope, key_of(keys))
        .map_err(|e| bad(path, kind, &e.phrase()))
}

/// Looks a key up by its identifier.
pub(crate) fn key_of(
    keys: impl IntoIterator<Item = P256PublicKey>,
) -> impl Fn(&KeyId) -> Option<P256PublicKey> {
    let keys: Vec<P256PublicKey> = keys.into_iter().collect();
    move |kid| keys.iter().find(|key| key.key_id() == *kid).copied()
}

/// The officer of this identifier, who must have this role.
pub(crate) fn officer<'a>(
    roster: &'a Roster,
    id: &OfficerId,
    role: Role,
) -> Result<&'a Officer, Failure> {
    let found = roster.officer(id).ok_or_else(|| {
        Failure::refused(
            phrase!(
                "{who} is not in roster {number}",
                "{who} は名簿 {number} にない",
                who = id,
                number = roster.number
            ),
            phrase!(
                "use the roster that lists this officer",
                "この役職員が載っている名簿を指定してください。"
            ),
        )
    })?;
    if found.roles.contains(&role) {
        Ok(found)
    } else {
        Err(Failure::refused(
            phrase!(
                "{who} is not a {role} in roster {number}",
                "{who} は名簿 {number} で役割 {role} を持たない",
                who = id,
                role = role.name(),
                number = roster.number
            ),
            phrase!(
                "ask an officer who has this role",
                "この役割を持つ役職員に依頼してください。"
            ),
        ))
    }
}

/// Artefacts of one ceremony share network and purpose.
pub(crate) fn same_scope(path: &Path, got: Scope, expected: Scope) -> Result<(), Failure> {
    if got == expected {
        return Ok(());
    }
    Err(Failure::input(
        phrase!(
            "{path} is for {network} {purpose}, the others are for {others} {their}",
            "{path} は {network} {purpose}、他は {others} {their} である",
            path = Named(path.display()),
            network = got.network,
            purpose = got.purpose.phrase(),
            others = expected.network,
            their = expected.purpose.phrase()
        ),
        phrase!(
            "use artefacts of one network, all live or all of one drill",
            "1つのネットワークの、すべて本番またはすべて同じ訓練のファイルを指定してください。"
        ),
    ))
}

/// A device card of this root, with every possession proof verified.
pub(crate) fn device_card(path: &Path, root: &Root) -> Result<CheckedCard, Failure> {
    CheckedCard::open(&files::read(path)?, root.scope, &root.digest())
        .map_err(|e| told(path, Kind::DeviceCard, &e))
}

/// A wallet record that all of its devices signed, under the root that it names itself.
pub(crate) fn wallet(path: &Path) -> Result<RegisteredWallet, Failure> {
    let bytes = files::read(path)?;
    let claimed = Endorsed::<WalletRecord>::peek(&bytes);
    let claimed = claimed.map_err(|e| bad(path, Kind::WalletRecord, &e.phrase()))?;
    RegisteredWallet::open(&bytes, claimed.scope, &claimed.root)
        .map_err(|e| told(path, Kind::WalletRecord, &e))
}

/// An error of signer-core that says itself what to do, with the name of the file in front.
pub(crate) fn told(path: &Path, kind: Kind, error: &impl Explained) -> Failure {
    Failure::told(&invalid(path, kind), error)
}

/// A wallet record that all of its devices signed, under this root.
pub(crate) fn wallet_under(path: &Path, root: &Root) -> Result<RegisteredWallet, Failure> {
    RegisteredWallet::open(&files::read(path)?, root.scope, &root.digest())
        .map_err(|e| told(path, Kind::WalletRecord, &e))
}

/// Headers as any node can give them:
/// `{"first_height": 1, "headers": ["<160 hex>"]}`.
pub(crate) fn headers(path: &Path) -> Result<HeaderRun, Failure> {
    let text = files::read_text(path)?;
    let wrong = |why: Phrase| bad(path, Kind::Headers, &why);
    let json: Value = serde_json::from_str(&text).map_err(|error| wrong(not_json(&error)))?;
    let first = json.get("first_height").and_then(Value::as_u64);
    let first = first.and_then(|height| u32::try_from(height).ok());
    let headers = json.get("headers").and_then(Value::as_array);
    let headers = headers.ok_or_else(|| {
        wrong(phrase!(
            "\"headers\" is not a list",
            "\"headers\" が一覧ではない"
        ))
    })?;
    let header = |item: &Value| item.as_str().and_then(signer_core::digest::from_hex::<80>);
    Ok(HeaderRun {
        first_height: Height(first.ok_or_else(|| {
            wrong(phrase!(
                "\"first_height\" is not a number",
                "\"first_height\" が数ではない"
            ))
        })?),
        headers: headers
            .iter()
            .map(header)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| {
                wrong(phrase!(
                    "a header is not 160 hexadecimal characters",
                    "ヘッダーが160桁の16進数ではない"
                ))
            })?,
    })
}
