//! The bench's figures, as JSON and as a table.

use std::{fmt, time::Duration};

use serde::Serialize;

use super::{Bare, Loop, STAGES};
use crate::source::Input;

/// What a bench measured.
#[derive(Clone, Debug, Serialize)]
pub struct Bench {
    /// What was read.
    pub input: String,
    /// The models: face finder, affect model, and the refiner where there is one.
    pub models: Vec<&'static str>,
    /// Execution provider of each.
    pub providers: Vec<&'static str>,
    /// Cores of the machine.
    pub cores: usize,
    /// Loops.
    pub loops: usize,
    /// Frames per loop.
    pub frames: u64,
    /// Faces per loop.
    pub faces: u64,
    /// Runs of the face finder per loop.
    pub searches: u64,
    /// Frames per second end to end, median of the loops.
    pub frames_per_sec: f64,
    /// The same of the slowest and of the fastest loop.
    pub frames_per_sec_range: [f64; 2],
    /// Frames per second of decoding alone.
    pub decode_only_frames_per_sec: f64,
    /// Milliseconds per call of each, bare.
    pub bare_call_millis: Vec<f64>,
    /// Seconds of one loop's model calls, bare, one after the other on one thread.
    pub bare_secs: f64,
    /// Seconds of one loop end to end, over `bare_secs`.
    pub ratio_to_bare: f64,
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
    /// Share of the time from start to end; the shares of one thread sum to 1 at most.
    pub share: f64,
    /// Mean milliseconds per frame, over all frames.
    pub mean_millis: f64,
    /// Median milliseconds per frame on which the stage ran.
    pub p50_millis: f64,
    /// 95th percentile of the same.
    pub p95_millis: f64,
    /// 99th percentile of the same.
    pub p99_millis: f64,
}

/// Adds up the loops; `bare`: the models by themselves.
pub(super) fn bench(input: &Input, loops: &[Loop], decode_only: Duration, bare: &[Bare]) -> Bench {
    let mut rates: Vec<f64> = loops
        .iter()
        .map(|one| one.frames as f64 / one.took.as_secs_f64().max(1e-9))
        .collect();
    rates.sort_by(f64::total_cmp);
    let rate = rates.get(rates.len() / 2).copied().unwrap_or(0.0);
    let per_loop = |count: fn(&Loop) -> u64| loops.first().map_or(0, count);
    let (frames, faces, searches) = (
        per_loop(|one| one.frames),
        per_loop(|one| one.faces),
        per_loop(|one| one.searches),
    );
    // The kept calls are a sample where a loop has more; per call they stand for all.
    let secs_per_loop = |bare: &Bare| {
        let stage = loops.first().map(|one| &one.stages[bare.stage]);
        let calls = stage.into_iter().flatten().filter(|micros| **micros > 0);
        bare.call.as_secs_f64() * calls.count() as f64
    };
    let bare_secs: f64 = bare.iter().map(secs_per_loop).sum();
    Bench {
        input: input.to_string(),
        models: bare.iter().map(|bare| bare.model).collect(),
        providers: bare.iter().map(|bare| bare.provider).collect(),
        cores: std::thread::available_parallelism().map_or(1, Into::into),
        loops: loops.len(),
        frames,
        faces,
        searches,
        frames_per_sec: rate,
        frames_per_sec_range: [
            rates.first().copied().unwrap_or(0.0),
            rates.last().copied().unwrap_or(0.0),
        ],
        decode_only_frames_per_sec: 1.0 / decode_only.as_secs_f64().max(1e-9),
        bare_call_millis: bare
            .iter()
            .map(|bare| bare.call.as_secs_f64() * 1e3)
            .collect(),
        bare_secs,
        ratio_to_bare: frames as f64 / rate.max(1e-9) / bare_secs.max(1e-9),
        stages: stages(loops),
    }
}

fn stages(loops: &[Loop]) -> Vec<Stage> {
    let took: f64 = loops.iter().map(|one| one.took.as_secs_f64()).sum();
    let named = STAGES.iter().enumerate();
    let stage = |(index, (name, thread)): (usize, &(&'static str, &'static str))| {
        let all = || loops.iter().flat_map(|one| &one.stages[index]).copied();
        let sum: u64 = all().sum();
        let mut ran: Vec<u64> = all().filter(|micros| *micros > 0).collect();
        ran.sort_unstable();
        let percentile = |share: f64| {
            let index = (ran.len() as f64 * share) as usize;
            ran.get(index.min(ran.len().saturating_sub(1)))
                .map_or(0.0, |micros| *micros as f64 / 1e3)
        };
        Stage {
            name,
            thread,
            share: sum as f64 / 1e6 / took.max(1e-9),
            mean_millis: sum as f64 / 1e3 / all().count().max(1) as f64,
            p50_millis: percentile(0.5),
            p95_millis: percentile(0.95),
            p99_millis: percentile(0.99),
        }
    };
    named.map(stage).collect()
}

impl fmt::Display for Bench {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [slowest, fastest] = self.frames_per_sec_range;
        let named = |value: &dyn Fn(usize) -> String| {
            let all = self.models.iter().enumerate();
            let all = all.map(|(index, name)| format!("{name} {}", value(index)));
            all.collect::<Vec<_>>().join(", ")
        };
        let places = named(&|index| format!("on {}", self.providers[index]));
        let calls = named(&|index| format!("{:.2} ms", self.bare_call_millis[index]));
        writeln!(
            f,
            "{}: {} frames, {} faces, {} searches per loop; {} cores; {places}",
            self.input, self.frames, self.faces, self.searches, self.cores,
        )?;
        writeln!(
            f,
            "end to end   {:.1} frames/s, median of {} loops ({slowest:.1} to {fastest:.1})",
            self.frames_per_sec, self.loops
        )?;
        writeln!(
            f,
            "decode only  {:.1} frames/s",
            self.decode_only_frames_per_sec
        )?;
        writeln!(
            f,
            "bare models  {:.1} frames/s on one thread ({calls} per call)",
            self.frames as f64 / self.bare_secs.max(1e-9)
        )?;
        writeln!(
            f,
            "ratio        {:.2} (end to end time / bare time of the same calls)\n",
            self.ratio_to_bare
        )?;
        writeln!(
            f,
            "stage        thread   share   mean ms    p50    p95    p99"
        )?;
        for stage in &self.stages {
            writeln!(
                f,
                "{:<12} {:<6} {:>6.1}%  {:>8.3} {:>6.2} {:>6.2} {:>6.2}",
                stage.name,
                stage.thread,
                stage.share * 100.0,
                stage.mean_millis,
                stage.p50_millis,
                stage.p95_millis,
                stage.p99_millis,
            )?;
        }
        Ok(())
    }
}
