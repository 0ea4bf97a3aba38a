//! What happens to the server, as structs that log and count at once.

use std::{fmt, net::SocketAddr};

use metrics::{counter, describe_counter};
use tracing::{debug, info};

use crate::config::HttpSettings;

/// Help texts of the metrics.
pub(super) fn describe() {
    describe_counter!(
        "mien_http_refused_total",
        "Connections and requests turned away, by reason"
    );
    describe_counter!(
        "mien_http_records_missed_total",
        "Records that watchers were too slow for"
    );
}

/// The server is there.
pub(super) struct Listening<'a> {
    pub(super) address: SocketAddr,
    pub(super) settings: &'a HttpSettings,
}

impl Listening<'_> {
    pub(super) fn emit(&self) {
        let scheme = if self.settings.tls.is_some() {
            "https"
        } else {
            "http"
        };
        let token = self.settings.token.is_some();
        let preview = self.settings.preview;
        info!(page = %format_args!("{scheme}://{}/", self.address), token, preview, "serving");
    }
}

/// A connection or a request was turned away.
pub(super) struct Refused<'a> {
    /// One of a few words: it is a label.
    pub(super) reason: &'static str,
    pub(super) detail: &'a dyn fmt::Display,
}

impl Refused<'_> {
    pub(super) fn emit(&self) {
        // Whoever knocks must not fill the log.
        debug!(reason = self.reason, detail = %self.detail, "turned away");
        counter!("mien_http_refused_total", "reason" => self.reason).increment(1);
    }
}

/// A watcher was too slow.
pub(super) struct Lagged {
    pub(super) records: u64,
}

impl Lagged {
    pub(super) fn emit(&self) {
        debug!(records = self.records, "a watcher is too slow");
        counter!("mien_http_records_missed_total").increment(self.records);
    }
}
