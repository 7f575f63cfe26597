//! The one thread that calls the module, and the watch over it.
//!
//! PKCS#11 has no time limits: a call into a module that hangs never comes back. So the library
//! and its sessions belong to a thread of their own, and everybody else sends it work and waits,
//! for each call at most `limits.timeout_ms` of the profile. What does not answer is given up for
//! good: nothing is tried again, the thread is left behind, and every later call fails at once,
//! so that the ceremony can record what happened and end.
//!
//! Work sees a session only through [`At::call`], which notes the function and the time first: no
//! call is outside the watch.

use signer_core::phrase;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use cryptoki::context::{Function, Pkcs11};
use cryptoki::error::Error;
use cryptoki::session::Session;
use sign_call::SignCall;

use crate::error::foreign;
use crate::error::{self, HsmError};

/// Whether a thread of this process was left behind in a module.
static LEFT_BEHIND: AtomicBool = AtomicBool::new(false);

/// Whether a module of this process was given up. The exit handlers of such a module may hang as
/// its call does: a program that must end ends without them.
pub fn a_module_hangs() -> bool {
    LEFT_BEHIND.load(Ordering::Relaxed)
}

/// The owner's side that everybody else holds. Not `Sync`: one user at a time.
#[derive(Debug)]
pub(crate) struct Owner {
    /// Taken only by `drop`.
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
    watch: Arc<Watch>,
    limit: Duration,
    lost: RefCell<Option<HsmError>>,
}

type Request = Box<dyn FnOnce(&mut Hands) + Send>;

/// Work that the thread was given, and its answer to come.
#[derive(Debug)]
#[must_use]
pub(crate) struct Asked<R>(Receiver<R>);

/// A session, by a number of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Seat(u32);

/// What the owner's thread holds. Sessions close before their library.
pub(crate) struct Hands {
    sessions: BTreeMap<Seat, Session>,
    opened: u32,
    context: Option<Pkcs11>,
    sign_call: Option<SignCall>,
    watch: Arc<Watch>,
}

/// The library or one of its sessions, under watch.
pub(crate) struct At<'h, T> {
    what: &'h T,
    watch: &'h Watch,
    sign_call: Option<&'h SignCall>,
}

/// The call that is being made.
#[derive(Debug)]
struct Watch(Mutex<Call>);

#[derive(Clone, Copy, Debug)]
struct Call {
    function: Function,
    since: Instant,
    /// More than the limit of the profile, where people have to do something meanwhile.
    people: Duration,
}

impl Watch {
    fn call(&self) -> MutexGuard<'_, Call> {
        // What is in there is whole, whoever held it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, function: Function) {
        *self.call() = Call {
            function,
            since: Instant::now(),
            people: Duration::ZERO,
        };
    }
}

impl<T> At<'_, T> {
    /// The signing functions, where they know this session.
    pub(crate) const fn sign_call(&self) -> Option<&SignCall> {
        self.sign_call
    }

    /// One call, or a few that belong together, known by the name of one of them.
    pub(crate) fn call<R>(
        &self,
        function: Function,
        call: impl FnOnce(&T) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.watch.begin(function);
        call(self.what)
    }

    /// The same for a call that waits for people, who may take this much longer.
    pub(crate) fn call_of_people<R>(
        &self,
        function: Function,
        people: Duration,
        call: impl FnOnce(&T) -> Result<R, Error>,
    ) -> Result<R, Error> {
        self.watch.begin(function);
        self.watch.call().people = people;
        call(self.what)
    }
}

impl Owner {
    /// Starts the thread. It loads nothing yet.
    pub(crate) fn start(limit: Duration) -> Result<Self, HsmError> {
        let watch = Arc::new(Watch(Mutex::new(Call {
            function: Function::Initialize,
            since: Instant::now(),
            people: Duration::ZERO,
        })));
        let mut hands = Hands {
            sessions: BTreeMap::new(),
            opened: 0,
            context: None,
            sign_call: None,
            watch: Arc::clone(&watch),
        };
        let (requests, work) = mpsc::channel::<Request>();
        let thread = std::thread::Builder::new()
            .name("hsm".into())
            .spawn(move || work.into_iter().for_each(|request| request(&mut hands)))
            .map_err(|error| HsmError::Answer {
                reason: foreign(&error, "スレッドを開始できません"),
            })?;
        Ok(Self {
            requests: Some(requests),
            thread: Some(thread),
            watch,
            limit,
            lost: RefCell::new(None),
        })
    }

    /// Whether a call was given up: no further one is made.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.borrow().is_some()
    }

    /// Has the thread do `work`, and waits for it: for each call in it at most the limit.
    ///
    /// # Errors
    /// [`HsmError::NotAnswering`], now and for every later request.
    pub(crate) fn ask<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hands) -> R + Send + 'static,
    ) -> Result<R, HsmError> {
        let asked = self.begin(work)?;
        self.wait(asked)
    }

    /// Has the thread begin `work`, and does not wait.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) fn begin<R: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Hands) -> R + Send + 'static,
    ) -> Result<Asked<R>, HsmError> {
        if let Some(lost) = &*self.lost.borrow() {
            return Err(lost.clone());
        }
        let (answer, waiting) = mpsc::sync_channel(1);
        let request: Request = Box::new(move |hands| {
            // Nobody waits any more only where the module was given up, or the ceremony.
            let _ = answer.send(work(hands));
        });
        self.watch.call().since = Instant::now();
        let sent = self.requests.as_ref().map(|to| to.send(request));
        if !matches!(sent, Some(Ok(()))) {
            return Err(self.give_up(stopped()));
        }
        Ok(Asked(waiting))
    }

    /// Waits for what was begun: for each call in it at most the limit.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub(crate) fn wait<R>(&self, asked: Asked<R>) -> Result<R, HsmError> {
        let Asked(answer) = asked;
        let mut left = self.limit;
        loop {
            match answer.recv_timeout(left) {
                Ok(done) => return Ok(done),
                Err(RecvTimeoutError::Disconnected) => return Err(self.give_up(stopped())),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let call = *self.watch.call();
            let limit = self.limit.saturating_add(call.people);
            left = limit.saturating_sub(call.since.elapsed());
            if left.is_zero() {
                return Err(self.give_up(HsmError::NotAnswering {
                    function: error::name_of(call.function),
                    waited: limit,
                }));
            }
        }
    }

    fn give_up(&self, error: HsmError) -> HsmError {
        LEFT_BEHIND.store(true, Ordering::Relaxed);
        *self.lost.borrow_mut() = Some(error.clone());
        error
    }
}

fn stopped() -> HsmError {
    HsmError::Answer {
        reason: phrase!(
            "the thread that calls the module has ended",
            "モジュールを呼び出すスレッドが終了しました"
        ),
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let finalized = self.ask(|hands| {
            hands.sessions.clear();
            hands.watch.begin(Function::Finalize);
            // Nobody is left to tell; the process ends its use of the module either way.
            hands.context.take().map(Pkcs11::finalize)
        });
        self.requests = None;
        if finalized.is_ok() {
            // It has nothing left to do. One that hangs in a call is left behind.
            let _ = self.thread.take().map(JoinHandle::join);
        }
    }
}

impl Hands {
    /// Keeps the library, and its signing functions where they can be had apart.
    pub(crate) fn keep(&mut self, context: Pkcs11, sign_call: Option<SignCall>) {
        self.context = Some(context);
        self.sign_call = sign_call;
    }

    /// Notes what is being done where there is no library yet.
    pub(crate) fn begin(&self, function: Function) {
        self.watch.begin(function);
    }

    /// The library.
    pub(crate) fn library(&self) -> Result<At<'_, Pkcs11>, Error> {
        let what = self.context.as_ref();
        let (watch, sign_call) = (&self.watch, None);
        let at = |what| At {
            what,
            watch,
            sign_call,
        };
        what.map(at).ok_or(Error::NullFunctionPointer)
    }

    /// Keeps a session. Where the signing functions do not know it, they are not used any more.
    pub(crate) fn seat(&mut self, session: Session) -> Seat {
        self.watch.begin(Function::GetSessionInfo);
        let known = |sign_call: &SignCall| sign_call.knows(session.handle());
        self.sign_call = self.sign_call.take().filter(known);
        let seat = Seat(self.opened);
        self.opened = self.opened.wrapping_add(1);
        self.sessions.insert(seat, session);
        seat
    }

    /// A session.
    pub(crate) fn at(&self, seat: Seat) -> Result<At<'_, Session>, Error> {
        let what = self.sessions.get(&seat);
        let (watch, sign_call) = (&self.watch, self.sign_call.as_ref());
        let at = |what| At {
            what,
            watch,
            sign_call,
        };
        what.map(at).ok_or(Error::NullFunctionPointer)
    }

    /// Closes a session.
    pub(crate) fn close(&mut self, seat: Seat) {
        self.watch.begin(Function::CloseSession);
        drop(self.sessions.remove(&seat));
    }
}
