//! Arguments that are wrong, told in the language that they ask for.

use std::ffi::OsString;

use signer_core::phrase;
use signer_core::rule::Phrase;
use signer_core::types::Lang;

/// The language that arguments ask for, before they are read: Japanese after `--lang ja`, else
/// English.
pub fn language_of(arguments: impl IntoIterator<Item = OsString>) -> Lang {
    let mut before = OsString::new();
    for argument in arguments {
        if argument == "--lang=ja" || (before == "--lang" && argument == "ja") {
            return Lang::Ja;
        }
        before = argument;
    }
    Lang::En
}

/// What is wrong with arguments, and where to read on. `said` is what the reader of arguments says
/// in English, `named` is what it says it of.
pub fn wrong_arguments(said: &str, named: &str, command: &str) -> [Phrase; 2] {
    let what = Phrase::new(said, &format!("コマンドの引数が正しくない: {named}"));
    let advice = phrase!(
        "read `{command} --help`",
        "`{command} --help` を参照してください。",
        command = command
    );
    [what, advice]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_told_from_any_arguments() {
        let told = |text: &str| language_of(text.split(' ').map(OsString::from));
        for japanese in ["a --lang ja b", "--lang=ja", "--pin 1 --lang ja"] {
            assert_eq!(told(japanese), Lang::Ja, "{japanese}");
        }
        for english in ["", "ja", "--lang en", "--lang x ja", "--name ja --lang"] {
            assert_eq!(told(english), Lang::En, "{english}");
        }
    }
}
