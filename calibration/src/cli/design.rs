//! What an audit varies, as arguments, and the audit with a progress bar.

use std::{
    num::NonZeroUsize,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Instant,
};

use align::Side;
use clap::Args;
use facs::Expression;
use indicatif::{ProgressBar, ProgressStyle};
use synth::{dataset::Cast, head::Region};

use crate::{
    audit::{self, Apexes, Design, Outcome},
    subject::Subject,
};

#[derive(Args)]
#[command(next_help_heading = "Design")]
pub(super) struct DesignArgs {
    /// People.
    #[arg(long)]
    identities: Option<usize>,
    /// Steps of symmetry from 0 to 1.
    #[arg(long, default_value_t = 10)]
    symmetries: usize,
    /// Steps of time from rest to apex.
    #[arg(long)]
    times: Option<usize>,
    /// An expression; the six basic ones by default. May be repeated.
    #[arg(long = "expression", value_name = "NAME")]
    expressions: Vec<Expression>,
    /// FACS intensity of the units at the apex.
    #[arg(long, default_value_t = 4.0)]
    intensity: f32,
    /// Apexes of one's own (.toml: a table per expression, AU12 = 4.0 per unit; or what `calibration
    /// maximise` found, with --each for people of the same --seed and --head).
    #[arg(long, conflicts_with_all = ["expressions", "intensity"])]
    apexes: Option<PathBuf>,
    /// The side that falls short, the subject's.
    #[arg(long, value_name = "left|right", default_value = "left")]
    side: Side,
    /// The part of it that does.
    #[arg(long, value_enum, default_value_t = Region::Face)]
    region: Region,
    /// A shot of its own for every person instead of the plain one.
    #[arg(long)]
    varied: bool,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 2024)]
    seed: u64,
    /// `built-in`, or a glTF file with ARKit-named morph targets. May be repeated.
    #[arg(long = "head", value_name = "HEAD", default_value = "built-in")]
    heads: Vec<String>,
}

impl DesignArgs {
    /// Who is shown and how; `identities` and `times` where the arguments say nothing.
    pub(super) fn design(&self, [identities, times]: [usize; 2]) -> anyhow::Result<(Design, Cast)> {
        let apexes = match &self.apexes {
            Some(path) => Apexes::load(path)?,
            None if self.expressions.is_empty() => {
                Apexes::prototypes(&Expression::EIGHT[1..7], self.intensity)?
            }
            None => Apexes::prototypes(&self.expressions, self.intensity)?,
        };
        let heads: Result<Vec<_>, _> = self
            .heads
            .iter()
            .map(|head| Cast::head_named(head))
            .collect();
        let heads = heads?;
        let design = Design {
            seed: self.seed,
            heads: heads.iter().map(|head| head.name.clone()).collect(),
            identities: self.identities.unwrap_or(identities),
            symmetries: self.symmetries,
            times: self.times.unwrap_or(times),
            apexes,
            side: self.side,
            region: self.region,
            varied: self.varied,
        };
        let cast = Cast::new(heads, design.identities, design.seed)?;
        Ok((design, cast))
    }
}

/// Runs an audit, or goes on with it; says how fast it was.
pub(super) fn audit_with_progress(
    design: &Design,
    cast: &Cast,
    subject: &dyn Subject,
    folder: &Path,
    threads: NonZeroUsize,
    stop: &AtomicBool,
) -> anyhow::Result<Outcome> {
    let bar = ProgressBar::new(design.images() as u64).with_style(ProgressStyle::with_template(
        "{bar:30} {pos}/{len} images, {per_sec}, {eta} left",
    )?);
    let (start, first) = (Instant::now(), AtomicU64::new(u64::MAX));
    let progress = |done: usize| {
        first.fetch_min(done as u64, Ordering::Relaxed);
        bar.set_position(done as u64);
    };
    let outcome = audit::run(design, cast, subject, folder, threads, &progress, stop)?;
    let made = bar.position() - first.load(Ordering::Relaxed).min(bar.position());
    bar.finish_and_clear();
    if matches!(outcome, Outcome::Stopped) {
        eprintln!("stopped; the same command goes on");
    } else if made > 0 {
        let secs = start.elapsed().as_secs_f64();
        eprintln!(
            "{made} images in {secs:.0} s: {:.0} images/s",
            made as f64 / secs
        );
    }
    Ok(outcome)
}
