//! The trust file: what the auditor copied from the genesis paper.
//!
//! ```toml
//! root = "64 hexadecimal characters, or 32 words"
//!
//! [[device]]
//! name = "tokyo-1"
//! identity = "64 hexadecimal characters or 32 words of the device, or its key: 66 characters"
//!
//! [[release]]
//! version = "0.1.0"
//! binary = "64 hexadecimal characters"
//!
//! [[timestamp]]
//! name = "the authority"
//! certificate = """
//! -----BEGIN CERTIFICATE-----
//! ...
//! -----END CERTIFICATE-----
//! """
//! revoked = """
//! -----BEGIN X509 CRL-----
//! ...
//! -----END X509 CRL-----
//! """
//! ```

use std::fs;
use std::path::Path;

use rustls_pki_types::pem::PemObject as _;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer};
use signer_core::audit::{AuditTrust, TrustedDevice, TrustedRelease};
use signer_core::digest::{DeviceId, FileDigest, RootDigest, from_hex, from_words};
use signer_core::keys::P256PublicKey;
use signer_core::phrase;
use signer_core::rule::{Named, Phrase};
use signer_core::types::Id;
use toml::de::DeTable;
use webpki::{CertRevocationList, OwnedCertRevocationList};

use super::stamp::StampAuthority;
use crate::command::policy::table::Table;
use crate::error::{Failure, not_toml};
use crate::files;

/// What the trust file says.
#[derive(Debug)]
pub(crate) struct TrustFile {
    /// What transcripts are judged by.
    pub(super) audit: AuditTrust,
    /// Whose time-stamps are believed; empty where none was noted.
    pub(super) authorities: Vec<StampAuthority>,
}

/// Reads the trust file. One that lies in the folder it is to judge is not taken.
pub(super) fn read(path: &Path, folder: &Path) -> Result<TrustFile, Failure> {
    let text = files::read_text(path)?;
    if within(path, folder) {
        return Err(Failure::input(
            phrase!(
                "{path} lies in the folder that it is to judge",
                "{path} は検証対象のフォルダの中にある",
                path = Named(path.display())
            ),
            phrase!(
                "copy root and identity keys from the genesis paper into a file of your own",
                "起点の書面から信頼の起点と識別鍵を自分のファイルに書き写してください。"
            ),
        ));
    }
    parse(&text).map_err(|why| {
        Failure::of_file(
            path,
            &why,
            phrase!(
                "write root, and name and identity of every device (docs/json.md)",
                "信頼の起点と、すべての端末の名前と識別鍵を書いてください(docs/json.md)。"
            ),
        )
    })
}

/// Whether the file lies below the folder; both were just read, or will be.
fn within(path: &Path, folder: &Path) -> bool {
    match (fs::canonicalize(path), fs::canonicalize(folder)) {
        (Ok(path), Ok(folder)) => path.starts_with(folder),
        _ => false,
    }
}

fn parse(text: &str) -> Result<TrustFile, Phrase> {
    let document = DeTable::parse(text).map_err(|error| not_toml(&error))?;
    let mut file = Table::new("", document.get_ref());
    let root = RootDigest::from_bytes(file.text("root", digest)?);
    let devices = file.tables("device")?.into_iter().map(device);
    let devices = devices.collect::<Result<Vec<_>, _>>()?;
    let releases = file.some_tables("release")?.into_iter().map(release);
    let releases = releases.collect::<Result<Vec<_>, _>>()?;
    let authorities = file.some_tables("timestamp")?.into_iter().map(authority);
    let authorities = authorities.collect::<Result<Vec<_>, _>>()?;
    file.end()?;
    Ok(TrustFile {
        audit: AuditTrust {
            root,
            devices,
            releases,
        },
        authorities,
    })
}

fn device(mut table: Table<'_>) -> Result<TrustedDevice, Phrase> {
    let name = table.text("name", name)?;
    let id = table.text("identity", identity)?;
    table.end()?;
    Ok(TrustedDevice { name, id })
}

fn release(mut table: Table<'_>) -> Result<TrustedRelease, Phrase> {
    let version = table.text("version", name)?;
    let binary = FileDigest::from_bytes(table.text("binary", digest)?);
    table.end()?;
    Ok(TrustedRelease { version, binary })
}

fn authority(mut table: Table<'_>) -> Result<StampAuthority, Phrase> {
    let name = table.text("name", |text| Ok::<_, Phrase>(text.to_owned()))?;
    let certificate = table.text("certificate", certificate)?;
    let revoked = table.text_if_any("revoked", lists)?;
    table.end()?;
    Ok(StampAuthority {
        name,
        certificate,
        revoked: revoked.unwrap_or_default(),
    })
}

/// Lists of revoked certificates in PEM, one after the other.
fn lists(text: &str) -> Result<Vec<CertRevocationList<'static>>, Phrase> {
    let read = CertificateRevocationListDer::pem_slice_iter(text.as_bytes()).map(|list| {
        let list = OwnedCertRevocationList::from_der(&list.ok()?).ok()?;
        Some(CertRevocationList::from(list))
    });
    let lists: Option<Vec<_>> = read.collect();
    lists.filter(|lists| !lists.is_empty()).ok_or_else(|| {
        phrase!(
            "no lists of revoked certificates in PEM",
            "PEM形式の失効リストではない"
        )
    })
}

/// One certificate in PEM that stands above others.
fn certificate(text: &str) -> Result<CertificateDer<'static>, Phrase> {
    let certificate = CertificateDer::from_pem_slice(text.as_bytes()).ok();
    certificate
        .filter(|found| webpki::anchor_from_trusted_cert(found).is_ok())
        .ok_or_else(|| phrase!("not a certificate in PEM", "PEM形式の証明書ではない"))
}

fn name(text: &str) -> Result<Id, Phrase> {
    Id::new(text).map_err(|error| error.phrase())
}

/// Hexadecimal characters in any groups, or words.
fn digest(text: &str) -> Result<[u8; 32], Phrase> {
    from_hex(&joined(text))
        .or_else(|| from_words(text))
        .ok_or_else(|| {
            phrase!(
                "neither 64 hexadecimal characters nor 32 words",
                "64桁の16進数でも32語でもない"
            )
        })
}

/// A device by its digest, or by its identity key.
fn identity(text: &str) -> Result<DeviceId, Phrase> {
    let key = from_hex::<33>(&joined(text)).and_then(|bytes| P256PublicKey::from_sec1(&bytes));
    match key {
        Some(key) => Ok(key.device_id()),
        None => digest(text).map(DeviceId::from_bytes),
    }
}

fn joined(text: &str) -> String {
    text.split_whitespace().collect()
}
