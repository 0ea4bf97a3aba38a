//! What commands with much to do share: threads and a progress bar.

use std::{io, num::NonZeroUsize, thread};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

#[derive(Args)]
pub(super) struct Threads {
    /// Threads; as many as there are cores by default.
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

impl Threads {
    pub(super) fn count(&self) -> io::Result<NonZeroUsize> {
        self.threads.map_or_else(thread::available_parallelism, Ok)
    }
}

/// A bar of so many faces.
pub(super) fn faces_bar(faces: usize) -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} faces, {per_sec}, {eta} left")?;
    Ok(ProgressBar::new(faces as u64).with_style(style))
}
