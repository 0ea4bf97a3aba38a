//! What the daemon says: one [`Record`] per line of JSON, version 1.
//!
//! Everything is named: no bare matrices, no positions. Units: pixels of the frame as delivered,
//! nanoseconds for presentation time, microseconds for latencies, degrees for angles, probabilities
//! in [0, 1]. Left and right are the sides of the subject, not of the picture.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

use crate::{ActionUnit, Edge, Expression, GapRecord, GlobalGraphs, StatusRecord, Weight};

/// The version of the records in this module.
pub const SCHEMA_ID: &str = "mien.record/1";

/// One line of output.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Record {
    /// A frame was read, with or without faces.
    Frame(FrameRecord),
    /// Frames that were not read, or whose records were not delivered: a declared hole in the sequence.
    Gap(GapRecord),
    /// A source came or went.
    Status(StatusRecord),
}

/// A [`Record`] that lies elsewhere; it is written the same.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum RecordRef<'a> {
    /// See [`Record::Frame`].
    Frame(&'a FrameRecord),
    /// See [`Record::Gap`].
    Gap(&'a GapRecord),
    /// See [`Record::Status`].
    Status(&'a StatusRecord),
}

impl Record {
    /// The same, borrowed.
    #[must_use]
    pub const fn as_ref(&self) -> RecordRef<'_> {
        match self {
            Self::Frame(frame) => RecordRef::Frame(frame),
            Self::Gap(gap) => RecordRef::Gap(gap),
            Self::Status(status) => RecordRef::Status(status),
        }
    }
}

impl<'a> RecordRef<'a> {
    /// Which source it is about.
    #[must_use]
    pub fn source(self) -> &'a str {
        match self {
            Self::Frame(frame) => &frame.source,
            Self::Gap(gap) => &gap.source,
            Self::Status(status) => &status.source,
        }
    }
}

/// What was read from one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FrameRecord {
    /// Always [`SCHEMA_ID`].
    #[cfg_attr(feature = "schema", schemars(extend("const" = SCHEMA_ID)))]
    pub schema: String,
    /// Which source the frame came from.
    pub source: String,
    /// Which run of the daemon: its start in Unix milliseconds. `source`, `run` and `sequence`
    /// together name a frame once and for all; 0 in records of older daemons.
    #[serde(default)]
    pub run: u64,
    /// Number of the frame within its source and run, from 0, gaps counted.
    pub sequence: u64,
    /// Presentation time within the source.
    pub pts_nanos: u64,
    /// Wall clock when the frame was captured as `capture_clock` tells, RFC 3339.
    pub captured_at: String,
    /// What `captured_at` was read from.
    #[serde(default)]
    pub capture_clock: CaptureClock,
    /// Wall clock when this record was written, RFC 3339.
    pub emitted_at: String,
    /// Size of the frame, the space of all pixel values.
    pub frame: FrameSize,
    /// The faces, by track id. Empty when no face was seen.
    pub faces: Vec<FaceRecord>,
    /// Time spent per stage on this frame.
    pub latency: StageLatency,
}

/// What the time of capture was read from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaptureClock {
    /// The wall clock when the decoded frame reached the daemon.
    #[default]
    Arrival,
    /// The pipeline's clock when the source handed the frame over, before it was decoded.
    Pipeline,
    /// The camera's own clock, sent along with the stream (RTCP sender reports, NTP).
    Sender,
}

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FrameSize {
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
}

/// One face in one frame.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FaceRecord {
    /// Stable while the face is followed; never reused within a run.
    pub track: u64,
    /// Name of the enrolled person, where the daemon was told one for this face.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub person: Option<String>,
    /// Where the face is.
    #[serde(rename = "box")]
    pub bounding_box: BoundingBox,
    /// Probability that this is a face.
    pub score: f32,
    /// Five landmarks.
    pub landmarks: Landmarks5,
    /// Head pose, where it could be told.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub pose: Option<HeadPose>,
    /// How good the picture of the face is.
    pub quality: Quality,
    /// Why none of the scores should be used, when they should not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub abstain: Option<Abstain>,
    /// Likeness of the two halves of the face in [0, 1], where measured.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub symmetry: Option<f32>,
    /// The neutral state of this face that `change` of its units counts from, where there is one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub baseline: Option<BaselineInfo>,
    /// Action units by name.
    #[cfg_attr(feature = "schema", schemars(extend("propertyNames" = {"$ref": "#/$defs/ActionUnit"})))]
    pub action_units: BTreeMap<ActionUnit, AuScore>,
    /// Expression in this frame.
    pub expression: ExpressionScore,
    /// Expression over the clip so far, where a temporal model runs.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub clip_expression: Option<ExpressionScore>,
    /// Causal graphs.
    pub graphs: FaceGraphs,
}

/// An axis-aligned box in pixels; may reach outside the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BoundingBox {
    /// Left edge.
    pub x: f32,
    /// Top edge.
    pub y: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl BoundingBox {
    /// Intersection over union, 0 when the boxes do not meet.
    #[must_use]
    pub fn iou(&self, other: &Self) -> f32 {
        let width = (self.x + self.width).min(other.x + other.width) - self.x.max(other.x);
        let height = (self.y + self.height).min(other.y + other.height) - self.y.max(other.y);
        if width <= 0.0 || height <= 0.0 {
            return 0.0;
        }
        let shared = width * height;
        shared / (self.width * self.height + other.width * other.height - shared)
    }

    /// The middle of the box.
    #[must_use]
    pub fn center(&self) -> [f32; 2] {
        [self.x + self.width / 2.0, self.y + self.height / 2.0]
    }
}

/// Five landmarks `[x, y]` in pixels; sides are the subject's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Landmarks5 {
    /// Centre of the right eye (on the left of an unmirrored picture).
    pub right_eye: [f32; 2],
    /// Centre of the left eye.
    pub left_eye: [f32; 2],
    /// Tip of the nose.
    pub nose: [f32; 2],
    /// Right corner of the mouth.
    pub mouth_right: [f32; 2],
    /// Left corner of the mouth.
    pub mouth_left: [f32; 2],
}

impl Landmarks5 {
    /// As an array in the order of model axes: right eye, left eye, nose, mouth right, mouth left.
    #[must_use]
    pub const fn to_array(&self) -> [[f32; 2]; 5] {
        [
            self.right_eye,
            self.left_eye,
            self.nose,
            self.mouth_right,
            self.mouth_left,
        ]
    }

    /// From an array in the order of [`Self::to_array`].
    #[must_use]
    pub const fn from_array(
        [right_eye, left_eye, nose, mouth_right, mouth_left]: [[f32; 2]; 5],
    ) -> Self {
        Self {
            right_eye,
            left_eye,
            nose,
            mouth_right,
            mouth_left,
        }
    }

    /// Each point through `map`.
    #[must_use]
    pub fn map(&self, map: impl FnMut([f32; 2]) -> [f32; 2]) -> Self {
        Self::from_array(self.to_array().map(map))
    }

    /// The landmarks in the mirror image of a picture `width` pixels wide. Sides stay the
    /// subject's, so left and right change places.
    #[must_use]
    pub fn mirrored(&self, width: f32) -> Self {
        let Self {
            right_eye,
            left_eye,
            nose,
            mouth_right,
            mouth_left,
        } = self.map(|[x, y]| [width - x, y]);
        Self {
            right_eye: left_eye,
            left_eye: right_eye,
            nose,
            mouth_right: mouth_left,
            mouth_left: mouth_right,
        }
    }
}

/// Head rotation in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct HeadPose {
    /// Turn; positive towards the subject's left.
    pub yaw: f32,
    /// Nod; positive upwards.
    pub pitch: f32,
    /// Tilt in the picture; positive clockwise as seen.
    pub roll: f32,
}

/// How good the picture of a face is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quality {
    /// Side of the face in pixels of the frame (geometric mean of the box).
    pub size: f32,
    /// Sharpness: variance of the Laplacian of the crop's luma (0-255 scale).
    pub sharpness: f32,
}

/// Why scores should not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Abstain {
    /// The face is too small.
    TooSmall,
    /// The face is too blurred.
    TooBlurred,
    /// The head is turned too far away.
    TurnedAway,
    /// The face leaves the frame.
    OutOfFrame,
    /// The likeliest expression is less probable than the bundle's calibration asks for.
    Unsure,
}

/// One action unit of one face.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AuScore {
    /// Probability that the unit is active, smoothed over the track.
    pub p: f32,
    /// Whether `p` reaches the bundle's threshold for this unit.
    pub on: bool,
    /// Probability on the subject's left, where the model tells sides.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub left: Option<f32>,
    /// Probability on the subject's right, where the model tells sides.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub right: Option<f32>,
    /// `p` minus the face's neutral `p`, where `baseline` is known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub change: Option<f32>,
}

/// Of what a face's neutral state was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct BaselineInfo {
    /// Frames that went into it.
    pub samples: u64,
    /// Seconds since it was last changed.
    pub age_secs: u64,
}

/// The expression of one face.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ExpressionScore {
    /// The most probable expression.
    pub label: Expression,
    /// Why `label` should not be used, when it should not though the face's other scores may.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub abstain: Option<Abstain>,
    /// Probabilities; they sum to 1 over the expressions that the model emits.
    #[cfg_attr(feature = "schema", schemars(extend("propertyNames" = {"$ref": "#/$defs/Expression"})))]
    pub p: BTreeMap<Expression, f32>,
}

/// Causal graphs of one face, sparse, strongest edge first: by `|weight|`, or by `|delta|` where the
/// daemon was told to rank so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FaceGraphs {
    /// Between action units.
    pub au_au: Vec<FaceEdge<ActionUnit, ActionUnit>>,
    /// From action units to expressions.
    pub au_expression: Vec<FaceEdge<ActionUnit, Expression>>,
}

/// One directed edge in one face: `from` acts on `to`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename = "{From}To{To}FaceEdge"))]
pub struct FaceEdge<From, To> {
    /// The cause.
    pub from: From,
    /// The effect.
    pub to: To,
    /// Polarity and strength in this face, smoothed over the track.
    pub weight: Weight,
    /// `weight` minus the edge's weight in the bundle's global graph, in (-2, 2); absent where the
    /// bundle has no global graph. An edge that the bundle leaves out as weak counts as 0 there.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub delta: Option<f32>,
}

impl<From, To> FaceEdge<From, To> {
    /// The difference to the global graph, where it is larger than what the bundle leaves out.
    #[must_use]
    pub fn notable_delta(&self) -> Option<f32> {
        let notable = |delta: &f32| delta.abs() >= GlobalGraphs::LEAST_WEIGHT;
        self.delta.filter(notable)
    }

    /// How much there is to see in the edge: its strength, or its difference to the global graph
    /// where that is larger.
    #[must_use]
    pub fn prominence(&self) -> f32 {
        let delta = self.delta.map_or(0.0, f32::abs);
        self.weight.get().abs().max(delta)
    }
}

impl<From: fmt::Display, To: fmt::Display> fmt::Display for FaceEdge<From, To> {
    /// As an [`Edge`], with the difference to the global graph where it is notable:
    /// `AU12 -> happiness +0.77 (delta +0.31)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (from, to) = (&self.from, &self.to);
        let weight = self.weight;
        write!(f, "{}", Edge { from, to, weight })?;
        match self.notable_delta() {
            Some(delta) => write!(f, " (delta {delta:+.2})"),
            None => Ok(()),
        }
    }
}

/// Microseconds per stage for one frame. A stage that did not run on this frame is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct StageLatency {
    /// Waiting for the decoder.
    pub decode_micros: u64,
    /// Finding faces, where the finder ran on this frame.
    pub detect_micros: u64,
    /// Looking at found faces a second time; absent where nothing was looked at.
    #[serde(skip_serializing_if = "is_zero", default)]
    pub refine_micros: u64,
    /// Following faces.
    pub track_micros: u64,
    /// Cropping.
    pub align_micros: u64,
    /// Affect model.
    pub infer_micros: u64,
    /// Smoothing.
    pub smooth_micros: u64,
}

fn is_zero(micros: &u64) -> bool {
    *micros == 0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_golden_record_reads_and_writes_byte_for_byte() {
        let golden = include_str!("../tests/golden/frame.json");
        let record: Record = serde_json::from_str(golden).unwrap();
        for written in [
            serde_json::to_string_pretty(&record).unwrap(),
            serde_json::to_string_pretty(&record.as_ref()).unwrap(),
        ] {
            assert_eq!(written + "\n", golden);
        }
    }

    #[test]
    fn a_stage_that_came_later_is_absent_where_it_did_not_run() {
        let mut latency = StageLatency::default();
        let old = serde_json::to_string(&latency).unwrap();
        assert!(!old.contains("refine"), "{old}");
        assert_eq!(serde_json::from_str::<StageLatency>(&old).unwrap(), latency);
        latency.refine_micros = 70;
        let new = serde_json::to_string(&latency).unwrap();
        assert_eq!(serde_json::from_str::<StageLatency>(&new).unwrap(), latency);
    }

    #[test]
    fn an_expression_says_why_it_should_not_be_used_and_is_silent_otherwise() {
        let sure = r#"{"label":"anger","p":{"anger":0.9}}"#;
        let unsure = r#"{"label":"anger","abstain":"unsure","p":{"anger":0.3}}"#;
        for (json, abstain) in [(sure, None), (unsure, Some(Abstain::Unsure))] {
            let score: ExpressionScore = serde_json::from_str(json).unwrap();
            assert_eq!(score.abstain, abstain);
            assert_eq!(serde_json::to_string(&score).unwrap(), json);
        }
    }

    #[test]
    fn an_edge_without_a_global_graph_has_no_delta() {
        let json = r#"{"from":"AU12","to":"AU15","weight":-0.41}"#;
        let mut edge: FaceEdge<ActionUnit, ActionUnit> = serde_json::from_str(json).unwrap();
        assert_eq!(edge.delta, None);
        assert_eq!(serde_json::to_string(&edge).unwrap(), json);
        assert_eq!(edge.to_string(), "AU12 -| AU15 -0.41");
        edge.delta = Some(0.049);
        assert_eq!(edge.to_string(), "AU12 -| AU15 -0.41");
        edge.delta = Some(-0.3);
        assert_eq!(edge.to_string(), "AU12 -| AU15 -0.41 (delta -0.30)");
    }

    fn boxes() -> impl Strategy<Value = BoundingBox> {
        (
            -50.0_f32..50.0,
            -50.0_f32..50.0,
            1.0_f32..80.0,
            1.0_f32..80.0,
        )
            .prop_map(|(x, y, width, height)| BoundingBox {
                x,
                y,
                width,
                height,
            })
    }

    proptest! {
        #[test]
        fn overlap_is_symmetric_and_bounded(a in boxes(), b in boxes()) {
            prop_assert_eq!(a.iou(&b), b.iou(&a));
            prop_assert!((0.0..=1.0 + 1e-5).contains(&a.iou(&b)));
            prop_assert!((a.iou(&a) - 1.0).abs() < 1e-4);
        }
    }
}
