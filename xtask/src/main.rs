//! Checks and chores of the workspace, by `cargo xtask`.
//!
//! Takes the checkout that it was built in; gives findings on standard output and exit code 1 when
//! there are any.

mod check;
mod schema;
mod tidy;

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(
    about = "Checks and chores of the workspace",
    disable_help_subcommand = true
)]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// All checks and all tests, cheapest first
    Check,
    /// Rules that the compiler does not know: who may use whom, file length, module docs
    Tidy,
    /// Write the JSON Schema of the records
    Schema {
        /// Write nothing; fail when the committed schema is stale
        #[arg(long)]
        check: bool,
    },
}

fn main() -> ExitCode {
    let root = root();
    let outcome = match Arguments::parse().task {
        Task::Check => check::run(&root),
        Task::Tidy => tidy::run(&root),
        Task::Schema { check: false } => schema::write(&root),
        Task::Schema { check: true } => schema::check(&root),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the workspace.
fn root() -> PathBuf {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().unwrap_or(own).to_owned()
}
