//! Shares of a PIN: split, each sealed under its holder's passphrase, opened and put together again.
//!
//! Nothing of this is shown, journalled or written but sealed shares. What a passphrase, a share or a PIN
//! lay in is wiped.

pub(crate) mod store;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand_core::Rng as _;
use signer_core::codec::ByteString;
use signer_core::phrase;
use signer_core::rule::Named;
use signer_core::split::{DrawnBytes, Kdf, PIN_LENGTH, SealedShare, ShareSet};
use signer_core::types::OfficerId;
use vsss_rs::Gf256;
use zeroize::Zeroizing;

use crate::failure::Failure;

/// Fewest characters of a passphrase.
pub(crate) const SHORTEST: usize = 12;

/// What one holder typed.
pub(crate) struct Holder {
    pub(crate) id: OfficerId,
    pub(crate) passphrase: Zeroizing<String>,
}

/// Splits a PIN among the holders and seals each share. `set` says what it is of; its list is filled.
pub(crate) fn seal(
    mut set: ShareSet,
    pin: &Zeroizing<String>,
    holders: &[Holder],
    mut drawn: DrawnBytes,
) -> Result<ShareSet, Failure> {
    let threshold = usize::from(set.threshold);
    let shares = Gf256::split_bytes(threshold, holders.len(), pin.as_bytes(), &mut drawn);
    let shares = shares.map_err(|error| broken(&error))?;
    for (holder, share) in holders.iter().zip(shares) {
        let share = Zeroizing::new(share);
        let (mut salt, mut nonce) = ([0; 16], [0; 24]);
        drawn.fill_bytes(&mut salt);
        drawn.fill_bytes(&mut nonce);
        let sealed = cipher(set.kdf, &holder.passphrase, &salt)?
            .encrypt(
                &XNonce::from(nonce),
                Payload {
                    msg: &share,
                    aad: &set.about(&holder.id),
                },
            )
            .map_err(|error| broken(&error))?;
        set.shares.push(SealedShare {
            holder: holder.id.clone(),
            salt,
            nonce,
            sealed: ByteString(sealed),
        });
    }
    Ok(set)
}

/// A holder's share; none where the passphrase is another one.
pub(crate) fn open(set: &ShareSet, holder: &Holder) -> Result<Option<Share>, Failure> {
    let Some(sealed) = set.of(&holder.id) else {
        return Ok(None);
    };
    let opened = cipher(set.kdf, &holder.passphrase, &sealed.salt)?.decrypt(
        &XNonce::from(sealed.nonce),
        Payload {
            msg: &sealed.sealed.0,
            aad: &set.about(&holder.id),
        },
    );
    Ok(opened.ok().map(|share| Share(Zeroizing::new(share))))
}

/// One share of a PIN.
pub(crate) struct Share(Zeroizing<Vec<u8>>);

/// The PIN of as many shares as it takes.
pub(crate) fn join(shares: &[Share]) -> Result<Zeroizing<String>, Failure> {
    let bytes: Zeroizing<Vec<Vec<u8>>> =
        Zeroizing::new(shares.iter().map(|share| share.0.to_vec()).collect());
    let joined = Gf256::combine_bytes(&*bytes).map(Zeroizing::new);
    let joined = joined.map_err(|error| broken(&error))?;
    let text = std::str::from_utf8(&joined).map_err(|_| broken(&"no text"))?;
    if text.len() != PIN_LENGTH {
        return Err(broken(&text.len()));
    }
    let mut pin = Zeroizing::new(String::with_capacity(PIN_LENGTH));
    pin.push_str(text);
    Ok(pin)
}

fn broken(why: &dyn std::fmt::Display) -> Failure {
    Failure::internal(phrase!(
        "the shares do not make a PIN: {why}",
        "シェアからPINを作れない: {why}",
        why = Named(why)
    ))
}

/// The cipher of a holder: its key is made of the passphrase by Argon2id.
fn cipher(
    kdf: Kdf,
    passphrase: &Zeroizing<String>,
    salt: &[u8; 16],
) -> Result<XChaCha20Poly1305, Failure> {
    let refused = |error: argon2::Error| broken(&error);
    let mut key = Zeroizing::new([0; 32]);
    let params = Params::new(kdf.memory, kdf.passes, kdf.lanes, Some(key.len()));
    let params = params.map_err(refused)?;
    let mut memory = Zeroizing::new(vec![Block::default(); params.block_count()]);
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
        .hash_password_into_with_memory(
            passphrase.as_bytes(),
            salt,
            &mut *key,
            memory.as_mut_slice(),
        )
        .map_err(refused)?;
    Ok(XChaCha20Poly1305::new(&Key::from(*key)))
}

#[cfg(test)]
mod tests;
