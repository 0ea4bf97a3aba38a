//! `edge-daemon`: arguments in, exit code out.

use std::{
    env,
    io::{self, IsTerminal},
    os::unix::process::CommandExt,
    process::{Command, ExitCode},
};

use clap::Parser;
use edge::{
    cli::{self, Cli, LogFormat},
    fault::Exit,
};
use tracing_subscriber::EnvFilter;

/// From 1.29 on, ONNX Runtime's official builds for Linux keep an identifier of the machine and send
/// what they are used for to their makers, unless this is in the environment before they are loaded;
/// what can be said to them later comes too late.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

fn main() -> ExitCode {
    if env::var_os(NO_TELEMETRY).is_none() {
        let error = begin_anew();
        eprintln!("edge-daemon: cannot begin anew with {NO_TELEMETRY}=1: {error}; set it yourself");
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

/// This program in place of this process, with [`NO_TELEMETRY`]; comes back with the reason where it
/// cannot. A process cannot change its own environment without races.
fn begin_anew() -> io::Error {
    let executable = match env::current_exe() {
        Ok(executable) => executable,
        Err(error) => return error,
    };
    let mut arguments = env::args_os();
    let mut again = Command::new(executable);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    again.args(arguments).env(NO_TELEMETRY, "1").exec()
}
