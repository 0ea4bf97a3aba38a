//! The official checker of ONNX accepts every exported model.

mod common;

use std::process::Command;

use common::{cases, missing, python};

#[test]
fn the_official_checker_accepts_every_case() {
    let Some(python) = python() else {
        return missing("Python with onnx");
    };
    let folder = tempfile::tempdir().unwrap();
    for case in cases::all() {
        let bytes = case.export().unwrap().to_bytes().unwrap();
        std::fs::write(folder.path().join(format!("{}.onnx", case.name)), bytes).unwrap();
    }
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/check_onnx.py");
    let output = Command::new(python)
        .arg(script)
        .arg(folder.path())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}{errors}");
    assert_eq!(
        text.trim(),
        format!("{} models are valid", cases::all().len())
    );
}
