//! The `exporter` command: what can be exported, and what is in a model.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::{Parser, Subcommand};

/// Looks into exported models and the exporter itself.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the operators that can be exported, as Markdown.
    Operators,
    /// Print the inputs, outputs, nodes and initialisers of a model.
    Inspect {
        /// An ONNX file.
        file: PathBuf,
    },
}

fn main() -> anyhow::Result<()> {
    let text = match Arguments::parse().command {
        Command::Operators => exporter::operators_page(),
        Command::Inspect { file } => {
            let bytes = std::fs::read(&file);
            let bytes = bytes.with_context(|| format!("cannot read {}", file.display()))?;
            let model = exporter::OnnxModel::from_bytes(&bytes);
            let model = model.with_context(|| format!("{} is no model", file.display()))?;
            model.listing()
        }
    };
    print!("{text}");
    Ok(())
}
