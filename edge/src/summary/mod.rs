//! What a stretch of records says, for people.
//!
//! Takes records, live or read back from a file; gives a table of means: over all, over the first
//! and the last seconds, and over stretches that the user names. Memory is bounded by the window,
//! not by the length of the source.

mod means;
mod table;
mod truth;

use std::{collections::VecDeque, fmt, str::FromStr, time::Duration};

use facs::{FaceRecord, FrameRecord, RecordRef};

pub use means::Means;
pub use truth::{Truth, TruthError};

/// A stretch of the source, in seconds of its presentation time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// First second.
    pub start_secs: f64,
    /// End, exclusive.
    pub end_secs: f64,
}

impl Segment {
    /// Whether a time lies in it.
    #[must_use]
    pub fn contains(&self, secs: f64) -> bool {
        (self.start_secs..self.end_secs).contains(&secs)
    }
}

impl FromStr for Segment {
    type Err = String;

    /// Reads `START:END`.
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once(':').and_then(|(start, end)| {
            Some(Self {
                start_secs: start.parse().ok()?,
                end_secs: end.parse().ok()?,
            })
        });
        parsed
            .filter(|segment| segment.start_secs < segment.end_secs)
            .ok_or_else(|| format!("{text:?} is not START:END in seconds"))
    }
}

/// Records added up.
#[derive(Clone, Debug)]
pub struct Summary {
    window_secs: f64,
    all: Means,
    first: Means,
    /// Faces of the last `window_secs`, by time.
    last: VecDeque<(u64, Vec<FaceRecord>)>,
    segments: Vec<(Segment, Means)>,
    span_nanos: Option<(u64, u64)>,
    lost: u64,
}

impl Summary {
    /// Nothing yet; `window_secs` is the length of the first and the last window.
    #[must_use]
    pub fn new(window_secs: f64, segments: &[Segment]) -> Self {
        let named = segments.iter().map(|segment| (*segment, Means::default()));
        Self {
            window_secs,
            all: Means::default(),
            first: Means::default(),
            last: VecDeque::new(),
            segments: named.collect(),
            span_nanos: None,
            lost: 0,
        }
    }

    /// Adds a record.
    pub fn add(&mut self, record: RecordRef<'_>) {
        match record {
            RecordRef::Frame(frame) => self.add_frame(frame),
            RecordRef::Gap(gap) => self.lost += gap.frames,
            RecordRef::Status(_) => {}
        }
    }

    fn add_frame(&mut self, frame: &FrameRecord) {
        let pts = frame.pts_nanos;
        let (start, end) = self.span_nanos.unwrap_or((pts, pts));
        self.span_nanos = Some((start, end.max(pts)));
        self.all.add(&frame.faces);
        if secs(pts.saturating_sub(start)) < self.window_secs {
            self.first.add(&frame.faces);
        }
        for (segment, means) in &mut self.segments {
            if segment.contains(secs(pts)) {
                means.add(&frame.faces);
            }
        }
        self.last.push_back((pts, frame.faces.clone()));
        while let Some((oldest, _)) = self.last.front()
            && secs(pts.saturating_sub(*oldest)) >= self.window_secs
        {
            self.last.pop_front();
        }
    }

    /// Means over all records.
    #[must_use]
    pub const fn all(&self) -> &Means {
        &self.all
    }

    /// Means over the first seconds.
    #[must_use]
    pub const fn first(&self) -> &Means {
        &self.first
    }

    /// Means over the last seconds.
    #[must_use]
    pub fn last(&self) -> Means {
        let mut means = Means::default();
        for (_, faces) in &self.last {
            means.add(faces);
        }
        means
    }

    /// The table; with the speed, where the time that the run took is known.
    #[must_use]
    pub fn table(&self, took: Option<Duration>) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text, took);
        text
    }

    fn write(&self, out: &mut String, took: Option<Duration>) -> fmt::Result {
        use fmt::Write as _;
        let Means {
            frames,
            frames_with_face,
            faces,
            used,
            ref tracks,
            ..
        } = self.all;
        let length = self
            .span_nanos
            .map_or(0.0, |(start, end)| secs(end - start));
        write!(out, "frames  {frames} over {length:.1} s")?;
        if self.lost > 0 {
            write!(out, ", {} more lost", self.lost)?;
        }
        let share = 100.0 * frames_with_face as f64 / frames.max(1) as f64;
        write!(
            out,
            "\nfaces   in {frames_with_face} frames ({share:.1}%), {} track{}",
            tracks.len(),
            if tracks.len() == 1 { "" } else { "s" }
        )?;
        if used < faces {
            write!(out, ", {} of {faces} faces abstained", faces - used)?;
        }
        if let Some(took) = took {
            let rate = frames as f64 / took.as_secs_f64().max(1e-9);
            write!(
                out,
                "\nspeed   {rate:.1} frames/s ({:.2} s)",
                took.as_secs_f64()
            )?;
        }
        out.push_str("\n\n");
        let last = self.last();
        let mut columns = vec![("all".to_owned(), &self.all)];
        let windows = length > self.window_secs && self.segments.is_empty();
        if windows {
            columns.push((format!("first {} s", self.window_secs), &self.first));
            columns.push((format!("last {} s", self.window_secs), &last));
        }
        for (segment, means) in &self.segments {
            columns.push((
                format!("{}-{} s", segment.start_secs, segment.end_secs),
                means,
            ));
        }
        table::write(out, &columns, windows)
    }
}

fn secs(nanos: u64) -> f64 {
    nanos as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use super::*;
    use facs::{ActionUnit, GapRecord, Record};

    const GOLDEN: &str = include_str!("../../../facs/tests/golden/frame.json");

    /// One frame every second; AU12 rises from 0 to 1, every third frame has no face.
    fn records() -> Vec<Record> {
        let Ok(Record::Frame(golden)) = serde_json::from_str(GOLDEN) else {
            panic!("the golden record is a frame");
        };
        let frame = |n: u64| {
            let mut frame = golden.clone();
            frame.pts_nanos = n * 1_000_000_000 + 83_000_000;
            let face = &mut frame.faces[0];
            face.abstain = None;
            face.action_units.get_mut(&ActionUnit::Au12).unwrap().p = n as f32 / 30.0;
            if n % 3 == 2 {
                frame.faces.clear();
            }
            Record::Frame(frame)
        };
        (0..=30).map(frame).collect()
    }

    #[test]
    fn windows_and_segments_are_where_they_should_be() {
        let segments = ["3:6".parse().unwrap(), "28:99".parse().unwrap()];
        let mut summary = Summary::new(8.0, &segments);
        for record in records() {
            summary.add(record.as_ref());
        }
        // Frames 0 to 7 and 23 to 30.
        assert_eq!((summary.first().frames, summary.last().frames), (8, 8));
        let au12 = |means: &Means| means.action_unit(ActionUnit::Au12).unwrap() * 30.0;
        // 0 1 3 4 6 7 have faces.
        assert!((au12(summary.first()) - 3.5).abs() < 1e-4);
        assert_eq!(summary.segments[0].1.frames, 3);
        assert_eq!(summary.segments[1].1.frames, 3);
        assert!(au12(&summary.last()) > 26.0);
    }

    #[test]
    fn the_table_reads_well() {
        let mut summary = Summary::new(8.0, &[]);
        for record in records() {
            summary.add(record.as_ref());
        }
        summary.add(
            Record::Gap(GapRecord {
                schema: facs::SCHEMA_ID.into(),
                source: "door".into(),
                run: 1,
                first_sequence: 31,
                frames: 4,
                emitted_at: String::new(),
                reason: facs::GapReason::SourceError,
            })
            .as_ref(),
        );
        insta::assert_snapshot!(summary.table(Some(Duration::from_millis(310))), @r"
        frames  31 over 30.0 s, 4 more lost
        faces   in 21 frames (67.7%), 1 track
        speed   100.0 frames/s (0.31 s)

        mean probability                       all    first 8 s     last 8 s   change
        AU06 cheek raiser                    0.810        0.810        0.810   +0.000
        AU12 lip corner puller               0.492        0.117        0.893   +0.777
        neutral                              0.080        0.080        0.080   +0.000
        happiness                            0.920        0.920        0.920   +0.000
        most frequent expression         happiness    happiness    happiness
          in this share of faces              100%         100%         100%
        faces used                              21            6            5
        strongest edges, all: AU12 -> happiness +0.77 (delta +0.31), AU12 -| AU15 -0.41
        strongest edges, first 8 s: AU12 -> happiness +0.77 (delta +0.31), AU12 -| AU15 -0.41
        strongest edges, last 8 s: AU12 -> happiness +0.77 (delta +0.31), AU12 -| AU15 -0.41
        ");
    }

    #[test]
    fn a_segment_needs_a_start_and_a_later_end() {
        assert!("1.5:2".parse::<Segment>().is_ok());
        for text in ["2:1", "1", "a:b", "1:1"] {
            assert!(text.parse::<Segment>().is_err(), "{text}");
        }
    }
}
