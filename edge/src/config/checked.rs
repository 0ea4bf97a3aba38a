//! The configuration without invalid states: what the stages are built from.
//!
//! Takes a [`RawConfig`]; gives [`Settings`], or the key and the value that cannot be.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

use facs::QualityLimits;

use super::{
    ConfigError, RuntimeSettings,
    error::{positive, refuse, some_text, within},
    faces::{BaselineSettings, SidesSettings},
    home,
    http::HttpSettings,
    raw::{self, RawConfig},
    sources::{RawSourceEntry, SourceSettings, SourceSpec},
};
use crate::sink::{self, SinkSettings};

/// Everything that the daemon needs to know besides its input, its bundle and its outputs.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// What holds for each source.
    pub source: SourceSettings,
    /// The sources, of different names.
    pub sources: Vec<SourceSpec>,
    /// How frames and faces share model calls.
    pub batch: BatchSettings,
    /// ONNX Runtime.
    pub runtime: RuntimeSettings,
    /// Finding faces.
    pub detect: DetectSettings,
    /// Following faces.
    pub track: TrackSettings,
    /// When to abstain.
    pub quality: QualitySettings,
    /// Smoothing over time.
    pub smooth: SmoothSettings,
    /// Sparse graphs.
    pub graph: GraphSettings,
    /// The halves of a face.
    pub sides: SidesSettings,
    /// Faces at rest.
    pub baseline: BaselineSettings,
    /// Records and the summary.
    pub output: OutputSettings,
    /// The HTTP server.
    pub http: HttpSettings,
    /// Where records go besides.
    pub sinks: Vec<SinkSettings>,
}

/// Checked `[batch]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchSettings {
    /// Most frames per round.
    pub max_frames: NonZeroUsize,
    /// How long a round waits for frames of other sources.
    pub gather: Duration,
}

/// Checked `[detect]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DetectSettings {
    /// Run the face finder on every n-th frame while faces move; at least 1.
    pub interval: u64,
    /// And on every n-th while they rest; not less.
    pub max_interval: u64,
    /// Least time between two runs by which somebody new is found.
    pub max_wait_nanos: u64,
    /// Least score of a new face, where the bundle's is not wanted.
    pub score_threshold: Option<f32>,
    /// Share of the threshold that is enough for a face that is followed already.
    pub keep_ratio: f32,
    /// Candidates that overlap more than this are one face.
    pub merge_overlap: f32,
    /// Most faces per frame.
    pub max_faces: NonZeroUsize,
    /// Look at found faces a second time, where the bundle has a refiner.
    pub refine: bool,
}

/// Checked `[track]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackSettings {
    /// Least likeness of a face to the place where a track expects it.
    pub min_affinity: f32,
    /// Searches without the face after which it is no longer reported.
    pub coast_searches: u32,
    /// Searches without the face after which its track ends; at least `coast_searches`.
    pub lost_searches: u32,
    /// A face that was away longer keeps its number when it comes back within so long,
    pub return_nanos: u64,
    /// so close to where it was, in sides of its box.
    pub return_distance: f32,
    /// How much of a small surprise is believed.
    pub steadiness: f32,
    /// Movement, in shares of the face's size, that is believed in full.
    pub full_motion: f32,
}

/// Checked `[quality]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct QualitySettings {
    /// Smallest face, in pixels.
    pub min_size: f32,
    /// Least sharpness of the crop.
    pub min_sharpness: f32,
    /// Largest turn of the head to a side.
    pub max_yaw_degrees: f32,
    /// Largest nod.
    pub max_pitch_degrees: f32,
    /// Least share of the face's box inside the frame.
    pub min_inside: f32,
}

impl QualitySettings {
    /// Of these and a bundle's limits the stricter.
    #[must_use]
    pub fn within(mut self, limits: &QualityLimits) -> Self {
        let QualityLimits {
            max_yaw_degrees,
            max_pitch_degrees,
            min_sharpness,
        } = *limits;
        let least = |most: f32, limit: Option<f32>| most.min(limit.unwrap_or(most));
        self.max_yaw_degrees = least(self.max_yaw_degrees, max_yaw_degrees);
        self.max_pitch_degrees = least(self.max_pitch_degrees, max_pitch_degrees);
        self.min_sharpness = self.min_sharpness.max(min_sharpness.unwrap_or(0.0));
        self
    }
}

/// Checked `[smooth]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SmoothSettings {
    /// One-Euro cut-off at rest, in hertz; 0 turns smoothing off.
    pub min_cutoff_hz: f32,
    /// Hertz per probability per second.
    pub beta: f32,
    /// Cut-off of the speed estimate.
    pub derivative_cutoff_hz: f32,
    /// Time constant of the graphs' mean, in seconds; 0 turns it off.
    pub graph_secs: f32,
}

/// Checked `[graph]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GraphSettings {
    /// What makes an edge strong.
    pub rank: GraphRank,
    /// Weaker edges are left out.
    pub min_weight: f32,
    /// Share of `min_weight` that is enough for an edge that was listed before, and share by which a
    /// new edge must be stronger to take its place; above 0.
    pub keep_ratio: f32,
    /// Most edges per graph.
    pub max_edges: usize,
}

/// What makes an edge of a face's graph strong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GraphRank {
    /// Its weight.
    Weight,
    /// The difference of its weight to the bundle's global graph.
    Delta,
}

/// Checked `[output]`.
#[derive(Clone, Debug, PartialEq)]
pub struct OutputSettings {
    /// Records reach the output at least this often.
    pub flush_interval: Duration,
    /// Folder of the sinks' spools.
    pub spool_folder: PathBuf,
    /// How long sinks may deliver at the end.
    pub drain: Duration,
    /// Length of the first and the last window of the summary.
    pub summary_window_secs: f64,
}

impl Settings {
    /// Reads and checks a file, or gives the defaults when there is none.
    ///
    /// # Errors
    /// [`ConfigError`], naming the file and the line or key.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        let Some(path) = path else {
            return RawConfig::default().try_into();
        };
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        let raw: RawConfig = toml::from_str(&text).map_err(|source| ConfigError::Parse {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        raw.try_into()
    }
}

impl TryFrom<RawConfig> for Settings {
    type Error = ConfigError;

    fn try_from(raw: RawConfig) -> Result<Self, ConfigError> {
        let source = SourceSettings::try_from(&raw.source)?;
        Ok(Self {
            sources: check_sources(&raw.sources, &source)?,
            source,
            batch: raw.batch.try_into()?,
            runtime: raw.runtime.try_into()?,
            detect: raw.detect.try_into()?,
            track: raw.track.try_into()?,
            quality: raw.quality.try_into()?,
            smooth: raw.smooth.try_into()?,
            graph: raw.graph.try_into()?,
            sides: raw.sides.try_into()?,
            baseline: BaselineSettings::check(&raw.baseline, &raw.people)?,
            output: raw.output.try_into()?,
            http: raw.http.try_into()?,
            sinks: sink::check(&raw.sinks)?,
        })
    }
}

/// Entries under different names.
fn check_sources(
    raw: &[RawSourceEntry],
    settings: &SourceSettings,
) -> Result<Vec<SourceSpec>, ConfigError> {
    let mut sources: Vec<SourceSpec> = Vec::with_capacity(raw.len());
    for entry in raw {
        let spec = SourceSpec::check(entry, settings)?;
        if sources.iter().any(|other| other.name == spec.name) {
            let problem = format!("two sources are called {:?}", spec.name);
            return Err(refuse("sources.name", problem));
        }
        sources.push(spec);
    }
    Ok(sources)
}

impl TryFrom<raw::RawBatch> for BatchSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawBatch) -> Result<Self, ConfigError> {
        Ok(Self {
            max_frames: positive("batch.max_frames", raw.max_frames)?,
            gather: Duration::from_millis(raw.gather_millis),
        })
    }
}

impl TryFrom<raw::RawDetect> for DetectSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawDetect) -> Result<Self, ConfigError> {
        if raw.interval == 0 {
            return Err(refuse("detect.interval", "must be at least 1"));
        }
        if raw.max_interval < raw.interval {
            let problem = format!(
                "{} is less than detect.interval ({})",
                raw.max_interval, raw.interval
            );
            return Err(refuse("detect.max_interval", problem));
        }
        if raw.max_wait_millis > 3_600_000 {
            return Err(refuse("detect.max_wait_millis", "is more than an hour"));
        }
        let threshold = within("detect.score_threshold", raw.score_threshold, 0.0, 1.0)?;
        Ok(Self {
            interval: raw.interval,
            max_interval: raw.max_interval,
            max_wait_nanos: raw.max_wait_millis * 1_000_000,
            score_threshold: Some(threshold).filter(|threshold| *threshold > 0.0),
            keep_ratio: within("detect.keep_ratio", raw.keep_ratio, 0.0, 1.0)?,
            merge_overlap: within("detect.merge_overlap", raw.merge_overlap, 0.0, 1.0)?,
            max_faces: positive("detect.max_faces", raw.max_faces)?,
            refine: raw.refine,
        })
    }
}

impl TryFrom<raw::RawTrack> for TrackSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawTrack) -> Result<Self, ConfigError> {
        if raw.lost_searches < raw.coast_searches {
            let problem = format!(
                "{} is less than track.coast_searches ({})",
                raw.lost_searches, raw.coast_searches
            );
            return Err(refuse("track.lost_searches", problem));
        }
        Ok(Self {
            min_affinity: within("track.min_affinity", raw.min_affinity, 0.01, 1.0)?,
            coast_searches: raw.coast_searches,
            lost_searches: raw.lost_searches,
            return_nanos: {
                let secs = within("track.return_secs", raw.return_secs, 0.0, 3600.0)?;
                (f64::from(secs) * 1e9) as u64
            },
            return_distance: within("track.return_distance", raw.return_distance, 0.0, 100.0)?,
            steadiness: within("track.steadiness", raw.steadiness, 0.01, 1.0)?,
            full_motion: within("track.full_motion", raw.full_motion, 0.001, 10.0)?,
        })
    }
}

impl TryFrom<raw::RawQuality> for QualitySettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawQuality) -> Result<Self, ConfigError> {
        Ok(Self {
            min_size: within("quality.min_size", raw.min_size, 0.0, 1e5)?,
            min_sharpness: within("quality.min_sharpness", raw.min_sharpness, 0.0, 1e6)?,
            max_yaw_degrees: within("quality.max_yaw_degrees", raw.max_yaw_degrees, 0.0, 180.0)?,
            max_pitch_degrees: within(
                "quality.max_pitch_degrees",
                raw.max_pitch_degrees,
                0.0,
                180.0,
            )?,
            min_inside: within("quality.min_inside", raw.min_inside, 0.0, 1.0)?,
        })
    }
}

impl TryFrom<raw::RawSmooth> for SmoothSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawSmooth) -> Result<Self, ConfigError> {
        Ok(Self {
            min_cutoff_hz: within("smooth.min_cutoff_hz", raw.min_cutoff_hz, 0.0, 1e3)?,
            beta: within("smooth.beta", raw.beta, 0.0, 1e3)?,
            derivative_cutoff_hz: within(
                "smooth.derivative_cutoff_hz",
                raw.derivative_cutoff_hz,
                1e-3,
                1e3,
            )?,
            graph_secs: within("smooth.graph_secs", raw.graph_secs, 0.0, 3600.0)?,
        })
    }
}

impl TryFrom<raw::RawGraph> for GraphSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawGraph) -> Result<Self, ConfigError> {
        let rank = match raw.rank.as_str() {
            "weight" => GraphRank::Weight,
            "delta" => GraphRank::Delta,
            other => {
                let problem = format!("{other:?} is not one of \"weight\", \"delta\"");
                return Err(refuse("graph.rank", problem));
            }
        };
        Ok(Self {
            rank,
            min_weight: within("graph.min_weight", raw.min_weight, 0.0, 1.0)?,
            keep_ratio: within("graph.keep_ratio", raw.keep_ratio, 0.01, 1.0)?,
            max_edges: raw.max_edges,
        })
    }
}

impl TryFrom<raw::RawOutput> for OutputSettings {
    type Error = ConfigError;

    fn try_from(raw: raw::RawOutput) -> Result<Self, ConfigError> {
        let mut checked = Self {
            flush_interval: Duration::from_millis(raw.flush_millis),
            spool_folder: some_text(&raw.spool_folder).map_or_else(
                || home("STATE_DIRECTORY", "XDG_STATE_HOME", ".local/state").join("spool"),
                Into::into,
            ),
            drain: Duration::from_secs_f32(within(
                "output.drain_secs",
                raw.drain_secs,
                0.0,
                3600.0,
            )?),
            summary_window_secs: 0.0,
        };
        checked.set_summary_window(raw.summary_window_secs)?;
        Ok(checked)
    }
}

impl OutputSettings {
    /// Replaces the length of the summary's windows.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for what is no length of time.
    pub fn set_summary_window(&mut self, secs: f64) -> Result<(), ConfigError> {
        if !secs.is_finite() || secs <= 0.0 {
            let problem = format!("{secs} is not a length of time");
            return Err(refuse("output.summary_window_secs", problem));
        }
        self.summary_window_secs = secs;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Listen;
    use crate::config::Provider;

    fn refused(text: &str) -> String {
        let raw: RawConfig = toml::from_str(text).unwrap();
        Settings::try_from(raw).unwrap_err().to_string()
    }

    #[test]
    fn the_defaults_are_valid() {
        let settings = Settings::load(None).unwrap();
        assert_eq!(settings.runtime.providers, [Provider::Cpu]);
        assert_eq!(settings.http.listen, Listen::Auto);
    }

    #[test]
    fn a_value_that_cannot_be_is_named() {
        insta::assert_snapshot!(refused("[detect]\ninterval = 0"), @"configuration key detect.interval: must be at least 1");
        insta::assert_snapshot!(refused("[runtime]\nproviders = ['gpu']"), @r#"configuration key runtime.providers: "gpu" is not one of "tensorrt", "cuda", "cpu""#);
        insta::assert_snapshot!(refused("[runtime]\nprecision = 'fp16'"), @"configuration key runtime.precision: is a choice of TensorRT, and runtime.providers does not name it; on other providers the bundle's models decide");
        insta::assert_snapshot!(refused("[runtime]\nbuckets = [1, 4, 2]"), @"configuration key runtime.buckets: [1, 4, 2]: must ascend from 1 to 1024 at most");
        insta::assert_snapshot!(refused("[runtime]\nproviders = []"), @"configuration key runtime.providers: names no provider");
        insta::assert_snapshot!(refused("[track]\nlost_searches = 1"), @"configuration key track.lost_searches: 1 is less than track.coast_searches (2)");
        insta::assert_snapshot!(refused("[smooth]\nbeta = nan"), @"configuration key smooth.beta: NaN is not between 0 and 1000");
        insta::assert_snapshot!(refused("[graph]\nrank = 'change'"), @r#"configuration key graph.rank: "change" is not one of "weight", "delta""#);
        insta::assert_snapshot!(refused("[graph]\nkeep_ratio = 0.0"), @"configuration key graph.keep_ratio: 0 is not between 0.01 and 1");
        insta::assert_snapshot!(refused("[output]\nsummary_window_secs = 0.0"), @"configuration key output.summary_window_secs: 0 is not a length of time");
    }
}
