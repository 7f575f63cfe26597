//! The words of errors.

use std::path::PathBuf;

use signer_core::token::LoginKind;
use signer_core::types::Lang;

use super::{ErrorClass, HsmError};

/// What happened.
pub(super) fn what(error: &HsmError, lang: Lang) -> String {
    match lang {
        Lang::En => english(error),
        Lang::Ja => japanese(error),
    }
}

fn english(error: &HsmError) -> String {
    match error {
        HsmError::Call { function, code, .. } => format!("{function} returned {code}"),
        HsmError::NotAnswering { function, waited } => format!(
            "the HSM is not answering: {function} did not come back in {} ms",
            waited.as_millis()
        ),
        HsmError::Answer { reason } => format!("the module's answer cannot be read: {reason}"),
        HsmError::ModuleMissing { paths } => {
            format!("there is no PKCS#11 module at {}", list(paths))
        }
        HsmError::NotAModule { path, reason } => {
            format!("{} is not a PKCS#11 module: {reason}", path.display())
        }
        HsmError::WrongModule { expected, got } => {
            format!("the module is by {got:?}, the profile is for {expected:?}")
        }
        HsmError::Profile(error) => error.to_string(),
        HsmError::NoToken { wanted, seen } => {
            format!("there is no token {wanted}; seen: {}", labels(seen, "none"))
        }
        HsmError::SeveralTokens { wanted } => format!("several tokens match {wanted}"),
        HsmError::NoBlankToken => "there is no blank token".into(),
        HsmError::LabelTaken { label } => format!("a token labelled {label:?} is there already"),
        HsmError::BadLabel { label } => {
            format!("the label {label:?} is not 1 to 32 plain characters")
        }
        HsmError::PinLength { min, max } => format!("the PIN does not have {min} to {max} bytes"),
        HsmError::PinShape { kind } => match kind {
            LoginKind::IdAndPassword => {
                "what was typed does not begin with four hexadecimal digits of the key".into()
            }
            _ => "what was typed is not a user, a colon and a password".into(),
        },
        HsmError::NoLogin => "the token says that its keys need no login".into(),
        HsmError::PinLocked => "the token says that its PIN is locked; no try was made".into(),
        HsmError::VisibleBeforeLogin { count } => {
            format!("{count} private keys are visible before login")
        }
        HsmError::LoggedOut => "the session is not logged in any more".into(),
        HsmError::KeysVanished { missing } => format!("{missing} keys vanished from the token"),
        HsmError::NothingFound => {
            "the search found nothing at all: no key, no anchor, no other object".into()
        }
        HsmError::NoKey(id) => format!("there is no key {id} on the token"),
        HsmError::UnusableKey(id) => format!("key {id} is doubled or only half there"),
        HsmError::KeyExists(id) => format!("key {id} is on the token already"),
        HsmError::OtherKey(id) => format!("key {id} on the token is not the registered one"),
        HsmError::BadPoint(id) => format!("the public key of {id} is not a point of its curve"),
        HsmError::PoolTooLarge { max } => format!("this token takes at most {max} wallet keys"),
        HsmError::WrongRole(id) => format!("key {id} is not for this kind of order"),
        HsmError::DigestLength { got } => {
            format!("a digest to sign has 32 bytes, this one has {got}")
        }
        HsmError::ZeroDigest => "the digest to sign is all zero".into(),
        HsmError::BadSignature(id) => format!("the signature by {id} is not r and s in range"),
        HsmError::AnchorTooLarge { max } => format!("an anchor has at most {max} bytes"),
        HsmError::AnchorNotWritten => "the anchor does not read back as written".into(),
    }
}

fn japanese(error: &HsmError) -> String {
    match error {
        HsmError::Call { function, code, .. } => format!("{function} が {code} を返しました"),
        HsmError::NotAnswering { function, waited } => format!(
            "HSMが応答しません: {function} が {} ミリ秒以内に戻りませんでした",
            waited.as_millis()
        ),
        HsmError::Answer { reason } => format!("モジュールの応答を読み取れません: {reason}"),
        HsmError::ModuleMissing { paths } => {
            format!("PKCS#11モジュールが見つかりません: {}", list(paths))
        }
        HsmError::NotAModule { path, reason } => {
            format!(
                "{} はPKCS#11モジュールではありません: {reason}",
                path.display()
            )
        }
        HsmError::WrongModule { expected, got } => {
            format!("モジュールの製造者は {got:?}、プロファイルは {expected:?} 用です")
        }
        HsmError::Profile(error) => format!("プロファイルを読み取れません: {error}"),
        HsmError::NoToken { wanted, seen } => {
            format!(
                "トークン {wanted} がありません。検出: {}",
                labels(seen, "なし")
            )
        }
        HsmError::SeveralTokens { wanted } => format!("{wanted} に複数のトークンが該当します"),
        HsmError::NoBlankToken => "未初期化のトークンがありません".into(),
        HsmError::LabelTaken { label } => format!("ラベル {label:?} のトークンは既に存在します"),
        HsmError::BadLabel { label } => {
            format!("ラベル {label:?} は1〜32文字の英数記号ではありません")
        }
        HsmError::PinLength { min, max } => format!("PINが {min}〜{max} バイトではありません"),
        HsmError::PinShape { kind } => match kind {
            LoginKind::IdAndPassword => "入力が4桁の16進数の鍵番号で始まっていません".into(),
            _ => "入力が「利用者名:パスワード」の形ではありません".into(),
        },
        HsmError::NoLogin => "トークンはログイン不要と報告しています".into(),
        HsmError::PinLocked => "PINはロックされています。ログインは試行していません".into(),
        HsmError::VisibleBeforeLogin { count } => {
            format!("ログイン前に秘密鍵が {count} 個見えています")
        }
        HsmError::LoggedOut => "セッションはログアウトしています".into(),
        HsmError::KeysVanished { missing } => format!("トークンから鍵が {missing} 個消えました"),
        HsmError::NothingFound => {
            "検索結果が空です。鍵もアンカーもその他のオブジェクトもありません".into()
        }
        HsmError::NoKey(id) => format!("鍵 {id} がトークンにありません"),
        HsmError::UnusableKey(id) => format!("鍵 {id} は重複または片方のみです"),
        HsmError::KeyExists(id) => format!("鍵 {id} は既にトークンにあります"),
        HsmError::OtherKey(id) => format!("トークンの鍵 {id} は登録済みの鍵と異なります"),
        HsmError::BadPoint(id) => format!("鍵 {id} の公開鍵は曲線上の点ではありません"),
        HsmError::PoolTooLarge { max } => format!("このトークンのウォレット鍵は最大 {max} 個です"),
        HsmError::WrongRole(id) => format!("鍵 {id} はこの用途の鍵ではありません"),
        HsmError::DigestLength { got } => {
            format!("署名対象のダイジェストは32バイトですが {got} バイトです")
        }
        HsmError::ZeroDigest => "署名対象のダイジェストがすべてゼロです".into(),
        HsmError::BadSignature(id) => format!("鍵 {id} の署名の r または s が範囲外です"),
        HsmError::AnchorTooLarge { max } => format!("アンカーは最大 {max} バイトです"),
        HsmError::AnchorNotWritten => "アンカーを書き込んだとおりに読み戻せません".into(),
    }
}

/// What to do.
pub(super) const fn advice(error: &HsmError, lang: Lang) -> &'static str {
    match error {
        HsmError::Call { class, .. } => class.advice(lang),
        HsmError::NotAnswering { .. } => ErrorClass::NotAnswering.advice(lang),
        HsmError::ModuleMissing { .. } | HsmError::NotAModule { .. } => lang.pick(
            "Install the HSM's PKCS#11 module, or give its path.",
            "HSMのPKCS#11モジュールをインストールするか、パスを指定してください。",
        ),
        HsmError::WrongModule { .. } | HsmError::Profile(_) => lang.pick(
            "Choose the profile of this HSM.",
            "このHSMのプロファイルを選択してください。",
        ),
        HsmError::NoToken { .. } | HsmError::SeveralTokens { .. } => lang.pick(
            "Connect the right token, or give its label and serial number.",
            "正しいトークンを接続するか、ラベルとシリアル番号を指定してください。",
        ),
        HsmError::NoBlankToken | HsmError::LabelTaken { .. } => lang.pick(
            "Connect a blank token, or choose another label. A token in use is never overwritten.",
            "未初期化のトークンを接続するか別のラベルを選択してください。使用中のトークンは上書きしません。",
        ),
        HsmError::BadLabel { .. } => lang.pick(
            "Use 1 to 32 letters, digits, '-' or '_'.",
            "1〜32文字の英数字、'-'、'_' を使用してください。",
        ),
        HsmError::PinShape { .. } => lang.pick(
            "No try was made. Type it in the form that this HSM takes.",
            "ログインは試行していません。このHSMの形式で入力してください。",
        ),
        HsmError::PinLength { .. } => lang.pick(
            "Use a PIN of that length.",
            "この長さのPINを使用してください。",
        ),
        HsmError::PinLocked => lang.pick(
            "The security officer of this token must reset the PIN.",
            "トークンのセキュリティ責任者がPINを再設定してください。",
        ),
        HsmError::LoggedOut | HsmError::KeysVanished { .. } | HsmError::NothingFound => lang.pick(
            "Check that the token is connected, then start the session again.",
            "トークンの接続を確認し、セッションを最初からやり直してください。",
        ),
        HsmError::NoKey(_) | HsmError::OtherKey(_) | HsmError::WrongRole(_) => lang.pick(
            "Connect the token of this device. If it is the right one, stop and report it.",
            "この端末のトークンを接続してください。正しい場合は中止して報告してください。",
        ),
        HsmError::KeyExists(_)
        | HsmError::PoolTooLarge { .. }
        | HsmError::AnchorTooLarge { .. } => {
            lang.pick(
                "Nothing was changed. Use another range, or another token.",
                "何も変更していません。別の範囲か別のトークンを使用してください。",
            )
        }
        _ => lang.pick(
            "Do not use this token. Stop the session and report it.",
            "このトークンを使用せず、セッションを中止して報告してください。",
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

fn labels(seen: &[String], none: &str) -> String {
    if seen.is_empty() {
        none.into()
    } else {
        seen.join(", ")
    }
}
