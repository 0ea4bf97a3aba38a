//! The `calibration` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = runtime::without_telemetry() {
        eprintln!("calibration: {error}");
        return ExitCode::FAILURE;
    }
    calibration::cli::main()
}
