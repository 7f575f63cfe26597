//! What the operating system says went wrong, in both languages.

use std::io::{Error, ErrorKind};

use signer_core::rule::Phrase;

/// The error of a file, a folder or a process: in English as the system says it.
pub fn system(error: &Error) -> Phrase {
    let said = error.to_string();
    let meant = japanese(error.kind());
    match error.raw_os_error() {
        Some(code) => Phrase::new(&said, &format!("{meant}(エラー番号 {code})")),
        None => Phrase::new(&said, meant),
    }
}

const fn japanese(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::NotFound => "ファイルまたはフォルダがない",
        ErrorKind::PermissionDenied => "権限がない",
        ErrorKind::AlreadyExists => "既に存在する",
        ErrorKind::IsADirectory => "ファイルではなくフォルダである",
        ErrorKind::NotADirectory => "フォルダではない",
        ErrorKind::DirectoryNotEmpty => "フォルダが空ではない",
        ErrorKind::StorageFull => "媒体の空き容量がない",
        ErrorKind::QuotaExceeded => "容量の上限を超えた",
        ErrorKind::FileTooLarge => "ファイルが大きすぎる",
        ErrorKind::ReadOnlyFilesystem => "書込み禁止の媒体である",
        ErrorKind::ResourceBusy => "使用中である",
        ErrorKind::InvalidFilename => "ファイル名が正しくない",
        ErrorKind::UnexpectedEof => "途中で終わっている",
        ErrorKind::BrokenPipe => "出力先が閉じられた",
        ErrorKind::TimedOut => "時間内に終わらなかった",
        ErrorKind::OutOfMemory => "メモリが足りない",
        _ => "システムのエラー",
    }
}

#[cfg(test)]
mod tests {
    use signer_core::types::Lang;

    use super::*;

    #[test]
    fn a_missing_file_is_told_in_both_languages() {
        let error = std::fs::read("/nowhere/at/all").expect_err("it is not there");
        let phrase = system(&error);
        assert_eq!(
            phrase.text(Lang::En),
            "No such file or directory (os error 2)"
        );
        assert_eq!(
            phrase.text(Lang::Ja),
            "ファイルまたはフォルダがない(エラー番号 2)"
        );
        let other = Error::other("no number");
        assert_eq!(system(&other).text(Lang::Ja), "システムのエラー");
    }
}
