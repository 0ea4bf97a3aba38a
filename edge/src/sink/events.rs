//! What happens to sinks, as structs that log and count at once.
//!
//! Takes facts; gives a line in the log and a change in the metrics `mien_sink_*`, each with the label
//! `sink`.

use std::time::Duration;

use metrics::{counter, describe_counter, describe_gauge, gauge};
use tracing::{info, warn};

/// Help texts of the metrics.
pub(crate) fn describe() {
    describe_counter!("mien_sink_delivered_total", "Records acknowledged, by sink");
    describe_counter!(
        "mien_sink_lost_total",
        "Records that a sink lost, by reason"
    );
    describe_counter!("mien_sink_connects_total", "Connections made, by sink");
    describe_counter!(
        "mien_sink_failures_total",
        "Connections lost or not made, by sink"
    );
    describe_gauge!("mien_sink_connected", "1 while a sink is connected");
    describe_gauge!("mien_sink_spool_bytes", "Bytes in a sink's spool");
    describe_gauge!(
        "mien_sink_waiting_records",
        "Records that are not acknowledged"
    );
    describe_gauge!("mien_sink_oldest_seconds", "Age of the oldest such record");
}

/// Why a record is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The memory between the flow and the disk was full.
    Memory,
    /// The spool was full, or the record too old.
    Spool,
    /// It was damaged in the spool.
    Damaged,
    /// The peer takes no such record.
    Refused,
}

impl Loss {
    const fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory_full",
            Self::Spool => "spool_full",
            Self::Damaged => "spool_damaged",
            Self::Refused => "refused",
        }
    }
}

/// A sink is connected.
pub(super) struct Connected<'a> {
    pub(super) sink: &'a str,
    pub(super) peer: &'a str,
    pub(super) waiting: u64,
}

impl Connected<'_> {
    pub(super) fn emit(&self) {
        info!(
            sink = self.sink,
            peer = self.peer,
            waiting = self.waiting,
            "sink connected"
        );
        counter!("mien_sink_connects_total", "sink" => self.sink.to_owned()).increment(1);
        gauge!("mien_sink_connected", "sink" => self.sink.to_owned()).set(1.0);
    }
}

/// A sink is not, or no longer, connected.
pub(super) struct Failed<'a> {
    pub(super) sink: &'a str,
    pub(super) error: &'a str,
    /// Until the next attempt.
    pub(super) delay: Duration,
    /// Whether the last attempt failed the same way.
    pub(super) again: bool,
}

impl Failed<'_> {
    pub(super) fn emit(&self) {
        let delay_millis = self.delay.as_millis() as u64;
        if self.again {
            tracing::debug!(
                sink = self.sink,
                error = self.error,
                delay_millis,
                "sink still away"
            );
        } else {
            warn!(
                sink = self.sink,
                error = self.error,
                delay_millis,
                "sink away, will try again"
            );
        }
        counter!("mien_sink_failures_total", "sink" => self.sink.to_owned()).increment(1);
        gauge!("mien_sink_connected", "sink" => self.sink.to_owned()).set(0.0);
    }
}

/// A peer has records.
pub(super) struct Delivered<'a> {
    pub(super) sink: &'a str,
    pub(super) records: u64,
}

impl Delivered<'_> {
    pub(super) fn emit(&self) {
        counter!("mien_sink_delivered_total", "sink" => self.sink.to_owned())
            .increment(self.records);
    }
}

/// Records are lost to a sink.
pub(super) struct Lost<'a> {
    pub(super) sink: &'a str,
    pub(super) records: u64,
    pub(super) loss: Loss,
}

impl Lost<'_> {
    pub(super) fn emit(&self) {
        let (sink, reason) = (self.sink.to_owned(), self.loss.name());
        // An outage that is longer than the spool loses records all the time: the log of its beginning
        // and the gap records tell enough.
        tracing::debug!(sink, reason, records = self.records, "records lost");
        counter!("mien_sink_lost_total", "sink" => sink, "reason" => reason)
            .increment(self.records);
    }
}

/// A record that a peer will never take.
pub(super) struct Refused<'a> {
    pub(super) sink: &'a str,
    pub(super) reason: &'a str,
}

impl Refused<'_> {
    pub(super) fn emit(&self) {
        warn!(
            sink = self.sink,
            reason = self.reason,
            "the peer takes no such record, left out"
        );
    }
}

/// The spool could not be written or read.
pub(super) struct SpoolFailed<'a> {
    pub(super) sink: &'a str,
    pub(super) error: &'a str,
}

impl SpoolFailed<'_> {
    pub(super) fn emit(&self) {
        warn!(
            sink = self.sink,
            error = self.error,
            "spool refuses, will try again"
        );
    }
}

/// How much waits.
pub(super) struct Level<'a> {
    pub(super) sink: &'a str,
    pub(super) records: u64,
    pub(super) spool_bytes: u64,
    pub(super) oldest: Duration,
}

impl Level<'_> {
    pub(super) fn emit(&self) {
        let sink = || self.sink.to_owned();
        gauge!("mien_sink_waiting_records", "sink" => sink()).set(self.records as f64);
        gauge!("mien_sink_spool_bytes", "sink" => sink()).set(self.spool_bytes as f64);
        gauge!("mien_sink_oldest_seconds", "sink" => sink()).set(self.oldest.as_secs_f64());
    }
}
