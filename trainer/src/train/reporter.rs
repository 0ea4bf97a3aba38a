//! What a person sees while a model trains: a bar with the time left, or lines where there is no
//! terminal.

use std::{
    collections::BTreeMap,
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};

use crate::task::Evaluation;

/// Steps between two lines of the metrics log.
const LOG_STEPS: usize = 20;
/// Time between two lines where there is no terminal.
const LINE_INTERVAL: Duration = Duration::from_secs(30);

/// Shows progress and averages losses between log lines.
pub(super) struct Reporter {
    bar: ProgressBar,
    terminal: bool,
    total: usize,
    batch: usize,
    sums: BTreeMap<String, f64>,
    steps: usize,
    window: Instant,
    last_line: Instant,
    started: Instant,
    first_step: usize,
}

impl Reporter {
    pub(super) fn new(first_step: usize, total: usize, batch: usize) -> Self {
        let bar = ProgressBar::new(total as u64).with_position(first_step as u64);
        let style = "{bar:40} {pos}/{len} steps  {elapsed} elapsed, {eta} left  {msg}";
        if let Ok(style) = ProgressStyle::with_template(style) {
            bar.set_style(style);
        }
        let now = Instant::now();
        Self {
            bar,
            terminal: std::io::stderr().is_terminal(),
            total,
            batch,
            sums: BTreeMap::new(),
            steps: 0,
            window: now,
            last_line: now,
            started: now,
            first_step,
        }
    }

    pub(super) fn step(&mut self, loss: Vec<(&'static str, f64)>, rate: f64) {
        for (name, value) in loss {
            *self.sums.entry(name.into()).or_default() += value;
        }
        *self.sums.entry("learning_rate".into()).or_default() += rate;
        self.steps += 1;
        self.bar.inc(1);
    }

    /// The means since the last log line, when it is time for one.
    pub(super) fn due(&mut self, done: usize, total: usize) -> Option<BTreeMap<String, f64>> {
        if self.steps == 0 || (!done.is_multiple_of(LOG_STEPS) && done < total) {
            return None;
        }
        let steps = self.steps as f64;
        let mut values: BTreeMap<String, f64> = std::mem::take(&mut self.sums)
            .into_iter()
            .map(|(name, sum)| (name, sum / steps))
            .collect();
        let speed = steps * self.batch as f64 / self.window.elapsed().as_secs_f64();
        values.insert("images_per_s".into(), speed);
        (self.steps, self.window) = (0, Instant::now());

        let loss = values.get("loss").copied().unwrap_or_default();
        self.bar
            .set_message(format!("loss {loss:.4}, {speed:.0} images/s"));
        if !self.terminal && self.last_line.elapsed() > LINE_INTERVAL {
            self.last_line = Instant::now();
            let per_step = self
                .started
                .elapsed()
                .div_f64((done - self.first_step).max(1) as f64);
            let left = per_step.mul_f64((self.total - done) as f64);
            eprintln!(
                "step {done}/{total}  loss {loss:.4}  {speed:.0} images/s  {} left",
                HumanDuration(left)
            );
        }
        Some(values)
    }

    pub(super) fn evaluation(&self, done: usize, figures: &Evaluation) {
        let whole = figures
            .metrics
            .iter()
            .filter(|(name, _)| !name.contains('/'));
        let line = whole
            .map(|(name, value)| format!("{name} {value:.3}"))
            .collect::<Vec<_>>()
            .join("  ");
        self.bar.suspend(|| eprintln!("step {done}: {line}"));
    }

    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
