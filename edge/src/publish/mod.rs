//! Publish: estimates to records, and records to lines.
//!
//! [`Publish`] takes a frame's place in its source, its faces and their smoothed scores; gives a
//! [`FrameRecord`] with names for every number. [`JsonLines`] writes records.

mod graphs;
mod json_lines;
mod strongest;

use std::collections::BTreeMap;

use facs::{
    ActionUnit, AuScore, BoundingBox, CaptureClock, Expression, ExpressionScore, FaceRecord,
    FrameRecord, FrameSize, GapReason, GapRecord, GlobalGraphs, HeadPose, Quality, SCHEMA_ID,
    StageLatency,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use graphs::Graphs;
pub use json_lines::{JsonLines, OutputError, Target};

use crate::{
    config::GraphSettings,
    crops::AlignedFace,
    infer::{Axes, Scores},
};

/// A unit without a threshold in the bundle is on from here.
const THRESHOLD: f32 = 0.5;

/// The stage.
#[derive(Debug)]
pub struct Publish {
    source: String,
    run: u64,
    axes: Axes,
    /// In the order of the action units.
    thresholds: Vec<f32>,
    graphs: Graphs,
}

/// Where a frame stands in its source.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Place {
    /// Number within the source.
    pub sequence: u64,
    /// Presentation time.
    pub pts_nanos: u64,
    /// Wall clock when it was captured.
    pub captured_at: OffsetDateTime,
    /// What that was read from.
    pub capture_clock: CaptureClock,
    /// Columns and rows.
    pub size: FrameSize,
}

impl Publish {
    /// `source` and `run`: their names in the records; `thresholds` and `global`: the bundle's.
    #[must_use]
    pub fn new(
        source: String,
        run: u64,
        axes: Axes,
        thresholds: &BTreeMap<ActionUnit, f32>,
        global: Option<&GlobalGraphs>,
        graph: &GraphSettings,
    ) -> Self {
        let threshold = |unit: &ActionUnit| thresholds.get(unit).copied().unwrap_or(THRESHOLD);
        Self {
            source,
            run,
            thresholds: axes.action_units.iter().map(threshold).collect(),
            graphs: Graphs::new(&axes, global, graph),
            axes,
        }
    }

    /// The record of one frame.
    pub fn publish<'a>(
        &mut self,
        place: &Place,
        faces: impl Iterator<Item = (&'a AlignedFace, &'a Scores)>,
        latency: StageLatency,
        now: OffsetDateTime,
    ) -> FrameRecord {
        self.graphs.forget(place.pts_nanos);
        FrameRecord {
            schema: SCHEMA_ID.into(),
            source: self.source.clone(),
            run: self.run,
            sequence: place.sequence,
            pts_nanos: place.pts_nanos,
            captured_at: rfc3339(place.captured_at),
            capture_clock: place.capture_clock,
            emitted_at: rfc3339(now),
            frame: place.size,
            faces: faces
                .map(|(face, scores)| self.face(face, scores, place.pts_nanos))
                .collect(),
            latency,
        }
    }

    /// The record of frames that were not read.
    pub fn gap(
        &mut self,
        first_sequence: u64,
        frames: u64,
        reason: GapReason,
        now: OffsetDateTime,
    ) -> GapRecord {
        GapRecord {
            schema: SCHEMA_ID.into(),
            source: self.source.clone(),
            run: self.run,
            first_sequence,
            frames,
            emitted_at: rfc3339(now),
            reason,
        }
    }

    fn face(&mut self, aligned: &AlignedFace, scores: &Scores, pts_nanos: u64) -> FaceRecord {
        let BoundingBox {
            x,
            y,
            width,
            height,
        } = aligned.face.bounding_box;
        let units = self.axes.action_units.iter().zip(&self.thresholds);
        let action_units = units
            .zip(&scores.action_units)
            .map(|((&unit, threshold), &p)| {
                let score = AuScore {
                    p: probability(p),
                    on: p >= *threshold,
                    left: None,
                    right: None,
                    change: None,
                };
                (unit, score)
            });
        FaceRecord {
            track: aligned.face.track,
            person: None,
            bounding_box: BoundingBox {
                x: tenths(x),
                y: tenths(y),
                width: tenths(width),
                height: tenths(height),
            },
            score: probability(aligned.face.score),
            landmarks: aligned.face.landmarks.map(|point| point.map(tenths)),
            pose: aligned.pose.map(|pose| HeadPose {
                yaw: tenths(pose.yaw),
                pitch: tenths(pose.pitch),
                roll: tenths(pose.roll),
            }),
            quality: Quality {
                size: tenths(aligned.quality.size),
                sharpness: tenths(aligned.quality.sharpness),
            },
            abstain: aligned.abstain,
            symmetry: None,
            baseline: None,
            action_units: action_units.collect(),
            expression: expression(&self.axes.expressions, &scores.expressions),
            clip_expression: None,
            graphs: self.graphs.face(aligned.face.track, scores, pts_nanos),
        }
    }
}

fn expression(axis: &[Expression], p: &[f32]) -> ExpressionScore {
    let best = axis.iter().zip(p).max_by(|a, b| a.1.total_cmp(b.1));
    ExpressionScore {
        label: best.map_or(Expression::Neutral, |(expression, _)| *expression),
        p: axis
            .iter()
            .copied()
            .zip(p.iter().copied().map(probability))
            .collect(),
    }
}

/// A probability to four digits.
fn probability(p: f32) -> f32 {
    (p.clamp(0.0, 1.0) * 1e4).round() / 1e4
}

/// Pixels, degrees: one digit.
fn tenths(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}

/// To the millisecond.
fn rfc3339(at: OffsetDateTime) -> String {
    let at = at.replace_millisecond(at.millisecond()).unwrap_or(at);
    at.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Settings, track::Face};
    use facs::Landmarks5;

    fn stage() -> Publish {
        let axes = Axes {
            action_units: vec![ActionUnit::Au06, ActionUnit::Au12],
            expressions: vec![Expression::Neutral, Expression::Happiness],
        };
        let thresholds = [(ActionUnit::Au12, 0.9)].into();
        Publish::new(
            "door".into(),
            1_795_250_000_000,
            axes,
            &thresholds,
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
        };
        let place = Place {
            sequence: 7,
            pts_nanos: 280_000_000,
            captured_at: OffsetDateTime::UNIX_EPOCH + time::Duration::microseconds(1_234_567),
            capture_clock: CaptureClock::Arrival,
            size: FrameSize {
                width: 640,
                height: 360,
            },
        };
        let now = OffsetDateTime::UNIX_EPOCH;
        let latency = StageLatency::default();
        let record = stage().publish(&place, [(&face, &scores)].into_iter(), latency, now);
        insta::assert_snapshot!(serde_json::to_string(&record).unwrap(), @r#"{"schema":"mien.record/1","source":"door","run":1795250000000,"sequence":7,"pts_nanos":280000000,"captured_at":"1970-01-01T00:00:01.234Z","capture_clock":"arrival","emitted_at":"1970-01-01T00:00:00Z","frame":{"width":640,"height":360},"faces":[{"track":3,"box":{"x":1.0,"y":2.0,"width":50.3,"height":60.0},"score":0.9877,"landmarks":{"right_eye":[10.1,20.0],"left_eye":[10.1,20.0],"nose":[10.1,20.0],"mouth_right":[10.1,20.0],"mouth_left":[10.1,20.0]},"quality":{"size":55.0,"sharpness":310.0},"action_units":{"AU06":{"p":0.6,"on":true},"AU12":{"p":0.8123,"on":false}},"expression":{"label":"happiness","p":{"neutral":0.2,"happiness":0.8}},"graphs":{"au_au":[{"from":"AU12","to":"AU06","weight":0.5}],"au_expression":[{"from":"AU12","to":"happiness","weight":0.7},{"from":"AU06","to":"neutral","weight":-0.3},{"from":"AU12","to":"neutral","weight":-0.123}]}}],"latency":{"decode_micros":0,"detect_micros":0,"track_micros":0,"align_micros":0,"infer_micros":0,"smooth_micros":0}}"#);
    }

    #[test]
    fn the_record_of_a_gap_says_where_and_why() {
        let gap = stage().gap(4, 2, GapReason::Overload, OffsetDateTime::UNIX_EPOCH);
        insta::assert_snapshot!(serde_json::to_string(&gap).unwrap(), @r#"{"schema":"mien.record/1","source":"door","run":1795250000000,"first_sequence":4,"frames":2,"emitted_at":"1970-01-01T00:00:00Z","reason":"overload"}"#);
    }
}
