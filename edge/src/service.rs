//! The service manager: told when the daemon is ready, alive, and ending.
//!
//! Takes signs of life of the flow; gives systemd's notifications, where systemd started the daemon and
//! wants them. A flow that is stuck, in a model for one, gives no sign, and systemd starts the daemon anew.

use std::time::{Duration, Instant};

use sd_notify::NotifyState;

/// Says it to systemd; nothing happens without it.
#[derive(Debug)]
pub(crate) struct Service {
    /// How often systemd wants a sign of life.
    interval: Option<Duration>,
    last_sign: Instant,
    /// The flow's count at that sign.
    last_count: u64,
}

impl Service {
    /// Of this process.
    #[must_use]
    pub(crate) fn new() -> Self {
        Self {
            interval: sd_notify::watchdog_enabled(),
            last_sign: Instant::now(),
            last_count: u64::MAX,
        }
    }

    /// The daemon reads its sources.
    pub(crate) fn ready(&self, sources: usize) {
        let status = format!("reading {sources} sources");
        tell(&[NotifyState::Ready, NotifyState::Status(&status)]);
    }

    /// `count`: something that grows as long as the flow goes on.
    pub(crate) fn alive(&mut self, count: u64) {
        let Some(interval) = self.interval else {
            return;
        };
        if self.last_sign.elapsed() >= interval / 3 && count != self.last_count {
            self.last_sign = Instant::now();
            self.last_count = count;
            tell(&[NotifyState::Watchdog]);
        }
    }

    /// The daemon drains and ends.
    pub(crate) fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}

impl Default for Service {
    fn default() -> Self {
        Self::new()
    }
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::debug!(%error, "the service manager does not listen");
    }
}
