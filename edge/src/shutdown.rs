//! The wish to stop.
//!
//! Takes SIGINT and SIGTERM, or a call; gives a flag that every loop looks at.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

/// Shared by all who may ask to stop and all who must.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<AtomicBool>);

impl Shutdown {
    /// Stops on SIGINT and SIGTERM: the first drains, the second ends the process at once.
    ///
    /// # Errors
    /// The system's reason, when handlers cannot be installed.
    pub fn on_signals() -> Result<Self, ctrlc::Error> {
        let shutdown = Self::default();
        let asked = shutdown.clone();
        ctrlc::set_handler(move || {
            if asked.0.swap(true, Ordering::SeqCst) {
                std::process::exit(crate::fault::Exit::Interrupted.code().into());
            }
        })?;
        Ok(shutdown)
    }

    /// Asks to stop.
    pub fn request(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}
