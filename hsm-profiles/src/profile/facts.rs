//! The tables of a profile, and the names that may stand in them.

use std::path::PathBuf;

use signer_core::token::{AnchorStore, Line, LoginKind, Pattern};

/// An enum whose values have a name in profiles.
macro_rules! named {
    ($(#[$doc:meta])* $vis:vis $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$about])* $variant,)+
        }

        impl $name {
            /// Every value.
            $vis const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Its name in profiles.
            $vis const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }
    };
}

/// `[module]`
#[derive(Clone, Debug)]
pub(crate) struct ModuleTable {
    pub(crate) paths: Vec<PathBuf>,
    pub(crate) environment: Vec<String>,
    /// Makers of modules that lead to such a token.
    pub(crate) library: Vec<Pattern>,
    /// What must be running before the module is loaded.
    pub(crate) daemon: Option<Line>,
}

/// `[token]`
#[derive(Clone, Debug)]
pub(crate) struct TokenTable {
    pub(crate) serial: Serial,
    pub(crate) min_firmware: Option<Line>,
    pub(crate) initialise: Initialise,
    pub(crate) anchor: AnchorStore,
    pub(crate) id_max: u32,
}

named! {
    /// Whether tokens of this model have a serial number.
    pub(crate) Serial {
        /// They do.
        Present = "present",
        /// They do not, or all have the same.
        Absent = "absent",
    }
}

named! {
    /// Who makes a blank token into one with a label and PINs.
    pub Initialise {
        /// `C_InitToken` and `C_InitPIN`, at commissioning.
        Module = "module",
        /// The vendor's own tools, before commissioning: the module refuses or lacks the calls.
        VendorTool = "vendor-tool",
    }
}

/// `[login]`
#[derive(Clone, Debug)]
pub(crate) struct LoginTable {
    pub(crate) kind: LoginKind,
    pub(crate) min: usize,
    pub(crate) max: usize,
    pub(crate) tries: u32,
    pub(crate) consequence: Consequence,
    pub(crate) generate_as: LoginRole,
}

named! {
    /// Who must be logged in.
    pub LoginRole {
        /// `CKU_USER`.
        User = "user",
        /// `CKU_SO`: another person than the user.
        So = "so",
    }
}

named! {
    /// What too many wrong PINs do.
    pub Consequence {
        /// Nothing.
        None = "none",
        /// The PIN is locked.
        Lock = "lock",
        /// Every key is wiped.
        Wipe = "wipe",
    }
}

/// `[ec]`
#[derive(Clone, Debug)]
pub(crate) struct EcTable {
    pub(crate) point: PointForm,
    pub(crate) point_on_private: PointOnPrivate,
}

named! {
    /// The form of `CKA_EC_POINT`.
    pub(crate) PointForm {
        /// DER OCTET STRING around the point, as the standard says.
        Der = "der",
        /// The point itself.
        Raw = "raw",
        /// One or the other.
        Either = "either",
    }
}

named! {
    /// Whether the private object has a `CKA_EC_POINT` too. A fact: the driver reads the public one.
    pub PointOnPrivate {
        /// It has.
        Present = "present",
        /// It has not.
        Absent = "absent",
        /// Nobody has looked.
        Unknown = "unknown",
    }
}

/// `[generate]`
#[derive(Clone, Debug)]
pub(crate) struct GenerateTable {
    pub(crate) send: Vec<Sent>,
    pub(crate) pool_max: u32,
}

named! {
    /// Attributes of the private template beyond those that every token takes. Their values are the
    /// driver's; a profile only says which of them its token takes.
    pub(crate) Sent {
        /// `CKA_DERIVE`
        Derive = "CKA_DERIVE",
        /// `CKA_DECRYPT`
        Decrypt = "CKA_DECRYPT",
        /// `CKA_UNWRAP`
        Unwrap = "CKA_UNWRAP",
        /// `CKA_SIGN_RECOVER`
        SignRecover = "CKA_SIGN_RECOVER",
        /// `CKA_MODIFIABLE`
        Modifiable = "CKA_MODIFIABLE",
        /// `CKA_COPYABLE`
        Copyable = "CKA_COPYABLE",
        /// `CKA_DESTROYABLE`
        Destroyable = "CKA_DESTROYABLE",
        /// `CKA_ALLOWED_MECHANISMS`
        AllowedMechanisms = "CKA_ALLOWED_MECHANISMS",
    }
}

/// `[limits]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Sessions that one program may open.
    pub sessions: u32,
    /// Longest time of one call, in milliseconds. PKCS#11 has no time limits of its own: the
    /// driver gives a module up that does not answer within this.
    pub timeout_ms: u32,
    /// Calls under way at once.
    pub parallel: u32,
}

named! {
    /// What the model can derive by itself. A fact: Himuro makes every wallet key on its own.
    pub Derivation {
        /// Nothing.
        None = "none",
        /// Thales' BIP-32 mechanisms.
        LunaBip32 = "luna-bip32",
        /// Securosys' SLIP-10 mechanisms.
        Slip10Securosys = "slip10-securosys",
        /// IBM's mechanism for Bitcoin keys.
        IbmBtc = "ibm-btc",
    }
}

named! {
    /// A statement about a key that the vendor's key signs. Kept as a file for the auditors, who
    /// verify it with the vendor's tool; Himuro does not read it.
    pub Attestation {
        /// There is none.
        None = "none",
        /// Thales: public key confirmation, PKCS#7.
        LunaPkc = "luna-pkc",
        /// Entrust: key attestation bundle.
        NshieldBundle = "nshield-bundle",
        /// Securosys: signed XML.
        SecurosysXml = "securosys-xml",
        /// Yubico: X.509.
        YubihsmX509 = "yubihsm-x509",
        /// CardContact: card verifiable certificates.
        SmartcardHsmCvc = "smartcard-hsm-cvc",
        /// Marvell: its own form.
        MarvellStatement = "marvell-statement",
    }
}

named! {
    /// How the vendor lets keys be backed up. Himuro never does it; the auditors must know.
    pub Backup {
        /// Not at all.
        None = "none",
        /// From HSM to HSM of one domain.
        Clone = "clone",
        /// Under a wrap key that exists in shares.
        WrapKey = "wrap-key",
        /// Files of the host, with a quorum of cards.
        HostFiles = "host-files",
        /// A file of the whole HSM, under a passphrase.
        HsmFile = "hsm-file",
        /// The vendor's way is not known here.
        Unknown = "unknown",
    }
}
