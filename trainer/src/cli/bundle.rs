//! `trainer bundle` and `trainer restore`: from runs to a bundle, and back.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Result;
use clap::Args;

use crate::export;

/// `trainer bundle`
#[derive(Args)]
pub(super) struct Bundle {
    /// Run folders, one per model.
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Name of the bundle.
    #[arg(long, default_value = "default")]
    name: String,
    /// The bundle's folder.
    #[arg(long)]
    out: PathBuf,
}

/// `trainer restore`
#[derive(Args)]
pub(super) struct Restore {
    /// The bundle's folder.
    bundle: PathBuf,
    /// A recipe of the model's architecture; it says which model of the bundle is meant.
    #[arg(long)]
    recipe: PathBuf,
    /// The run folder.
    #[arg(long)]
    run: PathBuf,
}

impl Bundle {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let runs: Vec<&Path> = self.runs.iter().map(PathBuf::as_path).collect();
        let bundle = export::bundle(&self.name, &runs, &self.out)?;
        for model in &bundle.models {
            eprintln!(
                "{}: {:?}, differs from burn by {:.1e} at most in ONNX Runtime",
                self.out.join(&model.file).display(),
                model.role,
                model.metrics[export::PARITY]
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

impl Restore {
    pub(super) fn run(&self) -> Result<ExitCode> {
        let restored = export::restore(&self.bundle, &self.recipe, &self.run)?;
        eprintln!(
            "{}: differs from the bundle's model by {:.1e} at most",
            self.run.display(),
            restored.parity_error
        );
        if !restored.drawn.is_empty() {
            let drawn = restored.drawn.join(", ");
            eprintln!("drawn anew, since only training reads them: {drawn}");
        }
        Ok(ExitCode::SUCCESS)
    }
}
