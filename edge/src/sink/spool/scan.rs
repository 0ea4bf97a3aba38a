//! Records out of the bytes of segments, and an account of those that are damaged.
//!
//! Takes bytes in order, segment by segment; gives whole records, and for every number that is missing the
//! frames that its record stood for: exactly where the record's key is whole or one source was recorded,
//! else as the neighbours bound them.

use std::collections::BTreeMap;

use super::{
    super::losses::Losses,
    frame::{self, Frame, Parsed},
};

/// What lies next.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// A whole record and its JSON.
    Record(Frame, Vec<u8>),
    /// Records are missing: their numbers, and what they stood for.
    Lost { from: u64, to: u64, losses: Losses },
}

/// Reads one segment after the other.
#[derive(Debug, Default)]
pub(super) struct Scan {
    bytes: Vec<u8>,
    at: usize,
    /// The next number, where one is known.
    expected: Option<u64>,
    /// Numbers of this segment may jump: it stands for records that were dropped.
    jumps: bool,
    /// How far each source and run is accounted for.
    ends: BTreeMap<Whose, End>,
}

/// Source and run.
type Whose = (String, u64);

/// How far a source is accounted for.
#[derive(Clone, Copy, Debug, Default)]
struct End {
    /// The frame after the last.
    frame: u64,
    /// Number of the record that told so.
    number: u64,
}

impl Scan {
    /// Goes on with another segment. `from` is the first number that matters where nothing was read yet.
    pub(super) fn enter(&mut self, from: u64, jumps: bool) {
        self.bytes.clear();
        self.at = 0;
        self.expected.get_or_insert(from);
        self.jumps = jumps;
    }

    /// Leaves a segment that ends with this number.
    pub(super) fn leave_dropped(&mut self, end: u64) {
        self.expected = Some(end);
    }

    /// The number after the last record.
    pub(super) const fn expected(&self) -> Option<u64> {
        self.expected
    }

    /// How many bytes are read; those after are none, or damaged.
    pub(super) const fn read(&self) -> usize {
        self.at
    }

    /// Room for more bytes of the segment, to be appended.
    pub(super) const fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// The next thing, `None` at the end of the bytes. `sealed`: no more bytes will come.
    pub(super) fn next(&mut self, sealed: bool) -> Option<Found> {
        while self.at < self.bytes.len() {
            match frame::parse(&self.bytes[self.at..]) {
                Parsed::Short if !sealed => return None,
                Parsed::Short | Parsed::Damaged => {
                    self.at += frame::resync(&self.bytes[self.at..])?;
                }
                Parsed::Whole(frame) => {
                    if let Some(found) = self.frame(frame, true) {
                        return Some(found);
                    }
                }
                Parsed::Body(frame) => {
                    if let Some(found) = self.frame(frame, false) {
                        return Some(found);
                    }
                }
            }
        }
        None
    }

    fn frame(&mut self, frame: Frame, whole: bool) -> Option<Found> {
        let expected = self.expected.unwrap_or(frame.number);
        if frame.number < expected {
            // Left over from before: numbers only grow.
            self.at += frame.len;
            return None;
        }
        if frame.number > expected && !self.jumps {
            let losses = self.hole(expected, frame.number);
            self.expected = Some(frame.number);
            return Some(Found::Lost {
                from: expected,
                to: frame.number,
                losses,
            });
        }
        let start = self.at;
        self.at += frame.len;
        self.expected = Some(frame.number + 1);
        self.see(&frame);
        Some(if whole {
            let json = self.bytes[start + frame.head..self.at].to_vec();
            Found::Record(frame, json)
        } else {
            let mut losses = Losses::default();
            losses.add(&frame.key);
            let number = frame.number;
            Found::Lost {
                from: number,
                to: number + 1,
                losses,
            }
        })
    }

    /// What is missing at the end of all segments, after which the number `end` comes.
    pub(super) fn end(&mut self, end: u64) -> Option<Found> {
        let losses = self.missing_until(end)?;
        let from = self.expected.replace(end)?;
        Some(Found::Lost {
            from,
            to: end,
            losses,
        })
    }

    /// What is missing at the end of a segment after which the number `end` comes.
    pub(super) fn missing_until(&mut self, end: u64) -> Option<Losses> {
        let missing = end
            .checked_sub(self.expected?)
            .filter(|missing| *missing > 0)?;
        let mut losses = Losses::default();
        self.beside_last(missing, &mut losses, |_| true);
        Some(losses)
    }

    /// As many frames as records, after the last of the source that came last, of those that `passes`.
    fn beside_last(&mut self, missing: u64, losses: &mut Losses, passes: impl Fn(&Whose) -> bool) {
        let open = self.ends.iter_mut().filter(|(whose, _)| passes(whose));
        if let Some((whose, end)) = open.max_by_key(|(_, end)| end.number) {
            losses.add_span(&whose.0, whose.1, end.frame..end.frame + missing);
            end.frame += missing;
        }
    }

    fn see(&mut self, frame: &Frame) {
        let whose = (frame.key.source.clone(), frame.key.run);
        let end = self.ends.entry(whose).or_default();
        end.frame = frame.key.end().max(end.frame);
        end.number = frame.number;
    }

    /// What the records `from..next` stood for, told from the records around them.
    fn hole(&mut self, from: u64, next: u64) -> Losses {
        let mut losses = Losses::default();
        let mut missing = next - from;
        let firsts = self.firsts();
        for (whose, &first) in &firsts {
            if let Some(end) = self.ends.get_mut(whose)
                && end.frame < first
            {
                losses.add_span(&whose.0, whose.1, end.frame..first);
                missing = missing.saturating_sub(first - end.frame);
                end.frame = first;
            }
        }
        if missing > 0 && self.ends.keys().any(|whose| !firsts.contains_key(whose)) {
            // A source with no record behind it: as many frames as records, after its last.
            self.beside_last(missing, &mut losses, |whose| !firsts.contains_key(whose));
        } else if missing > 0
            && let Some((whose, &first)) = firsts
                .iter()
                .find(|(whose, _)| !self.ends.contains_key(*whose))
        {
            // A source with no record before it.
            losses.add_span(&whose.0, whose.1, first.saturating_sub(missing)..first);
        }
        // What is then left were status records.
        losses
    }

    /// Per source and run: the first frame that the bytes ahead account for.
    fn firsts(&self) -> BTreeMap<Whose, u64> {
        let mut firsts = BTreeMap::new();
        let mut at = self.at;
        while let Some(rest) = self.bytes.get(at..).filter(|rest| !rest.is_empty()) {
            match frame::parse(rest) {
                Parsed::Whole(frame) | Parsed::Body(frame) => {
                    let whose = (frame.key.source, frame.key.run);
                    firsts.entry(whose).or_insert(frame.key.first);
                    at += frame.len;
                }
                Parsed::Short | Parsed::Damaged => match frame::resync(rest) {
                    Some(skip) => at += skip,
                    None => break,
                },
            }
        }
        firsts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sink::key::{Key, Kind};
    use facs::GapReason;
    use proptest::prelude::*;

    /// Records of two sources by turns; the places where they begin.
    fn segment(count: u64) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut starts) = (Vec::new(), Vec::new());
        for number in 0..count {
            let source = if number % 2 == 0 { "door" } else { "hall" };
            let (kind, first) = (Kind::Frame, 100 + number / 2);
            let key = Key {
                kind,
                source: source.into(),
                run: 1,
                first,
                frames: 1,
            };
            starts.push(bytes.len());
            frame::encode(&mut bytes, number, 0, &key, b"{\"some\":\"json\"}");
        }
        (bytes, starts)
    }

    type Accounted = (Vec<u64>, Vec<(String, u64, u64)>);

    fn scanned(bytes: &[u8]) -> Accounted {
        let mut scan = Scan::default();
        scan.enter(0, false);
        scan.bytes().extend_from_slice(bytes);
        let (mut numbers, mut gaps) = (Vec::new(), Vec::new());
        while let Some(found) = scan.next(true) {
            match found {
                Found::Record(frame, json) => {
                    assert_eq!(json, b"{\"some\":\"json\"}");
                    numbers.push(frame.number);
                }
                Found::Lost { mut losses, .. } => {
                    for gap in losses.tell(GapReason::SpoolDamaged) {
                        gaps.push((gap.source, gap.first_sequence, gap.frames));
                    }
                }
            }
        }
        (numbers, gaps)
    }

    #[test]
    fn a_damaged_body_is_named_exactly_and_a_damaged_head_by_its_neighbours() {
        let (good, starts) = segment(12);
        let mut body = good.clone();
        body[starts[5] - 3] ^= 1;
        assert_eq!(scanned(&body).1, [("door".into(), 102, 1)]);
        let mut head = good.clone();
        head[starts[5] + 1] ^= 1;
        let (numbers, gaps) = scanned(&head);
        assert_eq!(numbers, [0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 11]);
        assert_eq!(gaps, [("hall".into(), 102, 1)]);
        let mut span = good.clone();
        span[starts[3]..starts[8]].fill(0);
        let (numbers, gaps) = scanned(&span);
        assert_eq!(numbers, [0, 1, 2, 8, 9, 10, 11]);
        assert_eq!(gaps, [("door".into(), 102, 2), ("hall".into(), 101, 3)]);
    }

    proptest! {
        /// Whatever bit is flipped: what is given is right, and nothing is missing without an account,
        /// the last record apart, behind which nothing lies yet.
        #[test]
        fn one_flipped_bit_loses_one_record_and_says_so(place in 0_usize..20_000, bit in 0_u8..8) {
            let (mut bytes, starts) = segment(12);
            let place = place % starts[11];
            bytes[place] ^= 1 << bit;
            let hit = starts.iter().rposition(|start| *start <= place).unwrap() as u64;
            let (numbers, gaps) = scanned(&bytes);
            prop_assert_eq!(numbers.len(), 11);
            prop_assert!(!numbers.contains(&hit));
            let source = if hit.is_multiple_of(2) { "door" } else { "hall" };
            if hit > 1 {
                prop_assert_eq!(gaps, [(source.to_owned(), 100 + hit / 2, 1)]);
            } else {
                prop_assert_eq!(gaps.len(), 1);
            }
        }

        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
            prop_assert_eq!(scanned(&bytes), (vec![], vec![]));
        }
    }
}
