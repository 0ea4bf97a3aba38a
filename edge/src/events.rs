//! What happens, as structs that log and count at once.
//!
//! Takes facts; gives a line in the log and a change in the metrics. Names of metrics are stated
//! here and nowhere else.

use std::{path::Path, time::Duration};

use facs::{FrameRecord, GapRecord, Role, SourceState, StageLatency, StatusRecord};
use metrics::{counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use tracing::{error, info, warn};

use crate::{
    baseline::EnrolError,
    config::{Provider, SourceSpec},
    control::{Done, Refusal},
    onnx::RuntimeError,
};

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
    describe_gauge!(
        "mien_source_online",
        "1 while the source delivers frames, not a number once it has ended"
    );
    describe_counter!(
        "mien_source_failures_total",
        "How often a live source failed and was opened anew"
    );
    describe_histogram!("mien_stage_seconds", "Time per frame and stage");
    describe_histogram!(
        "mien_latency_seconds",
        "From the arrival of a decoded frame to its record, by source"
    );
    crate::baseline::describe();
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

/// The daemon reads its sources.
pub(crate) struct Started<'a> {
    pub(crate) sources: &'a [SourceSpec],
    pub(crate) bundle: &'a Path,
    pub(crate) library: &'a Path,
}

impl Started<'_> {
    pub(crate) fn emit(&self) {
        let (bundle, library) = (self.bundle.display(), self.library.display());
        let sources = self.sources.iter().map(|spec| spec.input.to_string());
        let sources = sources.collect::<Vec<_>>().join(", ");
        info!(sources, %bundle, %library, "started");
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
}

impl DetectionsDropped {
    pub(crate) fn emit(&self) {
        warn!(
            detections = self.detections,
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

/// A live source failed and will be opened anew.
pub(crate) struct SourceLost<'a> {
    pub(crate) source: &'a str,
    pub(crate) reason: &'a str,
    pub(crate) wait: Duration,
}

impl SourceLost<'_> {
    pub(crate) fn emit(&self) {
        let wait_secs = self.wait.as_secs_f32();
        warn!(
            source = self.source,
            reason = self.reason,
            wait_secs,
            "source offline"
        );
        counter!("mien_source_failures_total", "source" => self.source.to_owned()).increment(1);
    }
}

/// A source is something else now.
pub(crate) struct SourceChanged<'a> {
    pub(crate) status: &'a StatusRecord,
}

impl SourceChanged<'_> {
    pub(crate) fn emit(&self) {
        let StatusRecord { source, state, .. } = self.status;
        tracing::debug!(source, state = state.name(), "source changed");
        let online = match state {
            SourceState::Online => 1.0,
            // Nobody waits for it: neither online nor offline.
            SourceState::Ended | SourceState::Removed => f64::NAN,
            _ => 0.0,
        };
        gauge!("mien_source_online", "source" => source.clone()).set(online);
    }
}

/// A source ended.
pub(crate) struct SourceEnded<'a> {
    pub(crate) source: &'a str,
    pub(crate) fault: Option<&'a dyn std::error::Error>,
}

impl SourceEnded<'_> {
    pub(crate) fn emit(&self) {
        match self.fault {
            Some(fault) => error!(source = self.source, %fault, "source failed"),
            None => info!(source = self.source, "source ended"),
        }
    }
}

/// An order was carried out, or not.
pub(crate) struct Ordered<'a> {
    pub(crate) done: &'a Result<Done, Refusal>,
}

impl Ordered<'_> {
    pub(crate) fn emit(&self) {
        match self.done {
            Ok(done) => info!(done.message, "order carried out"),
            Err(refusal) => warn!(%refusal, "order refused"),
        }
    }
}

/// A face was not given a name.
pub(crate) struct PersonRefused<'a> {
    pub(crate) source: &'a str,
    pub(crate) error: EnrolError,
}

impl PersonRefused<'_> {
    pub(crate) fn emit(&self) {
        warn!(source = self.source, error = %self.error, "face not named");
    }
}

/// The run is over.
pub(crate) struct Ended {
    pub(crate) frames: u64,
    pub(crate) stopped: bool,
}

impl Ended {
    pub(crate) fn emit(&self) {
        let (frames, stopped) = (self.frames, self.stopped);
        info!(frames, stopped, "ended");
    }
}
