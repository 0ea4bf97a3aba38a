//! The bench's figures, as JSON and as tables.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{Bare, Loop, Plan, STAGES};
use crate::{config::Provider, status::Percentiles};

/// What a bench measured.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    /// What was read.
    pub input: String,
    /// Whether at its own pace.
    pub paced: bool,
    /// The models: face finder, affect model, and the refiner where there is one.
    pub models: Vec<&'static str>,
    /// Execution provider of each.
    pub providers: Vec<&'static str>,
    /// Cores of the machine.
    pub cores: usize,
    /// Loops.
    pub loops: u32,
    /// One per number of sources.
    pub cases: Vec<Case>,
}

/// What was measured with one number of sources. Counts are per loop, of all sources.
#[derive(Clone, Debug, Serialize)]
pub struct Case {
    /// Sources read at once.
    pub sources: usize,
    /// Frames read.
    pub frames: u64,
    /// Frames that newer ones pushed out.
    pub frames_lost: u64,
    /// Faces.
    pub faces: u64,
    /// Frames per second end to end, median of the loops.
    pub frames_per_sec: f64,
    /// The same of the slowest and of the fastest loop.
    pub frames_per_sec_range: [f64; 2],
    /// Frames per second of decoding alone.
    pub decode_only_frames_per_sec: f64,
    /// Calls of each model.
    pub calls: Vec<u64>,
    /// Images in them.
    pub images: Vec<u64>,
    /// Milliseconds per image of each, bare.
    pub bare_image_millis: Vec<f64>,
    /// Frames per second of one loop's model calls, bare, one after the other on one thread.
    pub bare_frames_per_sec: f64,
    /// Time of a loop end to end, over that of its model calls, bare, right after it; median.
    pub ratio_to_bare: f64,
    /// From the arrival of a decoded frame to its record; with frames decoded ahead, waiting included.
    pub latency_millis: Percentiles,
    /// Memory of the process in RAM at the end, models included.
    pub memory_mib: f64,
    /// What each source more than in the case before added to it.
    pub memory_per_added_source_mib: Option<f64>,
    /// Time per stage over all loops.
    pub stages: Vec<Stage>,
}

/// Time of one stage.
#[derive(Clone, Debug, Serialize)]
pub struct Stage {
    /// Its name.
    pub name: &'static str,
    /// The thread it runs on.
    pub thread: &'static str,
    /// Mean milliseconds per frame, over all frames; a frame's share where several were worked on at
    /// once.
    pub mean_millis: f64,
    /// The same, percentiles over the frames on which the stage ran.
    pub millis: Percentiles,
}

pub(super) fn bench(
    plan: &Plan,
    providers: &[(&'static str, Provider)],
    mut cases: Vec<Case>,
) -> Bench {
    for at in 1..cases.len() {
        let (before, case) = (&cases[at - 1], &cases[at]);
        let added = case.sources as f64 - before.sources as f64;
        let memory = case.memory_mib - before.memory_mib;
        cases[at].memory_per_added_source_mib = (added > 0.0).then(|| memory / added);
    }
    Bench {
        input: plan.input.to_string(),
        paced: plan.paced,
        models: providers.iter().map(|(model, _)| *model).collect(),
        providers: providers.iter().map(|(_, place)| place.name()).collect(),
        cores: std::thread::available_parallelism().map_or(1, Into::into),
        loops: plan.loops.max(1),
        cases,
    }
}

/// Adds up the loops.
pub(super) fn case(sources: usize, loops: &[Loop], decode_only: Duration) -> Case {
    let frames = |one: &Loop| one.frames as f64;
    let bare_secs = |one: &Loop| -> f64 { one.bare.iter().map(|bare| secs(bare.took)).sum() };
    let rates = sorted(loops, |one| frames(one) / secs(one.took));
    let first = loops.first();
    let per_loop = |count: fn(&Loop) -> u64| first.map_or(0, count);
    let per_model = |count: fn(&Bare) -> u64| {
        let bare = first.map_or(&[][..], |one| &one.bare);
        bare.iter().map(count).collect()
    };
    let images: Vec<u64> = per_model(|bare| bare.images);
    let image_millis = |(model, images): (usize, &u64)| {
        let took = median(&sorted(loops, |one| secs(one.bare[model].took)));
        took * 1e3 / (*images).max(1) as f64
    };
    let latencies = loops.iter().flat_map(|one| &one.latency_micros);
    let memory = loops.last().map_or(0, |one| one.memory_bytes);
    Case {
        sources,
        frames: per_loop(|one| one.frames),
        frames_lost: per_loop(|one| one.lost),
        faces: per_loop(|one| one.faces),
        frames_per_sec: median(&rates),
        frames_per_sec_range: [
            rates.first().copied().unwrap_or(0.0),
            rates.last().copied().unwrap_or(0.0),
        ],
        decode_only_frames_per_sec: 1.0 / secs(decode_only),
        calls: per_model(|bare| bare.calls),
        bare_image_millis: images.iter().enumerate().map(image_millis).collect(),
        images,
        bare_frames_per_sec: median(&sorted(loops, |one| frames(one) / bare_secs(one))),
        ratio_to_bare: median(&sorted(loops, |one| secs(one.took) / bare_secs(one))),
        latency_millis: Percentiles::of(latencies.copied().collect()),
        memory_mib: memory as f64 / f64::from(1 << 20),
        memory_per_added_source_mib: None,
        stages: stages(loops),
    }
}

/// Never 0, to divide by.
fn secs(duration: Duration) -> f64 {
    duration.as_secs_f64().max(1e-9)
}

fn sorted(loops: &[Loop], figure: impl Fn(&Loop) -> f64) -> Vec<f64> {
    let mut figures: Vec<f64> = loops.iter().map(figure).collect();
    figures.sort_by(f64::total_cmp);
    figures
}

/// Of sorted figures; 0 where there are none.
fn median(figures: &[f64]) -> f64 {
    figures.get(figures.len() / 2).copied().unwrap_or(0.0)
}

fn stages(loops: &[Loop]) -> Vec<Stage> {
    let named = STAGES.iter().enumerate();
    let stage = |(index, (name, thread)): (usize, &(&'static str, &'static str))| {
        let all = || loops.iter().flat_map(|one| &one.stages[index]).copied();
        let ran = all().filter(|micros| *micros > 0);
        let ran = ran.map(|micros| u32::try_from(micros).unwrap_or(u32::MAX));
        let millis = Percentiles::of(ran.collect());
        let sum: u64 = all().sum();
        Stage {
            name,
            thread,
            mean_millis: sum as f64 / 1e3 / all().count().max(1) as f64,
            millis,
        }
    };
    named.map(stage).collect()
}

impl fmt::Display for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places = self.models.iter().zip(&self.providers);
        let places = places.map(|(model, place)| format!("{model} on {place}"));
        let places = places.collect::<Vec<_>>().join(", ");
        let pace = if self.paced {
            "at its own pace"
        } else {
            "as fast as it goes"
        };
        writeln!(
            f,
            "{}, {pace}; {} cores; median of {}; {places}\n",
            self.input, self.cores, self.loops
        )?;
        writeln!(
            f,
            "sources  frames   lost  faces  frames/s  (range)          decode  bare/s  ratio  latency p50    p95    p99 ms   MiB  + each"
        )?;
        for case in &self.cases {
            let [slowest, fastest] = case.frames_per_sec_range;
            let Percentiles { p50, p95, p99 } = case.latency_millis;
            let added = case.memory_per_added_source_mib;
            let added = added.map_or_else(String::new, |added| format!("{added:.1}"));
            writeln!(
                f,
                "{:>7} {:>7} {:>6} {:>6} {:>9.1}  ({slowest:>6.1} - {fastest:>6.1}) {:>7.1} {:>7.1} {:>6.2} {p50:>12.1} {p95:>6.1} {p99:>6.1} {:>8.0} {added:>7}",
                case.sources,
                case.frames,
                case.frames_lost,
                case.faces,
                case.frames_per_sec,
                case.decode_only_frames_per_sec,
                case.bare_frames_per_sec,
                case.ratio_to_bare,
                case.memory_mib,
            )?;
        }
        writeln!(
            f,
            "\nratio: end to end time over the time of the same calls of the bare models, one after the other on one thread\n"
        )?;
        for case in &self.cases {
            let calls = self.models.iter().enumerate();
            let calls = calls.map(|(index, model)| {
                let (calls, images) = (case.calls[index], case.images[index]);
                let millis = case.bare_image_millis[index];
                format!("{model} {calls} calls, {images} images of {millis:.2} ms")
            });
            let calls = calls.collect::<Vec<_>>().join("; ");
            writeln!(f, "{} sources: {calls}", case.sources)?;
            writeln!(f, "  stage        thread  mean ms    p50    p95    p99")?;
            for stage in &case.stages {
                let Percentiles { p50, p95, p99 } = stage.millis;
                writeln!(
                    f,
                    "  {:<12} {:<6} {:>8.3} {p50:>6.2} {p95:>6.2} {p99:>6.2}",
                    stage.name, stage.thread, stage.mean_millis,
                )?;
            }
        }
        Ok(())
    }
}
