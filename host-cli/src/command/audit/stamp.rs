//! RFC 3161 time-stamp tokens, checked without a network: by a certificate that the auditor's trust file holds.
//!
//! Shapes: RFC 3161 section 2.4.2, RFC 5652 section 5, RFC 5035 section 5. The way of certificates is
//! judged by webpki, at the time that the token states. What was revoked is asked where the trust file
//! holds lists of that, and told as not asked where it does not.

use bitcoin::hashes::{Hash as _, sha1, sha256, sha384, sha512};
use der::asn1::{AnyRef, ObjectIdentifier};
use der::{Decode as _, Encode as _, Reader as _, SliceReader, Tag, Tagged as _};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, UnixTime};
use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::token::Date;
use webpki::{
    CertRevocationList, EndEntityCert, Error, ExpirationPolicy, KeyUsage, RevocationOptions,
    RevocationOptionsBuilder, ring,
};

const SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";
const CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
/// id-kp-timeStamping, 1.3.6.1.5.5.7.3.8, as its content octets.
const TIME_STAMPING: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 8];

/// A time-stamp authority that the trust file names.
#[derive(Debug)]
pub(super) struct StampAuthority {
    /// Its name in the trust file.
    pub(super) name: String,
    /// The certificate above those that sign tokens.
    pub(super) certificate: CertificateDer<'static>,
    /// Lists of revoked certificates (CRL), of this one and of those between it and a token.
    pub(super) revoked: Vec<CertRevocationList<'static>>,
}

/// Whether it was asked if a certificate was revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Revocation {
    /// By the lists of the trust file: it was not.
    NotRevoked,
    /// The trust file holds no list.
    NotAsked,
}

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StampError {
    /// No token, not DER, or more than one signer.
    Form,
    /// The authority gave none.
    NotGranted,
    /// Of other bytes.
    OtherData,
    /// A digest or a signature of a kind that is not read here.
    Kind,
    /// What was signed is not what stands in it, or by another key.
    Signature,
    /// The certificate that signed leads to none of the trust file.
    Certificate,
    /// It does, and a list of the trust file says that it was revoked, or none speaks of that time.
    Revoked,
}

impl StampError {
    pub(super) fn what(self) -> Phrase {
        match self {
            Self::Form => phrase!("no RFC 3161 token", "RFC 3161のトークンではない"),
            Self::NotGranted => phrase!(
                "the authority answered without a token",
                "認証局の応答にトークンがない"
            ),
            Self::OtherData => phrase!("of another list", "別の一覧に対するもの"),
            Self::Kind => phrase!(
                "a digest or signature of a kind that is not read here",
                "対応していない種類のダイジェストまたは署名"
            ),
            Self::Signature => phrase!("its signature is wrong", "署名が正しくない"),
            Self::Certificate => phrase!(
                "signed by no authority of the trust file, or outside its term",
                "信頼ファイルの認証局によるものではない、または有効期間外"
            ),
            Self::Revoked => phrase!(
                "signed by a certificate that was revoked, or of which no list of the trust file speaks",
                "失効した証明書、または信頼ファイルの失効リストで確認できない証明書による署名"
            ),
        }
    }
}

/// What a token proves: these bytes existed at this time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Seconds since 1970, UTC.
    pub(super) time: u64,
    /// The authority, by its name in the trust file.
    pub(super) authority: String,
    /// Whether its certificate was held against lists.
    pub(super) revocation: Revocation,
}

impl Stamp {
    /// Checks a token (TimeStampResp or the token alone, DER) over some bytes.
    pub(super) fn verify(
        token: &[u8],
        data: &[u8],
        trusted: &[StampAuthority],
    ) -> Result<Self, StampError> {
        let token = Token::parse(token)?;
        let info = TstInfo::parse(token.content)?;
        if info.digest.of(data) != info.imprint {
            return Err(StampError::OtherData);
        }
        let certificate = token.signer()?;
        let (authority, revocation) = authority(&token, certificate, info.time, trusted)?;
        Ok(Self {
            time: info.time,
            authority,
            revocation,
        })
    }

    /// What it says, in words.
    pub(super) fn phrase(&self) -> Phrase {
        let revocation = match self.revocation {
            Revocation::NotRevoked => phrase!(
                "its certificate is on no list of revoked ones that you gave",
                "証明書は指定の失効リストにない"
            ),
            Revocation::NotAsked => phrase!(
                "whether its certificate was revoked was not asked",
                "証明書の失効は未確認"
            ),
        };
        phrase!(
            "the list existed at {time}, by the token of {authority}; {revocation}",
            "{time} に一覧が存在({authority} のトークン)。{revocation}",
            time = Date::moment(self.time),
            authority = &self.authority,
            revocation = revocation
        )
    }
}

/// The trusted authority whose certificate stands above this one at that time, and what its lists say.
fn authority(
    token: &Token<'_>,
    signer: &[u8],
    time: u64,
    trusted: &[StampAuthority],
) -> Result<(String, Revocation), StampError> {
    let leaf = CertificateDer::from(signer);
    let leaf = EndEntityCert::try_from(&leaf).map_err(|_| StampError::Certificate)?;
    let between = token.certificates.iter();
    let between: Vec<_> = between.map(|bytes| CertificateDer::from(*bytes)).collect();
    let time = UnixTime::since_unix_epoch(std::time::Duration::from_secs(time));
    let leads_to = |authority: &StampAuthority, lists: Option<RevocationOptions<'_>>| {
        webpki::anchor_from_trusted_cert(&authority.certificate).is_ok_and(|anchor| {
            let usage = KeyUsage::required(TIME_STAMPING);
            leaf.verify_for_usage(ALL, &[anchor], &between, time, usage, lists, None)
                .is_ok()
        })
    };
    let of = trusted.iter().find(|authority| leads_to(authority, None));
    let of = of.ok_or(StampError::Certificate)?;
    let lists: Vec<&CertRevocationList<'_>> = of.revoked.iter().collect();
    // Every certificate below the authority's must be spoken of, by a list that had not ended then.
    let Ok(asked) = RevocationOptionsBuilder::new(&lists) else {
        return Ok((of.name.clone(), Revocation::NotAsked));
    };
    let asked = asked.with_expiration_policy(ExpirationPolicy::Enforce);
    if !leads_to(of, Some(asked.build())) {
        return Err(StampError::Revoked);
    }
    Ok((of.name.clone(), Revocation::NotRevoked))
}

static ALL: &[&dyn SignatureVerificationAlgorithm] = webpki::ALL_VERIFICATION_ALGS;

/// A digest by its name in a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Digest {
    Sha1,
    Sha256,
    Sha384,
    Sha512,
}

impl Digest {
    /// SHA-1 is read in the name of a certificate alone (RFC 2634); nothing is signed by it.
    fn parse(algorithm: AnyRef<'_>) -> Result<Self, StampError> {
        match name(first(algorithm)?)?.as_str() {
            "2.16.840.1.101.3.4.2.1" => Ok(Self::Sha256),
            "2.16.840.1.101.3.4.2.2" => Ok(Self::Sha384),
            "2.16.840.1.101.3.4.2.3" => Ok(Self::Sha512),
            _ => Err(StampError::Kind),
        }
    }

    fn of(self, data: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha1 => sha1::Hash::hash(data).to_byte_array().to_vec(),
            Self::Sha256 => sha256::Hash::hash(data).to_byte_array().to_vec(),
            Self::Sha384 => sha384::Hash::hash(data).to_byte_array().to_vec(),
            Self::Sha512 => sha512::Hash::hash(data).to_byte_array().to_vec(),
        }
    }

    /// The signatures that go with it: webpki takes the one of the certificate's key.
    fn signatures(self) -> Vec<&'static dyn SignatureVerificationAlgorithm> {
        match self {
            Self::Sha1 => Vec::new(),
            Self::Sha256 => vec![
                ring::RSA_PKCS1_2048_8192_SHA256,
                ring::ECDSA_P256_SHA256,
                ring::ECDSA_P384_SHA256,
            ],
            Self::Sha384 => vec![
                ring::RSA_PKCS1_2048_8192_SHA384,
                ring::ECDSA_P256_SHA384,
                ring::ECDSA_P384_SHA384,
            ],
            Self::Sha512 => vec![ring::RSA_PKCS1_2048_8192_SHA512],
        }
    }
}

/// SignedData with one signer (RFC 5652).
struct Token<'t> {
    content: &'t [u8],
    certificates: Vec<&'t [u8]>,
    digest: Digest,
    /// The signed attributes as they are signed: a SET OF.
    attributes: Vec<u8>,
    signature: &'t [u8],
}

impl<'t> Token<'t> {
    fn parse(bytes: &'t [u8]) -> Result<Self, StampError> {
        let outer = any(bytes)?;
        let mut items = sequence(outer)?.into_iter();
        let first = items.next().ok_or(StampError::Form)?;
        if first.tag() == Tag::ObjectIdentifier {
            return Self::signed(outer);
        }
        // PKIStatusInfo: 0 is granted, 1 granted with changes.
        let status = first_of(first, Tag::Integer)?;
        match (status.value(), items.next()) {
            ([0 | 1], Some(token)) => Self::signed(token),
            _ => Err(StampError::NotGranted),
        }
    }

    fn signed(info: AnyRef<'t>) -> Result<Self, StampError> {
        let mut items = sequence(info)?.into_iter();
        expect_name(items.next(), SIGNED_DATA)?;
        let data = explicit(items.next(), 0)?;
        let mut items = sequence(data)?.into_iter();
        let (_version, _digests) = (items.next(), items.next());
        let content = content(items.next().ok_or(StampError::Form)?)?;
        let mut certificates = Vec::new();
        let mut signers = None;
        for item in items {
            match (context(item), item.tag()) {
                (Some(0), _) => certificates = raw_elements(item.value())?,
                (Some(1), _) => {}
                (None, Tag::Set) => signers = Some(elements(item.value())?),
                _ => return Err(StampError::Form),
            }
        }
        let [signer] = signers.ok_or(StampError::Form)?[..] else {
            return Err(StampError::Form);
        };
        let mut items = sequence(signer)?.into_iter();
        let (_version, _issuer) = (items.next(), items.next());
        let digest = Digest::parse(items.next().ok_or(StampError::Form)?)?;
        let attributes = items.next().filter(|item| context(*item) == Some(0));
        let attributes = attributes.ok_or(StampError::Form)?;
        let attributes = AnyRef::new(Tag::Set, attributes.value()).map_err(form)?;
        let _algorithm = items.next();
        let signature = items.next().ok_or(StampError::Form)?;
        tagged(signature, Tag::OctetString)?;
        Ok(Self {
            content,
            certificates,
            digest,
            attributes: attributes.to_der().map_err(form)?,
            signature: signature.value(),
        })
    }

    /// The certificate that the signature names, once content, attributes and signature hold.
    fn signer(&self) -> Result<&'t [u8], StampError> {
        expect_name(self.attribute(CONTENT_TYPE)?, TST_INFO).map_err(|_| StampError::Signature)?;
        let digest = self
            .attribute(MESSAGE_DIGEST)?
            .ok_or(StampError::Signature)?;
        if digest.value() != self.digest.of(self.content) {
            return Err(StampError::Signature);
        }
        let (digest, hash) = self.names()?;
        let named = self.certificates.iter().copied();
        let certificate = { named }
            .find(|bytes| digest.of(bytes) == hash)
            .ok_or(StampError::Signature)?;
        let der = CertificateDer::from(certificate);
        let key = EndEntityCert::try_from(&der).map_err(|_| StampError::Certificate)?;
        let signatures = self.digest.signatures().into_iter();
        let tried = signatures
            .map(|kind| key.verify_signature(kind, &self.attributes, self.signature))
            .filter(|tried| {
                !matches!(
                    tried,
                    Err(Error::UnsupportedSignatureAlgorithmForPublicKeyContext(_))
                )
            });
        match tried.last() {
            Some(Ok(())) => Ok(certificate),
            Some(Err(_)) => Err(StampError::Signature),
            None => Err(StampError::Kind),
        }
    }

    /// The digest of the certificate that signed (RFC 2634 by SHA-1, RFC 5035 by any).
    fn names(&self) -> Result<(Digest, &[u8]), StampError> {
        if let Some(attribute) = self.attribute(SIGNING_CERTIFICATE_V2)? {
            let id = sequence(first(first(attribute)?)?)?;
            return match id[..] {
                [hash, ..] if hash.tag() == Tag::OctetString => Ok((Digest::Sha256, hash.value())),
                [algorithm, hash, ..] => Ok((Digest::parse(algorithm)?, hash.value())),
                _ => Err(StampError::Form),
            };
        }
        let attribute = self.attribute(SIGNING_CERTIFICATE)?;
        let id = first(first(attribute.ok_or(StampError::Signature)?)?)?;
        Ok((Digest::Sha1, first_of(id, Tag::OctetString)?.value()))
    }

    /// The one value of a signed attribute; each kind stands there once.
    fn attribute(&self, kind: &str) -> Result<Option<AnyRef<'_>>, StampError> {
        let mut found = None;
        for attribute in elements(any(&self.attributes)?.value())? {
            let [of, values] = sequence(attribute)?[..] else {
                return Err(StampError::Form);
            };
            if name(of)? != kind {
                continue;
            }
            tagged(values, Tag::Set)?;
            let [value] = elements(values.value())?[..] else {
                return Err(StampError::Form);
            };
            if found.replace(value).is_some() {
                return Err(StampError::Form);
            }
        }
        Ok(found)
    }
}

/// EncapsulatedContentInfo: what is stamped, as it is signed.
fn content(info: AnyRef<'_>) -> Result<&[u8], StampError> {
    let mut items = sequence(info)?.into_iter();
    expect_name(items.next(), TST_INFO)?;
    let octets = explicit(items.next(), 0)?;
    tagged(octets, Tag::OctetString)?;
    Ok(octets.value())
}

/// TSTInfo: the digest of what was stamped, and when.
struct TstInfo<'t> {
    digest: Digest,
    imprint: &'t [u8],
    time: u64,
}

impl<'t> TstInfo<'t> {
    fn parse(bytes: &'t [u8]) -> Result<Self, StampError> {
        let mut items = sequence(any(bytes)?)?.into_iter();
        let (version, _policy) = (items.next(), items.next());
        if version.map(AnyRef::value) != Some(&[1]) {
            return Err(StampError::Form);
        }
        let [algorithm, imprint] = sequence(items.next().ok_or(StampError::Form)?)?[..] else {
            return Err(StampError::Form);
        };
        let (_serial, time) = (items.next(), items.next());
        let time = time.ok_or(StampError::Form)?;
        tagged(time, Tag::GeneralizedTime)?;
        Ok(Self {
            digest: Digest::parse(algorithm)?,
            imprint: imprint.value(),
            time: seconds(time.value()).ok_or(StampError::Form)?,
        })
    }
}

/// GeneralizedTime with or without a fraction (RFC 3161 section 2.4.2), which is left away.
fn seconds(text: &[u8]) -> Option<u64> {
    let text = core::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.len() != 14 || !digits(whole) || !digits(fraction) {
        return None;
    }
    let part = |from: usize, to: usize| whole.get(from..to)?.parse::<u16>().ok();
    let small = |from: usize| u8::try_from(part(from, from + 2)?).ok();
    let time = der::DateTime::new(
        part(0, 4)?,
        small(4)?,
        small(6)?,
        small(8)?,
        small(10)?,
        small(12)?,
    );
    Some(time.ok()?.unix_duration().as_secs())
}

fn form(_: der::Error) -> StampError {
    StampError::Form
}

/// One element and nothing behind it.
fn any(bytes: &[u8]) -> Result<AnyRef<'_>, StampError> {
    AnyRef::from_der(bytes).map_err(form)
}

fn elements(bytes: &[u8]) -> Result<Vec<AnyRef<'_>>, StampError> {
    raw_elements(bytes)?.into_iter().map(any).collect()
}

/// The elements one after the other, each with its tag and length.
fn raw_elements(bytes: &[u8]) -> Result<Vec<&[u8]>, StampError> {
    let mut reader = SliceReader::new(bytes).map_err(form)?;
    let mut found = Vec::new();
    while !reader.is_finished() {
        found.push(reader.tlv_bytes().map_err(form)?);
    }
    Ok(found)
}

fn sequence(of: AnyRef<'_>) -> Result<Vec<AnyRef<'_>>, StampError> {
    tagged(of, Tag::Sequence)?;
    elements(of.value())
}

fn first(of: AnyRef<'_>) -> Result<AnyRef<'_>, StampError> {
    sequence(of)?.first().copied().ok_or(StampError::Form)
}

fn first_of(of: AnyRef<'_>, tag: Tag) -> Result<AnyRef<'_>, StampError> {
    let first = first(of)?;
    tagged(first, tag)?;
    Ok(first)
}

fn tagged(of: AnyRef<'_>, tag: Tag) -> Result<(), StampError> {
    (of.tag() == tag).then_some(()).ok_or(StampError::Form)
}

/// The number of a context-specific tag.
fn context(of: AnyRef<'_>) -> Option<u32> {
    let tag = of.tag();
    tag.is_context_specific().then(|| tag.number().value())
}

/// What an explicit tag of this number holds.
fn explicit(of: Option<AnyRef<'_>>, number: u32) -> Result<AnyRef<'_>, StampError> {
    let of = of.filter(|of| context(*of) == Some(number));
    any(of.ok_or(StampError::Form)?.value())
}

fn name(of: AnyRef<'_>) -> Result<String, StampError> {
    let name = of.decode_as::<ObjectIdentifier>().map_err(form)?;
    Ok(name.to_string())
}

fn expect_name(of: Option<AnyRef<'_>>, expected: &str) -> Result<(), StampError> {
    let found = name(of.ok_or(StampError::Form)?)?;
    (found == expected).then_some(()).ok_or(StampError::Form)
}

#[cfg(test)]
#[path = "../../../tests/support/authority.rs"]
mod authority;

#[cfg(test)]
mod tests {
    use std::fs;

    use rustls_pki_types::CertificateRevocationListDer;
    use rustls_pki_types::pem::PemObject as _;
    use webpki::OwnedCertRevocationList;

    use super::authority::{Authority, P256, RSA};
    use super::*;

    const LIST: &[u8] = b"the list of a bundle";

    fn trusted(of: &Authority) -> StampAuthority {
        StampAuthority {
            name: "Zeitstempel".into(),
            certificate: CertificateDer::from_pem_slice(of.pem("ca").as_bytes()).unwrap(),
            revoked: Vec::new(),
        }
    }

    /// The same with the authority's list of this moment.
    fn listing(of: &Authority) -> StampAuthority {
        let list = CertificateRevocationListDer::from_pem_slice(of.list().as_bytes()).unwrap();
        let list = OwnedCertRevocationList::from_der(&list).unwrap();
        StampAuthority {
            revoked: vec![list.into()],
            ..trusted(of)
        }
    }

    fn now() -> u64 {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        since.unwrap().as_secs()
    }

    #[test]
    fn a_token_of_a_trusted_authority_proves_when() {
        for (name, key, digest) in [("p256", P256, "-sha256"), ("rsa", RSA, "-sha512")] {
            let authority = Authority::new(name, key);
            let before = now();
            let token = authority.token(LIST, digest);
            let trusted = [trusted(&authority)];
            let stamp = Stamp::verify(&token, LIST, &trusted).unwrap();
            assert!((before..=now()).contains(&stamp.time), "{stamp:?}");
            assert_eq!(stamp.authority, "Zeitstempel");
            assert_eq!(stamp.revocation, Revocation::NotAsked);
            assert_eq!(
                Stamp::verify(&token, b"another list", &trusted),
                Err(StampError::OtherData)
            );

            // The token alone, as `openssl ts -reply -token_out` writes it.
            authority.openssl(&[
                "ts",
                "-reply",
                "-in",
                "r.tsr",
                "-token_out",
                "-out",
                "t.der",
            ]);
            let alone = fs::read(authority.0.join("t.der")).unwrap();
            assert_eq!(Stamp::verify(&alone, LIST, &trusted), Ok(stamp));
        }
    }

    #[test]
    fn a_certificate_that_a_list_names_proves_nothing() {
        let authority = Authority::new("revoked", P256);
        let token = authority.token(LIST, "-sha256");
        let before = [listing(&authority)];
        let stamp = Stamp::verify(&token, LIST, &before).unwrap();
        assert_eq!(stamp.revocation, Revocation::NotRevoked);
        authority.revoke("tsa");
        let judged = Stamp::verify(&token, LIST, &[listing(&authority)]);
        assert_eq!(judged, Err(StampError::Revoked));
        // Another authority's list says nothing of it, and is not taken for an answer.
        let other = Authority::new("revoked-other", P256);
        let beside = [StampAuthority {
            certificate: trusted(&authority).certificate,
            ..listing(&other)
        }];
        let judged = Stamp::verify(&token, LIST, &beside);
        assert_eq!(judged, Err(StampError::Revoked));
    }

    #[test]
    fn a_token_of_nobody_who_is_trusted_proves_nothing() {
        let (ours, other) = (Authority::new("ours", P256), Authority::new("other", P256));
        let token = other.token(LIST, "-sha256");
        for nobody in [vec![], vec![trusted(&ours)]] {
            assert_eq!(
                Stamp::verify(&token, LIST, &nobody),
                Err(StampError::Certificate)
            );
        }
        let both = [trusted(&ours), trusted(&other)];
        assert!(Stamp::verify(&token, LIST, &both).is_ok());
    }

    /// openssl refuses to stamp with the wrong certificate, or at another time: what it stamped is signed
    /// as CMS, as a thief would do it.
    #[test]
    fn a_certificate_stamps_for_its_purpose_and_within_its_term() {
        let authority = Authority::new("term", P256);
        authority.certificate("web", Some("ca"), P256);
        let token = authority.token(LIST, "-sha256");
        let content = Token::parse(&token).unwrap().content.to_vec();
        let year = |year: &str| {
            let mut content = content.clone();
            let at = content
                .windows(2)
                .position(|two| two == [0x18, 15])
                .unwrap()
                + 2;
            content[at..at + 4].copy_from_slice(year.as_bytes());
            content
        };
        let trusted = [trusted(&authority)];
        for (signer, content, stamped) in [
            ("tsa", content.clone(), true),
            ("tsa", year("2040"), true),
            ("tsa", year("2060"), false),
            ("tsa", year("2020"), false),
            ("web", content.clone(), false),
        ] {
            let forged = authority.cms(signer, &content, TST_INFO);
            let judged = Stamp::verify(&forged, LIST, &trusted);
            if stamped {
                assert!(judged.is_ok(), "{signer}: {judged:?}");
            } else {
                assert_eq!(judged, Err(StampError::Certificate), "{signer}");
            }
        }
    }

    #[test]
    fn no_changed_bit_of_a_token_is_taken_for_another_time() {
        let authority = Authority::new("bits", P256);
        let token = authority.token(LIST, "-sha256");
        let trusted = [trusted(&authority)];
        let whole = Stamp::verify(&token, LIST, &trusted).unwrap();
        for at in 0..token.len() {
            let mut changed = token.clone();
            changed[at] ^= 1 << (at % 8);
            // Bytes outside of what is signed (a version, an algorithm's name) may differ; what is said may not.
            if let Ok(stamp) = Stamp::verify(&changed, LIST, &trusted) {
                assert_eq!(stamp, whole, "byte {at}");
            }
            assert!(Stamp::verify(&token[..at], LIST, &trusted).is_err(), "{at}");
        }
    }

    #[test]
    fn times_with_and_without_a_fraction_are_read() {
        assert_eq!(seconds(b"19700101000001Z"), Some(1));
        assert_eq!(seconds(b"20261122211500.75Z"), Some(1_795_382_100));
        for wrong in [
            &b"20261122211500"[..],
            b"20261122211500+0900",
            b"202611222115Z",
            b"20261322211500Z",
            b"20261122211500.Z",
            b"2026112221150\xff",
        ] {
            assert_eq!(seconds(wrong), None);
        }
    }
}
