//! All checks and tests, cheapest first; what continuous integration runs.
//!
//! Takes the workspace; gives one named, timed line per step and stops at the first that fails, with
//! the command to repeat it. The last line counts the tests.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context, Result, bail};

use crate::{schema, tidy};

/// Runs every step.
pub(crate) fn run(root: &Path) -> Result<()> {
    let cargo = |arguments: &str| cargo(root, arguments, &[]);
    step("fmt", "cargo fmt --all", || cargo("fmt --all --check"))?;
    step("tidy", "cargo xtask tidy", || tidy::run(root))?;
    step("schema", "cargo xtask schema", || schema::check(root))?;
    // One profile for all that is built, so that dependencies are built once.
    let clippy = "clippy --workspace --all-targets --release --locked -- --deny warnings";
    step("clippy", &format!("cargo {clippy}"), || cargo(clippy))?;
    let doc = "doc --workspace --no-deps --release --locked";
    step("doc", &format!("cargo {doc}"), || {
        self::cargo(root, doc, &[("RUSTDOCFLAGS", "--deny warnings")])
    })?;
    let test = "test --workspace --release --locked --no-fail-fast";
    let mut count = Count::default();
    step("test", &format!("cargo {test}"), || {
        count = run_tests(root, test)?;
        Ok(())
    })?;
    println!(
        "tests: {} passed, {} failed, {} skipped",
        count.passed, count.failed, count.skipped
    );
    Ok(())
}

/// One named and timed step; `again` is how to repeat it, or to mend what it found.
fn step(name: &str, again: &str, run: impl FnOnce() -> Result<()>) -> Result<()> {
    println!("== {name}");
    let start = Instant::now();
    run().with_context(|| format!("{name} failed; run `{again}`"))?;
    println!("== {name}: ok, {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn cargo(root: &Path, arguments: &str, environment: &[(&str, &str)]) -> Result<()> {
    let mut command = Command::new("cargo");
    command
        .args(arguments.split(' '))
        .envs(environment.iter().copied())
        .current_dir(root);
    let status = command.status().context("cannot run cargo")?;
    if !status.success() {
        bail!("cargo {arguments}: {status}");
    }
    Ok(())
}

/// What the test harness counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Count {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Count {
    /// Adds the closing line of one test binary; other lines count nothing.
    fn add(&mut self, line: &str) {
        let Some(result) = line.strip_prefix("test result: ") else {
            return;
        };
        for part in result.split(['.', ';']) {
            let mut words = part.split_whitespace();
            let Some(number) = words.next().and_then(|word| word.parse::<u64>().ok()) else {
                continue;
            };
            match words.next() {
                Some("passed") => self.passed += number,
                Some("failed") => self.failed += number,
                Some("ignored") => self.skipped += number,
                _ => {}
            }
        }
    }
}

/// Runs `cargo test`, passing its output through and counting.
fn run_tests(root: &Path, arguments: &str) -> Result<Count> {
    let mut child = Command::new("cargo")
        .args(arguments.split(' '))
        .current_dir(root)
        .stdout(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let mut count = Count::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.context("cannot read what cargo test prints")?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            count.add(&line);
        }
    }
    let status = child.wait().context("cannot wait for cargo")?;
    if !status.success() {
        bail!(
            "cargo {arguments}: {status}: {} passed, {} failed",
            count.passed,
            count.failed
        );
    }
    if count.passed == 0 {
        bail!("no test ran");
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closing_lines_are_added_up() {
        let mut count = Count::default();
        count.add("running 3 tests");
        count.add("test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.10s");
        count.add("test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 7 filtered out; finished in 0.10s");
        assert_eq!(
            count,
            Count {
                passed: 14,
                failed: 3,
                skipped: 1
            }
        );
    }

    #[test]
    fn a_failed_step_says_how_to_repeat_it() {
        let error = step("fmt", "cargo fmt --all", || bail!("diff")).unwrap_err();
        assert_eq!(
            format!("{error:#}"),
            "fmt failed; run `cargo fmt --all`: diff"
        );
        step("fmt", "cargo fmt --all", || Ok(())).unwrap();
    }
}
