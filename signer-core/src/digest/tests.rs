use super::*;

/// Other programs read them there.
#[test]
fn the_words_are_those_of_the_formats() {
    let listed = include_str!("../../../docs/formats/words.txt");
    let pairs = words::EVEN.iter().zip(&words::ODD);
    let ours = pairs.map(|(even, odd)| std::format!("{even} {odd}\n"));
    assert_eq!(listed, ours.collect::<std::string::String>());
}

#[test]
fn words_read_back_to_the_same_bits() {
    let digest = TxDigest::over(&[b"ice"]);
    let text = digest.words().join(" ");
    assert_eq!(digest.words().len(), 32);
    assert_eq!(from_words(&text), Some(*digest.as_bytes()));
    assert_eq!(from_words(&text.to_uppercase()), Some(*digest.as_bytes()));
}

#[test]
fn a_swapped_or_missing_word_is_noticed() {
    let digest = TxDigest::over(&[b"ice"]);
    let mut words = digest.words();
    words.swap(0, 1);
    assert_eq!(from_words(&words.join(" ")), None);
    assert_eq!(from_words(&digest.words()[1..].join(" ")), None);
}

#[test]
fn kinds_do_not_collide() {
    assert_ne!(
        TxDigest::over(&[b"x"]).as_bytes(),
        PsbtDigest::over(&[b"x"]).as_bytes()
    );
}

#[test]
fn matches_the_tagged_hash_of_bip340() {
    // BIP-340: SHA256(SHA256(tag) || SHA256(tag) || x).
    let tag = sha256_of(b"himuro/tx");
    let mut data = Vec::new();
    data.extend_from_slice(&tag);
    data.extend_from_slice(&tag);
    data.extend_from_slice(b"ice");
    assert_eq!(TxDigest::over(&[b"i", b"ce"]).as_bytes(), &sha256_of(&data));
}

#[test]
fn a_file_in_parts_has_the_digest_of_the_whole() {
    let file: Vec<u8> = (0..200_u8).cycle().take(1_000).collect();
    for size in [1, 63, 64, 65, 999, 1_000] {
        let mut parts = FileParts::none();
        file.chunks(size).for_each(|part| parts.take(part));
        assert_eq!(parts.digest(), FileDigest::over(&[&file]), "{size}");
    }
    assert_eq!(FileParts::none().digest(), FileDigest::over(&[]));
}

/// Exactly what `docs/formats/README.md` says, so that a second program comes to the same digest.
#[test]
fn a_screen_is_digested_with_its_language_and_the_end_of_its_last_line() {
    let lines = ["FEE", "0.00001000"].map(String::from);
    let of = |language: u8| ScreenDigest::over(&[&[language], b"FEE\n0.00001000\n"]);
    assert_eq!(ScreenDigest::of(Lang::En, &lines), of(0));
    assert_eq!(ScreenDigest::of(Lang::Ja, &lines), of(1));
    assert_ne!(of(0), of(1));
}
