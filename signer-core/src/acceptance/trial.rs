//! What is tried: a closed list. Numbers are part of the format (`docs/formats/acceptance.cddl`)
//! and never change.

use minicbor::{Decode, Encode};

use crate::token::KeyAttribute;
use crate::types::Lang;

/// What an answer to a trial means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// The module must refuse it.
    Attack,
    /// It must be done.
    Duty,
    /// Either way is fine: it is written down, because the driver or the people must know.
    Habit,
}

/// What came of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Answer {
    /// It was refused, or did not happen.
    #[n(0)]
    Refused,
    /// It was done.
    #[n(1)]
    Done,
    /// The module said that it was done, and nothing changed.
    #[n(2)]
    Ignored,
    /// It was not tried.
    #[n(3)]
    NotTried,
}

impl Answer {
    /// The word in reports.
    pub const fn name(self, lang: Lang) -> &'static str {
        match self {
            Self::Refused => lang.pick("refused", "拒否"),
            Self::Done => lang.pick("done", "実行"),
            Self::Ignored => lang.pick("said yes, changed nothing", "応答のみ・変化なし"),
            Self::NotTried => lang.pick("not tried", "未実施"),
        }
    }
}

macro_rules! trials {
    ($($name:ident = $number:literal $weight:ident $en:literal $ja:literal;)*) => {
        /// One thing that the acceptance test tries.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
        #[cbor(index_only)]
        pub enum Trial {
            $(#[doc = $en] #[n($number)] $name,)*
        }

        impl Trial {
            /// Every trial, in the order of reports.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Its number in the format.
            pub const fn number(self) -> u32 {
                match self {
                    $(Self::$name => $number,)*
                }
            }

            /// What its answer means.
            pub const fn weight(self) -> Weight {
                match self {
                    $(Self::$name => Weight::$weight,)*
                }
            }

            /// What is tried, as a sentence.
            pub const fn sentence(self, lang: Lang) -> &'static str {
                match self {
                    $(Self::$name => lang.pick($en, $ja),)*
                }
            }
        }
    };
}

trials! {
    ProfileMatches = 1 Duty
        "Token and module are those of the profile (HSM02)"
        "トークンとモジュールがプロファイルと一致する(HSM02)";
    HiddenBeforeLogin = 2 Duty
        "No private key is visible before login"
        "ログイン前に秘密鍵が見えない";
    CurveByOid = 3 Duty
        "A secp256k1 key pair is made by the OID of the curve, with every attribute stated"
        "曲線をOIDで指定し全属性を明示してsecp256k1鍵対を生成できる";
    RandomHealthy = 4 Duty
        "Random numbers are healthy (HSM04)"
        "乱数が健全である(HSM04)";
    DriverRefusesLengths = 5 Duty
        "The signer refuses digests of 31 and 33 bytes, and of 32 zero bytes"
        "署名機能が31・33バイトおよび全ゼロのダイジェストを拒否する";
    DriverNoticesDouble = 6 Duty
        "A second key of the same CKA_ID is noticed, and neither is used"
        "同じCKA_IDの二つ目の鍵が検出され、どちらも使用されない";
    LogoutEndsUse = 7 Duty
        "After logout no private key is visible, and a kept handle signs nothing"
        "ログアウト後は秘密鍵が見えず、保持したハンドルでは署名できない";
    FoundAfterLogin = 8 Duty
        "After a new login the key is found by its CKA_ID and signs"
        "再ログイン後にCKA_IDで鍵が見つかり署名できる";
    GoneAfterDestroy = 9 Duty
        "A destroyed key is not found again, and its handle signs nothing"
        "破棄した鍵は見つからず、そのハンドルでは署名できない";
    NothingLeft = 10 Duty
        "At the end the token holds what it held before"
        "終了時にトークンの内容が開始前と同じである";
    WrongPinRefused = 11 Duty
        "A wrong PIN is refused by the code that the profile names"
        "誤ったPINがプロファイル記載のコードで拒否される";
    SetExtractable = 20 Attack
        "Set CKA_EXTRACTABLE to true"
        "CKA_EXTRACTABLEをtrueに変更";
    ClearSensitive = 21 Attack
        "Set CKA_SENSITIVE to false"
        "CKA_SENSITIVEをfalseに変更";
    ClearPrivate = 22 Attack
        "Set CKA_PRIVATE to false"
        "CKA_PRIVATEをfalseに変更";
    SetModifiable = 23 Attack
        "Set CKA_MODIFIABLE to true"
        "CKA_MODIFIABLEをtrueに変更";
    SetCopyable = 24 Attack
        "Set CKA_COPYABLE to true"
        "CKA_COPYABLEをtrueに変更";
    SetDerive = 25 Attack
        "Set CKA_DERIVE to true"
        "CKA_DERIVEをtrueに変更";
    SetDecrypt = 26 Attack
        "Set CKA_DECRYPT to true"
        "CKA_DECRYPTをtrueに変更";
    SetUnwrap = 27 Attack
        "Set CKA_UNWRAP to true"
        "CKA_UNWRAPをtrueに変更";
    SetSignRecover = 28 Attack
        "Set CKA_SIGN_RECOVER to true"
        "CKA_SIGN_RECOVERをtrueに変更";
    ChangeId = 29 Attack
        "Change CKA_ID"
        "CKA_IDを変更";
    CopyAsIs = 40 Attack
        "Copy the private key as it is"
        "秘密鍵をそのままコピー";
    CopyExtractable = 41 Attack
        "Copy it with CKA_EXTRACTABLE true"
        "CKA_EXTRACTABLEをtrueにしてコピー";
    CopyNotSensitive = 42 Attack
        "Copy it with CKA_SENSITIVE false"
        "CKA_SENSITIVEをfalseにしてコピー";
    CopyNotPrivate = 43 Attack
        "Copy it with CKA_PRIVATE false"
        "CKA_PRIVATEをfalseにしてコピー";
    CopyDerive = 44 Attack
        "Copy it with CKA_DERIVE true"
        "CKA_DERIVEをtrueにしてコピー";
    WrapAesKw = 50 Attack
        "Wrap it by CKM_AES_KEY_WRAP"
        "CKM_AES_KEY_WRAPでラップ";
    WrapAesKwp = 51 Attack
        "Wrap it by CKM_AES_KEY_WRAP_PAD"
        "CKM_AES_KEY_WRAP_PADでラップ";
    WrapAesCbcPad = 52 Attack
        "Wrap it by CKM_AES_CBC_PAD"
        "CKM_AES_CBC_PADでラップ";
    ReadValue = 53 Attack
        "Read CKA_VALUE"
        "CKA_VALUEを読み出し";
    DeriveEcdh = 54 Attack
        "Derive from it by CKM_ECDH1_DERIVE"
        "CKM_ECDH1_DERIVEで鍵導出";
    SignRsa = 55 Attack
        "Sign by CKM_RSA_PKCS, a mechanism of another kind of key"
        "別種の鍵の方式CKM_RSA_PKCSで署名";
    SignsByOtherMechanism = 80 Habit
        "Signs by CKM_ECDSA_SHA256, which the template does not allow"
        "テンプレートで許可していないCKM_ECDSA_SHA256で署名する";
    SignsShortDigest = 81 Habit
        "The module itself signs 31 bytes"
        "モジュール自体は31バイトに署名する";
    SignsLongDigest = 82 Habit
        "The module itself signs 33 bytes"
        "モジュール自体は33バイトに署名する";
    TakesSecondId = 83 Habit
        "The module makes a second key of the same CKA_ID"
        "モジュールは同じCKA_IDの二つ目の鍵を生成する";
    OldHandleLives = 84 Habit
        "A handle of before a new login still signs after it"
        "再ログイン前のハンドルが再ログイン後も有効である";
    SecondLogin = 85 Habit
        "A second login in one session is taken"
        "同一セッションでの二重ログインが受け付けられる";
    SameDigestSameR = 86 Habit
        "The same digest signed twice has the same r"
        "同じダイジェストへの二回の署名でrが同じになる";
}

impl Trial {
    /// The flag that an attack is about: where the profile says that the module does not know it,
    /// nobody relies on it.
    pub const fn about(self) -> Option<KeyAttribute> {
        Some(match self {
            Self::SetExtractable => KeyAttribute::Extractable,
            Self::ClearSensitive => KeyAttribute::Sensitive,
            Self::ClearPrivate => KeyAttribute::Private,
            Self::SetModifiable | Self::ChangeId => KeyAttribute::Modifiable,
            Self::SetCopyable | Self::CopyAsIs => KeyAttribute::Copyable,
            Self::SetDerive => KeyAttribute::Derive,
            Self::SetDecrypt => KeyAttribute::Decrypt,
            Self::SetUnwrap => KeyAttribute::Unwrap,
            Self::SetSignRecover => KeyAttribute::SignRecover,
            _ => return None,
        })
    }

    /// Whether a report may leave it open: it needs a person's word, or a mechanism that the
    /// module need not have.
    pub const fn may_be_open(self) -> bool {
        matches!(
            self,
            Self::WrongPinRefused | Self::WrapAesKw | Self::WrapAesKwp | Self::WrapAesCbcPad
        ) || matches!(self.weight(), Weight::Habit)
    }

    /// Whether it tries to wrap the key.
    pub(super) const fn wraps(self) -> bool {
        matches!(
            self,
            Self::WrapAesKw | Self::WrapAesKwp | Self::WrapAesCbcPad
        )
    }
}
