//! How well records agree with what is known of a video.
//!
//! Takes a table of stretches with what is plainly visible in them, and records; gives, per column
//! of the table, the means where it is present and where it is absent, and their correlation over
//! time. Of several faces in a frame the largest counts; what faces with a reason to abstain say does not. Where
//! stretches overlap the first one counts.

mod read;

use std::fmt::{self, Write};

use facs::{ActionUnit, Expression, FaceRecord, FrameRecord};

use super::Segment;

pub use read::TruthError;

/// What is known of a video, from a CSV file with the columns `start_secs` and `end_secs`, and any
/// of `face_visible`, action units (`AU12`; `AU06+AU12` for a sum) and `expression`. Cells are 1
/// (present), 0 (absent) or empty (cannot be told), for `expression` a name or empty.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    columns: Vec<Column>,
    not_read: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
struct Column {
    name: String,
    subject: Subject,
    stretches: Vec<Stretch>,
    present: Sums,
    absent: Sums,
}

/// What a column is about.
#[derive(Clone, Debug, PartialEq)]
enum Subject {
    /// Whether there is a face; the value is whether one was found.
    Face,
    /// The value is the sum of probabilities.
    Units(Vec<ActionUnit>),
    /// One column per expression that occurs; the value is its probability.
    Expression(Expression),
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Stretch {
    segment: Segment,
    present: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
}

impl Truth {
    /// Adds a frame.
    pub fn add(&mut self, frame: &FrameRecord) {
        let secs = super::secs(frame.pts_nanos);
        let used = frame.faces.iter().filter(|face| face.abstain.is_none());
        let face = used.max_by(|a, b| area(a).total_cmp(&area(b)));
        for column in &mut self.columns {
            let now = |stretch: &&Stretch| stretch.segment.contains(secs);
            let Some(stretch) = column.stretches.iter().find(now) else {
                continue;
            };
            let value = match &column.subject {
                Subject::Face => Some(f64::from(u8::from(!frame.faces.is_empty()))),
                Subject::Units(units) => face.and_then(|face| {
                    let p = |unit| face.action_units.get(unit).map(|score| f64::from(score.p));
                    units.iter().map(p).sum()
                }),
                Subject::Expression(expression) => face
                    .and_then(|face| face.expression.p.get(expression))
                    .map(|p| f64::from(*p)),
            };
            if let Some(value) = value {
                let sums = if stretch.present {
                    &mut column.present
                } else {
                    &mut column.absent
                };
                sums.add(value);
            }
        }
    }

    /// The table: one row per column that was known somewhere.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to a string does not fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> fmt::Result {
        writeln!(
            out,
            "{:<29}      present  mean p       absent  mean p  correlation",
            "agreement over time"
        )?;
        for column in &self.columns {
            let Column {
                present, absent, ..
            } = column;
            write!(out, "{:<29}", column.name)?;
            for sums in [present, absent] {
                write!(
                    out,
                    "  {:>4} frames  {:>6}",
                    sums.count,
                    or_dash(sums.mean(), 3)
                )?;
            }
            let correlation = correlation(present, absent);
            writeln!(out, "  {:>11}", or_dash(correlation, 3))?;
        }
        if !self.not_read.is_empty() {
            writeln!(out, "columns not read: {}", self.not_read.join(", "))?;
        }
        Ok(())
    }
}

impl Sums {
    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
    }

    fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

/// Pearson's correlation of the values with present (1) or absent (0); none where one of the two
/// never occurs or the values are all the same.
fn correlation(present: &Sums, absent: &Sums) -> Option<f64> {
    let count = present.count + absent.count;
    let mean = (present.sum + absent.sum) / count;
    let variance = (present.squares + absent.squares) / count - mean * mean;
    let between =
        (present.mean()? - absent.mean()?) * (present.count * absent.count).sqrt() / count;
    (variance > 1e-12).then(|| between / variance.sqrt())
}

fn area(face: &FaceRecord) -> f32 {
    face.bounding_box.width * face.bounding_box.height
}

fn or_dash(value: Option<f64>, digits: usize) -> String {
    value.map_or("-".into(), |value| format!("{value:.digits$}"))
}

#[cfg(test)]
mod tests {
    use facs::Record;

    use super::*;

    const GOLDEN: &str = include_str!("../../../facs/tests/golden/frame.json");

    /// Ten frames, one per second; AU12 is 0.2 in the first half, 0.6 and 0.8 by turns in the second.
    fn frames() -> Vec<FrameRecord> {
        let Ok(Record::Frame(golden)) = serde_json::from_str(GOLDEN) else {
            panic!("the golden record is a frame");
        };
        let frame = |n: u64| {
            let mut frame = golden.clone();
            frame.pts_nanos = n * 1_000_000_000;
            let face = &mut frame.faces[0];
            face.abstain = None;
            let p = [0.2, [0.6, 0.8][n as usize % 2]][usize::from(n >= 5)];
            face.action_units.get_mut(&ActionUnit::Au12).unwrap().p = p;
            // A smaller face beside it says the contrary.
            let mut other = face.clone();
            other.bounding_box.width *= 0.5;
            other.action_units.get_mut(&ActionUnit::Au12).unwrap().p = 1.0 - p;
            frame.faces.insert(0, other);
            if n == 9 {
                frame.faces.clear();
            }
            frame
        };
        (0..10).map(frame).collect()
    }

    #[test]
    fn what_is_known_is_compared_with_the_largest_face() {
        let mut truth = read::tests::load(
            "start_secs,end_secs,face_visible,AU12,AU06+AU12,AU43,hand,expression\n\
             0,5,1,0,0,,1,sadness\n5,10,1,1,1,1,0,happiness\n",
        )
        .unwrap();
        for frame in frames() {
            truth.add(&frame);
        }
        insta::assert_snapshot!(truth.table(), @r#"
        agreement over time                present  mean p       absent  mean p  correlation
        a face                           10 frames   0.900     0 frames       -            -
        AU12                              4 frames   0.700     5 frames   0.200        0.966
        AU06+AU12                         4 frames   1.510     5 frames   1.010        0.966
        AU43                              0 frames       -     0 frames       -            -
        sadness                           0 frames       -     0 frames       -            -
        happiness                         4 frames   0.920     5 frames   0.920            -
        columns not read: hand
        "#);
    }

    #[test]
    fn the_correlation_is_pearson_s() {
        let sums = |values: &[f64]| {
            let mut sums = Sums::default();
            values.iter().for_each(|value| sums.add(*value));
            sums
        };
        let r = correlation(&sums(&[0.5, 1.0]), &sums(&[0.0, 0.5])).unwrap();
        assert!((r - 0.5_f64.sqrt()).abs() < 1e-12, "{r}");
        assert_eq!(correlation(&sums(&[0.5]), &sums(&[])), None);
        assert_eq!(correlation(&sums(&[0.5]), &sums(&[0.5])), None);
    }
}
