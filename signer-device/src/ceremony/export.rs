//! Exporting the transcript: the sealed journal, byte for byte.

use signer_core::phrase;
use signer_core::transcript::Journal;

use super::Script;
use super::room::Room;
use crate::failure::Failure;
use crate::files::Output;
use crate::journal::{Disk, Hold};
use crate::plan::Export;

/// The paper: `docs/ceremony/export.md`.
pub(crate) const SCRIPT: Script = Script {
    name: "export",
    steps: &[
        ["Journal", "ジャーナルの確認"],
        ["Write the transcript", "記録の書き出し"],
    ],
};

/// Runs the ceremony. It needs no token: what it writes is sealed already.
pub(crate) fn run(plan: &Export) -> Result<(), Failure> {
    let mut room = Room::enter(plan.place.lang, &SCRIPT);
    let out = Output::reserve(&plan.out)?;
    let (disk, torn) = Disk::open(&plan.place.state, Hold::Shared)?;

    // 1. Journal
    room.step(1)?;
    let journal = Journal::load(disk.bytes()).map_err(|refusal| room.refused([&refusal]))?;
    if torn.is_some() || journal.state().open().is_some() {
        return Err(Failure::input(
            phrase!(
                "the last session was cut and is not sealed",
                "最後のセッションが中断し、封印されていない"
            ),
            phrase!(
                "Run the next ceremony first: its seal covers what was cut. Then export again.",
                "先に次のセレモニーを行ってください(その封印が中断分を含みます)。その後に書き出してください。"
            ),
        ));
    }
    let (head, sessions) = (journal.head(), journal.state().sessions().len());
    room.say(
        &format!("{sessions} sessions, {} entries, all sealed", head.entries),
        &format!(
            "セッション {sessions} 回、記録 {} 件、封印済み",
            head.entries
        ),
    )?;

    // 2. Write the transcript
    room.step(2)?;
    let path = out.path().display().to_string();
    out.write(disk.bytes())?;
    room.console.wrote(&format!("wrote {path}"))
}
