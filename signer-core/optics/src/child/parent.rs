//! The side that asks, waits no longer than it must, and kills.

use std::ffi::OsString;
use std::fmt;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use camera::Layout;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::param::clock_ticks_per_second;
use signer_core::frames::Shown;
use signer_core::phrase;
use signer_core::rule::{Explained, Phrase};
use signer_core::types::Lang;

use super::wire::{self, Form};
use super::{PROCESSOR_LIMIT, TIME_LIMIT};
use crate::read::{ReadError, Seen};

/// Why a picture brought nothing.
#[derive(Debug)]
pub enum PictureError {
    /// The picture was refused.
    Refused(ReadError),
    /// It took longer than the time limit; the child was killed.
    Overrun,
    /// The child ended or answered nonsense, for example when its memory was used up.
    Died,
    /// No child could be started.
    NotStarted(io::Error),
}

impl Explained for PictureError {
    fn what(&self) -> Phrase {
        match self {
            Self::Refused(why) => why.what(),
            Self::Overrun => phrase!(
                "reading the picture took too long",
                "画像の読取りが時間内に終わらない"
            ),
            Self::Died => phrase!(
                "the picture reader ended unexpectedly",
                "画像読取りが異常終了した"
            ),
            Self::NotStarted(why) => Phrase::new(
                &format!("the picture reader could not be started: {why}"),
                "画像読取りを開始できない",
            ),
        }
    }

    fn advice(&self) -> Phrase {
        match self {
            Self::Refused(why) => why.advice(),
            Self::Overrun => phrase!(
                "take or save it again",
                "撮影または保存をやり直してください。"
            ),
            Self::Died => phrase!(
                "take or save the picture again",
                "画像の撮影または保存をやり直してください。"
            ),
            Self::NotStarted(_) => phrase!(
                "check the installation",
                "インストールの状態を確認してください。"
            ),
        }
    }
}

impl fmt::Display for PictureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

impl std::error::Error for PictureError {}

/// Reads pictures through a child process, and starts a new one when the old one is gone.
#[derive(Debug)]
pub struct Reader {
    program: PathBuf,
    args: Vec<OsString>,
    running: Option<Running>,
}

#[derive(Debug)]
struct Running {
    child: Child,
    input: ChildStdin,
    output: ChildStdout,
}

impl Reader {
    /// Starts `program` with `args`, whose `main` calls [`super::serve`].
    pub fn spawn(program: impl Into<PathBuf>, args: &[&str]) -> Result<Self, PictureError> {
        let mut reader = Self {
            program: program.into(),
            args: args.iter().map(OsString::from).collect(),
            running: None,
        };
        reader.running = Some(reader.start()?);
        Ok(reader)
    }

    /// What all codes in one PNG picture hold; nothing where no code is found.
    pub fn read(&mut self, file: &[u8]) -> Result<Vec<Shown>, PictureError> {
        Ok(self.seen(Form::Png, file)?.contents)
    }

    /// What a picture of a camera shows.
    pub fn look(&mut self, layout: Layout, bytes: &[u8]) -> Result<Seen, PictureError> {
        self.seen(Form::Camera(layout), bytes)
    }

    fn seen(&mut self, form: Form, bytes: &[u8]) -> Result<Seen, PictureError> {
        let request = wire::picture(form, bytes).map_err(PictureError::Refused)?;
        let mut running = match self.running.take() {
            Some(running) => running,
            None => self.start()?,
        };
        let limit = Limit::from_now(running.child.id());
        let answer = running.ask(&request, &limit)?;
        self.running = Some(running);
        answer.map_err(PictureError::Refused)
    }

    /// The running child's process number, for tests and reports.
    pub fn process(&self) -> Option<u32> {
        self.running.as_ref().map(|running| running.child.id())
    }

    fn start(&self) -> Result<Running, PictureError> {
        let mut child = Command::new(&self.program)
            .args(&self.args)
            .env_clear()
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(PictureError::NotStarted)?;
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(PictureError::Died);
        };
        let running = Running {
            child,
            input,
            output,
        };
        // A child that does not read must not be able to hold the parent in a write.
        fcntl_getfl(&running.input)
            .and_then(|flags| fcntl_setfl(&running.input, flags | OFlags::NONBLOCK))
            .map_err(|e| PictureError::NotStarted(e.into()))?;
        Ok(running)
    }
}

type Answer = Result<Seen, ReadError>;

impl Running {
    fn ask(&mut self, request: &[u8], limit: &Limit) -> Result<Answer, PictureError> {
        self.send(request, limit)?;
        let mut head = [0; wire::ANSWER_HEAD];
        self.receive(&mut head, limit)?;
        let mut body = vec![0; wire::answer_len(head).ok_or(PictureError::Died)?];
        self.receive(&mut body, limit)?;
        wire::answer(head, &body).ok_or(PictureError::Died)
    }

    fn send(&mut self, mut bytes: &[u8], limit: &Limit) -> Result<(), PictureError> {
        while !bytes.is_empty() {
            wait(&self.input, PollFlags::OUT, limit)?;
            match self.input.write(bytes) {
                Ok(written) => bytes = &bytes[written..],
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => return Err(PictureError::Died),
            }
        }
        Ok(())
    }

    fn receive(&mut self, mut buffer: &mut [u8], limit: &Limit) -> Result<(), PictureError> {
        while !buffer.is_empty() {
            wait(&self.output, PollFlags::IN, limit)?;
            match self.output.read(buffer) {
                Ok(0) | Err(_) => return Err(PictureError::Died),
                Ok(read) => buffer = &mut buffer[read..],
            }
        }
        Ok(())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already; either way nothing of it is left behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// How long one picture may take.
struct Limit {
    deadline: Instant,
    child: u32,
    /// Processor time that the child had used before.
    before: Duration,
}

/// How often a child's processor time is looked at.
const LOOK: Duration = Duration::from_millis(50);

impl Limit {
    fn from_now(child: u32) -> Self {
        Self {
            deadline: Instant::now() + TIME_LIMIT,
            child,
            before: processor_time(child).unwrap_or_default(),
        }
    }

    fn is_over(&self) -> bool {
        let spent = processor_time(self.child).map(|now| now.saturating_sub(self.before));
        Instant::now() >= self.deadline || spent.is_some_and(|spent| spent > PROCESSOR_LIMIT)
    }
}

/// Processor time of a process, in the steps of the kernel's clock (proc(5): utime and stime, the
/// 12th and 13th field behind the name).
fn processor_time(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().ok());
    let ticks = ticks.sum::<Option<u64>>()?;
    let a_second = clock_ticks_per_second().max(1);
    Some(Duration::from_millis(ticks.saturating_mul(1000) / a_second))
}

/// Waits until `pipe` is ready, or has been closed by the child.
fn wait(pipe: &impl AsFd, for_what: PollFlags, limit: &Limit) -> Result<(), PictureError> {
    loop {
        if limit.is_over() {
            return Err(PictureError::Overrun);
        }
        let timeout = Timespec::try_from(LOOK).map_err(|_| PictureError::Overrun)?;
        match poll(&mut [PollFd::new(pipe, for_what)], Some(&timeout)) {
            Ok(0) | Err(rustix::io::Errno::INTR) => {}
            Ok(_) => return Ok(()),
            Err(_) => return Err(PictureError::Died),
        }
    }
}
