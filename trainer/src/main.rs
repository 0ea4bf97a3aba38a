//! The `trainer` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    if let Err(error) = runtime::without_telemetry() {
        eprintln!("trainer: {error}");
        return ExitCode::FAILURE;
    }
    trainer::cli::main()
}
