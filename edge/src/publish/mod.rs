//! Publish: estimates to records, and records to lines.
//!
//! [`Publish`] takes a frame's place in its source, its faces and their smoothed scores; gives a
//! [`FrameRecord`] with names for every number. [`JsonLines`] writes records.

mod graphs;
mod json_lines;
mod strongest;

use facs::{
    Abstain, ActionUnit, AuScore, BoundingBox, CaptureClock, Expression, ExpressionScore,
    FaceGraphs, FaceRecord, FrameRecord, FrameSize, GapReason, GapRecord, GlobalGraphs, HeadPose,
    Landmarks5, Quality, SCHEMA_ID, SourceState, StageLatency, StatusRecord,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use graphs::Graphs;
pub use json_lines::{JsonLines, OutputError, Target};

use crate::{
    baseline::Known,
    config::GraphSettings,
    crops::AlignedFace,
    infer::{Axes, Scores},
    models::Limits,
    sides::FaceSides,
    source::Stamp,
    track::Face,
};

/// A unit without a threshold in the bundle is on from here.
const THRESHOLD: f32 = 0.5;

/// The stage.
#[derive(Debug)]
pub struct Publish {
    axes: Axes,
    /// In the order of the action units.
    thresholds: Vec<f32>,
    /// An expression less probable than this is not to be used.
    least_expression: f32,
    graphs: Graphs,
    /// The last frame's record, refilled for the next.
    record: FrameRecord,
    /// Faces that the last records had and this one has not.
    spare: Vec<FaceRecord>,
}

/// What is known of one face.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Where it is.
    pub aligned: &'a AlignedFace,
    /// What it shows.
    pub scores: &'a Scores,
    /// What its halves show.
    pub sides: Option<&'a FaceSides>,
    /// Who it is, and how it is at rest.
    pub known: Known<'a>,
}

/// Where a frame stands in its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Number within the source.
    pub sequence: u64,
    /// When.
    pub stamp: Stamp,
    /// Columns and rows.
    pub size: FrameSize,
}

impl Publish {
    /// `source` and `run`: their names in the records; `limits` and `global`: the bundle's.
    #[must_use]
    pub fn new(
        source: String,
        run: u64,
        axes: Axes,
        limits: &Limits,
        global: Option<&GlobalGraphs>,
        graph: &GraphSettings,
    ) -> Self {
        let thresholds = &limits.thresholds;
        let threshold = |unit: &ActionUnit| thresholds.get(unit).copied().unwrap_or(THRESHOLD);
        Self {
            thresholds: axes.action_units.iter().map(threshold).collect(),
            least_expression: limits.expression.unwrap_or(0.0),
            graphs: Graphs::new(&axes, global, graph),
            axes,
            record: FrameRecord {
                schema: SCHEMA_ID.into(),
                source,
                run,
                sequence: 0,
                pts_nanos: 0,
                captured_at: String::new(),
                capture_clock: CaptureClock::Arrival,
                emitted_at: String::new(),
                frame: FrameSize {
                    width: 0,
                    height: 0,
                },
                faces: Vec::new(),
                latency: StageLatency::default(),
            },
            spare: Vec::new(),
        }
    }

    /// The record of one frame; it is there until the next.
    pub fn publish<'a>(
        &mut self,
        place: &Place,
        faces: impl Iterator<Item = Seen<'a>>,
        latency: StageLatency,
        now: OffsetDateTime,
    ) -> &FrameRecord {
        let Stamp {
            pts_nanos,
            captured_at,
            capture_clock,
            ..
        } = place.stamp;
        self.graphs.forget(pts_nanos);
        let mut count = 0;
        for seen in faces {
            if count == self.record.faces.len() {
                let spare = self.spare.pop();
                let face = spare.unwrap_or_else(|| empty(&self.axes));
                self.record.faces.push(face);
            }
            self.face(count, &seen, pts_nanos);
            count += 1;
        }
        self.spare.extend(self.record.faces.drain(count..));
        let record = &mut self.record;
        record.sequence = place.sequence;
        record.pts_nanos = pts_nanos;
        write_rfc3339(captured_at, &mut record.captured_at);
        record.capture_clock = capture_clock;
        write_rfc3339(now, &mut record.emitted_at);
        record.frame = place.size;
        record.latency = latency;
        record
    }

    /// The record of a source that came or went.
    #[must_use]
    pub fn status(
        &self,
        state: SourceState,
        reason: Option<String>,
        next_sequence: u64,
        now: OffsetDateTime,
    ) -> StatusRecord {
        StatusRecord {
            schema: SCHEMA_ID.into(),
            source: self.record.source.clone(),
            run: self.record.run,
            emitted_at: rfc3339(now),
            state,
            reason,
            next_sequence,
        }
    }

    /// The record of frames that were not read.
    #[must_use]
    pub fn gap(
        &self,
        first_sequence: u64,
        frames: u64,
        reason: GapReason,
        now: OffsetDateTime,
    ) -> GapRecord {
        GapRecord {
            schema: SCHEMA_ID.into(),
            source: self.record.source.clone(),
            run: self.record.run,
            first_sequence,
            frames,
            emitted_at: rfc3339(now),
            reason,
        }
    }

    /// Refills the record's face number `index`.
    fn face(&mut self, index: usize, seen: &Seen<'_>, pts_nanos: u64) {
        let scores = seen.scores;
        let face = &mut self.record.faces[index];
        let AlignedFace {
            face:
                Face {
                    track,
                    bounding_box,
                    landmarks,
                    score,
                },
            pose,
            quality,
            abstain,
        } = *seen.aligned;
        face.track = track;
        face.bounding_box = BoundingBox {
            x: tenths(bounding_box.x),
            y: tenths(bounding_box.y),
            width: tenths(bounding_box.width),
            height: tenths(bounding_box.height),
        };
        face.score = probability(score);
        face.landmarks = landmarks.map(|point| point.map(tenths));
        face.pose = pose.map(|pose| HeadPose {
            yaw: tenths(pose.yaw),
            pitch: tenths(pose.pitch),
            roll: tenths(pose.roll),
        });
        face.quality = Quality {
            size: tenths(quality.size),
            sharpness: tenths(quality.sharpness),
        };
        face.abstain = abstain;
        let Known { person, rest } = seen.known;
        if face.person.as_deref() != person {
            face.person = person.map(Into::into);
        }
        face.baseline = rest.map(|rest| rest.info);
        face.symmetry = seen.sides.map(|sides| probability(sides.symmetry));
        let units = self.axes.action_units.iter().zip(&self.thresholds);
        for (index, ((unit, threshold), p)) in units.zip(&scores.action_units).enumerate() {
            if let Some(score) = face.action_units.get_mut(unit) {
                let halves = seen.sides.and_then(|sides| sides.units.get(index).copied());
                let halves = halves.flatten();
                *score = AuScore {
                    p: probability(*p),
                    on: p >= threshold,
                    left: halves.map(|halves| probability(halves.left)),
                    right: halves.map(|halves| probability(halves.right)),
                    change: rest.map(|rest| ten_thousandths(p - rest.p(index))),
                };
            }
        }
        let expressions = self.axes.expressions.iter().zip(&scores.expressions);
        for (expression, p) in expressions.clone() {
            if let Some(score) = face.expression.p.get_mut(expression) {
                *score = probability(*p);
            }
        }
        let best = expressions.max_by(|a, b| a.1.total_cmp(b.1));
        let (label, p) = best.map_or((Expression::Neutral, 0.0), |(label, p)| (*label, *p));
        face.expression.label = label;
        face.expression.abstain = (p < self.least_expression).then_some(Abstain::Unsure);
        self.graphs.face(track, scores, pts_nanos, &mut face.graphs);
    }
}

/// A face with every name and no number.
fn empty(axes: &Axes) -> FaceRecord {
    let units = axes.action_units.iter();
    let expressions = axes.expressions.iter();
    FaceRecord {
        track: 0,
        person: None,
        bounding_box: BoundingBox::default(),
        score: 0.0,
        landmarks: Landmarks5::default(),
        pose: None,
        quality: Quality {
            size: 0.0,
            sharpness: 0.0,
        },
        abstain: None,
        symmetry: None,
        baseline: None,
        action_units: units.map(|unit| (*unit, AuScore::default())).collect(),
        expression: ExpressionScore {
            label: Expression::Neutral,
            abstain: None,
            p: expressions.map(|expression| (*expression, 0.0)).collect(),
        },
        clip_expression: None,
        graphs: FaceGraphs::default(),
    }
}

/// A probability to four digits.
fn probability(p: f32) -> f32 {
    ten_thousandths(p.clamp(0.0, 1.0))
}

/// To four digits; never a negative zero.
fn ten_thousandths(value: f32) -> f32 {
    (value * 1e4).round() / 1e4 + 0.0
}

/// Pixels, degrees: one digit.
fn tenths(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

fn rfc3339(at: OffsetDateTime) -> String {
    let mut text = String::new();
    write_rfc3339(at, &mut text);
    text
}

/// To the millisecond, into a text that is there already.
fn write_rfc3339(at: OffsetDateTime, text: &mut String) {
    let at = at.replace_millisecond(at.millisecond()).unwrap_or(at);
    let mut bytes = std::mem::take(text).into_bytes();
    bytes.clear();
    // Memory takes all that is written, and RFC 3339 is ASCII.
    let _ = at.format_into(&mut bytes, &Rfc3339);
    *text = String::from_utf8(bytes).unwrap_or_default();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Settings, sides::LeftRight};

    fn stage() -> Publish {
        stage_with(None)
    }

    fn stage_with(expression: Option<f32>) -> Publish {
        let axes = Axes {
            action_units: vec![ActionUnit::Au06, ActionUnit::Au12],
            expressions: vec![Expression::Neutral, Expression::Happiness],
        };
        let limits = Limits {
            thresholds: [(ActionUnit::Au12, 0.9)].into(),
            expression,
        };
        Publish::new(
            "door".into(),
            1_795_250_000_000,
            axes,
            &limits,
            None,
            &Settings::load(None).unwrap().graph,
        )
    }

    #[test]
    fn every_number_gets_its_name() {
        let face = AlignedFace {
            face: Face {
                track: 3,
                bounding_box: BoundingBox {
                    x: 1.04,
                    y: 2.0,
                    width: 50.26,
                    height: 60.0,
                },
                landmarks: Landmarks5::from_array([[10.123, 20.0]; 5]),
                score: 0.987_654,
            },
            pose: None,
            quality: Quality {
                size: 55.0,
                sharpness: 310.04,
            },
            abstain: None,
        };
        let scores = Scores {
            action_units: vec![0.6, 0.812_34],
            expressions: vec![0.2, 0.8],
            au_graph: vec![0.9, 0.5, 0.05, 0.9],
            expression_graph: vec![-0.3, -0.123_45, 0.0, 0.7],
            sound: true,
        };
        let place = Place {
            sequence: 7,
            stamp: Stamp {
                pts_nanos: 280_000_000,
                captured_at: OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(1_234_567),
                capture_clock: CaptureClock::Arrival,
                arrived: std::time::Instant::now(),
            },
            size: FrameSize {
                width: 640,
                height: 360,
            },
        };
        let now = OffsetDateTime::UNIX_EPOCH;
        let latency = StageLatency::default();
        let mut stage = stage();
        let sides = FaceSides {
            units: vec![
                Some(LeftRight {
                    left: 0.5,
                    right: 0.7,
                }),
                None,
            ],
            symmetry: 0.8,
        };
        let seen = Seen {
            aligned: &face,
            scores: &scores,
            sides: Some(&sides),
            known: Known {
                person: Some("Ann"),
                rest: None,
            },
        };
        let record = stage.publish(&place, [seen].into_iter(), latency, now);
        insta::assert_snapshot!(serde_json::to_string(&record).unwrap(), @r#"{"schema":"mien.record/1","source":"door","run":1795250000000,"sequence":7,"pts_nanos":280000000,"captured_at":"1970-01-01T00:00:01.234Z","capture_clock":"arrival","emitted_at":"1970-01-01T00:00:00Z","frame":{"width":640,"height":360},"faces":[{"track":3,"person":"Ann","box":{"x":1.0,"y":2.0,"width":50.3,"height":60.0},"score":0.9877,"landmarks":{"right_eye":[10.1,20.0],"left_eye":[10.1,20.0],"nose":[10.1,20.0],"mouth_right":[10.1,20.0],"mouth_left":[10.1,20.0]},"quality":{"size":55.0,"sharpness":310.0},"symmetry":0.8,"action_units":{"AU06":{"p":0.6,"on":true,"left":0.5,"right":0.7},"AU12":{"p":0.8123,"on":false}},"expression":{"label":"happiness","p":{"neutral":0.2,"happiness":0.8}},"graphs":{"au_au":[{"from":"AU12","to":"AU06","weight":0.5}],"au_expression":[{"from":"AU12","to":"happiness","weight":0.7},{"from":"AU06","to":"neutral","weight":-0.3},{"from":"AU12","to":"neutral","weight":-0.123}]}}],"latency":{"decode_micros":0,"detect_micros":0,"track_micros":0,"align_micros":0,"infer_micros":0,"smooth_micros":0}}"#);
        for (least, abstain) in [(0.8, None), (0.81, Some(Abstain::Unsure))] {
            let mut stage = stage_with(Some(least));
            let record = stage.publish(&place, [seen].into_iter(), latency, now);
            let face = &record.faces[0];
            assert_eq!((face.abstain, face.expression.abstain), (None, abstain));
        }
    }

    #[test]
    fn the_record_of_a_gap_says_where_and_why() {
        let gap = stage().gap(4, 2, GapReason::Overload, OffsetDateTime::UNIX_EPOCH);
        insta::assert_snapshot!(serde_json::to_string(&gap).unwrap(), @r#"{"schema":"mien.record/1","source":"door","run":1795250000000,"first_sequence":4,"frames":2,"emitted_at":"1970-01-01T00:00:00Z","reason":"overload"}"#);
    }
}
