//! The account of one source: every number is a frame or a declared gap, once, in order.

use std::{collections::BTreeSet, ops::Range};

use facs::{FrameRecord, GapRecord, Record, SourceState};

/// Most seconds between two frames of a source to which nothing happens: less than any outage here lasts, so
/// that a flow that waits for somebody else's is seen.
pub(crate) const LONGEST_PAUSE: f64 = 1.5;

/// What the records say of one source in one run.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) frames: Vec<FrameRecord>,
    pub(crate) gaps: Vec<GapRecord>,
    pub(crate) states: Vec<(SourceState, Option<String>)>,
    /// Numbers as they came, each with whether it is a frame.
    spans: Vec<(Range<u64>, bool)>,
}

impl Ledger {
    /// All records of a source in the order in which they came.
    pub(crate) fn of<'a>(records: impl IntoIterator<Item = &'a Record>, source: &str) -> Self {
        let mut ledger = Self::default();
        for record in records {
            match record {
                Record::Frame(frame) if frame.source == source => {
                    ledger
                        .spans
                        .push((frame.sequence..frame.sequence + 1, true));
                    ledger.frames.push(frame.clone());
                }
                Record::Gap(gap) if gap.source == source => {
                    let end = gap.first_sequence + gap.frames;
                    ledger.spans.push((gap.first_sequence..end, false));
                    ledger.gaps.push(gap.clone());
                }
                Record::Status(status) if status.source == source => {
                    ledger.states.push((status.state, status.reason.clone()));
                }
                _ => {}
            }
        }
        ledger
    }

    /// No number is missing, none comes twice, no time goes back. `repeats`: a record may come again
    /// after later ones, as after a break of a connection.
    pub(crate) fn check(&self, repeats: bool) {
        let mut next = 0;
        for (span, _) in &self.spans {
            if repeats && span.end <= next {
                continue;
            }
            assert_eq!(span.start, next, "{:?}", self.spans);
            next = span.end;
        }
        let mut seen = BTreeSet::new();
        let first = self
            .frames
            .iter()
            .filter(|frame| seen.insert(frame.sequence));
        let times: Vec<u64> = first.map(|frame| frame.pts_nanos).collect();
        assert!(
            times.windows(2).all(|pair| pair[0] < pair[1]),
            "presentation time goes back: {times:?}"
        );
    }

    /// Numbers of frames.
    pub(crate) fn present(&self) -> BTreeSet<u64> {
        self.frames.iter().map(|frame| frame.sequence).collect()
    }

    /// Numbers for which nobody accounts, up to the last.
    pub(crate) fn undeclared(&self) -> Vec<u64> {
        let spans = self.spans.iter().flat_map(|(span, _)| span.clone());
        let told: BTreeSet<u64> = spans.collect();
        let end = told.last().map_or(0, |last| last + 1);
        (0..end).filter(|number| !told.contains(number)).collect()
    }

    /// The longest time between two frames, in seconds; a frame that comes again counts once.
    pub(crate) fn longest_pause(&self) -> f64 {
        let times: BTreeSet<u64> = self.frames.iter().map(|frame| frame.pts_nanos).collect();
        let pauses = times.iter().zip(times.iter().skip(1));
        let pauses = pauses.map(|(before, after)| after - before);
        pauses.max().map_or(0.0, |nanos| nanos as f64 / 1e9)
    }

    pub(crate) fn has_state(&self, state: SourceState) -> bool {
        self.states.iter().any(|(seen, _)| *seen == state)
    }

    /// The reasons that came with a state.
    pub(crate) fn reasons(&self, state: SourceState) -> String {
        let of_state = self.states.iter().filter(|(seen, _)| *seen == state);
        let reasons = of_state.filter_map(|(_, reason)| reason.as_deref());
        reasons.collect::<Vec<_>>().join("; ")
    }

    /// As a source that nothing happened to: always there, no long pause. A busy machine may drop frames.
    pub(crate) fn check_undisturbed(&self) {
        self.check(false);
        let last = self.states.last().map(|(state, _)| *state);
        assert!(!self.has_state(SourceState::Offline), "{:?}", self.states);
        assert!(
            last == Some(SourceState::Online) || last == Some(SourceState::Removed),
            "{:?}",
            self.states
        );
        let pause = self.longest_pause();
        assert!(pause < LONGEST_PAUSE, "{pause} s without a frame");
    }
}
