//! Baselines are kept on a thread of its own, so that a slow disk never holds frames up.
//!
//! Takes what stages have learned, at an interval and at the end; leads it into a [`Store`].

use std::{io, path::Path, sync::mpsc, thread, time::Instant};

use super::{Baseline, Saved, Store, StoreError};
use crate::config::BaselineSettings;

/// A store and the thread that writes it. What was given before it is dropped is written.
#[derive(Debug)]
pub struct Archive {
    store: Store,
    saved: Option<mpsc::Sender<Saved>>,
    thread: Option<thread::JoinHandle<()>>,
}

impl Archive {
    /// None where the settings name no folder.
    ///
    /// # Errors
    /// [`StoreError`] when the folder cannot be made, or there can be no thread.
    pub fn open(settings: &BaselineSettings) -> Result<Option<Self>, StoreError> {
        let Some(folder) = settings.folder.as_deref() else {
            return Ok(None);
        };
        let store = Store::open(folder, settings.save_interval)?;
        let (saved, to_write) = mpsc::channel::<Saved>();
        let writer = store.clone();
        let write = move || {
            for saved in to_write {
                // A fault was told of; what is learned later may be kept again.
                let _ = writer.save(&saved);
            }
        };
        let thread = thread::Builder::new().name("baselines".into()).spawn(write);
        let thread = thread.map_err(|source| failed(folder, source))?;
        Ok(Some(Self {
            store,
            saved: Some(saved),
            thread: Some(thread),
        }))
    }

    /// Gives a stage what was kept of its source.
    pub fn load(&self, baseline: &mut Baseline) {
        self.store.load(baseline);
    }

    /// Whether it is time to keep baselines; the time begins anew then.
    pub fn is_due(&mut self) -> bool {
        self.store.is_due(Instant::now())
    }

    /// Keeps what a stage has learned of people.
    pub fn save(&self, baseline: &Baseline) {
        if let Some(saved) = &self.saved {
            // The thread ends only after this.
            let _ = saved.send(baseline.saved());
        }
    }
}

impl Drop for Archive {
    fn drop(&mut self) {
        drop(self.saved.take());
        let _ = self.thread.take().map(thread::JoinHandle::join);
    }
}

fn failed(folder: &Path, source: io::Error) -> StoreError {
    StoreError::Io {
        path: folder.to_owned(),
        source,
    }
}
