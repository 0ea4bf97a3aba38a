//! What the daemon says about itself.
//!
//! Takes records, latencies and the models in use; gives a [`Snapshot`] that HTTP serves as JSON.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use facs::{RecordRef, SourceState, StatusRecord};
use metrics::Histogram;
use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    config::SourceSpec,
    models::Models,
    sink::{Monitor, SinkStatus},
};

/// Latencies that percentiles are taken of, per source.
const RECENT: usize = 512;
/// A source without a frame for so long is not fresh.
const FRESH: Duration = Duration::from_secs(10);
/// Time constant of the rate of frames.
const RATE_SECS: f64 = 5.0;

/// The status, shared by all who change it and all who ask.
#[derive(Clone, Debug, Default)]
pub struct Status(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    run: u64,
    bundle: Option<BundleStatus>,
    sources: BTreeMap<String, Source>,
    sinks: Monitor,
    running: bool,
}

#[derive(Debug)]
struct Source {
    shown: SourceStatus,
    last_frame: Option<Instant>,
    /// Microseconds, the oldest overwritten first.
    latencies: Vec<u32>,
    next_latency: usize,
    histogram: Histogram,
    /// Sources of this name that were taken away and whose last word is still on its way.
    leaving: u64,
}

/// What the daemon is doing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Snapshot {
    /// Version of the daemon.
    pub version: &'static str,
    /// Which run: its start in Unix milliseconds.
    pub run: u64,
    /// Whether frames are being read.
    pub running: bool,
    /// Whether small pictures of the sources are served.
    pub preview: bool,
    /// The models in use.
    pub bundle: Option<BundleStatus>,
    /// The sources by name.
    pub sources: BTreeMap<String, SourceStatus>,
    /// The sinks, in the order of the configuration.
    pub sinks: Vec<SinkStatus>,
}

/// The bundle in use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BundleStatus {
    /// Its name.
    pub name: String,
    /// Its folder.
    pub folder: String,
    /// The execution provider that each model really runs on.
    pub providers: BTreeMap<&'static str, &'static str>,
}

/// One source.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SourceStatus {
    /// What is read, without its password.
    pub input: String,
    /// Whether the newest frame wins.
    pub live: bool,
    /// What it is now.
    pub state: SourceState,
    /// Why.
    pub reason: Option<String>,
    /// How often it came back.
    pub reconnects: u64,
    /// Frames read.
    pub frames: u64,
    /// Faces in them.
    pub faces: u64,
    /// Frames not read.
    pub frames_lost: u64,
    /// The same by reason, as in gap records.
    pub lost_by_reason: BTreeMap<&'static str, u64>,
    /// Frames read per second, over the last few seconds.
    pub frames_per_sec: f64,
    /// From the arrival of a decoded frame to its record.
    pub latency_millis: Percentiles,
    /// Seconds since the last frame.
    pub last_frame_secs: Option<f64>,
}

/// Of the last few hundred frames.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, JsonSchema)]
pub struct Percentiles {
    /// Median.
    pub p50: f64,
    /// 95 of 100 are shorter.
    pub p95: f64,
    /// 99 of 100 are shorter.
    pub p99: f64,
}

impl Percentiles {
    /// Of durations in microseconds, in milliseconds.
    #[must_use]
    pub fn of(mut micros: Vec<u32>) -> Self {
        micros.sort_unstable();
        let at = |share: f64| {
            let index = (micros.len() as f64 * share) as usize;
            let last = micros.len().saturating_sub(1);
            micros
                .get(index.min(last))
                .map_or(0.0, |micros| f64::from(*micros) / 1e3)
        };
        Self {
            p50: at(0.5),
            p95: at(0.95),
            p99: at(0.99),
        }
    }
}

impl Status {
    /// Of a run that has not begun.
    #[must_use]
    pub fn new(run: u64) -> Self {
        let status = Self::default();
        status.lock().run = run;
        status
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change leaves the status whole, so a poisoned lock still holds a good one.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// These models are used from now on.
    pub fn models(&self, models: &Models) {
        let providers = models.providers().into_iter();
        self.lock().bundle = Some(BundleStatus {
            name: models.name.clone(),
            folder: models.folder.display().to_string(),
            providers: providers
                .map(|(model, provider)| (model, provider.name()))
                .collect(),
        });
    }

    /// Records go there.
    pub fn sinks(&self, monitor: Monitor) {
        self.lock().sinks = monitor;
    }

    /// The daemon reads, or has ended.
    pub fn running(&self, running: bool) {
        self.lock().running = running;
    }

    /// A source is there.
    pub fn opened(&self, spec: &SourceSpec) {
        let mut status = self.lock();
        let before = status.sources.get(&spec.name);
        let leaving = before.map_or(0, |old| old.leaving + u64::from(!old.shown.state.is_last()));
        let source = Source {
            shown: SourceStatus {
                input: spec.input.to_string(),
                live: spec.is_live(),
                state: SourceState::Connecting,
                reason: None,
                reconnects: 0,
                frames: 0,
                faces: 0,
                frames_lost: 0,
                lost_by_reason: BTreeMap::new(),
                frames_per_sec: 0.0,
                latency_millis: Percentiles::default(),
                last_frame_secs: None,
            },
            last_frame: None,
            latencies: Vec::with_capacity(RECENT),
            next_latency: 0,
            histogram: metrics::histogram!("mien_latency_seconds", "source" => spec.name.clone()),
            leaving,
        };
        status.sources.insert(spec.name.clone(), source);
    }

    /// A source is something else now; one that was taken away is forgotten. Whether that is news to
    /// the readers of records: nobody waits for a file to come back.
    pub fn changed(&self, record: &StatusRecord) -> bool {
        let mut status = self.lock();
        let Some(source) = status.sources.get_mut(&record.source) else {
            return false;
        };
        let shown = &mut source.shown;
        if source.leaving > 0 {
            // Word of the source that was there before.
            source.leaving -= u64::from(record.state.is_last());
            return shown.live;
        }
        let back = record.state == SourceState::Online && shown.state == SourceState::Offline;
        shown.reconnects += u64::from(back);
        shown.state = record.state;
        shown.reason.clone_from(&record.reason);
        let live = shown.live;
        if record.state == SourceState::Removed {
            status.sources.remove(&record.source);
        }
        live
    }

    /// A record was written, so long after its frame arrived.
    pub fn record(&self, record: RecordRef<'_>, latency: Option<Duration>) {
        let mut status = self.lock();
        match record {
            RecordRef::Frame(frame) => {
                if let Some(source) = status.sources.get_mut(&frame.source) {
                    source.frame(frame.faces.len() as u64, latency);
                }
            }
            RecordRef::Gap(gap) => {
                if let Some(source) = status.sources.get_mut(&gap.source) {
                    source.shown.frames_lost += gap.frames;
                    let by_reason = &mut source.shown.lost_by_reason;
                    *by_reason.entry(gap.reason.name()).or_default() += gap.frames;
                }
            }
            RecordRef::Status(_) => {}
        }
    }

    /// Ready: the models run, and a frame came lately from some source, or there is none.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        let status = self.lock();
        let fresh = |source: &Source| source.last_frame.is_some_and(|at| at.elapsed() < FRESH);
        status.running && (status.sources.is_empty() || status.sources.values().any(fresh))
    }

    /// Everything.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        let status = self.lock();
        let sources = status.sources.iter();
        Snapshot {
            sinks: status.sinks.status(),
            version: env!("CARGO_PKG_VERSION"),
            run: status.run,
            running: status.running,
            preview: false,
            bundle: status.bundle.clone(),
            sources: sources
                .map(|(name, source)| (name.clone(), source.snapshot()))
                .collect(),
        }
    }
}

impl Source {
    fn frame(&mut self, faces: u64, latency: Option<Duration>) {
        self.shown.frames += 1;
        self.shown.faces += faces;
        let now = Instant::now();
        if let Some(last) = self.last_frame.replace(now) {
            let secs = (now - last).as_secs_f64();
            let share = 1.0 - (-secs / RATE_SECS).exp();
            let rate = 1.0 / secs.max(1e-6);
            self.shown.frames_per_sec += share * (rate - self.shown.frames_per_sec);
        }
        let Some(latency) = latency else { return };
        self.histogram.record(latency.as_secs_f64());
        let micros = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
        if self.latencies.len() < RECENT {
            self.latencies.push(micros);
        } else {
            self.latencies[self.next_latency] = micros;
            self.next_latency = (self.next_latency + 1) % RECENT;
        }
    }

    fn snapshot(&self) -> SourceStatus {
        let since = self.last_frame.map(|at| at.elapsed().as_secs_f64());
        SourceStatus {
            latency_millis: Percentiles::of(self.latencies.clone()),
            last_frame_secs: since.map(|secs| (secs * 1e3).round() / 1e3),
            ..self.shown.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;
    use facs::Record;

    #[test]
    fn a_source_is_told_of_until_it_is_taken_away() {
        let status = Status::new(1);
        let Ok(input) = "rtsp://u:p@door/1".parse();
        let spec = SourceSpec::of_input(input, &Settings::load(None).unwrap().source);
        status.running(true);
        assert!(status.is_ready(), "nothing to wait for");
        status.opened(&spec);
        assert!(!status.is_ready());
        let changed = |state| {
            status.changed(&StatusRecord {
                schema: facs::SCHEMA_ID.into(),
                source: "door".into(),
                run: 1,
                emitted_at: String::new(),
                state,
                reason: None,
                next_sequence: 0,
            })
        };
        assert!(changed(SourceState::Offline) && changed(SourceState::Online));
        let golden = include_str!("../../facs/tests/golden/frame.json");
        let record: Record = serde_json::from_str(golden).unwrap();
        status.record(record.as_ref(), Some(Duration::from_millis(7)));
        let shown = &status.snapshot().sources["door"];
        assert_eq!((shown.frames, shown.faces, shown.reconnects), (1, 1, 1));
        assert_eq!(shown.latency_millis.p99, 7.0);
        assert_eq!(shown.input, "rtsp://door");
        assert!(status.is_ready());
        // Opened anew before the last word of the source before has come.
        status.opened(&spec);
        assert!(changed(SourceState::Removed) && changed(SourceState::Online));
        let shown = &status.snapshot().sources["door"];
        assert_eq!((shown.state, shown.frames), (SourceState::Online, 0));
        changed(SourceState::Removed);
        assert!(status.snapshot().sources.is_empty());
    }

    #[test]
    fn percentiles_are_of_the_newest() {
        let hundred = (1..=100).map(|n| n * 1000).collect();
        let expected = Percentiles {
            p50: 51.0,
            p95: 96.0,
            p99: 100.0,
        };
        assert_eq!(Percentiles::of(hundred), expected);
        assert_eq!(Percentiles::of(Vec::new()), Percentiles::default());
    }
}
