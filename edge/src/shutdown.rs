//! The wishes of who runs the daemon: stop, or read the configuration again.
//!
//! Takes SIGINT and SIGTERM, SIGHUP, or a call; gives flags that loops look at.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

/// Shared by all who may ask to stop and all who must.
#[derive(Clone, Debug, Default)]
pub struct Shutdown(Arc<Wishes>);

#[derive(Debug, Default)]
struct Wishes {
    stop: AtomicBool,
    reload: AtomicBool,
}

impl Shutdown {
    /// Stops on SIGINT and SIGTERM: the first drains, the second ends the process at once. SIGHUP asks
    /// to read the configuration again.
    ///
    /// # Errors
    /// The system's reason, when handlers cannot be installed.
    pub fn on_signals() -> io::Result<Self> {
        let shutdown = Self::default();
        let asked = shutdown.clone();
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let listen = move || {
            for signal in signals.forever() {
                if signal == SIGHUP {
                    asked.0.reload.store(true, Ordering::SeqCst);
                } else if asked.0.stop.swap(true, Ordering::SeqCst) {
                    std::process::exit(crate::fault::Exit::Interrupted.code().into());
                }
            }
        };
        thread::Builder::new()
            .name("signals".into())
            .spawn(listen)?;
        Ok(shutdown)
    }

    /// Asks to stop.
    pub fn request(&self) {
        self.0.stop.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked to stop.
    #[must_use]
    pub fn is_requested(&self) -> bool {
        self.0.stop.load(Ordering::SeqCst)
    }

    /// Whether somebody asked to read the configuration again since this was last called.
    #[must_use]
    pub fn take_reload(&self) -> bool {
        self.0.reload.swap(false, Ordering::SeqCst)
    }
}
