//! Every face of some data sets, a batch at a time, on many threads.
//!
//! Takes data sets and what is to be done with a batch; gives what came of every face, in the order of the
//! data.

use std::{
    num::NonZeroUsize,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread,
};

use facs::Sample;

use super::{Data, DataError, Pixels};

/// Faces of a batch.
const BATCH: usize = 32;

/// Some faces of one data set.
#[derive(Clone, Copy)]
pub(crate) struct Batch<'a> {
    /// Where they come from.
    pub(crate) data: &'a Data,
    /// Their labels.
    pub(crate) samples: &'a [Sample],
    /// Their crops, `[N, S, S, 3]` RGB.
    pub(crate) pixels: &'a [u8],
}

/// Hands all faces to `work`, each thread with what `start` gave it. `progress` hears how many are done,
/// from any thread.
///
/// # Errors
/// The first of `start` and `work`, and what cannot be read.
pub(crate) fn each<W, T: Send, E: From<DataError> + Send>(
    data: &[Data],
    threads: NonZeroUsize,
    progress: &(dyn Fn(usize) + Sync),
    start: impl Fn() -> Result<W, E> + Sync,
    work: impl Fn(&mut W, Batch<'_>) -> Result<Vec<T>, E> + Sync,
) -> Result<Vec<T>, E> {
    let batches: Vec<(&Data, &[Sample])> = data
        .iter()
        .flat_map(|data| data.samples().chunks(BATCH).map(move |batch| (data, batch)))
        .collect();
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let failed = AtomicBool::new(false);
    let all = Mutex::new(Vec::with_capacity(batches.len()));
    let run = || -> Result<(), E> {
        let (mut worker, mut pixels) = (start()?, Vec::new());
        while !failed.load(Ordering::Relaxed) {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(&(data, samples)) = batches.get(number) else {
                break;
            };
            let mut file = Pixels::of(data);
            pixels.clear();
            for sample in samples {
                file.append(sample.image, &mut pixels)?;
            }
            let batch = Batch {
                data,
                samples,
                pixels: &pixels,
            };
            let made = work(&mut worker, batch)?;
            let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
            all.push((number, made));
            drop(all);
            progress(done.fetch_add(samples.len(), Ordering::Relaxed) + samples.len());
        }
        Ok(())
    };
    thread::scope(|scope| {
        let worker = |_| {
            // One that fails stops the others.
            scope.spawn(|| run().inspect_err(|_| failed.store(true, Ordering::Relaxed)))
        };
        let workers: Vec<_> = (0..threads.get()).map(worker).collect();
        let ended = workers.into_iter().map(|worker| match worker.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        ended
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<(), _>>()
    })?;
    let mut all = all.into_inner().unwrap_or_else(PoisonError::into_inner);
    all.sort_by_key(|(number, _)| *number);
    Ok(all.into_iter().flat_map(|(_, made)| made).collect())
}
