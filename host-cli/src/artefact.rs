//! Reading artefacts from files: every signature on them is verified, and errors name the file.

use std::fmt::Display;
use std::path::Path;

use serde_json::Value;
use signer_core::approval::{Enrolment, Officer, OfficerCard, Role, Roster};
use signer_core::codec;
use signer_core::cose::{Artefact, CoseError, Endorsed, Scope, Signed, peek};
use signer_core::digest::KeyId;
use signer_core::headers::HeaderRun;
use signer_core::keys::P256PublicKey;
use signer_core::life::{Recovery, Retirement};
use signer_core::policy::Policy;
use signer_core::root::Root;
use signer_core::types::{Height, OfficerId};
use signer_core::wallet::{CheckedCard, RegisteredWallet, WalletRecord};

use crate::error::Failure;
use crate::files;
use crate::rosters::Rosters;

/// An artefact's file is not what it should be.
pub(crate) fn bad(path: &Path, kind: &str, error: &impl Display) -> Failure {
    Failure::input(
        format!("{} is not a valid {kind}: {error}", path.display()),
        "use the file as it was made; if it was, it was changed on its way: report it",
    )
}

/// An officer card, verified under the key in it.
pub(crate) fn officer_card(path: &Path) -> Result<OfficerCard, Failure> {
    let bytes = files::read(path)?;
    let wrong = |e: &CoseError| bad(path, "officer card", e);
    let claimed: OfficerCard = peek(&bytes).map_err(|e| wrong(&e))?;
    let open = Signed::<OfficerCard>::open(&bytes, claimed.scope, key_of([claimed.key]));
    Ok(open.map_err(|e| wrong(&e))?.body().clone())
}

/// The root of trust.
pub(crate) fn root(path: &Path) -> Result<Root, Failure> {
    codec::decode(&files::read(path)?).map_err(|e| bad(path, "root", &e))
}

/// A first roster with verified signatures of officers in it.
pub(crate) fn roster(path: &Path) -> Result<Endorsed<Roster>, Failure> {
    let bytes = files::read(path)?;
    let wrong = |e: &CoseError| bad(path, "roster", e);
    let claimed = Endorsed::<Roster>::peek(&bytes).map_err(|e| wrong(&e))?;
    let keys: Vec<P256PublicKey> = claimed.officers.iter().map(|o| o.key).collect();
    Endorsed::open(&bytes, claimed.scope, key_of(keys)).map_err(|e| wrong(&e))
}

/// A policy with verified signatures of officers of `roster`, which it must name.
pub(crate) fn policy(path: &Path, roster: &Endorsed<Roster>) -> Result<Endorsed<Policy>, Failure> {
    let policy: Endorsed<Policy> = endorsed(path, "policy", roster)?;
    if policy.body().roster == roster.roster_digest() {
        Ok(policy)
    } else {
        Err(bad(path, "policy", &"it names another roster"))
    }
}

/// A policy with verified signatures of officers of the roster that it names, and that roster.
pub(crate) fn policy_of<'r>(
    path: &Path,
    rosters: &'r Rosters,
) -> Result<(Endorsed<Policy>, &'r Endorsed<Roster>), Failure> {
    let claimed = Endorsed::<Policy>::peek(&files::read(path)?);
    let claimed = claimed.map_err(|e| bad(path, "policy", &e))?;
    let roster = rosters.named(claimed.roster);
    Ok((policy(path, roster)?, roster))
}

/// A retirement with verified signatures of officers of `roster`, which it must name.
pub(crate) fn retirement(
    path: &Path,
    roster: &Endorsed<Roster>,
) -> Result<Endorsed<Retirement>, Failure> {
    let order: Endorsed<Retirement> = endorsed(path, "retirement", roster)?;
    if order.body().roster == roster.roster_digest() {
        Ok(order)
    } else {
        Err(bad(path, "retirement", &"it names another roster"))
    }
}

/// A recovery with verified signatures of officers of `roster`, which it must name.
pub(crate) fn recovery(
    path: &Path,
    roster: &Endorsed<Roster>,
) -> Result<Endorsed<Recovery>, Failure> {
    let order: Endorsed<Recovery> = endorsed(path, "recovery", roster)?;
    if order.body().roster == roster.roster_digest() {
        Ok(order)
    } else {
        Err(bad(path, "recovery", &"it names another roster"))
    }
}

/// An enrolment with verified signatures of officers of `roster`.
pub(crate) fn enrolment(
    path: &Path,
    roster: &Endorsed<Roster>,
) -> Result<Endorsed<Enrolment>, Failure> {
    endorsed(path, "enrolment", roster)
}

fn endorsed<T: Artefact>(
    path: &Path,
    kind: &str,
    roster: &Endorsed<Roster>,
) -> Result<Endorsed<T>, Failure> {
    let officers = &roster.body().officers;
    let keys: Vec<P256PublicKey> = officers.iter().map(|o| o.key).collect();
    let scope = roster.body().scope;
    Endorsed::open(&files::read(path)?, scope, key_of(keys)).map_err(|e| bad(path, kind, &e))
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
            format!("{id} is not in roster {}", roster.number),
            "use the roster that lists this officer",
        )
    })?;
    if found.roles.contains(&role) {
        Ok(found)
    } else {
        Err(Failure::refused(
            format!("{id} is not a {} in roster {}", role.name(), roster.number),
            "ask an officer who has this role",
        ))
    }
}

/// Artefacts of one ceremony share network and purpose.
pub(crate) fn same_scope(path: &Path, got: Scope, expected: Scope) -> Result<(), Failure> {
    if got == expected {
        return Ok(());
    }
    Err(Failure::input(
        format!(
            "{} is for {} {:?}, the others are for {} {:?}",
            path.display(),
            got.network,
            got.purpose,
            expected.network,
            expected.purpose
        ),
        "use artefacts of one network, all live or all of one drill",
    ))
}

/// A device card of this root, with every possession proof verified.
pub(crate) fn device_card(path: &Path, root: &Root) -> Result<CheckedCard, Failure> {
    CheckedCard::open(&files::read(path)?, root.scope, &root.digest())
        .map_err(|e| told(path, "device card", &e))
}

/// A wallet record that all of its devices signed, under the root that it names itself.
pub(crate) fn wallet(path: &Path) -> Result<RegisteredWallet, Failure> {
    let bytes = files::read(path)?;
    let claimed = Endorsed::<WalletRecord>::peek(&bytes);
    let claimed = claimed.map_err(|e| bad(path, "wallet record", &e))?;
    RegisteredWallet::open(&bytes, claimed.scope, &claimed.root)
        .map_err(|e| told(path, "wallet record", &e))
}

/// An error of signer-core that says itself what to do, with the name of the file in front.
pub(crate) fn told(path: &Path, kind: &str, error: &impl Display) -> Failure {
    let place = format!("{} is not a valid {kind}", path.display());
    Failure::told(&place, error)
}

/// A wallet record that all of its devices signed, under this root.
pub(crate) fn wallet_under(path: &Path, root: &Root) -> Result<RegisteredWallet, Failure> {
    RegisteredWallet::open(&files::read(path)?, root.scope, &root.digest())
        .map_err(|e| told(path, "wallet record", &e))
}

/// Headers as any node can give them:
/// `{"first_height": 1, "headers": ["<160 hex>"]}`.
pub(crate) fn headers(path: &Path) -> Result<HeaderRun, Failure> {
    let text = files::read_text(path)?;
    let wrong = |what: &dyn std::fmt::Display| bad(path, "list of headers", &what);
    let json: Value = serde_json::from_str(&text).map_err(|error| wrong(&error))?;
    let first = json.get("first_height").and_then(Value::as_u64);
    let first = first.and_then(|height| u32::try_from(height).ok());
    let headers = json.get("headers").and_then(Value::as_array);
    let headers = headers.ok_or_else(|| wrong(&"\"headers\" is not a list"))?;
    let header = |item: &Value| item.as_str().and_then(signer_core::digest::from_hex::<80>);
    Ok(HeaderRun {
        first_height: Height(first.ok_or_else(|| wrong(&"\"first_height\" is not a number"))?),
        headers: headers
            .iter()
            .map(header)
            .collect::<Option<Vec<_>>>()
            .ok_or_else(|| wrong(&"a header is not 160 hexadecimal characters"))?,
    })
}
