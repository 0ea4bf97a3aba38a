//! The command line.

mod association;
mod corrections;
mod design;
mod faces;
mod maximise;
mod numbers;
mod quantise;
mod symmetry;
mod work;

use std::{
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;
use clap::{Parser, Subcommand};

/// A policy does not hold.
const BROKEN: u8 = 3;
/// Stopped by the user; the same command goes on.
const INTERRUPTED: u8 = 130;

/// Audits and calibrates expression classifiers.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit codes: 0 done and the policy holds, 1 an error, 2 wrong usage, 3 the policy is broken, \
130 stopped (the same command goes on where it was).

Examples:
  calibration symmetry --subject models/default --policy calibration/policies/default.toml --out audits/default
  calibration symmetry --subject fer.toml --quick --out audits/fer
  calibration corrections --subject models/default --out audits/corrections
  calibration maximise --subject models/default --out audits/apexes.toml
  calibration faces --subject models/default --data data/crops --out faces.csv"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Whether a classifier answers to the expression, or to the symmetry of the face.
    Symmetry(symmetry::Symmetry),
    /// What makes a classifier answer less to symmetry, in one table.
    Corrections(corrections::Corrections),
    /// The expressions that a classifier is surest of (Eq. 4).
    Maximise(maximise::Maximise),
    /// A table of labelled faces: what a classifier says of them, and how asymmetric they are.
    Faces(faces::Faces),
    /// Whether answers go with a feature, among faces that show the same.
    Association(association::Association),
    /// Make a bundle's probabilities true to their word, and say how true they are.
    Numbers(numbers::Numbers),
    /// Make a bundle's affect model compute in 8-bit integers, and say what that costs and gains.
    Quantise(quantise::Quantise),
}

/// How a command ended.
enum End {
    Done,
    Broken,
    Stopped,
}

/// Runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Numbers(command) => command.run(),
        Command::Quantise(command) => command.run(),
        Command::Symmetry(command) => command.run(),
        Command::Corrections(command) => command.run(),
        Command::Maximise(command) => command.run(),
        Command::Faces(command) => command.run(),
        Command::Association(command) => command.run(),
    };
    match ended {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Broken) => BROKEN.into(),
        Ok(End::Stopped) => INTERRUPTED.into(),
        Err(error) => {
            eprintln!("calibration: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A flag that Ctrl-C and termination set.
fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    ctrlc::set_handler(move || set.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")?;
    Ok(flag)
}
