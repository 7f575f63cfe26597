//! Writing what a sealed session released once more, from its journal. It opens no token, asks
//! nobody and records nothing: the bytes are those that left, or should have left, already.

use signer_core::frames::Form;
use signer_core::phrase;
use signer_core::transcript::{DeviceState, Journal, Outcome, Release};
use signer_core::types::{Lang, SessionNumber};

use crate::console::Console;
use crate::failure::Failure;
use crate::gap::{self, Outlet};
use crate::journal::{Disk, Hold};
use crate::plan::{Codes, Place, Reissue};

/// Shows what this session has just released, now that the token is closed. Its sheet is written already.
pub(crate) fn show(
    place: Place,
    session: SessionNumber,
    codes: &Codes,
    form: Form,
) -> Result<(), Failure> {
    if codes.shown.is_none() {
        return Ok(());
    }
    let codes = Codes {
        sheet: None,
        ..*codes
    };
    let plan = Reissue {
        place,
        session: Some(session),
        outputs: Vec::new(),
        codes,
    };
    again(&plan, Some(form))
}

/// `psbt reissue`
pub(crate) fn run(plan: &Reissue) -> Result<(), Failure> {
    again(plan, None)
}

fn again(plan: &Reissue, form: Option<Form>) -> Result<(), Failure> {
    let lang = plan.place.lang;
    let outlets = Outlet::all(&plan.outputs, &plan.codes)?;
    let (disk, _torn) = Disk::open(&plan.place.state, Hold::Shared)?;
    let session = if let Some(session) = plan.session {
        session
    } else {
        let journal = Journal::load(disk.bytes()).map_err(|r| Failure::rule(&r))?;
        last(journal.state())?
    };
    let release = Release::again(disk.bytes().to_vec(), session);
    let release = release.map_err(|refusal| Failure::rule(&refusal))?;
    let released = release.released().ok_or_else(|| {
        Failure::internal(phrase!("a release without a PSBT", "PSBTのない書出し"))
    })?;
    // Any program reads UR, whoever asked then; who saw the session end knows the form.
    let form = form.unwrap_or(Form::Ur);
    let mut console = Console::new(lang);
    console.say(&match lang {
        Lang::En => format!("session {session}: released before, nothing is signed"),
        Lang::Ja => format!("セッション {session}: 書き出し済みの内容。署名は行いません"),
    })?;
    outlets
        .into_iter()
        .try_for_each(|outlet| outlet.write(released, form, &mut console))?;
    gap::show(released, form, &plan.codes, lang)
}

/// The last session that ended with signatures.
fn last(state: &DeviceState) -> Result<SessionNumber, Failure> {
    let mut newest_first = state.sessions().iter().rev();
    let signed = newest_first.find(|session| session.outcome == Outcome::Signed);
    signed.map(|session| session.number).ok_or_else(|| {
        Failure::input(
            phrase!("no sealed session of this device has signed", "署名して封印されたセッションがこの端末にない"),
            phrase!("After a cut before the seal, run `signer-device psbt resume`. Else sign the PSBT.", "封印前に中断した場合は `signer-device psbt resume` を実行し、それ以外はPSBTに署名してください。"),
        )
    })
}
