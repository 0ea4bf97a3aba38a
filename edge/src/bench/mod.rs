//! Where the time goes.
//!
//! Takes a file, a bundle, numbers of sources and a number of loops; runs the real flow as fast as it
//! goes, or at the pace of the file, and gives per number of sources frames per second, latency, memory,
//! time per stage, and how the whole, from the arrival of the first frame on, compares with the bare ONNX Runtime: the very same input tensors
//! through the same models, one call after the other on one thread.

mod report;

use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use facs::{RecordRef, StageLatency};

pub use report::{Bench, Case, Stage};

use crate::{
    config::{Settings, SourceSpec},
    fault::Fault,
    flow,
    models::{Models, Swap},
    onnx::{KeptInputs, Model, RuntimeError},
    source::{Frame, Frames, Input, Keeper, Pipeline},
};

/// Names of the stages and the thread that each runs on.
const STAGES: [(&str, &str); 8] = [
    ("decode wait", "find"),
    ("detect", "find"),
    ("refine", "find"),
    ("track", "find"),
    ("align", "find"),
    ("infer", "read"),
    ("smooth", "read"),
    ("publish", "read"),
];
/// Calls whose inputs are kept for the replay, per model; about 60 MB of one face each.
const MAX_REPLAYED_CALLS: usize = 1000;
/// Calls before the replay is timed.
const WARM_UP_CALLS: usize = 10;

/// What is to be measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is read.
    pub input: Input,
    /// By how many sources at once, one case each.
    pub sources: Vec<usize>,
    /// How often.
    pub loops: u32,
    /// At the pace at which it was recorded, the newest frame winning.
    pub paced: bool,
}

/// What one loop measured.
#[derive(Default)]
struct Loop {
    /// When the first frame arrived.
    first: Option<Instant>,
    /// From there to the last record.
    took: Duration,
    frames: u64,
    lost: u64,
    faces: u64,
    /// From the arrival of a frame to its record.
    latency_micros: Vec<u32>,
    /// Of this process, at the end.
    memory_bytes: u64,
    /// Microseconds per frame, by stage.
    stages: [Vec<u64>; STAGES.len()],
    /// The same calls of each model by itself, right after.
    bare: Vec<Bare>,
}

/// What a model did in one loop, and how long it takes by itself.
struct Bare {
    calls: u64,
    images: u64,
    /// Of all calls together.
    took: Duration,
}

/// Measures. Each loop is followed by its bare replay, so that both see the same machine.
///
/// # Errors
/// [`Fault`] as for a run; a source that breaks is an error here.
pub fn run(plan: &Plan, bundle: &Path, settings: &Settings) -> Result<Bench, Fault> {
    let mut alone = each_model(Models::open(bundle, settings)?);
    let mut cases = Vec::new();
    for &sources in &plan.sources {
        let decode_only = decode(plan, sources, settings)?;
        let (mut loops, mut kept) = (Vec::new(), Vec::new());
        for number in 0..plan.loops.max(1) {
            let (mut one, inputs) = read(plan, sources, bundle, settings, number == 0)?;
            if number == 0 {
                kept = inputs;
            }
            let bare = alone.iter_mut().zip(&kept);
            let bare = bare.map(|(model, kept)| replay(model, kept));
            one.bare = bare.collect::<Result<_, _>>()?;
            loops.push(one);
        }
        cases.push(report::case(sources, &loops, decode_only));
    }
    let providers = Models::open(bundle, settings)?.providers();
    Ok(report::bench(plan, &providers, cases))
}

/// In the order of [`Models::providers`].
fn each_model(models: Models) -> Vec<Model> {
    let always = [models.find.finder, models.read.infer.into_model()];
    always.into_iter().chain(models.find.refiner).collect()
}

/// The source number `number`.
fn spec(plan: &Plan, number: usize, settings: &Settings) -> SourceSpec {
    SourceSpec {
        name: format!("bench {number}"),
        paced: plan.paced,
        ..SourceSpec::of_input(plan.input.clone(), &settings.source)
    }
}

/// Time per frame of only decoding, by all sources together.
fn decode(plan: &Plan, sources: usize, settings: &Settings) -> Result<Duration, Fault> {
    let frames = Arc::new(AtomicU64::new(0));
    let first = Arc::new(OnceLock::new());
    let open = |number| {
        let (frames, first) = (Arc::clone(&frames), Arc::clone(&first));
        let mut spec = spec(plan, number, settings);
        spec.paced = false;
        Pipeline::open(&spec, &settings.source, 0, move |_frame| {
            first.get_or_init(Instant::now);
            frames.fetch_add(1, Ordering::Relaxed);
            true
        })
    };
    let pipelines = (0..sources).map(open).collect::<Result<Vec<_>, _>>()?;
    for pipeline in &pipelines {
        while pipeline.wait(Duration::from_secs(1)).transpose()?.is_none() {}
    }
    let frames = frames.load(Ordering::Relaxed).max(1);
    let took = first.get().map_or(Duration::ZERO, Instant::elapsed);
    Ok(took.div_f64(frames as f64))
}

/// One loop, and the inputs of every model where they are wanted.
fn read(
    plan: &Plan,
    sources: usize,
    bundle: &Path,
    settings: &Settings,
    keep: bool,
) -> Result<(Loop, Vec<KeptInputs>), Fault> {
    let mut models = Models::open(bundle, settings)?;
    models.warm_up(settings, |_, _| {})?;
    if keep {
        for model in models.each_mut() {
            model.keep_inputs(MAX_REPLAYED_CALLS);
        }
    }
    let (mut find, mut read) = flow::stages(models, 0, settings)?;
    let frames = Arc::new(Frames::default());
    let mut json = Vec::new();
    let mut one = Loop::default();
    let keepers = (0..sources).map(|number| {
        let spec = spec(plan, number, settings);
        Keeper::start(number as u64 + 1, spec, &settings.source, &frames)
    });
    let keepers = keepers
        .collect::<Result<Vec<_>, _>>()
        .map_err(Fault::Thread)?;
    let ended = thread::scope(|scope| {
        let frames = &frames;
        let keepers = scope.spawn(move || {
            let ended: Result<Vec<()>, _> = keepers.into_iter().map(Keeper::join).collect();
            frames.close();
            ended
        });
        let output = |record: RecordRef<'_>, frame: Option<&Frame>| {
            let start = Instant::now();
            json.clear();
            serde_json::to_writer(&mut json, &record).map_err(Fault::Record)?;
            one.add(record, frame, start.elapsed());
            Ok(())
        };
        let swap = Swap::default();
        let ended = flow::run(frames, &swap, &settings.batch, &mut find, &mut read, output);
        // Where the flow failed, nobody takes frames any more.
        frames.close();
        let sources = keepers.join().unwrap_or(Ok(Vec::new()));
        ended.and(sources.map_err(Fault::from).map(drop))
    });
    ended?;
    one.took = one.first.map_or(Duration::ZERO, |first| first.elapsed());
    one.memory_bytes = resident_bytes();
    let models = find.models_mut().into_iter().flatten();
    let affect = read.infer_mut().model_mut();
    let mut inputs: Vec<_> = models.map(Model::take_inputs).collect();
    inputs.insert(1, affect.take_inputs());
    Ok((one, inputs))
}

impl Loop {
    fn add(&mut self, record: RecordRef<'_>, frame: Option<&Frame>, publish: Duration) {
        let record = match record {
            RecordRef::Frame(record) => record,
            RecordRef::Gap(gap) => {
                self.lost += gap.frames;
                return;
            }
            RecordRef::Status(_) => return,
        };
        let StageLatency {
            decode_micros,
            detect_micros,
            refine_micros,
            track_micros,
            align_micros,
            infer_micros,
            smooth_micros,
        } = record.latency;
        self.frames += 1;
        self.faces += record.faces.len() as u64;
        let arrived = frame.map_or_else(Instant::now, |frame| frame.stamp.arrived);
        let first = self.first.get_or_insert(arrived);
        *first = arrived.min(*first);
        let latency = arrived.elapsed();
        let latency = u32::try_from(latency.as_micros()).unwrap_or(u32::MAX);
        self.latency_micros.push(latency);
        let publish_micros = u64::try_from(publish.as_micros()).unwrap_or(u64::MAX);
        let micros = [
            decode_micros,
            detect_micros,
            refine_micros,
            track_micros,
            align_micros,
            infer_micros,
            smooth_micros,
            publish_micros,
        ];
        for (stage, micros) in self.stages.iter_mut().zip(micros) {
            stage.push(micros);
        }
    }
}

/// The kept calls again, by the bare model; where a loop had more, they stand for all.
fn replay(model: &mut Model, kept: &KeptInputs) -> Result<Bare, RuntimeError> {
    for (images, pixels) in kept.calls.iter().take(WARM_UP_CALLS) {
        model.run(*images, pixels)?;
    }
    let start = Instant::now();
    for (images, pixels) in &kept.calls {
        model.run(*images, pixels)?;
    }
    let replayed: usize = kept.calls.iter().map(|(images, _)| images).sum();
    let share = kept.all_images as f64 / replayed.max(1) as f64;
    Ok(Bare {
        calls: kept.all_calls,
        images: kept.all_images,
        took: start.elapsed().mul_f64(share),
    })
}

/// Memory of this process that is in RAM; 0 where the system does not tell.
fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}
