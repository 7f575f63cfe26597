//! A time-stamp authority made by openssl: its own certificates and tokens, as anybody's.

#![allow(dead_code, reason = "each test program uses a part of this")]

use std::path::PathBuf;
use std::process::Command;
use std::{env, fs, process};

/// The keys that authorities have.
pub(crate) const P256: &[&str] = &["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub(crate) const RSA: &[&str] = &["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"];

const CONFIG: &str = "\
[req]
distinguished_name = nobody
[nobody]
[ca]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
[tsa]
keyUsage = critical, digitalSignature
extendedKeyUsage = critical, timeStamping
[web]
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth
[stamps]
serial = serial
crypto_device = builtin
signer_digest = sha256
default_policy = 1.2.3.4
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
[lists]
database = index
crlnumber = crlnumber
default_md = sha256
default_crl_days = 30
crl_extensions = list
[list]
authorityKeyIdentifier = keyid
";

/// Its folder, with ca.pem and the tsa.pem that stands below it.
pub(crate) struct Authority(pub(crate) PathBuf);

impl Authority {
    pub(crate) fn new(name: &str, key: &[&str]) -> Self {
        let folder = env::temp_dir().join(format!("himuro-stamp-{name}-{}", process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).expect("ours");
        let made = Self(folder);
        made.write("openssl.cnf", CONFIG.as_bytes());
        made.write("serial", b"01\n");
        made.write("index", b"");
        made.write("crlnumber", b"01\n");
        made.certificate("ca", None, key);
        made.certificate("tsa", Some("ca"), key);
        made
    }

    /// A certificate for twenty years, by itself or by another one; the section of its name says for what.
    pub(crate) fn certificate(&self, name: &str, by: Option<&str>, key: &[&str]) {
        let (pem, secret) = (format!("{name}.pem"), format!("{name}.key"));
        let subject = format!("/CN=himuro test {name}");
        self.openssl(&[&["genpkey", "-out", &secret], key].concat());
        let request = [
            "req",
            "-x509",
            "-new",
            "-sha256",
            "-days",
            "7300",
            "-subj",
            &subject,
            "-key",
            &secret,
            "-out",
            &pem,
            "-config",
            "openssl.cnf",
            "-extensions",
            name,
        ];
        let (above, its_key) = by.map_or_else(Default::default, |by| {
            (format!("{by}.pem"), format!("{by}.key"))
        });
        let below = ["-CA", &above, "-CAkey", &its_key];
        let below = if by.is_some() { &below[..] } else { &[] };
        self.openssl(&[&request[..], below].concat());
    }

    /// TimeStampResp over some bytes, as r.tsr too.
    pub(crate) fn token(&self, data: &[u8], digest: &str) -> Vec<u8> {
        self.write("data", data);
        self.openssl(&[
            "ts", "-query", "-data", "data", digest, "-cert", "-out", "q.tsq",
        ]);
        self.openssl(&[
            "ts",
            "-reply",
            "-config",
            "openssl.cnf",
            "-section",
            "stamps",
            "-queryfile",
            "q.tsq",
            "-signer",
            "tsa.pem",
            "-inkey",
            "tsa.key",
            "-out",
            "r.tsr",
        ]);
        fs::read(self.0.join("r.tsr")).expect("made")
    }

    /// SignedData over a content of this type, by any of its keys.
    pub(crate) fn cms(&self, signer: &str, content: &[u8], kind: &str) -> Vec<u8> {
        self.write("content", content);
        let (pem, secret) = (format!("{signer}.pem"), format!("{signer}.key"));
        self.openssl(&[
            "cms",
            "-sign",
            "-binary",
            "-nodetach",
            "-cades",
            "-md",
            "sha256",
            "-nosmimecap",
            "-in",
            "content",
            "-econtent_type",
            kind,
            "-signer",
            &pem,
            "-inkey",
            &secret,
            "-outform",
            "DER",
            "-out",
            "cms.der",
        ]);
        fs::read(self.0.join("cms.der")).expect("made")
    }

    /// Its list of revoked certificates as it is now.
    pub(crate) fn list(&self) -> String {
        self.lists(&["-gencrl", "-out", "list.pem"]);
        self.pem("list")
    }

    /// Puts a certificate on its list.
    pub(crate) fn revoke(&self, name: &str) {
        self.lists(&["-revoke", &format!("{name}.pem")]);
    }

    fn lists(&self, does: &[&str]) {
        let by = [
            "ca",
            "-config",
            "openssl.cnf",
            "-name",
            "lists",
            "-cert",
            "ca.pem",
            "-keyfile",
            "ca.key",
        ];
        self.openssl(&[&by[..], does].concat());
    }

    pub(crate) fn pem(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(format!("{name}.pem"))).expect("made")
    }

    pub(crate) fn openssl(&self, args: &[&str]) {
        let run = Command::new("openssl")
            .args(args)
            .current_dir(&self.0)
            .output();
        let run = run.expect("openssl (scripts/setup)");
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "{args:?}: {said}");
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        fs::write(self.0.join(name), bytes).expect("ours");
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
