//! Every phrase in the sources of this workspace says the same in both languages: read as text,
//! because a phrase that no test makes would otherwise be read by an officer first.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const ROOMS: [&str; 6] = [
    "signer-core/src",
    "signer-core/console/src",
    "signer-core/optics/src",
    "hsm-profiles/src",
    "signer-device/src",
    "host-cli/src",
];

/// English that stays English in Japanese: names of fields, files and techniques.
const NAMES: [&str; 4] = ["witness script", "redeem script", "sat", "or"];

/// A `phrase!` in a source.
#[derive(Debug)]
struct Said {
    place: String,
    en: String,
    ja: String,
}

#[test]
fn every_phrase_says_the_same_in_both_languages() {
    let said = said();
    assert!(said.len() > 300, "{}", said.len());
    let wrong: Vec<String> = said.iter().filter_map(wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_phrase_that_is_half_english_is_found() {
    let phrase = |en: &str, ja: &str| Said {
        place: "here".into(),
        en: en.into(),
        ja: ja.into(),
    };
    assert_eq!(wrong(&phrase("at most {n} inputs", "入力 {n} 以下")), None);
    assert_eq!(wrong(&phrase("{what} {n}", "{what} {n}")), None);
    for (en, ja) in [
        ("at most {n} inputs", "入力は以下"),
        ("at most {n} inputs", "at most {n}"),
        ("at most {n} inputs", "入力 at most {n}"),
        ("no coins at {n}", "コインが｛n｝にない"),
        ("none", ""),
    ] {
        assert!(wrong(&phrase(en, ja)).is_some(), "{ja}");
    }
}

/// Lists of refusals; each of their lines is a refusal's own.
const LISTS: [&str; 2] = ["Findings", "Stopped"];

/// What people are shown of a failure is made of phrases: the programs' own `Failure` takes nothing
/// else, and the errors that come into it have their words in both languages.
#[test]
fn every_error_has_words_in_both_languages() {
    let ours = sources()
        .into_iter()
        .filter(|(place, _)| !place.contains("host-cli"));
    let texts: Vec<String> = ours.map(|(_, text)| text).collect();
    let errors: Vec<String> = texts.iter().flat_map(|text| errors_of(text)).collect();
    assert!(errors.len() > 20, "{errors:?}");
    for error in errors {
        let told = texts.iter().any(|text| has_phrases(text, &error));
        assert!(told, "{error} is told in English alone");
    }
}

#[test]
fn an_error_in_one_language_is_found() {
    let english = "impl fmt::Display for Odd {}\nimpl std::error::Error for Odd {}\n";
    assert_eq!(errors_of(english), ["Odd"]);
    assert!(!has_phrases(english, "Odd"));
    let both = format!("impl Explained for Odd {{}}\n{english}");
    assert!(has_phrases(&both, "Odd"));
}

/// The error types of a source.
fn errors_of(text: &str) -> Vec<String> {
    let marks = [
        "impl std::error::Error for ",
        "impl core::error::Error for ",
    ];
    let lines = text
        .lines()
        .filter_map(|line| marks.iter().find_map(|mark| line.strip_prefix(mark)));
    let names = lines.filter_map(|rest| Some(rest.split_once(' ')?.0.to_owned()));
    names
        .filter(|name| !LISTS.contains(&name.as_str()))
        .collect()
}

/// Whether an error is told in phrases: two lines of its own, or one for a refusal.
fn has_phrases(text: &str, error: &str) -> bool {
    text.contains(&format!("impl Explained for {error} {{"))
        || text
            .split_once(&format!("impl {error} {{"))
            .and_then(|(_, rest)| rest.split_once("\n}\n"))
            .is_some_and(|(own, _)| own.contains("pub fn phrase(&self) -> Phrase {"))
}

/// Words that the glossary has another word for.
const BANNED: [(&str, &str); 9] = [
    ("デスクリプタ", "ディスクリプタ"),
    ("ヘッダ", "ヘッダー"),
    ("申請者", "起案者"),
    ("出席", "在席"),
    ("必要数が", "定足数"),
    ("儀式", "セレモニー"),
    ("所持証明の報告書", "所持証明報告書"),
    ("引渡し", "解放"),
    ("引き渡", "解放"),
];

/// One word for each thing: docs/glossary.md.
#[test]
fn one_word_is_used_for_each_thing() {
    let all = sources();
    let found: Vec<String> = all
        .iter()
        .flat_map(|(place, text)| banned_in(text).map(move |word| format!("{place}: {word}")))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    assert_eq!(banned_in("ヘッダーと起案者").count(), 0);
    assert_eq!(banned_in("ヘッダと申請者").count(), 2);
}

/// Banned words of a source, with the word that is meant.
fn banned_in(text: &str) -> impl Iterator<Item = String> + '_ {
    BANNED.into_iter().filter_map(move |(word, meant)| {
        let found = text.match_indices(word).any(|(at, _)| {
            let right = meant.starts_with(word) && text[at..].starts_with(meant);
            !right
        });
        found.then(|| format!("{word}: {meant}"))
    })
}

/// What people read beside phrases, in places that show one text whatever the language is.
const ONE_TEXT: [&str; 2] = [".notice(&format!(", "line!("];

/// Rows of a view keep their English names; a sentence is told in the language of whoever reads it.
#[test]
fn no_sentence_is_shown_in_english_alone() {
    let all = sources();
    let found: Vec<String> = all
        .iter()
        .flat_map(|(place, text)| sentences_of(text).map(move |said| format!("{place}: {said}")))
        .collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn a_sentence_in_english_alone_is_found() {
    let of = |text: &str| sentences_of(text).count();
    assert_eq!(of("line!(\"Look for the PSBTs before you sign.\");"), 1);
    assert_eq!(of("line!(\"compare these words with the paper:\");"), 1);
    assert_eq!(
        of(".notice(&format!(\n    \"{done} signatures were made\"))"),
        1
    );
    assert_eq!(of("line!(\"device      {name} at {site}\");"), 0);
    assert_eq!(of(".notice(&format!(\"{path}: {what}\"))"), 0);
    assert_eq!(of("Lang::En => line!(\"From this height on.\"),"), 0);
}

/// The sentences of a source that are shown in English alone.
fn sentences_of(text: &str) -> impl Iterator<Item = String> + '_ {
    let marks = ONE_TEXT.iter();
    let places = marks.flat_map(move |mark| text.match_indices(mark).map(move |at| (*mark, at.0)));
    places.filter_map(move |(mark, at)| {
        let line = text[..at].rsplit('\n').next()?;
        let mut rest = text[at + mark.len()..].trim_start();
        if line.contains("Lang::") || !rest.starts_with('"') {
            return None;
        }
        let said = literal(&mut rest)?;
        let a_sentence = mark == ".notice(&format!("
            || said.starts_with(|first: char| first.is_ascii_uppercase())
            || said.ends_with(['.', ':']);
        (a_sentence && has_words(&words(&said))).then_some(said)
    })
}

/// What is wrong with a phrase.
fn wrong(said: &Said) -> Option<String> {
    let Said { place, en, ja } = said;
    let why = if facts(en) != facts(ja) {
        "other facts"
    } else if small(&words(en)).contains(&true) && !ja.chars().any(is_japanese) {
        "no Japanese"
    } else if has_words(&words(ja)) {
        "English words in the Japanese"
    } else if words(en).chars().any(is_japanese) {
        "Japanese in the English"
    } else {
        return None;
    };
    Some(format!("{place}: {why}: \"{en}\" / \"{ja}\""))
}

/// The facts in braces.
fn facts(text: &str) -> BTreeSet<&str> {
    let braced = text.split('{').skip(1);
    braced
        .filter_map(|rest| Some(rest.split_once('}')?.0))
        .collect()
}

/// The text without its facts, without commands in backticks and without names.
fn words(text: &str) -> String {
    let plain: Vec<&str> = text.split('`').step_by(2).collect();
    let text = plain.join(" ");
    let outside = text.split('{').enumerate().map(|(n, part)| match n {
        0 => part,
        _ => part.split_once('}').map_or("", |(_, rest)| rest),
    });
    let mut words = outside.collect::<Vec<_>>().join(" ");
    for name in NAMES {
        words = words.replace(name, "");
    }
    words
}

/// Whether there are two words of small Latin letters, one after the other, as in a sentence.
fn has_words(text: &str) -> bool {
    small(text).windows(2).any(|pair| pair[0] && pair[1])
}

/// Of each word whether it is of small Latin letters, as no name of a field is.
fn small(text: &str) -> Vec<bool> {
    let words = text.split_whitespace();
    let small = |word: &str| word.len() > 1 && word.bytes().all(|b| b.is_ascii_lowercase());
    words.map(small).collect()
}

fn is_japanese(c: char) -> bool {
    matches!(c, '\u{3041}'..='\u{30FF}' | '\u{4E00}'..='\u{9FFF}')
}

/// Every source of the workspace, by its path.
fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for room in ROOMS {
        collect(&root.join(room), &mut files);
    }
    let read = |file: PathBuf| {
        let text = fs::read_to_string(&file).unwrap();
        (file.display().to_string(), text)
    };
    files.into_iter().map(read).collect()
}

/// Every phrase of the workspace.
fn said() -> Vec<Said> {
    let mut said = Vec::new();
    for (file, text) in sources() {
        for (at, _) in text.match_indices("phrase!(") {
            let mut rest = &text[at..];
            let (Some(en), Some(ja)) = (literal(&mut rest), literal(&mut rest)) else {
                continue;
            };
            let line = text[..at].lines().count();
            let place = format!("{file}:{line}");
            said.push(Said { place, en, ja });
        }
    }
    said
}

/// The next string literal.
fn literal(rest: &mut &str) -> Option<String> {
    let (_, after) = rest.split_once('"')?;
    let mut text = String::new();
    let mut chars = after.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                *rest = &after[at + 1..];
                return Some(text);
            }
            '\\' => text.push(chars.next()?.1),
            other => text.push(other),
        }
    }
    None
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|ext| ext == "rs") {
            files.push(path);
        }
    }
}
