//! The flow: sources -> detect -> refine -> track -> align | infer -> fuse -> smooth -> publish.
//!
//! The bar is a thread's end: [`Find`] works on the next round while [`Read`] reads the faces of the
//! last, and GStreamer decodes ahead of both. A round is one frame of each source that has one: its
//! frames share calls of the face finder, its faces calls of the other models. Takes the inbox of all
//! sources and the two halves; gives every record, of each source in order, to `output`.

#[cfg(test)]
mod allocations;
mod find;
mod pace;
mod read;
mod round;
#[cfg(test)]
mod tests;

use std::{
    io,
    sync::mpsc::channel,
    thread,
    time::{Duration, Instant},
};

use facs::RecordRef;

pub use find::Find;
pub use read::Read;

use crate::{
    config::{BatchSettings, Settings},
    fault::Fault,
    models::{Models, Swap},
    source::{Frame, Frames},
};
use round::Round;

/// Rounds that the second half has, the one it works on included: of files so many that a search now and
/// then does not let it idle, of live sources no more than keep both halves busy.
const ROUNDS_AHEAD: usize = 5;
const LIVE_ROUNDS_AHEAD: usize = 2;
/// How long [`Find`] waits for a frame before it looks around.
const PATIENCE: Duration = Duration::from_millis(100);

/// Where records go, with the frame that they are about.
pub trait Output: FnMut(RecordRef<'_>, Option<&Frame>) -> Result<(), Fault> {}

impl<F: FnMut(RecordRef<'_>, Option<&Frame>) -> Result<(), Fault>> Output for F {}

/// Runs both halves until the inbox is closed and empty. Frames that are on the way are read first, then
/// the reason of an early end is given.
///
/// # Errors
/// [`Fault`] of either half.
pub fn run(
    frames: &Frames,
    swap: &Swap,
    batch: &BatchSettings,
    find: &mut Find,
    read: &mut Read,
    mut output: impl Output,
) -> Result<(), Fault> {
    let (found, rounds) = channel::<Round>();
    // Rounds go back to be used again.
    let (spent, used) = channel::<Round>();
    thread::scope(|scope| {
        let finder = move || {
            let (mut taken, mut spare) = (Vec::new(), Vec::new());
            let mut ahead = 0;
            loop {
                let waiting_since = Instant::now();
                let most = batch.max_frames.get();
                if !frames.take(&mut taken, most, PATIENCE, batch.gather) {
                    return Ok(());
                }
                let mut round = spare.pop().unwrap_or_default();
                if let Some(models) = swap.take() {
                    find.swap(models, &mut round);
                }
                find.round(&mut taken, waiting_since.elapsed(), &mut round)?;
                let most = if find.has_live_sources() {
                    LIVE_ROUNDS_AHEAD
                } else {
                    ROUNDS_AHEAD
                };
                while ahead >= most {
                    let Ok(round) = used.recv() else {
                        return Ok(());
                    };
                    spare.push(round);
                    ahead -= 1;
                }
                if round.is_empty() {
                    spare.push(round);
                } else if found.send(round).is_ok() {
                    ahead += 1;
                } else {
                    return Ok(());
                }
            }
        };
        let finder = thread::Builder::new()
            .name("find".into())
            .spawn_scoped(scope, finder)
            .map_err(Fault::Thread)?;
        let mut outcome = Ok(());
        for mut round in &rounds {
            outcome = read.round(&mut round, &mut output);
            if outcome.is_err() {
                break;
            }
            round.clear();
            // A finder that has ended needs none.
            let _ = spent.send(round);
        }
        // The finder finds nobody any more, and ends.
        drop((rounds, spent));
        let found = finder
            .join()
            .map_err(|_panic| Fault::Thread(io::Error::other("the finder's thread panicked")))?;
        outcome.and(found)
    })
}

/// Both halves, built from the models.
///
/// # Errors
/// [`Fault::Baseline`] when baselines cannot be kept where the settings say.
pub fn stages(models: Models, run: u64, settings: &Settings) -> Result<(Find, Read), Fault> {
    Ok((
        Find::new(models.find, settings),
        Read::new(models.read, run, settings)?,
    ))
}

/// Microseconds from lap to lap.
struct Clock(Instant);

impl Clock {
    fn start() -> Self {
        Self(Instant::now())
    }

    fn lap(&mut self) -> u64 {
        let now = Instant::now();
        micros(now - std::mem::replace(&mut self.0, now))
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
