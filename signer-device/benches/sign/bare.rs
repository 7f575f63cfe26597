//! What the verifications of signatures cost, with nothing around them.

use std::time::Duration;

use bitcoin::secp256k1::{Message, PublicKey, Secp256k1, ecdsa};
use k256::ecdsa::signature::hazmat::{PrehashSigner as _, PrehashVerifier as _};
use rustix::time::{ClockId, clock_gettime};

struct Made {
    key: PublicKey,
    digest: [u8; 32],
    signature: [u8; 64],
}

/// Processor time of both libraries over so many signatures, each of another key.
pub(crate) fn bitcoin(signatures: u32) -> Duration {
    let made: Vec<Made> = (1..=signatures).map(made).collect();
    let verifier = Secp256k1::verification_only();
    let began = cpu();
    for made in &made {
        let signature = ecdsa::Signature::from_compact(&made.signature).expect("in range");
        let message = Message::from_digest(made.digest);
        let first = verifier.verify_ecdsa(&message, &signature, &made.key);
        assert!(first.is_ok());
        let key = made.key.serialize_uncompressed();
        let key = k256::ecdsa::VerifyingKey::from_sec1_bytes(&key).expect("a point");
        let signature = k256::ecdsa::Signature::from_slice(&made.signature).expect("in range");
        assert!(key.verify_prehash(&made.digest, &signature).is_ok());
    }
    cpu().saturating_sub(began)
}

fn made(number: u32) -> Made {
    let mut secret = [1; 32];
    secret[..4].copy_from_slice(&number.to_be_bytes());
    let secret = k256::ecdsa::SigningKey::from_slice(&secret).expect("in range");
    let mut digest = [2; 32];
    digest[..4].copy_from_slice(&number.to_le_bytes());
    let signature: k256::ecdsa::Signature = secret.sign_prehash(&digest).expect("signs");
    let point = secret.verifying_key().to_sec1_point(true);
    Made {
        key: PublicKey::from_slice(point.as_bytes()).expect("a point"),
        digest,
        signature: signature.normalize_s().to_bytes().into(),
    }
}

/// Processor time of so many P-256 signatures, each of another key.
#[allow(dead_code, reason = "one of two benchmarks asks for it")]
pub(crate) fn officers(signatures: u32) -> Duration {
    use p256::ecdsa::{Signature, SigningKey};
    let made: Vec<([u8; 65], [u8; 32], Signature)> = (1..=signatures)
        .map(|number| {
            let mut secret = [1; 32];
            secret[..4].copy_from_slice(&number.to_be_bytes());
            let secret = SigningKey::from_slice(&secret).expect("in range");
            let digest = [3; 32];
            let point = secret.verifying_key().to_sec1_point(false);
            let key = point.as_bytes().try_into().expect("65 bytes");
            (key, digest, secret.sign_prehash(&digest).expect("signs"))
        })
        .collect();
    let began = cpu();
    for (key, digest, signature) in &made {
        let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).expect("a point");
        assert!(key.verify_prehash(digest, signature).is_ok());
    }
    cpu().saturating_sub(began)
}

/// Processor time of this thread.
pub(crate) fn cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    let part = |number| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(now.tv_sec)) + Duration::from_nanos(part(now.tv_nsec))
}
