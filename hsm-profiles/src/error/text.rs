//! The words of errors.

use std::path::PathBuf;

use signer_core::phrase;
use signer_core::rule::{Explained, Named, Phrase};
use signer_core::token::LoginKind;

use super::{ErrorClass, HsmError};

impl Explained for HsmError {
    fn what(&self) -> Phrase {
        match self {
            Self::Call { function, code, .. } => phrase!(
                "{function} returned {code}",
                "{function} が {code} を返しました",
                function = function,
                code = code
            ),
            Self::NotAnswering { function, waited } => phrase!(
                "the HSM is not answering: {function} did not come back in {waited} ms",
                "HSMが応答しません: {function} が {waited} ミリ秒以内に戻りませんでした",
                function = function,
                waited = waited.as_millis()
            ),
            Self::Answer { reason } => phrase!(
                "the module's answer cannot be read: {reason}",
                "モジュールの応答を読み取れません: {reason}",
                reason = reason
            ),
            Self::ModuleMissing { paths } => phrase!(
                "there is no PKCS#11 module at {paths}",
                "PKCS#11モジュールが見つかりません: {paths}",
                paths = Named(list(paths))
            ),
            Self::NotAModule { path, reason } => phrase!(
                "{path} is not a PKCS#11 module: {reason}",
                "{path} はPKCS#11モジュールではありません: {reason}",
                path = Named(path.display()),
                reason = reason
            ),
            Self::WrongModule { expected, got } => phrase!(
                "the module is by {got}, the profile is for {expected}",
                "モジュールの製造者は {got}、プロファイルは {expected} 用です",
                got = format!("{got:?}"),
                expected = format!("{expected:?}")
            ),
            Self::RoleNotServed { profile } => phrase!(
                "the profile {profile} says `generate_as = \"so\"`: keys made by a security officer are not served",
                "プロファイル {profile} は `generate_as = \"so\"` です。セキュリティ責任者による鍵生成には対応していません",
                profile = profile
            ),
            Self::Profile(error) => error.what(),
            Self::NoToken { .. }
            | Self::SeveralTokens { .. }
            | Self::NoBlankToken
            | Self::LabelTaken { .. }
            | Self::BadLabel { .. } => of_choice(self),
            Self::PinLength { .. }
            | Self::PinShape { .. }
            | Self::NoLogin
            | Self::PinLocked
            | Self::VisibleBeforeLogin { .. }
            | Self::LoggedOut => of_login(self),
            _ => of_objects(self),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Call { class, .. } => class.advice(),
            Self::NotAnswering { .. } => ErrorClass::NotAnswering.advice(),
            Self::ModuleMissing { .. } | Self::NotAModule { .. } => phrase!(
                "Install the HSM's PKCS#11 module, or give its path.",
                "HSMのPKCS#11モジュールをインストールするか、パスを指定してください。",
            ),
            Self::WrongModule { .. } | Self::Profile(_) => phrase!(
                "Choose the profile of this HSM.",
                "このHSMのプロファイルを選択してください。",
            ),
            Self::RoleNotServed { .. } => phrase!(
                "Nothing was loaded. This HSM cannot be used as a device; choose another HSM.",
                "何も読み込んでいません。このHSMは端末に使用できません。別のHSMを選択してください。",
            ),
            Self::NoToken { .. } | Self::SeveralTokens { .. } => phrase!(
                "Connect the right token, or give its label and serial number.",
                "正しいトークンを接続するか、ラベルとシリアル番号を指定してください。",
            ),
            Self::NoBlankToken | Self::LabelTaken { .. } => phrase!(
                "Connect a blank token, or choose another label. A token in use is never overwritten.",
                "未初期化のトークンを接続するか別のラベルを選択してください。使用中のトークンは上書きしません。",
            ),
            Self::BadLabel { .. } => phrase!(
                "Use 1 to 32 letters, digits, '-' or '_'.",
                "1〜32文字の英数字、'-'、'_' を使用してください。",
            ),
            Self::PinShape { .. } => phrase!(
                "No try was made. Type it in the form that this HSM takes.",
                "ログインは試行していません。このHSMの形式で入力してください。",
            ),
            Self::PinLength { .. } => phrase!(
                "Use a PIN of that length.",
                "この長さのPINを使用してください。",
            ),
            Self::PinLocked => phrase!(
                "The security officer of this token must reset the PIN.",
                "トークンのセキュリティ責任者がPINを再設定してください。",
            ),
            Self::LoggedOut | Self::KeysVanished { .. } | Self::NothingFound => phrase!(
                "Check that the token is connected, then start the session again.",
                "トークンの接続を確認し、セッションを最初からやり直してください。",
            ),
            Self::NoKey(_) | Self::OtherKey(_) | Self::WrongRole(_) => phrase!(
                "Connect the token of this device. If it is the right one, stop and report it.",
                "この端末のトークンを接続してください。正しい場合は中止して報告してください。",
            ),
            Self::KeyExists(_) | Self::PoolTooLarge { .. } | Self::AnchorTooLarge { .. } => {
                phrase!(
                    "Nothing was changed. Use another range, or another token.",
                    "何も変更していません。別の範囲か別のトークンを使用してください。",
                )
            }
            _ => phrase!(
                "Do not use this token. Stop the session and report it.",
                "このトークンを使用せず、セッションを中止して報告してください。",
            ),
        }
    }
}

/// Which token.
fn of_choice(error: &HsmError) -> Phrase {
    match error {
        HsmError::NoToken { wanted, seen } => phrase!(
            "there is no token {wanted}; seen: {seen}",
            "トークン {wanted} がありません。検出: {seen}",
            wanted = wanted,
            seen = labels(seen)
        ),
        HsmError::SeveralTokens { wanted } => phrase!(
            "several tokens match {wanted}",
            "{wanted} に複数のトークンが該当します",
            wanted = wanted
        ),
        HsmError::LabelTaken { label } => phrase!(
            "a token labelled {label} is there already",
            "ラベル {label} のトークンは既に存在します",
            label = format!("{label:?}")
        ),
        HsmError::BadLabel { label } => phrase!(
            "the label {label} is not 1 to 32 plain characters",
            "ラベル {label} は1〜32文字の英数記号ではありません",
            label = format!("{label:?}")
        ),
        _ => phrase!("there is no blank token", "未初期化のトークンがありません"),
    }
}

/// Who is logged in.
fn of_login(error: &HsmError) -> Phrase {
    match error {
        HsmError::PinLength { min, max } => phrase!(
            "the PIN does not have {min} to {max} bytes",
            "PINが {min}〜{max} バイトではありません",
            min = min,
            max = max
        ),
        HsmError::PinShape {
            kind: LoginKind::IdAndPassword,
        } => phrase!(
            "what was typed does not begin with four hexadecimal digits of the key",
            "入力が4桁の16進数の鍵番号で始まっていません"
        ),
        HsmError::PinShape { .. } => phrase!(
            "what was typed is not a user, a colon and a password",
            "入力が「利用者名:パスワード」の形ではありません"
        ),
        HsmError::NoLogin => phrase!(
            "the token says that its keys need no login",
            "トークンはログイン不要と報告しています"
        ),
        HsmError::PinLocked => phrase!(
            "the token says that its PIN is locked; no try was made",
            "PINはロックされています。ログインは試行していません"
        ),
        HsmError::VisibleBeforeLogin { count } => phrase!(
            "{count} private keys are visible before login",
            "ログイン前に秘密鍵が {count} 個見えています",
            count = count
        ),
        _ => phrase!(
            "the session is not logged in any more",
            "セッションはログアウトしています"
        ),
    }
}

/// Keys, signatures and anchors.
fn of_objects(error: &HsmError) -> Phrase {
    match error {
        HsmError::KeysVanished { missing } => phrase!(
            "{missing} keys vanished from the token",
            "トークンから鍵が {missing} 個消えました",
            missing = missing
        ),
        HsmError::NothingFound => phrase!(
            "the search found nothing at all: no key, no anchor, no other object",
            "検索結果が空です。鍵もアンカーもその他のオブジェクトもありません"
        ),
        HsmError::NoKey(id) => phrase!(
            "there is no key {id} on the token",
            "鍵 {id} がトークンにありません",
            id = id
        ),
        HsmError::UnusableKey(id) => phrase!(
            "key {id} is doubled or only half there",
            "鍵 {id} は重複または片方のみです",
            id = id
        ),
        HsmError::KeyExists(id) => phrase!(
            "key {id} is on the token already",
            "鍵 {id} は既にトークンにあります",
            id = id
        ),
        HsmError::OtherKey(id) => phrase!(
            "key {id} on the token is not the registered one",
            "トークンの鍵 {id} は登録済みの鍵と異なります",
            id = id
        ),
        HsmError::BadPoint(id) => phrase!(
            "the public key of {id} is not a point of its curve",
            "鍵 {id} の公開鍵は曲線上の点ではありません",
            id = id
        ),
        HsmError::PoolTooLarge { max } => phrase!(
            "this token takes at most {max} wallet keys",
            "このトークンのウォレット鍵は最大 {max} 個です",
            max = max
        ),
        HsmError::WrongRole(id) => phrase!(
            "key {id} is not for this kind of order",
            "鍵 {id} はこの用途の鍵ではありません",
            id = id
        ),
        HsmError::DigestLength { got } => phrase!(
            "a digest to sign has 32 bytes, this one has {got}",
            "署名対象のダイジェストは32バイトですが {got} バイトです",
            got = got
        ),
        HsmError::BadSignature(id) => phrase!(
            "the signature by {id} is not r and s in range",
            "鍵 {id} の署名の r または s が範囲外です",
            id = id
        ),
        HsmError::AnchorTooLarge { max } => phrase!(
            "an anchor has at most {max} bytes",
            "アンカーは最大 {max} バイトです",
            max = max
        ),
        HsmError::AnchorNotWritten => phrase!(
            "the anchor does not read back as written",
            "アンカーを書き込んだとおりに読み戻せません"
        ),
        _ => phrase!(
            "the digest to sign is all zero",
            "署名対象のダイジェストがすべてゼロです"
        ),
    }
}

fn list(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    shown.join(", ")
}

fn labels(seen: &[String]) -> Phrase {
    if seen.is_empty() {
        Phrase::none()
    } else {
        Phrase::figure(seen.join(", "))
    }
}
