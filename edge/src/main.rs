//! `edge-daemon`: arguments in, exit code out.

use std::{io::IsTerminal, process::ExitCode};

use clap::Parser;
use edge::cli::{self, Cli};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // ONNX Runtime says over a hundred lines per session at `info`.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,ort=warn"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .init();
    cli::run(Cli::parse()).code().into()
}
