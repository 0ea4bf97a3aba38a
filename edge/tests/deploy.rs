//! What operators are given agrees with the daemon: metrics, configurations, unit and container files.

#![allow(clippy::unwrap_used, reason = "a failure here is a failed test")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use clap::Parser;
use edge::{cli::Cli, config::Settings};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn rust_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, found);
        } else if path.extension().is_some_and(|end| end == "rs") {
            found.push(path);
        }
    }
}

/// Name and type of every metric that the daemon describes.
fn described() -> BTreeMap<String, String> {
    let mut files = Vec::new();
    rust_files(&root().join("edge/src"), &mut files);
    let mut described = BTreeMap::new();
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        for call in text.split("describe_").skip(1) {
            let Some((kind, rest)) = call.split_once("!(") else {
                continue;
            };
            if ["counter", "gauge", "histogram"].contains(&kind) {
                let name = rest.split('"').nth(1).unwrap();
                described.insert(name.to_owned(), kind.to_owned());
            }
        }
    }
    assert!(described.len() > 10, "{described:?}");
    described
}

/// Names of metrics in a text, without what histograms append.
fn metrics(text: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let names = text.match_indices("mien_").map(|(start, _)| {
        let name: String = text[start..].chars().take_while(|c| is_name(*c)).collect();
        let plain = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|end| name.strip_suffix(end));
        plain.map_or(name.clone(), Into::into)
    });
    names.collect()
}

#[test]
fn the_table_of_metrics_is_complete() {
    let table = text("docs/metrics.md");
    let rows = table.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells.get(1)?.strip_prefix('`')?.strip_suffix('`')?;
        Some((name.to_owned(), (*cells.get(2)?).to_owned()))
    });
    let rows: BTreeMap<String, String> = rows.collect();
    assert_eq!(rows, described());
}

#[test]
fn dashboard_and_alerts_ask_for_metrics_that_there_are() {
    let described = described();
    let dashboard = text("deploy/grafana/edge-daemon.json");
    let parsed: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    assert!(parsed["panels"].as_array().unwrap().len() > 10);
    for (file, text) in [
        ("dashboard", dashboard),
        ("alerts", text("deploy/prometheus/alerts.yml")),
    ] {
        let asked = metrics(&text);
        assert!(asked.len() > 5, "{file}: {asked:?}");
        let unknown: Vec<_> = asked
            .iter()
            .filter(|name| !described.contains_key(*name))
            .collect();
        assert!(unknown.is_empty(), "{file} asks for {unknown:?}");
    }
}

#[test]
fn configurations_that_ship_are_valid() {
    for path in ["deploy/debian/edge.toml", "deploy/edge/edge.toml"] {
        Settings::load(Some(&root().join(path))).unwrap_or_else(|error| panic!("{path}: {error}"));
    }
}

/// The README's configuration, appended to the one that ships, as its reader does it.
#[test]
fn the_configuration_of_the_readme_is_valid() {
    let readme = text("README.md");
    let (_, install) = readme.split_once("\n## Install\n").unwrap();
    let (_, rest) = install.split_once("```toml\n").unwrap();
    let (snippet, _) = rest.split_once("```").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("edge.toml");
    fs::write(&path, text("deploy/debian/edge.toml") + snippet).unwrap();
    let settings = Settings::load(Some(&path)).unwrap();
    assert_eq!(settings.sources[0].name, "door");
}

#[test]
fn the_unit_starts_the_daemon_as_its_command_line_is() {
    let unit = text("deploy/debian/edge-daemon.service");
    let start = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="));
    let start = start.unwrap().replace("${MIEN_BUNDLE}", "bundle");
    Cli::try_parse_from(start.split(' ')).unwrap();
}

/// ONNX Runtime's own builds keep an identifier of the machine in the cache and send it, unless they are
/// told not to.
#[test]
fn onnx_runtime_leaves_nothing_behind() {
    let cache = tempfile::tempdir().unwrap();
    let checked = Command::new(env!("CARGO_BIN_EXE_edge-daemon"))
        .arg("validate")
        .arg("--bundle")
        .arg(root().join("edge/tests/fixtures/bundle"))
        .env_remove("ORT_DISABLE_TELEMETRY")
        .env("XDG_CACHE_HOME", cache.path())
        .output()
        .unwrap();
    assert!(checked.status.success(), "{checked:?}");
    let left: Vec<_> = fs::read_dir(cache.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn images_are_built_from_the_whole_workspace() {
    let manifest: toml::Table = text("Cargo.toml").parse().unwrap();
    let members = manifest["workspace"]["members"].as_array().unwrap();
    for path in [
        "deploy/Dockerfile.dockerignore",
        "deploy/edge/Dockerfile.cpu.dockerignore",
        "deploy/edge/Dockerfile.cuda.dockerignore",
        "deploy/edge/Dockerfile.l4t.dockerignore",
    ] {
        let ignored = text(path);
        for member in members {
            let line = format!("!{}", member.as_str().unwrap());
            assert!(ignored.lines().any(|it| it == line), "{path} lacks {line}");
        }
    }
}
