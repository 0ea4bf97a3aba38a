//! The command line of `synth`.
//!
//! Takes arguments; runs one of the commands and turns its end into an exit code: 0 done, 1 failed,
//! 2 wrong arguments, 130 stopped by Ctrl-C.

mod clip;
mod clips;
mod data;
mod graph;
mod head;
mod interventions;
mod model;
mod people;
mod sample;
mod sheet;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Exit code after Ctrl-C.
const STOPPED: u8 = 130;

#[derive(Parser)]
#[command(
    name = "synth",
    version,
    about = "Synthetic people: labelled crops, scenes, sheets and clips"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Aligned faces with action units and expressions, for the affect model.
    Crops(data::Crops),
    /// Whole scenes with boxes, landmarks and look-alikes, for the face finder and refiner.
    Scenes(data::Scenes),
    /// A contact sheet: every action unit at full strength, left, right and both.
    Sheet(sheet::Sheet),
    /// A sheet of random people, as the affect model sees them.
    People(people::People),
    /// Other heads: import ICT-FaceKit or any ARKit-named glTF, see what a head can show.
    Head(head::HeadArgs),
    /// The true causal graph: printed, drawn, for networkx and causal-learn.
    Graph(graph::GraphArgs),
    /// Faces without pictures: a table of intensities for causal discovery.
    Sample(sample::Sample),
    /// Pictures in which one thing changes: facial symmetry, or one action unit.
    Interventions(interventions::Interventions),
    /// A short clip of one person, sad, then smiling; or of several; or of nobody.
    Clip(clip::Clip),
    /// A set of labelled clips: action units per frame, or expressions per clip.
    Clips(clips::Clips),
}

/// How a command ended.
enum End {
    Done,
    Stopped,
}

/// Reads the arguments of this process and runs the command.
#[must_use]
pub fn main() -> ExitCode {
    let end = match Cli::parse().command {
        Command::Crops(command) => command.run(),
        Command::Scenes(command) => command.run(),
        Command::Sheet(command) => command.run(),
        Command::People(command) => command.run(),
        Command::Head(command) => command.run(),
        Command::Graph(command) => command.run(),
        Command::Sample(command) => command.run(),
        Command::Interventions(command) => command.run(),
        Command::Clip(command) => command.run(),
        Command::Clips(command) => command.run(),
    };
    match end {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::Stopped) => ExitCode::from(STOPPED),
        Err(error) => {
            eprintln!("error: {}", reasons(&error));
            ExitCode::FAILURE
        }
    }
}

/// Reads a length or a rate.
fn above_zero(text: &str) -> Result<f32, String> {
    let value = text.parse().ok();
    value
        .filter(|value: &f32| *value > 0.0 && value.is_finite())
        .ok_or_else(|| "expected a number above 0".into())
}

/// An error and its causes, each reason once: many errors already quote their cause.
fn reasons(error: &anyhow::Error) -> String {
    error
        .chain()
        .map(ToString::to_string)
        .fold(String::new(), |text, reason| match text {
            text if text.is_empty() => reason,
            text if text.contains(&reason) => text,
            text => format!("{text}: {reason}"),
        })
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use clap::CommandFactory;

    use super::*;

    #[test]
    fn arguments_are_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn lengths_and_rates_are_numbers_above_zero() {
        let clip =
            |seconds| Cli::try_parse_from(["synth", "clip", "--out", "-", "--seconds", seconds]);
        assert!(clip("0.5").is_ok());
        for wrong in ["inf", "nan", "0", "1e99", "six"] {
            let error = clip(wrong).err().map(|error| error.to_string());
            assert!(
                error.is_some_and(|error| error.contains("expected a number")),
                "{wrong}"
            );
        }
    }

    #[test]
    fn a_reason_is_told_once() {
        let source = || std::io::Error::other("disk full");
        let quoted = anyhow::anyhow!(source()).context("cannot write x: disk full");
        assert_eq!(reasons(&quoted), "cannot write x: disk full");
        let plain = Err::<(), _>(source())
            .context("cannot write x")
            .unwrap_err();
        assert_eq!(reasons(&plain), "cannot write x: disk full");
    }
}
