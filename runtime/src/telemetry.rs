//! ONNX Runtime keeps what it is used for to itself.
//!
//! Takes the process; gives one in whose environment telemetry is off.

use std::{env, io, os::unix::process::CommandExt, process::Command};

/// From 1.29 on, ONNX Runtime's official builds for Linux keep an identifier of the machine and send
/// what they are used for to their makers, unless this is in the environment before they are loaded;
/// what can be said to them later comes too late.
const NO_TELEMETRY: &str = "ORT_DISABLE_TELEMETRY";

/// The program could not be started again.
#[derive(Debug, thiserror::Error)]
#[error("cannot begin anew with {NO_TELEMETRY}=1: {reason}; set it yourself")]
pub struct TelemetryError {
    /// The system's reason.
    pub reason: io::Error,
}

/// For the first line of `main`: where the environment does not turn telemetry off yet, this program
/// takes the place of this process once more, with it. A process cannot change its own environment
/// without races.
///
/// # Errors
/// [`TelemetryError`] when the program cannot be started again.
pub fn without_telemetry() -> Result<(), TelemetryError> {
    if env::var_os(NO_TELEMETRY).is_some() {
        return Ok(());
    }
    let executable = env::current_exe().map_err(|reason| TelemetryError { reason })?;
    let mut arguments = env::args_os();
    let mut again = Command::new(executable);
    if let Some(name) = arguments.next() {
        again.arg0(name);
    }
    let reason = again.args(arguments).env(NO_TELEMETRY, "1").exec();
    Err(TelemetryError { reason })
}
