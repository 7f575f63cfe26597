//! `psbt review`: what the rules say of a PSBT before a ceremony. Nothing is recorded, no token is
//! opened, nobody consents. Approvals are judged in the ceremony alone: there are no operators here.

use signer_core::codec;
use signer_core::headers::{Chain, HeaderRun, KnownTime};
use signer_core::phrase;
use signer_core::policy::CheckedTx;
use signer_core::psbt::{Limits, ParsedPsbt};
use signer_core::review::address::grouped;
use signer_core::review::amount::{btc, sat};
use signer_core::rule::{Phrase, Refusal, RuleLine, RuleReport, Stopped, Verdict};
use signer_core::transcript::DeviceState;
use signer_core::types::Lang;
use signer_core::wallet::{BindContext, DeviceStanding, OutputKind, WalletTx};

use crate::console::Console;
use crate::failure::{Failure, Kind};
use crate::gap::Inlet;
use crate::json::Json;
use crate::machine;
use crate::plan::{Format, Review};
use crate::show::Reading;

/// Reads and judges one PSBT.
pub(crate) fn run(plan: &Review) -> Result<(), Failure> {
    let inlet = Inlet::open(&plan.entry)?;
    let mut reading = Reading::open(&plan.show.place)?;
    let (psbt, _) = inlet.read(&mut reading.console)?;
    let judged = judge(reading.journal.state(), psbt)?;
    let report = match &judged {
        Ok(checked) => checked.report(),
        Err(stopped) => stopped.report(),
    };
    match plan.show.format {
        Format::Json => {
            let value = json(report, judged.as_ref().ok());
            reading.console.plain(&value.to_string())?;
        }
        Format::Text => text(&mut reading.console, report, judged.as_ref().ok())?,
    }
    match judged {
        Ok(_) => Ok(()),
        Err(stopped) => Err(refused(&stopped)),
    }
}

/// The chain up to the policy: the stages that need nobody in the room.
fn judge(state: &DeviceState, psbt: Vec<u8>) -> Result<Result<CheckedTx, Stopped>, Failure> {
    let (Some(device), Some(roster), Some(policy)) =
        (state.device(), state.roster(), state.policy())
    else {
        return Err(Failure::input(
            phrase!(
                "no policy is installed on this device",
                "この端末にポリシーが登録されていない"
            ),
            phrase!(
                "Install one first: `signer-device policy install --help`.",
                "先にポリシーを登録してください: `signer-device policy install --help`"
            ),
        ));
    };
    let chain = || {
        let parsed = ParsedPsbt::parse_within(psbt, Limits::HEAVY)?;
        let time = known_time(state, &parsed);
        let context = BindContext {
            wallets: state.wallets(),
            policy,
            ledger: state.ledger(),
            device: &device,
            time,
            standing: DeviceStanding::of(state.frozen()),
            register: state.register(),
        };
        let tx = WalletTx::bind(parsed, &context)?;
        CheckedTx::check(tx, policy, roster)
    };
    Ok(chain())
}

/// What is known of the time now, with the headers in the PSBT, if they lead on from the last known
/// block.
fn known_time(state: &DeviceState, parsed: &ParsedPsbt) -> KnownTime {
    let extended = |chain: &Chain, network| {
        let run: HeaderRun = codec::decode(parsed.carried().headers.as_deref()?).ok()?;
        Some(chain.extend(&run, network).ok()?.chain)
    };
    let (Some(chain), Some(scope)) = (state.chain(), state.scope()) else {
        return KnownTime::without_clock(state.height());
    };
    let newer = extended(chain, scope.network);
    let tip = newer.as_ref().unwrap_or(chain).tip();
    KnownTime::of(tip, machine::clock(), scope.network)
}

fn refused(stopped: &Stopped) -> Failure {
    let mut rules: Vec<String> = Vec::new();
    for refusal in stopped.report().refusals() {
        let rule = refusal.rule.to_string();
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    Failure::new(
        Kind::Rule,
        phrase!(
            "refused by rule: {rules}",
            "ルールによる拒否: {rules}",
            rules = rules.join(", ")
        ),
        phrase!(
            "What each rule expected and what to do stands above.",
            "各規則の期待値と対処は上に表示しています。"
        ),
    )
}

fn text(
    console: &mut Console,
    report: &RuleReport,
    checked: Option<&CheckedTx>,
) -> Result<(), Failure> {
    for line in report.lines() {
        say_line(console, line)?;
    }
    let Some(checked) = checked else {
        return Ok(());
    };
    let later = console.lang().pick(
        "APP01 to APP17 and TIM01 are judged in the ceremony, with the operators there",
        "APP01からAPP17とTIM01は操作者が揃うセレモニーで判定します",
    );
    console.say(later)?;
    let tx = checked.wallet_tx();
    let mut lines = vec![
        format!("{}  {}", tx.wallet().name(), tx.wallet().digest()),
        format!("{} coins", tx.inputs().len()),
        String::new(),
    ];
    for payment in checked.payments() {
        lines.push(format!("{}  {}", payment.label, payment.destination));
        let output = tx.parsed().tx().output.get(payment.output.0 as usize);
        let network = tx.wallet().record().scope.network.to_bitcoin();
        let address =
            output.and_then(|o| bitcoin::Address::from_script(&o.script_pubkey, network).ok());
        lines.extend(address.map_or_else(Vec::new, |a| grouped(&a.to_string())));
        lines.push(format!(
            "{}  ({})",
            btc(payment.amount),
            sat(payment.amount)
        ));
        lines.push(String::new());
    }
    lines.push(format!("fee  {}", sat(tx.parsed().fee())));
    console.screen("transaction", &lines)
}

fn say_line(console: &mut Console, line: &RuleLine) -> Result<(), Failure> {
    let (rule, lang) = (line.rule, console.lang());
    match &line.verdict {
        Verdict::Passed => console.say(&format!("{rule} {}", rule.sentence(lang))),
        Verdict::Notice(text) => console.notice(&format!("{rule} {}", text.text(lang))),
        Verdict::NotApplicable(why) => console.say(&format!("{rule} -- {}", why.text(lang))),
        Verdict::NotReached(by) => console.say(&match lang {
            Lang::En => format!("{rule} not reached, because of {by}"),
            Lang::Ja => format!("{rule} 未判定({by}のため)"),
        }),
        Verdict::Refused(refusals) => refusals
            .iter()
            .try_for_each(|refusal| console.refusal(&refusal.text(lang))),
    }
}

fn json(report: &RuleReport, checked: Option<&CheckedTx>) -> Json {
    let lines = report.lines().iter().map(line_json).collect();
    let tx = checked.map(|checked| {
        let parsed = checked.wallet_tx().parsed();
        let payments = checked.payments().iter().map(|payment| {
            Json::Object(vec![
                ("output", Json::from(payment.output.0)),
                ("destination", Json::text(&payment.destination)),
                ("amount_sat", Json::Number(payment.amount.to_sat())),
            ])
        });
        let change = checked.wallet_tx().outputs().iter();
        let change = change.filter(|output| matches!(output, OutputKind::Change { .. }));
        Json::Object(vec![
            ("digest", Json::text(parsed.tx_digest())),
            ("wallet", Json::text(checked.wallet_tx().wallet().digest())),
            ("fee_sat", Json::Number(parsed.fee().to_sat())),
            ("payments", Json::List(payments.collect())),
            ("change_outputs", Json::Number(change.count() as u64)),
        ])
    });
    Json::Object(vec![
        ("passed", Json::Truth(checked.is_some())),
        (
            "judged",
            Json::List(["parse", "bind", "check"].map(Json::text).to_vec()),
        ),
        ("report", Json::List(lines)),
        ("transaction", tx.unwrap_or(Json::Null)),
    ])
}

fn line_json(line: &RuleLine) -> Json {
    let said = |text: &Phrase, lang| Json::text(text.text(lang));
    let (en, ja) = (Lang::En, Lang::Ja);
    let (verdict, detail, detail_ja) = match &line.verdict {
        Verdict::Passed => ("passed", Json::Null, Json::Null),
        Verdict::Notice(text) => ("notice", said(text, en), said(text, ja)),
        Verdict::NotApplicable(why) => ("not-applicable", said(why, en), said(why, ja)),
        Verdict::NotReached(by) => ("not-reached", Json::text(by), Json::Null),
        Verdict::Refused(refusals) => {
            let all = refusals.iter().map(refusal_json);
            ("refused", Json::List(all.collect()), Json::Null)
        }
    };
    Json::Object(vec![
        ("rule", Json::text(line.rule)),
        ("verdict", Json::text(verdict)),
        ("detail", detail),
        ("detail_ja", detail_ja),
    ])
}

fn refusal_json(refusal: &Refusal) -> Json {
    let (place, expected, got) = (&refusal.place, &refusal.expected, &refusal.got);
    Json::Object(vec![
        ("place", Json::text(place.text(Lang::En))),
        ("expected", Json::text(expected.text(Lang::En))),
        ("got", Json::text(got.text(Lang::En))),
        ("place_ja", Json::text(place.text(Lang::Ja))),
        ("expected_ja", Json::text(expected.text(Lang::Ja))),
        ("got_ja", Json::text(got.text(Lang::Ja))),
    ])
}
