//! The account of records that did not reach a peer.
//!
//! Takes the keys of lost records; gives one gap record per source, run and unbroken span of frames.

use std::{collections::BTreeMap, ops::Range};

use facs::{GapReason, GapRecord, Record, SCHEMA_ID};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::key::Key;

/// What is lost and not yet told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Losses {
    /// Spans of frames by source and run.
    spans: BTreeMap<(String, u64), Vec<Range<u64>>>,
    /// Records, those that account for no frame included.
    records: u64,
}

impl Losses {
    /// Adds a record.
    pub(super) fn add(&mut self, key: &Key) {
        self.records += 1;
        self.add_span(&key.source, key.run, key.first..key.end());
    }

    /// Adds frames whose records are not known one by one.
    pub(super) fn add_span(&mut self, source: &str, run: u64, span: Range<u64>) {
        if span.is_empty() {
            return;
        }
        let spans = self.spans.entry((source.to_owned(), run)).or_default();
        match spans.last_mut() {
            Some(last) if (last.start..=last.end).contains(&span.start) => {
                last.end = last.end.max(span.end);
            }
            _ => spans.push(span),
        }
    }

    /// Adds another account.
    pub(super) fn join(&mut self, other: Self) {
        self.records += other.records;
        for ((source, run), spans) in other.spans {
            for span in spans {
                self.add_span(&source, run, span);
            }
        }
    }

    /// How many spans there are.
    pub(super) fn spans(&self) -> usize {
        self.spans.values().map(Vec::len).sum()
    }

    /// Makes one span per source and run, from its first lost frame to its last: it says more than is
    /// lost, but never less.
    pub(super) fn widen(&mut self) {
        for spans in self.spans.values_mut() {
            let first = spans.iter().map(|span| span.start).min();
            let end = spans.iter().map(|span| span.end).max();
            *spans = first
                .zip(end)
                .map(|(first, end)| first..end)
                .into_iter()
                .collect();
        }
    }

    /// Records added since they were told last.
    pub(super) const fn records(&self) -> u64 {
        self.records
    }

    pub(super) fn is_empty(&self) -> bool {
        self.records == 0 && self.spans.is_empty()
    }

    /// The gap records that tell of all this, and nothing is left to tell.
    pub(super) fn tell(&mut self, reason: GapReason) -> Vec<GapRecord> {
        self.records = 0;
        let emitted_at = now();
        let mut gaps = Vec::new();
        for ((source, run), spans) in std::mem::take(&mut self.spans) {
            gaps.extend(merged(spans).into_iter().map(|span| GapRecord {
                schema: SCHEMA_ID.into(),
                source: source.clone(),
                run,
                first_sequence: span.start,
                frames: span.end - span.start,
                emitted_at: emitted_at.clone(),
                reason,
            }));
        }
        gaps
    }
}

/// Spans in order, those that touch made one.
fn merged(mut spans: Vec<Range<u64>>) -> Vec<Range<u64>> {
    spans.sort_by_key(|span| span.start);
    let mut merged: Vec<Range<u64>> = Vec::with_capacity(spans.len());
    for span in spans {
        match merged.last_mut() {
            Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
            _ => merged.push(span),
        }
    }
    merged
}

/// A gap record with its key and its line of JSON, without the line's end.
pub(super) fn written(gap: GapRecord) -> Result<(Key, Vec<u8>), serde_json::Error> {
    let record = Record::Gap(gap);
    Ok((Key::from(record.as_ref()), serde_json::to_vec(&record)?))
}

fn now() -> String {
    // Formatting fails for years of five digits only.
    OffsetDateTime::now_utc()
        .format(&Rfc3339)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::key::Kind;

    fn key(kind: Kind, source: &str, first: u64, frames: u64) -> Key {
        let source = source.into();
        Key {
            kind,
            source,
            run: 9,
            first,
            frames,
        }
    }

    #[test]
    fn spans_are_told_once_per_source_and_merged() {
        let mut losses = Losses::default();
        losses.add(&key(Kind::Frame, "door", 4, 1));
        losses.add(&key(Kind::Frame, "hall", 0, 1));
        losses.add(&key(Kind::Gap, "door", 5, 3));
        losses.add(&key(Kind::Status, "door", 8, 0));
        losses.add(&key(Kind::Frame, "door", 10, 1));
        losses.add(&key(Kind::Frame, "door", 8, 1));
        assert_eq!(losses.records(), 6);
        let told: Vec<_> = losses
            .tell(GapReason::SpoolFull)
            .into_iter()
            .map(|gap| (gap.source, gap.run, gap.first_sequence, gap.frames))
            .collect();
        assert_eq!(
            told,
            [
                ("door".into(), 9, 4, 5),
                ("door".into(), 9, 10, 1),
                ("hall".into(), 9, 0, 1)
            ]
        );
        assert!(losses.is_empty());
    }
}
