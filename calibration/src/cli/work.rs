//! What commands with much to do share: threads and a progress bar.

use std::{num::NonZeroUsize, thread};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Args)]
pub(super) struct Threads {
    /// Threads; as many as there are cores by default.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

impl Threads {
    /// Gives rayon's pool, which statistics and pictures of the report run on, so many, and says how many.
    pub(super) fn set_up(&self) -> anyhow::Result<NonZeroUsize> {
        let count = self
            .threads
            .map_or_else(thread::available_parallelism, Ok)?;
        let pool = rayon::ThreadPoolBuilder::new().num_threads(count.get());
        pool.build_global()?;
        Ok(count)
    }
}

/// A bar of so many faces.
pub(super) fn faces_bar(faces: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} faces, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(faces as u64).with_style(style))
}
