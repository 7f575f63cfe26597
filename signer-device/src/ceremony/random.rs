//! The device's own random numbers in a ceremony: HSM and kernel, tested apart, mixed by
//! signer-core.

use std::io;

use hsm_profiles::{HsmError, OpenToken};
use officer_console::system;
use signer_core::phrase;
use signer_core::random::{DeviceRandom, DrawError, RandomEvidence, Source};
use signer_core::rule::{Place, Refusal, RuleId};

use super::session::of_hsm;
use crate::failure::Failure;
use crate::machine::KernelRandom;

/// The random numbers of one session.
pub(super) struct Random(DeviceRandom);

impl Random {
    /// Runs the start-up test of both sources; HSM04 judges what it found.
    pub(super) fn start(token: &mut OpenToken) -> Result<Self, Failure> {
        let started = DeviceRandom::start(&mut token.random(), &mut KernelRandom);
        started.map(Self).map_err(of_draw)
    }

    /// What the tests found so far.
    pub(super) const fn evidence(&self) -> RandomEvidence {
        self.0.evidence()
    }

    /// The nonce of the session.
    pub(super) fn session_nonce(&mut self, token: &mut OpenToken) -> Result<[u8; 32], Failure> {
        let drawn = self.0.session_nonce(&mut token.random(), &mut KernelRandom);
        drawn.map_err(of_draw)
    }

    /// Tests both sources again.
    pub(super) fn test_again(&mut self, token: &mut OpenToken) -> Result<(), Failure> {
        let tested = self.0.test_again(&mut token.random(), &mut KernelRandom);
        tested.map_err(of_draw)
    }

    /// 32 random bytes.
    pub(super) fn draw(&mut self, token: &mut OpenToken) -> Result<[u8; 32], NothingDrawn> {
        let drawn = self.0.draw(&mut token.random(), &mut KernelRandom);
        drawn.map_err(|error| match error {
            DrawError::Unhealthy(source) => NothingDrawn::Unhealthy(unhealthy(source)),
            error => NothingDrawn::Failed(of_draw(error)),
        })
    }
}

/// Why nothing was drawn.
pub(super) enum NothingDrawn {
    /// HSM04 refuses: to be recorded.
    Unhealthy(Refusal),
    /// A source gave no bytes.
    Failed(Failure),
}

fn unhealthy(source: Source) -> Refusal {
    let place = match source {
        Source::Hsm => Place::Token,
        Source::Kernel => Place::Machine,
    };
    let expected = phrase!(
        "random numbers that pass every health test",
        "健全性検査にすべて合格した乱数"
    );
    let got = phrase!("a failed test", "不合格の検査");
    Refusal::new(RuleId::HSM04, place, expected, got)
}

fn of_draw(error: DrawError<HsmError, io::Error>) -> Failure {
    match error {
        DrawError::Hsm(error) => of_hsm(&error),
        DrawError::Kernel(error) => Failure::internal(phrase!(
            "the kernel gives no random numbers: {why}",
            "カーネルから乱数を得られない: {why}",
            why = system(&error)
        )),
        DrawError::Unhealthy(source) => Failure::internal(phrase!(
            "{source} failed a health test",
            "{source} の乱数が健全性検査に不合格",
            source = format!("{source:?}")
        )),
    }
}
