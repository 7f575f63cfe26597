//! A session as everybody but its owner holds it: a number, and work sent to the owner's thread.

use std::rc::Rc;

use cryptoki::context::Function;
use cryptoki::error::Error;
use cryptoki::session::Session;
use cryptoki::slot::Slot;

use crate::error::HsmError;
use crate::module::Library;
use crate::owner::{Asked, At, Seat};

/// A session. Dropping it closes it.
#[derive(Debug)]
pub(crate) struct Connection {
    seat: Seat,
    library: Rc<Library>,
}

impl Connection {
    pub(crate) fn open(library: Rc<Library>, slot: Slot) -> Result<Self, HsmError> {
        let seat = library.run(move |hands| {
            let opened = hands.library()?.call(Function::OpenSession, |library| {
                library.open_rw_session(slot)
            })?;
            Ok(hands.seat(opened))
        })?;
        Ok(Self { seat, library })
    }

    pub(crate) fn library(&self) -> &Library {
        &self.library
    }

    /// One call.
    pub(crate) fn call<R: Send + 'static>(
        &self,
        function: Function,
        call: impl FnOnce(&Session) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, HsmError> {
        self.run(move |at| at.call(function, call))
    }

    /// Work that is begun and not waited for.
    pub(crate) fn begin<R: Send + 'static>(
        &self,
        work: impl FnOnce(&At<'_, Session>) -> Result<R, Error> + Send + 'static,
    ) -> Result<Asked<Result<R, Error>>, HsmError> {
        let seat = self.seat;
        self.library.begin(move |hands| work(&hands.at(seat)?))
    }

    /// What became of it.
    pub(crate) fn wait<R>(&self, asked: Asked<Result<R, Error>>) -> Result<R, HsmError> {
        self.library.wait(asked)
    }

    /// Several calls, each with the whole time limit.
    pub(crate) fn run<R: Send + 'static>(
        &self,
        work: impl FnOnce(&At<'_, Session>) -> Result<R, Error> + Send + 'static,
    ) -> Result<R, HsmError> {
        let seat = self.seat;
        self.library.run(move |hands| work(&hands.at(seat)?))
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        let seat = self.seat;
        // Nobody is left to tell: closing is the last that is asked of a session.
        let _ = self.library.run(move |hands| {
            hands.close(seat);
            Ok(())
        });
    }
}
