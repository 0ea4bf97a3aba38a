//! `trainer discover` as a user calls it, on a run whose graphs are known.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use burn::tensor::Device;
use common::{recipe, write_data};
use trainer::{affect::AffectTask, recipe::ModelSettings, run_dir::RunDir, task::Task};

fn discover(arguments: &[&str], folder: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_trainer"))
        .arg("discover")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
}

/// A run folder with the weights that a network begins with, and its data.
fn run(root: &Path) {
    let data = root.join("data");
    write_data(&data, &["a"]);
    let (recipe, text) = recipe(&data);
    let ModelSettings::Affect(settings) = recipe.model else {
        panic!("an affect recipe");
    };
    let device = Device::flex();
    device.seed(3);
    let network = AffectTask {
        settings,
        embeddings: None,
        graphs: None,
    }
    .network(&device);
    let run = RunDir::create(&root.join("run"), &text).unwrap();
    run.save_weights(&network).unwrap();
}

fn told(output: &Output) -> String {
    String::from_utf8_lossy(&[output.stdout.as_slice(), &output.stderr].concat()).into_owned()
}

#[test]
fn graphs_are_told_and_written() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    let arguments = "run --edges 5 --truth built-in --images data --count 3 --out out";
    let arguments: Vec<&str> = arguments.split(' ').collect();
    let output = discover(&arguments, folder.path());
    let told = told(&output);
    assert!(output.status.success(), "{told}");
    assert!(told.starts_with("5 edges between action units and 5 towards expressions"));
    assert!(told.contains("against the true graph"), "{told}");
    assert!(told.contains(" 3 images"), "{told}");

    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("discovery.json")).unwrap();
    assert_eq!(json["found"]["au_au"].as_array().unwrap().len(), 5);
    assert_eq!(json["all"]["au_au"].as_array().unwrap().len(), 380);
    let samples: serde_json::Value = serde_json::from_str(&read("samples.json")).unwrap();
    assert_eq!(samples["images"].as_array().unwrap().len(), 3);
    assert_eq!(samples["images"][1]["subject"], "p1");
    // Two expressions: 20 x 19 edges between units, and 2 x 20.
    assert_eq!(samples["edges"].as_array().unwrap().len(), 420);
    for name in [
        "graph",
        "au_au",
        "au_expression",
        "au_au_difference",
        "au_expression_difference",
    ] {
        assert!(read(&format!("{name}.svg")).ends_with("</svg>\n"), "{name}");
    }
    assert_eq!(read("graph.gml").matches("edge [").count(), 10);
}

#[test]
fn what_cannot_be_done_is_told_with_its_place() {
    let folder = tempfile::tempdir().unwrap();
    run(folder.path());
    let fails = |arguments: &[&str], reason: &str| {
        let output = discover(arguments, folder.path());
        let told = told(&output);
        assert!(!output.status.success() && told.contains(reason), "{told}");
    };
    fails(
        &["run", "--images", "data", "--image", "40"],
        "--image 40: there are 40 images, counted from 0",
    );
    fails(&["run", "--truth", "none.toml"], "cannot read none.toml");
    fails(&["run", "--least", "1.5"], "expected a number from 0 to 1");
    fails(
        &["run", "--edges", "3", "--least", "0.1"],
        "cannot be used with",
    );
    fails(&["data"], "data is no run folder");
    fs::remove_file(folder.path().join("run/weights.bpk")).unwrap();
    fails(&["run"], "has no weights.bpk");
}
