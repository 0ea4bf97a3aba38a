//! What happens to kept baselines, as structs that log and count at once.
//!
//! Takes facts; gives a line in the log and a change in the metrics.

use std::path::Path;

use metrics::{counter, describe_counter};
use tracing::{error, info, warn};

/// Help texts of the metrics.
pub(crate) fn describe() {
    describe_counter!(
        "mien_baselines_refused_total",
        "Files of baselines that could not be used"
    );
    describe_counter!(
        "mien_baselines_save_failures_total",
        "Times that baselines could not be kept"
    );
}

/// People's baselines are there again.
pub(super) struct Loaded<'a> {
    pub(super) path: &'a Path,
    pub(super) people: usize,
}

impl Loaded<'_> {
    pub(super) fn emit(&self) {
        info!(path = %self.path.display(), people = self.people, "baselines loaded");
    }
}

/// A file cannot be used; the daemon begins without it.
pub(super) struct Refused<'a> {
    pub(super) path: &'a Path,
    pub(super) reason: &'a dyn std::error::Error,
    /// Where it is now, or why it could not be moved.
    pub(super) moved: Result<&'a Path, &'a std::io::Error>,
}

impl Refused<'_> {
    pub(super) fn emit(&self) {
        let (path, reason) = (self.path.display(), self.reason);
        match self.moved {
            Ok(to) => {
                let to = to.display();
                warn!(%path, %reason, moved_to = %to, "baselines refused, people begin anew");
            }
            Err(fault) => {
                warn!(%path, %reason, %fault, "baselines refused and not moved, people begin anew");
            }
        }
        counter!("mien_baselines_refused_total").increment(1);
    }
}

/// Baselines could not be kept; the next time they are tried again.
pub(super) struct SaveFailed<'a> {
    pub(super) fault: &'a dyn std::error::Error,
}

impl SaveFailed<'_> {
    pub(super) fn emit(&self) {
        error!(fault = %self.fault, "baselines not kept, trying again later");
        counter!("mien_baselines_save_failures_total").increment(1);
    }
}
