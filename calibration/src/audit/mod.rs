//! The audit: what a classifier says when nothing changes but the symmetry of a face (Büchner et
//! al., Facing Asymmetry, 2024, section 3).
//!
//! ```text
//! Design (who, which expressions, which steps) -> intervene (synth) -> Subject -> scores on disk
//!     -> Figures (statistics) -> Verdict (policy) -> report
//! ```
//!
//! Takes a [`Design`] and a [`Subject`]; gives [`Scores`], which lie on disk after every expression
//! of every person, so that an audit that was stopped goes on where it was.

mod apexes;
mod design;
mod error;
mod figures;
mod intervene;
mod policy;
mod saliency;
mod scores;

use std::{
    num::NonZeroUsize,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
};

use synth::dataset::Cast;

use crate::subject::Subject;

pub(crate) use apexes::apex_actions;
pub use apexes::{Apex, Apexes, Population, Shown};
pub use design::Design;
pub(crate) use design::class_of;
pub use error::AuditError;
pub use figures::{ExpressionFigures, Figures, PersonFigures, Testing};
pub use policy::{Breach, Policy, Verdict};
pub use saliency::{Occlusion, SaliencyMap, saliency};
pub use scores::Scores;

use intervene::Interventions;
use scores::Store;

/// How an audit ended.
#[derive(Debug)]
pub enum Outcome {
    /// All is there.
    Done(Box<Scores>),
    /// It was stopped; what is done lies in the folder.
    Stopped,
}

/// Runs what is missing of an audit in `folder`, on `threads` threads. `progress` hears how many
/// images are done, those of earlier runs included. Ends soon after `stop` is set.
///
/// # Errors
/// [`AuditError`]; among them [`AuditError::OtherAudit`] when the folder holds another audit.
pub fn run(
    design: &Design,
    cast: &Cast,
    subject: &dyn Subject,
    folder: &Path,
    threads: NonZeroUsize,
    progress: &(dyn Fn(usize) + Sync),
    stop: &AtomicBool,
) -> Result<Outcome, AuditError> {
    design.check(subject)?;
    let store = Store::open(folder, design, subject)?;
    let missing = store.missing();
    let per_unit = design.images_per_unit();
    let done = AtomicUsize::new((design.units() - missing.len()) * per_unit);
    progress(done.load(Ordering::Relaxed));
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), AuditError> {
        let mut interventions = Interventions::new(design, cast, subject)?;
        while let Some(unit) = missing.get(next.fetch_add(1, Ordering::Relaxed)) {
            let said = |images| progress(done.fetch_add(images, Ordering::Relaxed) + images);
            let Some(answers) = interventions.unit(*unit, said, stop)? else {
                break;
            };
            store.put(*unit, &answers)?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let worker = |_| {
            scope.spawn(|| {
                // One that fails stops the others.
                work().inspect_err(|_| stop.store(true, Ordering::Relaxed))
            })
        };
        let workers: Vec<_> = (0..threads.get()).map(worker).collect();
        let joined = workers.into_iter().map(|worker| match worker.join() {
            Ok(ended) => ended,
            Err(panic) => std::panic::resume_unwind(panic),
        });
        joined
            .collect::<Vec<_>>()
            .into_iter()
            .collect::<Result<(), _>>()
    })?;
    if store.missing().is_empty() {
        Ok(Outcome::Done(Box::new(store.read()?)))
    } else {
        Ok(Outcome::Stopped)
    }
}
