//! Keeps a source alive.
//!
//! Takes a [`SourceSpec`] and an inbox; opens the source on a thread of its own, leads its frames into
//! the inbox, and where it is one that comes back opens it anew for ever, with a growing, jittered
//! wait. Says in between what the source is.

use std::{
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use facs::SourceState;

use super::{Frame, Inbox, Pipeline, SourceError, SourceId, WhenFull};
use crate::{
    backoff::{self, Backoff},
    config::{SourceSettings, SourceSpec},
    events,
};

/// How often the keeper looks after its source.
const LOOK: Duration = Duration::from_millis(100);
/// A source that was online for so long is believed: the next wait is the shortest again.
const TRUSTED: Duration = Duration::from_secs(10);
/// How long a source may take to stop once it is asked. One that hangs, in a driver or on a pipe, is left
/// behind.
const PATIENCE: Duration = Duration::from_secs(3);
/// Presentation time between the last frame before and the first after a file began again.
const REPEAT_GAP_NANOS: u64 = 40_000_000;

/// Word of a source, in order with its frames.
#[derive(Clone, Debug)]
pub enum Word {
    /// It is there from now on.
    Opened(Arc<SourceSpec>),
    /// What it is now, and why.
    State(SourceState, Option<String>),
    /// So many frames are missing here.
    Lost(u64),
    /// A followed face has a name.
    Person {
        /// Whose face.
        track: u64,
        /// Who it is; none: nobody's.
        name: Option<String>,
    },
}

/// Frames and word of all sources.
pub type Frames = Inbox<Frame, Word>;

/// A source and the thread that keeps it.
#[derive(Debug)]
pub struct Keeper {
    /// Its number.
    pub id: SourceId,
    /// What it is.
    pub spec: Arc<SourceSpec>,
    stop: Arc<Stop>,
    frames: Arc<Frames>,
    thread: thread::JoinHandle<Result<(), SourceError>>,
}

/// The wish to stop, which interrupts waits.
#[derive(Debug, Default)]
struct Stop {
    /// When somebody first asked.
    asked: Mutex<Option<Instant>>,
    changed: Condvar,
}

impl Stop {
    fn ask(&self) {
        self.lock().get_or_insert_with(Instant::now);
        self.changed.notify_all();
    }

    /// How long ago somebody asked, if anybody did.
    fn asked(&self) -> Option<Duration> {
        self.lock().map(|asked| asked.elapsed())
    }

    fn lock(&self) -> MutexGuard<'_, Option<Instant>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits; whether somebody asked to stop.
    fn wait(&self, time: Duration) -> bool {
        let (asked, _) = self
            .changed
            .wait_timeout_while(self.lock(), time, |asked| asked.is_none())
            .unwrap_or_else(PoisonError::into_inner);
        asked.is_some()
    }
}

/// How one opening ended.
enum Opening {
    Stopped,
    /// The stream is over: whether it was whole, and the frames that it should still have had.
    Over(Result<(), SourceError>, u64),
}

impl Keeper {
    /// Opens a slot for the source and starts to keep it.
    ///
    /// # Errors
    /// The system's reason, when there can be no thread.
    pub fn start(
        id: SourceId,
        spec: SourceSpec,
        settings: &SourceSettings,
        frames: &Arc<Frames>,
    ) -> std::io::Result<Self> {
        let spec = Arc::new(spec);
        let (capacity, when_full) = if spec.is_live() {
            (std::num::NonZeroUsize::MIN, WhenFull::DropOldest)
        } else {
            (settings.queue_frames, WhenFull::Wait)
        };
        frames.open(id, capacity, when_full);
        frames.post(id, Word::Opened(Arc::clone(&spec)));
        let stop = Arc::new(Stop::default());
        let keep = Keep {
            id,
            spec: Arc::clone(&spec),
            settings: settings.clone(),
            frames: Arc::clone(frames),
            stop: Arc::clone(&stop),
            next_pts_nanos: 0,
        };
        let thread = thread::Builder::new()
            .name(format!("source {}", spec.name))
            .spawn(move || keep.run())?;
        Ok(Self {
            id,
            spec,
            stop,
            frames: Arc::clone(frames),
            thread,
        })
    }

    /// Asks the source to stop; its frames that wait are still read.
    pub fn stop(&self) {
        self.stop.ask();
    }

    /// Whether it has ended.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.thread.is_finished()
    }

    /// Waits for the end, but not for long where it was asked to stop: nobody takes what a source that
    /// hangs says later.
    ///
    /// # Errors
    /// Why the source ended early.
    pub fn join(self) -> Result<(), SourceError> {
        while !self.thread.is_finished() {
            if self.stop.asked().is_some_and(|asked| asked > PATIENCE) {
                let removed = Word::State(SourceState::Removed, None);
                self.frames.end(self.id, removed);
                return Err(SourceError::Broken {
                    reason: "it does not stop and is left behind".into(),
                });
            }
            thread::sleep(Duration::from_millis(5));
        }
        self.thread.join().unwrap_or_else(|_panic| {
            Err(SourceError::Broken {
                reason: "its thread panicked".into(),
            })
        })
    }
}

/// The thread.
struct Keep {
    id: SourceId,
    spec: Arc<SourceSpec>,
    settings: SourceSettings,
    frames: Arc<Frames>,
    stop: Arc<Stop>,
    /// Presentation time of the next opening's start.
    next_pts_nanos: u64,
}

impl Keep {
    fn run(mut self) -> Result<(), SourceError> {
        self.say(SourceState::Connecting, None);
        let [first, longest] = self.settings.backoff;
        let (backoff, seed) = (Backoff { first, longest }, backoff::seed(&self.spec.name));
        let mut attempt = 0;
        loop {
            let opened = Instant::now();
            let (ended, missing) = match self.open() {
                Opening::Stopped => return Ok(()),
                Opening::Over(ended, missing) => (ended, missing),
            };
            if missing > 0 {
                self.frames.post(self.id, Word::Lost(missing));
            }
            let reason = ended.as_ref().err().map(ToString::to_string);
            let for_good = !self.spec.comes_back()
                || ended.as_ref().is_err_and(SourceError::is_for_good)
                || (!self.spec.input.is_live() && ended.is_err());
            if for_good {
                let state = match &ended {
                    Ok(()) => SourceState::Ended,
                    Err(_) => SourceState::Failed,
                };
                self.end(state, reason);
                return ended;
            }
            if !self.spec.input.is_live() {
                continue;
            }
            if opened.elapsed() > TRUSTED {
                attempt = 0;
            }
            let reason = reason.unwrap_or_else(|| "the stream ended".into());
            let wait = backoff.delay(attempt, seed);
            attempt += 1;
            let source = &self.spec.name;
            events::SourceLost {
                source,
                reason: &reason,
                wait,
            }
            .emit();
            self.say(SourceState::Offline, Some(reason));
            self.next_pts_nanos += nanos(wait);
            if self.stop.wait(wait) {
                self.end(SourceState::Removed, None);
                return Ok(());
            }
        }
    }

    fn say(&self, state: SourceState, reason: Option<String>) {
        self.frames.post(self.id, Word::State(state, reason));
    }

    fn end(&self, state: SourceState, reason: Option<String>) {
        self.frames.end(self.id, Word::State(state, reason));
    }

    /// Opens the source once and looks after it until it ends.
    fn open(&mut self) -> Opening {
        let (id, frames) = (self.id, Arc::clone(&self.frames));
        let online = AtomicBool::new(false);
        let deliver = move |frame| {
            if !online.swap(true, Ordering::Relaxed) {
                frames.post(id, Word::State(SourceState::Online, None));
            }
            frames.push(id, frame)
        };
        let opened = Instant::now();
        let opening = Pipeline::open(&self.spec, &self.settings, self.next_pts_nanos, deliver);
        let pipeline = match opening {
            Ok(pipeline) => pipeline,
            Err(error) => return Opening::Over(Err(error), 0),
        };
        let ended = loop {
            if self.stop.wait(Duration::ZERO) {
                // Before the pipeline goes: a pusher that waits for room would hold up its end.
                self.end(SourceState::Removed, None);
                return Opening::Stopped;
            }
            if let Some(ended) = pipeline.wait(LOOK) {
                break ended;
            }
            let last = pipeline.progress().last_frame.unwrap_or(opened);
            if self.spec.is_live() && last.elapsed() > self.settings.stall {
                let secs = self.settings.stall.as_secs_f32();
                break Err(SourceError::Broken {
                    reason: format!("no frame for {secs} s"),
                });
            }
        };
        let progress = pipeline.progress();
        if progress.frames > 0 {
            let since = progress
                .last_frame
                .map_or(Duration::ZERO, |at| at.elapsed());
            let gap = if self.spec.input.is_live() {
                nanos(since)
            } else {
                REPEAT_GAP_NANOS
            };
            self.next_pts_nanos = progress.last_pts_nanos + gap;
        }
        let midway = ended.as_ref().is_err_and(SourceError::is_midway);
        let missing = if midway && !self.spec.input.is_live() {
            pipeline.frames_missing()
        } else {
            0
        };
        Opening::Over(ended, missing)
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
