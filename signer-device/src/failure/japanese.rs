//! What to do, in Japanese. What happened stays as it is: it quotes paths, labels and codes.

/// Every advice of this program: English, Japanese.
const ADVICE: [(&str, &str); 59] = [
    (
        "After a cut before the seal, run: signer-device psbt resume. Else sign the PSBT.",
        "封印前に中断した場合は signer-device psbt resume を実行し、それ以外はPSBTに署名してください。",
    ),
    (
        "Begin the ceremony again and type the PIN of this token.",
        "儀式をやり直し、このトークンのPINを入力してください。",
    ),
    (
        "Begin the transfer again from the start; if it happens twice, report it.",
        "転送を最初からやり直し、再発する場合は報告してください。",
    ),
    (
        "Check the path, the medium and its permissions, then run the command again.",
        "パス、媒体、権限を確認し、もう一度実行してください。",
    ),
    (
        "Choose another name; nothing is ever written over.",
        "別の名前を指定してください。上書きは行いません。",
    ),
    (
        "Copy the PSBT again from the host.",
        "ホストからPSBTをもう一度コピーしてください。",
    ),
    (
        "Copy the file again from where it was made.",
        "作成元からファイルをもう一度コピーしてください。",
    ),
    (
        "Do not use this HSM with this profile. The report and its page say what did not hold.",
        "このHSMをこのプロファイルで使用しないでください。不適合の内容は報告と報告ページに記載されています。",
    ),
    (
        "Do not use this HSM: its signatures do not verify. The page says what was found.",
        "このHSMを使用しないでください。署名を検証できません。検出内容は報告ページに記載されています。",
    ),
    (
        "Do not use this machine or this copy of the program. Report it.",
        "この端末とプログラムを使用せず、報告してください。",
    ),
    (
        "Do not use this token. Report it.",
        "このトークンを使用せず、報告してください。",
    ),
    (
        "Export it as a file: run the ceremony with --out FILE.",
        "--out FILE を指定し、ファイルとして書き出してください。",
    ),
    (
        "Export the PSBT again from the host; give that one file.",
        "ホストからPSBTを書き出し直し、その1ファイルを指定してください。",
    ),
    (
        "Finish it first: signer-device device resume --state DIR --card-out FILE",
        "先に完了してください: signer-device device resume --state DIR --card-out FILE",
    ),
    (
        "For more keys run: signer-device device generate --pool N --receive N --change N",
        "鍵を追加するには: signer-device device generate --pool N --receive N --change N",
    ),
    (
        "Give --draft FILE --endorsement-out FILE, or --record FILE.",
        "--draft FILE と --endorsement-out FILE、または --record FILE を指定してください。",
    ),
    (
        "Give --receive and --change of at least 1.",
        "--receive と --change には1以上を指定してください。",
    ),
    (
        "Give --receive or --change of at least 1.",
        "--receive または --change に1以上を指定してください。",
    ),
    (
        "Give a folder with the pictures of one transfer.",
        "1回の転送の画像が入ったフォルダを指定してください。",
    ),
    (
        "Give a number from 1 to 1000000; a complete test has at least 1000.",
        "1から1000000までの数を指定してください。完全な試験には1000以上が必要です。",
    ),
    (
        "Give a smaller --index, or top up the pools.",
        "--index を小さくするか、鍵プールを補充してください。",
    ),
    (
        "Give an empty folder; nothing is ever written over.",
        "空のフォルダを指定してください。上書きは行いません。",
    ),
    (
        "Give each output once: a new file, an empty folder for pictures.",
        "出力先はそれぞれ1回だけ指定してください(新しいファイル、または画像用の空フォルダ)。",
    ),
    (
        "Give the file itself: no folder, link, pipe or device.",
        "ファイルそのものを指定してください(フォルダ、リンク、パイプ、デバイスは不可)。",
    ),
    (
        "Give the name of a file that is to be made.",
        "作成するファイルの名前を指定してください。",
    ),
    (
        "Give the right file; nothing of ours is that large.",
        "正しいファイルを指定してください。この大きさの成果物はありません。",
    ),
    (
        "Give the root.cbor that the administrators made.",
        "管理者が作成した root.cbor を指定してください。",
    ),
    (
        "Give the state folder of a commissioned device, or run: signer-device device init --help",
        "初期設定済み端末の状態フォルダを指定するか、signer-device device init --help を実行してください。",
    ),
    (
        "Go on with this device (after a cut: device resume), or use another --state folder.",
        "この端末を使い続ける(中断後は device resume)か、別の --state フォルダを指定してください。",
    ),
    (
        "Go on with: signer-device device resume, or begin with: signer-device device generate.",
        "signer-device device resume で続行するか、signer-device device generate で開始してください。",
    ),
    (
        "Have the file made again by those who sign it.",
        "署名者にファイルの再作成を依頼してください。",
    ),
    (
        "Install one first: signer-device policy install --help",
        "先にポリシーを登録してください: signer-device policy install --help",
    ),
    (
        "Look at the names with: signer-device wallet list --state DIR",
        "名前を確認してください: signer-device wallet list --state DIR",
    ),
    (
        "Name a built-in profile, or give the file of the profile of this HSM model.",
        "内蔵プロファイルの名前、またはこのHSM機種のプロファイルを指定してください。",
    ),
    (
        "Name a pool that is there, or begin the next one with keys on both chains.",
        "既存のプールを指定するか、次の番号のプールを両チェーンの鍵付きで作成してください。",
    ),
    (
        "Nothing was released. Begin the ceremony again when the people agree.",
        "何も書き出していません。関係者が合意してから儀式をやり直してください。",
    ),
    (
        "Nothing was released. Check the terminal and begin again.",
        "何も書き出していません。画面とキーボードを確認し、やり直してください。",
    ),
    (
        "Nothing was released. Make room on the state's disk, then run the command again.",
        "何も書き出していません。状態フォルダのディスクに空きを作り、もう一度実行してください。",
    ),
    (
        "Nothing was signed. What each rule expected and what to do stands above.",
        "署名していません。各規則の期待値と対処は上に表示しています。",
    ),
    (
        "Register its draft first: wallet register --draft FILE --endorsement-out FILE.",
        "先に下書きを登録してください: wallet register --draft FILE --endorsement-out FILE",
    ),
    (
        "Run it again with at least 1000 signatures, and answer every question.",
        "署名数1000以上で再実行し、すべての質問に答えてください。",
    ),
    (
        "Run the ceremony at the device's own keyboard; only a test-only profile takes scripted answers.",
        "端末のキーボードで実行してください。自動応答は試験用プロファイルに限ります。",
    ),
    (
        "Run the next ceremony first: its seal covers what was cut. Then export again.",
        "先に次の儀式を行ってください(その封印が中断分を含みます)。その後に書き出してください。",
    ),
    (
        "Show the PSBT on the host's screen and take its pictures.",
        "ホスト画面にPSBTを表示し、撮影し直してください。",
    ),
    (
        "Sign with: signer-device psbt sign --help; a sealed session's lost PSBT: psbt reissue --help",
        "署名するには: signer-device psbt sign --help。封印済みセッションのPSBTを失った場合: psbt reissue --help",
    ),
    (
        "Stop, keep the state folder as it is and report this line.",
        "作業を中止し、状態フォルダをそのまま保管してこの行を報告してください。",
    ),
    (
        "Take the pictures again from the host's screen, all of one transfer.",
        "ホスト画面から1回の転送の全画像を撮影し直してください。",
    ),
    (
        "The journal was cut twice at one place. Keep the disk and report it.",
        "ジャーナルが同じ位置で2度切れています。ディスクを保管し報告してください。",
    ),
    (
        "This is no journal of this device. Keep the disk and report it.",
        "この端末のジャーナルではありません。ディスクを保管し報告してください。",
    ),
    (
        "Two programs used one token. Nothing was released. Keep both disks and report it.",
        "2つのプログラムが同じトークンを使いました。何も書き出していません。両方のディスクを保管し報告してください。",
    ),
    (
        "Use 1 to 32 of a-z 0-9 . _ - for a name, plain text for a site.",
        "名前は a-z 0-9 . _ - の1〜32文字、設置場所は通常の文字で指定してください。",
    ),
    (
        "Use letters, digits, dot, dash.",
        "英数字、ドット、ハイフンを使用してください。",
    ),
    (
        "Use the officer's own token, as the roster in force lists it.",
        "現行の名簿に載っている本人のトークンを使用してください。",
    ),
    (
        "Use the token that was commissioned with this state folder.",
        "この状態フォルダと共に初期設定したトークンを使用してください。",
    ),
    (
        "Wait until that ceremony has ended; two never run in one state folder.",
        "進行中の儀式が終わるまで待ってください。1つの状態フォルダで同時には実行できません。",
    ),
    (
        "What each rule expected and what to do stands above.",
        "各規則の期待値と対処は上に表示しています。",
    ),
    (
        "Give the report of a test in which everything was tried and held.",
        "すべて実施され適合した試験の報告を指定してください。",
    ),
    (
        "Run the acceptance test again for the network of this root.",
        "この基点のネットワークで受入試験をやり直してください。",
    ),
    (
        "Nothing was released. Use neither this token nor its keys any more. Report it.",
        "何も解放していません。このトークンと鍵を使用せず、報告してください。",
    ),
];

/// The advice in Japanese; as it is, where it comes from elsewhere.
pub(super) fn advice(english: &str) -> &str {
    let found = ADVICE.iter().find(|(known, _)| *known == english);
    found.map_or(english, |(_, japanese)| japanese)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The text of every source file below `folder`, but for this one.
    fn sources(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).expect("sources are here") {
            let path = entry.expect("a file").path();
            if path.is_dir() {
                sources(&path, text);
            } else if !path.ends_with("japanese.rs") {
                text.push_str(&fs::read_to_string(path).expect("text"));
            }
        }
    }

    #[test]
    fn every_advice_is_there_in_both_languages() {
        let mut text = String::new();
        sources(
            Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src")),
            &mut text,
        );
        for (english, japanese) in ADVICE {
            assert!(
                text.contains(&format!("\"{english}\"")),
                "not used: {english}"
            );
            assert!(japanese.chars().any(|c| c > '\u{3000}'), "{japanese}");
        }
        // An advice stands alone on its line: a sentence with a full stop.
        let advices = text.lines().filter_map(|line| {
            let line = line.trim().strip_prefix('"')?;
            let sentence = line.split('"').next()?;
            let is_advice = sentence.starts_with(|c: char| c.is_ascii_uppercase())
                && sentence.ends_with('.')
                && sentence.contains(' ');
            is_advice.then_some(sentence)
        });
        for sentence in advices {
            assert_ne!(advice(sentence), sentence, "no Japanese");
        }
    }
}
