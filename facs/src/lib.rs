//! The words everyone shares: the vocabulary of faces and the contracts between programs.
//!
//! - [`ActionUnit`] and [`Expression`]: what a face can do and show, in one fixed order.
//! - [`Graph`]: signed, directed edges between them, always by name.
//! - [`Record`]: what the daemon says about a frame, one JSON object per line.
//! - [`Bundle`]: a trained set of models, with hashes, and the [`Calibration`] of their probabilities.
//! - [`Dataset`] and [`Sample`]: labelled images, what every loader writes and the trainer reads;
//!   [`ShardFiles`] writes them so that a run can be stopped and go on.
//! - [`ClipSet`], [`Clip`] and [`ClipFrame`]: labelled clips.
//! - [`priors`]: action units per expression as published.
//!
//! Nothing here is heavy: serde, thiserror and a hash.

mod action_unit;
mod bundle;
mod clips;
mod dataset;
mod expression;
mod graph;
mod json_file;
pub mod priors;
mod record;
mod shard;
mod stream;

pub use action_unit::{ActionUnit, Sidedness, UnknownActionUnit};
pub use bundle::{
    Bundle, BundleError, Calibration, CropTemplate, GlobalGraphs, ImageInput, Licence, MapError,
    Model, ProbabilityMap, QualityLimits, Quantisation, Role, SideFusion, Training, sha256_hex,
};
pub use clips::{Clip, ClipFrame, ClipLabels, ClipSet, ClipSetError};
pub use dataset::{
    AuLabel, Dataset, DatasetError, DatasetKind, FaceLabel, PersonTraits, Provenance, Sample, Sex,
    Shard, Split,
};
pub use expression::{Expression, UnknownExpression};
pub use graph::{AuEdge, Edge, ExpressionEdge, Graph, Weight, WeightOutOfRange};
pub use json_file::{FileError, write_whole};
pub use record::{
    Abstain, AuScore, BaselineInfo, BoundingBox, CaptureClock, ExpressionScore, FaceEdge,
    FaceGraphs, FaceRecord, FrameRecord, FrameSize, HeadPose, Landmarks5, Quality, Record,
    RecordRef, SCHEMA_ID, StageLatency,
};
pub use shard::{FinishedShard, ShardFiles, ShardWriter};
pub use stream::{GapReason, GapRecord, SourceState, StatusRecord};
