//! What happens, as structs that log and count at once.
//!
//! Takes facts; gives a line in the log and a change in the metrics. Names of metrics are stated
//! here and nowhere else.

use std::{path::Path, time::Duration};

use facs::{FrameRecord, GapRecord, Role, StageLatency};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use tracing::{error, info, warn};

use crate::{config::Provider, onnx::RuntimeError};

/// Help texts of the metrics.
pub(crate) fn describe() {
    crate::sink::describe();
    describe_counter!("mien_frames_total", "Frames read");
    describe_counter!("mien_faces_total", "Faces read, counted per frame");
    describe_counter!("mien_frames_lost_total", "Frames not read, by reason");
    describe_counter!(
        "mien_faces_dropped_total",
        "Faces whose scores were not numbers"
    );
    describe_counter!(
        "mien_detections_dropped_total",
        "Found faces whose refined place was not a number"
    );
    describe_counter!(
        "mien_providers_refused_total",
        "Providers that could not start"
    );
    describe_gauge!("mien_model_info", "1 per model: role, provider, sha256");
    describe_histogram!("mien_stage_seconds", "Time per frame and stage");
}

/// A model is ready.
pub(crate) struct ModelReady<'a> {
    pub(crate) role: Role,
    pub(crate) provider: Provider,
    pub(crate) sha256: &'a str,
}

impl ModelReady<'_> {
    pub(crate) fn emit(&self) {
        let role = format!("{:?}", self.role);
        let provider = self.provider.name();
        info!(role, provider, sha256 = self.sha256, "model ready");
        let labels = [
            ("role", role),
            ("provider", provider.to_owned()),
            ("sha256", self.sha256.to_owned()),
        ];
        gauge!("mien_model_info", &labels).set(1.0);
    }
}

/// The daemon reads its source.
pub(crate) struct Started<'a> {
    pub(crate) input: &'a str,
    pub(crate) bundle: &'a Path,
    pub(crate) library: &'a Path,
}

impl Started<'_> {
    pub(crate) fn emit(&self) {
        let (bundle, library) = (self.bundle.display(), self.library.display());
        info!(input = self.input, %bundle, %library, "started");
    }
}

/// A provider could not start and the next one is tried.
pub(crate) struct ProviderRefused<'a> {
    pub(crate) error: &'a RuntimeError,
}

impl ProviderRefused<'_> {
    pub(crate) fn emit(&self) {
        warn!(error = %self.error, "provider refused, trying the next");
        counter!("mien_providers_refused_total").increment(1);
    }
}

/// A frame has its record.
pub(crate) struct FrameRead<'a> {
    pub(crate) record: &'a FrameRecord,
}

impl FrameRead<'_> {
    pub(crate) fn emit(&self) {
        counter!("mien_frames_total").increment(1);
        counter!("mien_faces_total").increment(self.record.faces.len() as u64);
        let StageLatency {
            decode_micros,
            detect_micros,
            refine_micros,
            track_micros,
            align_micros,
            infer_micros,
            smooth_micros,
        } = self.record.latency;
        for (stage, micros) in [
            ("decode", decode_micros),
            ("detect", detect_micros),
            ("refine", refine_micros),
            ("track", track_micros),
            ("align", align_micros),
            ("infer", infer_micros),
            ("smooth", smooth_micros),
        ] {
            histogram!("mien_stage_seconds", "stage" => stage).record(micros as f64 / 1e6);
        }
    }
}

/// A record reached the output.
pub(crate) struct Published {
    pub(crate) took: Duration,
}

impl Published {
    pub(crate) fn emit(&self) {
        histogram!("mien_stage_seconds", "stage" => "publish").record(self.took.as_secs_f64());
    }
}

/// Frames were not read.
pub(crate) struct FramesLost<'a> {
    pub(crate) gap: &'a GapRecord,
}

impl FramesLost<'_> {
    pub(crate) fn emit(&self) {
        let reason = self.gap.reason.name();
        counter!("mien_frames_lost_total", "reason" => reason).increment(self.gap.frames);
        // A busy camera loses frames all the time: that is for the metrics, not for the log.
        tracing::debug!(
            reason,
            frames = self.gap.frames,
            first = self.gap.first_sequence,
            "frames lost"
        );
    }
}

/// The refiner gave answers that are no numbers.
pub(crate) struct DetectionsDropped {
    pub(crate) detections: usize,
    pub(crate) sequence: u64,
}

impl DetectionsDropped {
    pub(crate) fn emit(&self) {
        warn!(
            detections = self.detections,
            sequence = self.sequence,
            "refiner's answers are no numbers, detections left out"
        );
        counter!("mien_detections_dropped_total").increment(self.detections as u64);
    }
}

/// The affect model gave scores that are no numbers.
pub(crate) struct FaceDropped {
    pub(crate) track: u64,
    pub(crate) sequence: u64,
}

impl FaceDropped {
    pub(crate) fn emit(&self) {
        warn!(
            track = self.track,
            sequence = self.sequence,
            "scores out of range, face left out"
        );
        counter!("mien_faces_dropped_total").increment(1);
    }
}

/// The source ended.
pub(crate) struct SourceEnded<'a> {
    pub(crate) frames: u64,
    pub(crate) stopped: bool,
    pub(crate) fault: Option<&'a dyn std::error::Error>,
}

impl SourceEnded<'_> {
    pub(crate) fn emit(&self) {
        match self.fault {
            Some(fault) => error!(frames = self.frames, %fault, "source failed"),
            None if self.stopped => info!(frames = self.frames, "stopped on request"),
            None => info!(frames = self.frames, "source ended"),
        }
    }
}
