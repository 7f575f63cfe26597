//! The catalogue: every rule's identifier, stage, sentence and advice, in the fixed order of
//! the report.

use super::{RuleId, Stage};

/// What is said of one rule, in both languages.
pub(super) struct Words {
    pub(super) stage: Stage,
    pub(super) name: &'static str,
    pub(super) sentence: [&'static str; 2],
    pub(super) advice: [&'static str; 2],
}

/// The words of `rule`; each language in the order English, Japanese.
#[expect(clippy::too_many_lines, reason = "a table: one entry per rule")]
pub(super) const fn words(rule: RuleId) -> Words {
    match rule {
        RuleId::PSB01 => Words {
            stage: Stage::Parse,
            name: "PSB01",
            sentence: [
                "The file is one PSBT, version 0 or 2, in strict form.",
                "ファイルは厳密な形式のPSBT(バージョン0または2)1件である。",
            ],
            advice: [
                "Ask the host operator to build the PSBT again; this file must not be repaired by hand.",
                "ホスト担当者にPSBTの再作成を依頼してください。手作業で修正しないでください。",
            ],
        },
        RuleId::PSB02 => Words {
            stage: Stage::Parse,
            name: "PSB02",
            sentence: [
                "Counts and sizes are within the limits of this device.",
                "件数とサイズはこの端末の上限以内である。",
            ],
            advice: [
                "Split the transfer into smaller ones on the host.",
                "ホストで出庫を分割してください。",
            ],
        },
        RuleId::PSB03 => Words {
            stage: Stage::Parse,
            name: "PSB03",
            sentence: [
                "Every input carries its full previous transaction, and all that is said of the coin agrees with it.",
                "すべての入力に前の取引全体が付いており、コインの記載がそれと一致する。",
            ],
            advice: [
                "Build the PSBT again with the full previous transactions from your own node.",
                "自社ノードから前の取引全体を取得し、PSBTを作り直してください。",
            ],
        },
        RuleId::PSB04 => Words {
            stage: Stage::Parse,
            name: "PSB04",
            sentence: [
                "Every signature type is absent or ALL.",
                "署名種別はすべて未指定またはALLである。",
            ],
            advice: [
                "Build the PSBT again without a signature type.",
                "署名種別を指定せずにPSBTを作り直してください。",
            ],
        },
        RuleId::PSB05 => Words {
            stage: Stage::Parse,
            name: "PSB05",
            sentence: ["No input is finalized.", "確定済みの入力がない。"],
            advice: [
                "Use the PSBT as it was before finalizing.",
                "確定前のPSBTを使用してください。",
            ],
        },
        RuleId::PSB06 => Words {
            stage: Stage::Parse,
            name: "PSB06",
            sentence: [
                "No coin is spent twice, amounts are possible and their sums fit.",
                "同じコインを二度使わず、金額は妥当で合計が桁あふれしない。",
            ],
            advice: [
                "Build the PSBT again; these amounts cannot exist.",
                "PSBTを作り直してください。この金額は存在し得ません。",
            ],
        },
        RuleId::PSB07 => Words {
            stage: Stage::Parse,
            name: "PSB07",
            sentence: [
                "The transaction is of a plain form that nodes relay: version 1 or 2, no lock time ahead, no relative lock, weight within the limit.",
                "取引は中継可能な通常の形式である(バージョン1か2、将来のロックタイムや相対ロックなし、重量が上限以内)。",
            ],
            advice: [
                "Build the PSBT again with version 2, the current height or none as lock time, and fewer inputs.",
                "バージョン2、ロックタイムは現在高以下または無し、入力を減らしてPSBTを作り直してください。",
            ],
        },
        RuleId::PSB08 => Words {
            stage: Stage::Parse,
            name: "PSB08",
            sentence: [
                "No field asks for another kind of spending: taproot, MuSig2, preimages, proofs.",
                "別種の支出(taproot、MuSig2、プリイメージ、証明)を求める項目がない。",
            ],
            advice: [
                "Build the PSBT again for the registered multisig wallet only.",
                "登録済みマルチシグウォレット専用にPSBTを作り直してください。",
            ],
        },
        RuleId::WAL01 => Words {
            stage: Stage::Bind,
            name: "WAL01",
            sentence: [
                "The wallet is registered on this device, is active, and is of this network.",
                "ウォレットはこの端末に登録済みで、有効で、このネットワークのものである。",
            ],
            advice: [
                "Register the wallet on this device and list it in the policy first.",
                "先にこの端末へウォレットを登録し、ポリシーに記載してください。",
            ],
        },
        RuleId::WAL02 => Words {
            stage: Stage::Bind,
            name: "WAL02",
            sentence: [
                "Every input belongs to one registered wallet: its script equals the one rebuilt from the registered keys.",
                "すべての入力は登録済みの1つのウォレットに属し、スクリプトは登録鍵から再構築したものと一致する。",
            ],
            advice: [
                "Remove foreign coins; use coins of one wallet only.",
                "他のコインを除き、1つのウォレットのコインだけを使用してください。",
            ],
        },
        RuleId::WAL03 => Words {
            stage: Stage::Bind,
            name: "WAL03",
            sentence: [
                "No script in the PSBT contradicts the rebuilt one.",
                "PSBT内のスクリプトは再構築したものと矛盾しない。",
            ],
            advice: [
                "Do not sign. The host's data about this wallet was altered: report it.",
                "署名しないでください。ウォレット情報が改変されています。報告してください。",
            ],
        },
        RuleId::WAL04 => Words {
            stage: Stage::Bind,
            name: "WAL04",
            sentence: [
                "No key origin in the PSBT contradicts the registered keys.",
                "PSBT内の鍵の由来は登録鍵と矛盾しない。",
            ],
            advice: [
                "Do not sign. The host's data about the keys was altered: report it.",
                "署名しないでください。鍵の情報が改変されています。報告してください。",
            ],
        },
        RuleId::WAL05 => Words {
            stage: Stage::Bind,
            name: "WAL05",
            sentence: [
                "Change returns to this wallet's own change scripts, within the expected window, at most once; no output only pretends to be ours.",
                "おつりはこのウォレットのおつり用スクリプトに期待範囲内で最大1件戻り、自社宛てを装う出力がない。",
            ],
            advice: [
                "Do not sign. An output pretends to be change: report it.",
                "署名しないでください。おつりを装う出力があります。報告してください。",
            ],
        },
        RuleId::WAL06 => Words {
            stage: Stage::Bind,
            name: "WAL06",
            sentence: [
                "Every signature already present is a valid one of a co-signer, and none is ours.",
                "既存の署名はすべて共同署名者の有効な署名で、自端末のものはない。",
            ],
            advice: [
                "Do not sign. Use the PSBT as the host first made it, or find out who added the signature.",
                "署名しないでください。ホストが最初に作成したPSBTを使うか、署名を追加した者を調べてください。",
            ],
        },
        RuleId::POL01 => Words {
            stage: Stage::Check,
            name: "POL01",
            sentence: [
                "Every payment goes to a registered, active destination.",
                "すべての送付先は登録済みで有効である。",
            ],
            advice: [
                "Register the destination by a policy change, or reject.",
                "ポリシー変更で送付先を登録するか、否認してください。",
            ],
        },
        RuleId::POL02 => Words {
            stage: Stage::Check,
            name: "POL02",
            sentence: [
                "No payment and no sum of payments is above the per-transfer limit.",
                "送付額および合計は1回の限度額を超えない。",
            ],
            advice: [
                "Split the transfer over several requests, or change the policy.",
                "申請を分割するか、ポリシーを変更してください。",
            ],
        },
        RuleId::POL03 => Words {
            stage: Stage::Check,
            name: "POL03",
            sentence: [
                "What leaves within a window of blocks stays within this device's share of the limit.",
                "一定のブロック数の間に出る金額は、この端末に割り当てられた限度額以内である。",
            ],
            advice: [
                "Wait until earlier transfers have left the window and bring newer headers, or send less.",
                "以前の出庫が期間外になるまで待って新しいヘッダーを用意するか、金額を減らしてください。",
            ],
        },
        RuleId::POL04 => Words {
            stage: Stage::Check,
            name: "POL04",
            sentence: [
                "The fee is at most the absolute cap, the rate cap and the share of the amount.",
                "手数料は絶対額、料率、金額比のすべての上限以下である。",
            ],
            advice: [
                "Build the PSBT again with a lower fee.",
                "手数料を下げてPSBTを作り直してください。",
            ],
        },
        RuleId::POL05 => Words {
            stage: Stage::Check,
            name: "POL05",
            sentence: [
                "Assets of one class stay apart: they go to a registered wallet of another class only by a move that the policy names.",
                "資産の区分は混ざらない。他の区分の登録ウォレットへの移動は、ポリシーに定めたものに限る。",
            ],
            advice: [
                "Pay a wallet of the same class, or have the policy name this move and its purpose.",
                "同じ区分のウォレットへ送るか、この移動と目的をポリシーに定めてください。",
            ],
        },
        RuleId::POL06 => Words {
            stage: Stage::Check,
            name: "POL06",
            sentence: [
                "What stays cold after the transfer is at or above the floor, by a statement of balances that is new enough.",
                "出庫後のコールド比率は、有効期間内の残高報告書によれば下限以上である。",
            ],
            advice: [
                "Settle what is open (signer-device signature settle), have a reconciler sign a newer statement and put it into the PSBT, or send less.",
                "未使用部分署名を解消する(signer-device signature settle)か、残高照合担当者に新しい残高報告書の署名を依頼してPSBTに入れるか、金額を減らしてください。",
            ],
        },
        RuleId::POL07 => Words {
            stage: Stage::Check,
            name: "POL07",
            sentence: [
                "No coin of this transaction was signed over before on this device, but for versions that a declared fee bump replaces.",
                "この端末が過去に署名した取引で使ったコインを含まない。ただし、申請に明記した手数料引上げで置き換える取引を除く。",
            ],
            advice: [
                "Ask for the recorded signatures again instead of signing again; for a higher fee, request a fee bump that names every earlier version.",
                "再署名せず、記録済みの署名を再出力してください。手数料を上げるには、以前のすべての版を明記した手数料引上げを申請してください。",
            ],
        },
        RuleId::APP01 => Words {
            stage: Stage::Approve,
            name: "APP01",
            sentence: [
                "The request is signed by a requester of the roster, for this root, roster, policy, wallet and transaction.",
                "申請は名簿の起案者が署名し、このルート、名簿、ポリシー、ウォレット、取引に対するものである。",
            ],
            advice: [
                "Draft the request again over this PSBT.",
                "このPSBTに対して申請を作り直してください。",
            ],
        },
        RuleId::APP02 => Words {
            stage: Stage::Approve,
            name: "APP02",
            sentence: [
                "What the request says equals what the transaction does: destinations, amounts, fee ceiling.",
                "申請の内容(送付先、金額、手数料上限)は取引と一致する。",
            ],
            advice: [
                "Do not sign. Request and transaction differ: report it.",
                "署名しないでください。申請と取引が異なります。報告してください。",
            ],
        },
        RuleId::APP03 => Words {
            stage: Stage::Approve,
            name: "APP03",
            sentence: [
                "The request is not expired at the known height.",
                "申請は既知のブロック高で期限内である。",
            ],
            advice: [
                "Draft and approve a new request.",
                "新しい申請を作成し承認を受けてください。",
            ],
        },
        RuleId::APP04 => Words {
            stage: Stage::Approve,
            name: "APP04",
            sentence: [
                "Every approval is genuine and over the same digests.",
                "すべての承認は真正で、同一のダイジェストに対するものである。",
            ],
            advice: [
                "Collect the approvals again over this request.",
                "この申請に対して承認を取り直してください。",
            ],
        },
        RuleId::APP05 => Words {
            stage: Stage::Approve,
            name: "APP05",
            sentence: [
                "Enough distinct people with distinct keys approved.",
                "必要人数の異なる人が異なる鍵で承認した。",
            ],
            advice: [
                "Ask the missing approvers.",
                "不足している承認者に依頼してください。",
            ],
        },
        RuleId::APP06 => Words {
            stage: Stage::Approve,
            name: "APP06",
            sentence: [
                "The approvers come from enough departments.",
                "承認者は必要数の部門にわたる。",
            ],
            advice: [
                "Ask an approver of another department.",
                "別部門の承認者に依頼してください。",
            ],
        },
        RuleId::APP07 => Words {
            stage: Stage::Approve,
            name: "APP07",
            sentence: [
                "A director is among the approvers.",
                "承認者に取締役が含まれる。",
            ],
            advice: [
                "Ask a director to approve.",
                "取締役に承認を依頼してください。",
            ],
        },
        RuleId::APP08 => Words {
            stage: Stage::Approve,
            name: "APP08",
            sentence: [
                "Nobody rejected this request, now or ever on this device.",
                "この申請を否認した者がいない(この端末の過去の記録を含む)。",
            ],
            advice: [
                "A rejected request is dead. Draft a new one if the reason is settled.",
                "否認された申請は無効です。理由が解消したら新しい申請を作成してください。",
            ],
        },
        RuleId::APP09 => Words {
            stage: Stage::Approve,
            name: "APP09",
            sentence: [
                "Requester, approvers and operators are different people.",
                "起案者、承認者、操作者は別人である。",
            ],
            advice: [
                "Let another officer operate or approve.",
                "別の担当者が操作または承認してください。",
            ],
        },
        RuleId::APP10 => Words {
            stage: Stage::Approve,
            name: "APP10",
            sentence: [
                "Two distinct operators of the roster authenticated in this session before the PSBT was read.",
                "PSBT読込前に、名簿の操作者2名がこのセッションで認証された。",
            ],
            advice: [
                "Begin the session again with two operators.",
                "操作者2名でセッションをやり直してください。",
            ],
        },
        RuleId::APP11 => Words {
            stage: Stage::Approve,
            name: "APP11",
            sentence: [
                "Who built the transaction is a valid officer and does not operate this device.",
                "取引作成者は有効な役職員であり、この端末を操作しない。",
            ],
            advice: [
                "Begin the session again with an operator who did not build the transaction.",
                "取引を作成していない操作者でセッションをやり直してください。",
            ],
        },
        RuleId::REV01 => Words {
            stage: Stage::Review,
            name: "REV01",
            sentence: [
                "Every screen was shown, in order.",
                "すべての画面が順に表示された。",
            ],
            advice: [
                "Begin the session again.",
                "セッションをやり直してください。",
            ],
        },
        RuleId::REV02 => Words {
            stage: Stage::Review,
            name: "REV02",
            sentence: [
                "Every challenge was answered from the content of the screen.",
                "すべての確認入力が画面の内容から正しく行われた。",
            ],
            advice: [
                "Read the screen again. If it differs from the paper, reject.",
                "画面を読み直し、書面と異なる場合は否認してください。",
            ],
        },
        RuleId::SIG01 => Words {
            stage: Stage::Sign,
            name: "SIG01",
            sentence: [
                "The signature verifies with two independent libraries under the registered key.",
                "署名は登録鍵に対して独立した2つのライブラリで検証される。",
            ],
            advice: [
                "Stop using this HSM and report it.",
                "このHSMの使用を中止し報告してください。",
            ],
        },
        RuleId::SIG02 => Words {
            stage: Stage::Sign,
            name: "SIG02",
            sentence: ["The signature has a low S value.", "署名のS値は低い。"],
            advice: [
                "Stop using this HSM and report it.",
                "このHSMの使用を中止し報告してください。",
            ],
        },
        RuleId::SIG03 => Words {
            stage: Stage::Sign,
            name: "SIG03",
            sentence: [
                "The r value was never seen before.",
                "r値は過去に現れていない。",
            ],
            advice: [
                "Stop at once: this key may be exposed. Report it.",
                "直ちに中止してください。鍵が露出した可能性があります。報告してください。",
            ],
        },
        RuleId::SIG04 => Words {
            stage: Stage::Sign,
            name: "SIG04",
            sentence: [
                "This device adds exactly one partial signature per input.",
                "この端末は入力ごとに部分署名をちょうど1つ追加する。",
            ],
            advice: [
                "Begin the session again.",
                "セッションをやり直してください。",
            ],
        },
        RuleId::SIG05 => Words {
            stage: Stage::Sign,
            name: "SIG05",
            sentence: [
                "Nothing else in the PSBT changed.",
                "PSBTの他の部分は変わっていない。",
            ],
            advice: [
                "Begin the session again.",
                "セッションをやり直してください。",
            ],
        },
        RuleId::ENV01 => Words {
            stage: Stage::Environment,
            name: "ENV01",
            sentence: [
                "There is no network interface but loopback.",
                "ループバック以外のネットワークインターフェースがない。",
            ],
            advice: [
                "Remove the network hardware and start the machine again.",
                "ネットワーク機器を取り外し、再起動してください。",
            ],
        },
        RuleId::ENV02 => Words {
            stage: Stage::Environment,
            name: "ENV02",
            sentence: [
                "No tracer, swap, core dump or preloaded library.",
                "トレーサ、スワップ、コアダンプ、プリロードライブラリがない。",
            ],
            advice: [
                "Start the appliance from its own medium.",
                "専用媒体から端末を起動してください。",
            ],
        },
        RuleId::ENV03 => Words {
            stage: Stage::Environment,
            name: "ENV03",
            sentence: [
                "A frozen device signs nothing but a sweep.",
                "凍結中の端末は緊急退避送金のほかは何も署名しない。",
            ],
            advice: [
                "Find out why it was frozen. A quorum of policy administrators thaws it (device thaw); psbt sweep works on a frozen device alone.",
                "凍結の理由を確認してください。解除にはポリシー管理者の定足数が必要です(device thaw)。psbt sweepは凍結中の端末でのみ使えます。",
            ],
        },
        RuleId::HSM01 => Words {
            stage: Stage::Token,
            name: "HSM01",
            sentence: [
                "Every key that is used has the attributes of a key born and kept in the HSM.",
                "使用する鍵はすべてHSM内で生成・保持された属性を持つ。",
            ],
            advice: [
                "Do not use this token. Report it.",
                "このトークンを使用せず、報告してください。",
            ],
        },
        RuleId::HSM02 => Words {
            stage: Stage::Token,
            name: "HSM02",
            sentence: [
                "The token and its module are the ones of the profile.",
                "トークンとモジュールはプロファイルのものである。",
            ],
            advice: [
                "Insert the right token, or load the right profile.",
                "正しいトークンを挿入するか、正しいプロファイルを使用してください。",
            ],
        },
        RuleId::HSM03 => Words {
            stage: Stage::Token,
            name: "HSM03",
            sentence: [
                "There is no unexpected or doubled object on the token.",
                "トークンに想定外または重複したオブジェクトがない。",
            ],
            advice: [
                "Do not use this token. Report it.",
                "このトークンを使用せず、報告してください。",
            ],
        },
        RuleId::HSM04 => Words {
            stage: Stage::Token,
            name: "HSM04",
            sentence: [
                "The random numbers of the HSM and of the machine are healthy.",
                "HSMと端末の乱数は正常である。",
            ],
            advice: [
                "Use neither this token nor this machine. Report it.",
                "このトークンと端末を使用せず、報告してください。",
            ],
        },
        RuleId::HSM05 => Words {
            stage: Stage::Token,
            name: "HSM05",
            sentence: [
                "The HSM is logged out at the end.",
                "終了時にHSMからログアウトしている。",
            ],
            advice: [
                "Remove the token from the machine.",
                "トークンを端末から取り外してください。",
            ],
        },
        RuleId::HSM06 => Words {
            stage: Stage::Token,
            name: "HSM06",
            sentence: [
                "On main net the HSM has passed its acceptance test as it is now.",
                "メインネットではHSMが現在の状態で受入試験に合格している。",
            ],
            advice: [
                "Run the acceptance test on this HSM with this profile; until then use a test network.",
                "このHSMとプロファイルで受入試験を実施してください。それまではテストネットワークを使用してください。",
            ],
        },
        RuleId::HSM07 => Words {
            stage: Stage::Token,
            name: "HSM07",
            sentence: [
                "A split PIN takes at least two holders to open, all valid officers, and nobody holds both PINs.",
                "分割したPINを開けるには保持者2名以上が必要で、全員が有効な役職員であり、両方のPINを持つ者はいない。",
            ],
            advice: [
                "Begin the split again with other holders: operators for the user's PIN, others for the security officer's.",
                "保持者を選び直して分割をやり直してください。利用者のPINは操作者、SOのPINはそれ以外の者です。",
            ],
        },
        RuleId::TRN01 => Words {
            stage: Stage::Transcript,
            name: "TRN01",
            sentence: [
                "The journal is one unbroken chain.",
                "ジャーナルは途切れのない1本の鎖である。",
            ],
            advice: [
                "Do not use this device. Keep the disk and report it.",
                "この端末を使用せず、ディスクを保管して報告してください。",
            ],
        },
        RuleId::TRN02 => Words {
            stage: Stage::Transcript,
            name: "TRN02",
            sentence: [
                "Every session is sealed by the device's identity key.",
                "すべてのセッションは端末の識別鍵で封印されている。",
            ],
            advice: [
                "Ask for the device's own export again.",
                "端末から再度書き出してください。",
            ],
        },
        RuleId::TRN03 => Words {
            stage: Stage::Transcript,
            name: "TRN03",
            sentence: [
                "The head in the HSM is the journal's head or an ancestor of it.",
                "HSM内の先頭値はジャーナルの先頭またはその祖先である。",
            ],
            advice: [
                "Report it. Start with the disk that this device last used; if it is lost, the administrators order: device recover.",
                "報告してください。最後に使用したディスクで起動し、失われた場合は管理者の指示により復旧(device recover)してください。",
            ],
        },
        RuleId::TRN04 => Words {
            stage: Stage::Transcript,
            name: "TRN04",
            sentence: [
                "Replay of every session gives the recorded digests.",
                "全セッションの再計算が記録されたダイジェストと一致する。",
            ],
            advice: [
                "The record and the rules disagree: keep all files and report it.",
                "記録と規則が一致しません。全ファイルを保管し報告してください。",
            ],
        },
        RuleId::TRN05 => Words {
            stage: Stage::Transcript,
            name: "TRN05",
            sentence: [
                "The HSM remembers the last session: it was not restored from an older backup.",
                "HSMは最後のセッションを記憶している(古いバックアップから復元されたものではない)。",
            ],
            advice: [
                "A restored HSM only proves its keys (device verify-backup), until the administrators order: device replace.",
                "復元されたHSMは所持証明(device verify-backup)のみ可能です。署名には管理者の交換指示(device replace)が必要です。",
            ],
        },
        RuleId::TRN06 => Words {
            stage: Stage::Transcript,
            name: "TRN06",
            sentence: [
                "A partial signature is settled only by a transaction in the chain that spent a coin of it.",
                "部分署名は、そのコインを支出したチェーン上の取引によってのみ解消される。",
            ],
            advice: [
                "Nothing was taken off the register. Make the proof again from your own node once six blocks are on top (host-cli signature prove).",
                "登録は変更されていません。6ブロックが積まれた後、自社ノードから証明を作り直してください(host-cli signature prove)。",
            ],
        },
        RuleId::KEY01 => Words {
            stage: Stage::Life,
            name: "KEY01",
            sentence: [
                "Every key of the device card is proven to be on the token, and no destroyed one is.",
                "端末カードのすべての鍵がトークンにあることが証明され、破棄済みの鍵は残っていない。",
            ],
            advice: [
                "Do not rely on this backup. Make a new one and check it again; keep the report.",
                "このバックアップに依存しないでください。作り直して再確認し、報告書を保管してください。",
            ],
        },
        RuleId::KEY02 => Words {
            stage: Stage::Life,
            name: "KEY02",
            sentence: [
                "Only a retired wallet's keys are destroyed: all that are left, after two operators read and typed which.",
                "破棄するのは廃止済みウォレットの残りの鍵すべてのみで、操作者2名が対象を読み入力した後に限る。",
            ],
            advice: [
                "Retire the wallet first (wallet retire), then begin again with two operators.",
                "先にウォレットを廃止し(wallet retire)、操作者2名でやり直してください。",
            ],
        },
        RuleId::WAL07 => Words {
            stage: Stage::Register,
            name: "WAL07",
            sentence: [
                "An extended wallet keeps every address of the record that it names, in its place.",
                "拡張したウォレットは、元の記録のすべてのアドレスを同じ位置に保つ。",
            ],
            advice: [
                "Do not register. Draft the extension again from the newest record and the newest cards; if it differs again, report it.",
                "登録しないでください。最新の記録と最新の端末カードから拡張を作り直し、再び異なる場合は報告してください。",
            ],
        },
        RuleId::POL08 => Words {
            stage: Stage::Register,
            name: "POL08",
            sentence: [
                "A policy follows the one in force, and two operators read what it changes and typed every new address.",
                "ポリシーは有効なものに続き、操作者2名が変更点を読み、新しいアドレスをすべて入力した。",
            ],
            advice: [
                "Do not install. Draft the policy again after the one in force, have it signed, and begin again with the paper.",
                "登録しないでください。有効なポリシーの次の版として作り直し、署名を取り直し、書面を用意してやり直してください。",
            ],
        },
        RuleId::APP12 => Words {
            stage: Stage::Approve,
            name: "APP12",
            sentence: [
                "Nobody operates more devices of a transfer than the policy allows, nor so many as sign.",
                "1件の出庫で、ポリシーが許す台数を超えて、または署名に足りる台数の端末を操作する者はいない。",
            ],
            advice: [
                "Let operators sit here who operated no other device for this transfer, and keep every receipt in the PSBT.",
                "この出庫で他の端末を操作していない操作者に交代し、PSBTの受領証はすべて残してください。",
            ],
        },
        RuleId::APP13 => Words {
            stage: Stage::Approve,
            name: "APP13",
            sentence: [
                "As many of those who signed the policy in force as it says have no part in the transfer.",
                "有効なポリシーの署名者のうち、ポリシーが定める人数はこの出庫に関与していない。",
            ],
            advice: [
                "Have the transfer requested, built, approved and operated by other people than the policy's signers.",
                "ポリシー署名者以外の者が起案、作成、承認、操作を行ってください。",
            ],
        },
        RuleId::WAL08 => Words {
            stage: Stage::Register,
            name: "WAL08",
            sentence: [
                "No two keys of a wallet are in one HSM.",
                "ウォレットの2つの鍵が同じHSMにあることはない。",
            ],
            advice: [
                "Do not register. Draft the wallet again from devices with an HSM of their own each.",
                "登録しないでください。それぞれ専用のHSMを持つ端末でウォレットを作り直してください。",
            ],
        },
        RuleId::WAL09 => Words {
            stage: Stage::Register,
            name: "WAL09",
            sentence: [
                "A device's card follows the newest one that is known: its generation never falls, and one generation is one HSM.",
                "端末カードは既知の最新カードに続く。世代は下がらず、1つの世代は1台のHSMである。",
            ],
            advice: [
                "Take the newest card of that device from its own medium. If it is refused again, report it: its HSM may have been cloned.",
                "その端末の最新カードを媒体から取り直してください。再び拒否された場合は、HSM複製の疑いとして報告してください。",
            ],
        },
        RuleId::POL09 => Words {
            stage: Stage::Check,
            name: "POL09",
            sentence: [
                "The devices of the wallet are of as many vendors and at as many sites as the policy says.",
                "ウォレットの端末は、ポリシーが定める数以上のメーカーと設置場所に分散している。",
            ],
            advice: [
                "Register a wallet of devices that are spread as the policy says, or have the policy changed.",
                "ポリシーどおりに分散した端末でウォレットを登録するか、ポリシーを変更してください。",
            ],
        },
        RuleId::TIM01 => Words {
            stage: Stage::Approve,
            name: "TIM01",
            sentence: [
                "The newest known block is near the machine's clock.",
                "既知の最新ブロックは端末の時計から大きく離れていない。",
            ],
            advice: [
                "Have the host put the newest headers into the PSBT (psbt headers), or set this machine's clock, and begin again.",
                "最新のヘッダーをPSBTに入れ直すか(psbt headers)、端末の時計を合わせて、やり直してください。",
            ],
        },
        RuleId::POL10 => Words {
            stage: Stage::Check,
            name: "POL10",
            sentence: [
                "A sweep pays the emergency wallet alone, on a frozen device; such a device signs nothing else.",
                "緊急退避送金は凍結中の端末で緊急退避ウォレットだけに送付し、凍結中の端末は他に何も署名しない。",
            ],
            advice: [
                "Freeze the device for a sweep (device freeze). Draft it to the emergency wallet of the policy, with nothing else in it.",
                "緊急退避送金の前に端末を凍結し(device freeze)、ポリシーの緊急退避ウォレットだけに送付する申請を作成してください。",
            ],
        },
        RuleId::APP14 => Words {
            stage: Stage::Approve,
            name: "APP14",
            sentence: [
                "This device has every session of its own that request and approvals name, and no two of them name different ends of one.",
                "申請と承認が示すこの端末のセッションはすべてジャーナルにあり、同じセッションに異なる末尾を示すものはない。",
            ],
            advice: [
                "Stop, and report it: a journal was rolled back or copied. Freeze the devices named (device freeze) until it is found out which.",
                "中止して報告してください。ジャーナルの巻戻しまたは複製の疑いがあります。原因が判明するまで該当端末を凍結してください(device freeze)。",
            ],
        },
        RuleId::APP15 => Words {
            stage: Stage::Approve,
            name: "APP15",
            sentence: [
                "Who is to broadcast is a broadcaster of the roster, and has no other part in the transfer.",
                "送信するのは名簿の送信担当者であり、その者はこの出庫に他の関与をしない。",
            ],
            advice: [
                "Draft the request again with a broadcaster who neither asks, builds, approves nor operates.",
                "起案・取引作成・承認・操作のいずれもしない送信担当者を指定して申請を作り直してください。",
            ],
        },
        RuleId::APP16 => Words {
            stage: Stage::Approve,
            name: "APP16",
            sentence: [
                "Nobody operates more sessions that sign in a row, on this device, than the policy allows.",
                "この端末の署名セッションを、ポリシーの定める回数を超えて続けて操作する者はいない。",
            ],
            advice: [
                "Begin the session again with another operator in the place of who is named.",
                "示された者に代わる操作者でセッションをやり直してください。",
            ],
        },
        RuleId::APP17 => Words {
            stage: Stage::Approve,
            name: "APP17",
            sentence: [
                "As many witnesses attend as the policy says, and each does nothing else in the transfer.",
                "ポリシーの定める人数の立会人が立ち会い、各立会人はこの出庫に他の関与をしない。",
            ],
            advice: [
                "Begin the session again with witnesses of the roster who have no other part in this transfer.",
                "この出庫に関与しない名簿の立会人を立てて、セッションをやり直してください。",
            ],
        },
    }
}
