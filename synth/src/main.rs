//! The `synth` command: data sets, sheets and clips of synthetic people.

use std::process::ExitCode;

fn main() -> ExitCode {
    synth::cli::main()
}
