//! The program itself: exit codes, messages, what is kept when things go wrong.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use common::{FRAMES, WINDOW, bundle, bundle_copy, bundle_with_refiner, cut, records, video};
use facs::{GapReason, Record};

fn edge(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_edge-daemon"));
    command.args(arguments).env("RUST_LOG", "warn");
    command
}

fn run(input: &str, bundle: &Path, output: &Path) -> Output {
    let arguments = [
        "run",
        "--input",
        input,
        "--bundle",
        bundle.to_str().unwrap(),
        "--output",
        output.to_str().unwrap(),
    ];
    edge(&arguments).output().unwrap()
}

/// The exit code, and the last line of standard error.
fn end(output: &Output) -> (i32, String) {
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let last = text.lines().rfind(|line| line.starts_with("edge-daemon:"));
    (
        output.status.code().unwrap(),
        last.unwrap_or_default().to_owned(),
    )
}

#[test]
fn what_is_missing_or_wrong_has_its_own_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("records.jsonl");
    let (code, message) = end(&run("no/such/file.mp4", &bundle(), &output));
    assert_eq!(
        (code, message.as_str()),
        (
            3,
            "edge-daemon: no/such/file.mp4: No such file or directory (os error 2)"
        )
    );

    let text = folder.path().join("text.mp4");
    fs::write(&text, "this is not a video\n".repeat(200)).unwrap();
    let (code, message) = end(&run(text.to_str().unwrap(), &bundle(), &output));
    assert_eq!(code, 3);
    assert!(message.contains("no video could be read"), "{message}");

    let (code, message) = end(&run("test:3", &folder.path().join("none"), &output));
    assert_eq!(code, 5);
    assert!(message.contains("none/bundle.json"), "{message}");

    let spoilt = bundle_copy(folder.path());
    fs::write(spoilt.join("affect.onnx"), "cut").unwrap();
    let (code, message) = end(&run("test:3", &spoilt, &output));
    assert_eq!(code, 5);
    assert!(
        message.contains("affect.onnx") && message.contains("SHA-256"),
        "{message}"
    );

    let (code, message) = end(&run(
        "test:3",
        &bundle(),
        &folder.path().join("no/folder.jsonl"),
    ));
    assert_eq!(code, 7);
    assert!(message.contains("no/folder.jsonl"), "{message}");

    assert_eq!(edge(&["run"]).output().unwrap().status.code(), Some(2));
}

#[test]
fn configuration_and_library_are_checked_by_validate() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("edge.toml");
    let bundle = bundle();
    let validate = |text: &str| {
        fs::write(&config, text).unwrap();
        let arguments = [
            "validate",
            "--config",
            config.to_str().unwrap(),
            "--bundle",
            bundle.to_str().unwrap(),
        ];
        edge(&arguments)
    };
    let valid = validate("[detect]\ninterval = 3\n").output().unwrap();
    assert_eq!(valid.status.code(), Some(0));
    let told = String::from_utf8(valid.stdout).unwrap();
    assert!(
        told.starts_with("valid: bundle \"fixture\"") && told.contains("20 action units"),
        "{told}"
    );

    let (code, message) = end(&validate("[detect]\ninterval = 0\n").output().unwrap());
    assert_eq!(
        (code, message.as_str()),
        (
            2,
            "edge-daemon: configuration key detect.interval: must be at least 1"
        )
    );
    let (code, _) = end(&validate("[detect]\ntypo = 0\n").output().unwrap());
    assert_eq!(code, 2);

    let missing = validate("")
        .env("ORT_DYLIB_PATH", "/nowhere/libonnxruntime.so")
        .output()
        .unwrap();
    let (code, message) = end(&missing);
    assert_eq!(code, 6);
    assert!(message.contains("/nowhere/libonnxruntime.so"), "{message}");
    assert!(String::from_utf8_lossy(&missing.stderr).contains("make setup"));
}

#[test]
fn a_video_that_is_cut_short_keeps_its_records_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let output = folder.path().join("records.jsonl");
    for name in ["ball.mov", "ball.mkv"] {
        let whole = video(folder.path(), name);
        let (code, message) = end(&run(whole.to_str().unwrap(), &bundle(), &output));
        assert_eq!(
            (code, message.as_str(), records(&output).len()),
            (0, "", FRAMES),
            "{name}"
        );

        let cut = cut(&whole, 0.6);
        let (code, message) = end(&run(cut.to_str().unwrap(), &bundle(), &output));
        assert_eq!(code, 4, "{name}: {message}");
        let records = records(&output);
        let frames = records
            .iter()
            .filter(|record| matches!(record, Record::Frame(_)))
            .count();
        assert!((10..FRAMES).contains(&frames), "{name}: {frames} frames");
        assert!(
            message.contains(&format!("{frames} frames could be read")),
            "{message}"
        );
        match records.last() {
            Some(Record::Gap(gap)) => {
                assert_eq!(
                    (gap.reason, gap.first_sequence),
                    (GapReason::SourceError, frames as u64)
                );
                assert_eq!(gap.frames as usize + frames, FRAMES, "{name}");
            }
            // Without its index a Matroska file does not say how long it was.
            Some(Record::Frame(_)) => assert_eq!(name, "ball.mkv"),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_signal_drains_and_ends_well() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("edge.toml");
    fs::write(
        &config,
        "[http]\nlisten = 'off'\n[output]\nflush_millis = 20\n",
    )
    .unwrap();
    for signal in ["TERM", "INT"] {
        let output = folder.path().join(format!("{signal}.jsonl"));
        let mut child = edge(&[
            "run",
            "--input",
            "test:",
            "--bundle",
            bundle().to_str().unwrap(),
        ])
        .args([
            "--config",
            config.to_str().unwrap(),
            "--output",
            output.to_str().unwrap(),
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
        let patience = Instant::now() + Duration::from_secs(30);
        while fs::metadata(&output).map_or(0, |file| file.len()) == 0 {
            assert!(Instant::now() < patience, "no record came");
            sleep(Duration::from_millis(20));
        }
        let pid = child.id().to_string();
        assert!(
            Command::new("kill")
                .args([&format!("-{signal}"), &pid])
                .status()
                .unwrap()
                .success()
        );
        let status = child.wait().unwrap();
        assert_eq!(status.code(), Some(0), "SIG{signal}");
        assert!(!records(&output).is_empty());
    }
}

#[test]
fn records_go_to_standard_output_and_can_be_summarised() {
    let bundle = bundle();
    let arguments = [
        "run",
        "--input",
        "test:12",
        "--bundle",
        bundle.to_str().unwrap(),
    ];
    let ran = edge(&arguments).output().unwrap();
    assert_eq!(ran.stdout.iter().filter(|byte| **byte == b'\n').count(), 12);
    assert!(
        String::from_utf8_lossy(&ran.stderr).contains("faces   in 12 frames (100.0%), 2 tracks")
    );

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records.jsonl");
    fs::write(&path, &ran.stdout).unwrap();
    let summarise = |arguments: &[&str]| {
        let output = edge(&["summarise", path.to_str().unwrap()])
            .args(arguments)
            .output()
            .unwrap();
        (
            output.status.code(),
            String::from_utf8(output.stdout).unwrap(),
        )
    };
    let (code, table) = summarise(&["--segment", "0:0.2", "--segment", "0.2:9"]);
    assert_eq!(code, Some(0));
    assert!(
        table.contains("0-0.2 s") && table.contains("0.2-9 s"),
        "{table}"
    );
    assert_eq!(summarise(&["--segment", "3:1"]).0, Some(2));

    let bench = edge(&["bench", "--input", "test:12", "--loops", "1", "--json"])
        .args(["--bundle", bundle.to_str().unwrap()])
        .output()
        .unwrap();
    let figures: serde_json::Value = serde_json::from_slice(&bench.stdout).unwrap();
    let case = &figures["cases"][0];
    assert_eq!((&case["frames"], &case["faces"]), (&12.into(), &24.into()));
    assert!(case["ratio_to_bare"].as_f64().unwrap() > 0.0);
    assert_eq!(figures["models"], serde_json::json!(["finder", "affect"]));
}

#[test]
fn a_refiner_is_named_and_timed_where_there_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_with_refiner(folder.path(), "face_refiner.onnx", WINDOW);
    let with = |arguments: &[&str]| {
        let output = edge(arguments)
            .args(["--bundle", bundle.to_str().unwrap()])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let told = with(&["validate"]);
    assert!(
        told.contains("finder on cpu, affect on cpu, refiner on cpu, 20"),
        "{told}"
    );
    let config = folder.path().join("edge.toml");
    fs::write(&config, "[detect]\nrefine = false\n").unwrap();
    let told = with(&["validate", "--config", config.to_str().unwrap()]);
    assert!(told.contains("affect on cpu, 20"), "{told}");

    let table = with(&["bench", "--input", "test:12", "--loops", "1"]);
    assert!(table.contains("; refiner "), "{table}");
    let stage = table.lines().find(|line| line.starts_with("  refine  "));
    assert!(stage.unwrap().contains("find"), "{table}");
}
