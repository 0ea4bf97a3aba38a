//! Where the time goes.
//!
//! Takes a file, a bundle and a number of loops; runs the real flow as fast as it goes and gives
//! frames per second, time per stage, and how the whole compares with the bare ONNX Runtime: the
//! very same input tensors through the same models, one call after the other on one thread.

mod report;

use std::{
    io,
    path::Path,
    time::{Duration, Instant},
};

use facs::{Record, StageLatency};

pub use report::{Bench, Stage};

use crate::{
    config::Settings,
    fault::Fault,
    flow,
    models::Models,
    onnx::{KeptInputs, Model, RuntimeError},
    publish::JsonLines,
    shutdown::Shutdown,
    source::{Input, Next, Source},
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
/// The models and the stages that call them.
const STAGES_OF_MODELS: [(&str, &str); 3] = [
    ("finder", "detect"),
    ("affect", "infer"),
    ("refiner", "refine"),
];
/// Calls whose inputs are kept for the replay, per model; about 60 MB of one face each.
const MAX_REPLAYED_CALLS: usize = 1000;
/// Calls before the replay is timed.
const WARM_UP_CALLS: usize = 10;

/// What one loop measured.
#[derive(Default)]
struct Loop {
    took: Duration,
    frames: u64,
    faces: u64,
    searches: u64,
    /// Microseconds per frame, by stage.
    stages: [Vec<u64>; STAGES.len()],
}

/// A model without the daemon around it.
struct Bare {
    model: &'static str,
    provider: &'static str,
    /// The stage that calls it.
    stage: usize,
    /// Mean time of a call.
    call: Duration,
}

/// Reads `input` `loops` times.
///
/// # Errors
/// [`Fault`] as for a run; a source that breaks is an error here.
pub fn run(input: &Input, bundle: &Path, settings: &Settings, loops: u32) -> Result<Bench, Fault> {
    let decode_only = decode(input, settings)?;
    let mut measured = Vec::new();
    let mut kept = None;
    for number in 0..loops.max(1) {
        let first = number == 0;
        let (one, inputs) = read(input, bundle, settings, first)?;
        measured.push(one);
        kept = kept.or(first.then_some(inputs));
    }
    let models = Models::open(bundle, settings)?;
    let names = models.providers();
    let models = [Some(models.finder), Some(models.affect), models.refiner];
    let calls = kept.unwrap_or_default();
    let mut bare = Vec::new();
    // The refiner is the last and the one that may be missing: the names go with the models.
    for (index, (model, (name, provider))) in models.into_iter().flatten().zip(names).enumerate() {
        bare.push(Bare {
            model: name,
            provider: provider.name(),
            stage: stage_of(name),
            call: replay(model, &calls[index])?,
        });
    }
    Ok(report::bench(input, &measured, decode_only, &bare))
}

/// Place among [`STAGES`] of the stage that calls a model.
fn stage_of(model: &str) -> usize {
    let called = STAGES_OF_MODELS.iter().find(|(name, _)| *name == model);
    let place = called.and_then(|(_, stage)| STAGES.iter().position(|(name, _)| name == stage));
    place.unwrap_or_default()
}

/// Time of one loop that only decodes, per frame.
fn decode(input: &Input, settings: &Settings) -> Result<Duration, Fault> {
    let mut source = Source::open(input.clone(), &settings.source)?;
    let start = Instant::now();
    let mut frames = 0;
    loop {
        match source.next_frame()? {
            Next::Frame(_) => frames += 1,
            Next::Wait => {}
            Next::End => return Ok(start.elapsed() / frames.max(1)),
        }
    }
}

/// One loop, and the inputs of the finder, the affect model and the refiner where they are wanted.
fn read(
    input: &Input,
    bundle: &Path,
    settings: &Settings,
    keep: bool,
) -> Result<(Loop, [KeptInputs; 3]), Fault> {
    let mut models = Models::open(bundle, settings)?;
    if keep {
        let always = [&mut models.finder, &mut models.affect];
        for model in always.into_iter().chain(&mut models.refiner) {
            model.keep_inputs(MAX_REPLAYED_CALLS);
        }
    }
    let (mut find, mut read) = flow::stages(input.name(), 0, models, settings);
    let mut lines = JsonLines::to(Box::new(io::sink()), settings.output.flush_interval);
    let mut one = Loop::default();
    let source = Source::open(input.clone(), &settings.source)?;
    let start = Instant::now();
    flow::run(
        source,
        &mut find,
        &mut read,
        flow::FRAMES_BETWEEN,
        &Shutdown::default(),
        |record, _| {
            let start = Instant::now();
            lines.write(record)?;
            one.add(record, start.elapsed());
            Ok(())
        },
    )?;
    one.took = start.elapsed();
    let refine = find.refine_mut();
    let refined = refine.map(|refine| refine.model_mut().take_inputs());
    let inputs = [
        find.detect_mut().model_mut().take_inputs(),
        read.infer_mut().model_mut().take_inputs(),
        refined.unwrap_or_default(),
    ];
    Ok((one, inputs))
}

impl Loop {
    fn add(&mut self, record: &Record, publish: Duration) {
        let Record::Frame(frame) = record else { return };
        let StageLatency {
            decode_micros,
            detect_micros,
            refine_micros,
            track_micros,
            align_micros,
            infer_micros,
            smooth_micros,
        } = frame.latency;
        self.frames += 1;
        self.faces += frame.faces.len() as u64;
        self.searches += u64::from(detect_micros > 0);
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

/// Mean time per call of the bare model.
fn replay(mut model: Model, kept: &KeptInputs) -> Result<Duration, RuntimeError> {
    for (images, pixels) in kept.calls.iter().take(WARM_UP_CALLS) {
        model.run(*images, pixels)?;
    }
    let start = Instant::now();
    for (images, pixels) in &kept.calls {
        model.run(*images, pixels)?;
    }
    let calls = kept.calls.len().max(1);
    Ok(start.elapsed() / u32::try_from(calls).unwrap_or(u32::MAX))
}
