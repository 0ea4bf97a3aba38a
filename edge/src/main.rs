//! `edge-daemon`: arguments in, exit code out.

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
};

use clap::Parser;
use edge::{
    cli::{self, Cli, LogFormat},
    fault::Exit,
};
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    if let Err(error) = runtime::without_telemetry() {
        eprintln!("edge-daemon: {error}");
        return Exit::Internal.code().into();
    }
    // ONNX Runtime says over a hundred lines per session at `info`.
    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info,ort=warn"));
    let cli = Cli::parse();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match cli.log_format {
        LogFormat::Text => log.init(),
        // The journal has its own times.
        LogFormat::Journal => log.without_time().with_ansi(false).init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    cli::run(cli).code().into()
}
