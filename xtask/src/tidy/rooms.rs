//! Rule `rooms`: who may use whom.
//!
//! Takes the resolved dependency graph (`cargo metadata`); finds crates of the workspace that use one
//! that they must not know, directly or through others.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    path::Path,
    process::Command,
};

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::{Finding, Tree};

const RULE: &str = "rooms";

/// Crates of the workspace and those of its crates that each may name, tests included.
const MAY_USE: &[(&str, &[&str])] = &[
    ("facs", &[]),
    ("align", &["facs"]),
    ("synth", &["facs", "align"]),
    ("runtime", &[]),
    ("exporter", &[]),
    (
        "trainer",
        &["facs", "align", "synth", "runtime", "exporter"],
    ),
    ("calibration", &["facs", "align", "synth", "runtime"]),
    ("edge", &["facs", "align", "runtime"]),
    (
        "tests",
        &[
            "facs",
            "align",
            "synth",
            "runtime",
            "exporter",
            "trainer",
            "calibration",
            "edge",
        ],
    ),
    ("xtask", &["facs"]),
];

/// What a crate must not reach by any path, so that it stays quick to build.
const NEVER_REACHES: &[(&str, &str)] = &[
    ("facs", "burn"),
    ("align", "burn"),
    ("synth", "burn"),
    ("runtime", "burn"),
    ("calibration", "burn"),
    ("edge", "burn"),
    ("edge", "trainer"),
    ("edge", "exporter"),
    ("xtask", "burn"),
    ("exporter", "facs"),
];

/// All that `facs` may bring along.
const FACS_MAY_USE: &[&str] = &["serde", "serde_json", "sha2", "thiserror", "schemars"];

/// Dependencies between packages, by name.
#[derive(Default)]
pub(super) struct Dependencies {
    /// Crates of the workspace and their manifests.
    rooms: BTreeMap<String, String>,
    /// What a package is built with.
    build: BTreeMap<String, BTreeSet<String>>,
    /// What its tests and examples need besides.
    dev: BTreeMap<String, BTreeSet<String>>,
    /// What each package states as its licence.
    licences: BTreeMap<String, Option<String>>,
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: BTreeSet<String>,
    workspace_root: String,
    resolve: Resolve,
}

#[derive(Deserialize)]
struct Package {
    id: String,
    name: String,
    manifest_path: String,
    license: Option<String>,
}

#[derive(Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Deserialize)]
struct Node {
    id: String,
    deps: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    pkg: String,
    dep_kinds: Vec<DependencyKind>,
}

#[derive(Deserialize)]
struct DependencyKind {
    kind: Option<String>,
}

impl Dependencies {
    /// What cargo resolves for the workspace at `root`.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let output = Command::new("cargo")
            .args(["metadata", "--format-version", "1", "--locked"])
            .current_dir(root)
            .output()
            .context("cannot run cargo metadata")?;
        if !output.status.success() {
            bail!(
                "cargo metadata: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Self::parse(&output.stdout).context("cannot read what cargo metadata printed")
    }

    fn parse(json: &[u8]) -> Result<Self> {
        let metadata: Metadata = serde_json::from_slice(json)?;
        let mut dependencies = Self::default();
        let mut names = BTreeMap::new();
        for package in metadata.packages {
            if metadata.workspace_members.contains(&package.id) {
                let manifest = package.manifest_path.strip_prefix(&metadata.workspace_root);
                let manifest = manifest
                    .unwrap_or(&package.manifest_path)
                    .trim_start_matches('/');
                dependencies
                    .rooms
                    .insert(package.name.clone(), manifest.to_owned());
            }
            dependencies
                .licences
                .insert(package.name.clone(), package.license);
            names.insert(package.id, package.name);
        }
        let name = |id: &str| {
            names
                .get(id)
                .cloned()
                .with_context(|| format!("unknown package {id}"))
        };
        for node in metadata.resolve.nodes {
            let user = name(&node.id)?;
            for used in node.deps {
                let is_dev = |kind: &DependencyKind| kind.kind.as_deref() == Some("dev");
                let map = if used.dep_kinds.iter().all(is_dev) {
                    &mut dependencies.dev
                } else {
                    &mut dependencies.build
                };
                map.entry(user.clone())
                    .or_default()
                    .insert(name(&used.pkg)?);
            }
        }
        Ok(dependencies)
    }

    /// Crates of the workspace with their manifests.
    pub(super) fn rooms(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rooms
            .iter()
            .map(|(name, manifest)| (name.as_str(), manifest.as_str()))
    }

    /// All packages and what they state as their licence.
    pub(super) fn licences(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.licences
            .iter()
            .map(|(name, licence)| (name.as_str(), licence.as_deref()))
    }

    /// What a crate names in its manifest, tests included.
    fn named(&self, user: &str) -> impl Iterator<Item = &str> {
        [&self.build, &self.dev]
            .into_iter()
            .filter_map(|map| map.get(user))
            .flatten()
            .map(String::as_str)
    }

    /// The shortest way from a crate to a package or to one of its parts (`burn` and `burn-core`).
    fn way(&self, user: &str, target: &str) -> Option<Vec<&str>> {
        let part = format!("{target}-");
        let (start, _) = self.build.get_key_value(user)?;
        let mut came_from: BTreeMap<&str, Option<&str>> = BTreeMap::from([(start.as_str(), None)]);
        let mut queue = VecDeque::from([start.as_str()]);
        while let Some(here) = queue.pop_front() {
            if here == target || here.starts_with(&part) {
                let mut way = vec![here];
                let mut before = came_from[here];
                while let Some(name) = before {
                    way.push(name);
                    before = came_from[name];
                }
                way.reverse();
                return Some(way);
            }
            for used in self.build.get(here).into_iter().flatten() {
                if !came_from.contains_key(used.as_str()) {
                    came_from.insert(used.as_str(), Some(here));
                    queue.push_back(used);
                }
            }
        }
        None
    }
}

/// Crates that use what they must not.
pub(super) fn check(tree: &Tree, dependencies: &Dependencies) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (room, manifest) in dependencies.rooms() {
        let mut find = |used: &str, way_out: String| {
            let line = line_of(tree.text(manifest).unwrap_or(""), used);
            findings.push(Finding {
                file: manifest.to_owned(),
                line,
                rule: RULE,
                way_out,
            });
        };
        let Some((_, may_use)) = MAY_USE.iter().find(|(name, _)| *name == room) else {
            find(
                "name",
                format!(
                    "`{room}` has no place in the dependency order: add it to MAY_USE in xtask/src/tidy/rooms.rs"
                ),
            );
            continue;
        };
        for used in dependencies
            .named(room)
            .filter(|used| dependencies.rooms.contains_key(*used))
        {
            if !may_use.contains(&used) {
                find(
                    used,
                    format!(
                        "`{room}` must not use `{used}` (it may use: {}): move what both need down, or the test to `tests`",
                        listed(may_use)
                    ),
                );
            }
        }
        for (_, target) in NEVER_REACHES.iter().filter(|(name, _)| *name == room) {
            if let Some(way) = dependencies.way(room, target) {
                find(
                    way.get(1).unwrap_or(target),
                    format!(
                        "`{room}` must not reach `{target}`, and does by {}: cut the first link",
                        way.join(" -> ")
                    ),
                );
            }
        }
    }
    if let Some(manifest) = dependencies.rooms.get("facs") {
        for used in dependencies
            .build
            .get("facs")
            .into_iter()
            .flatten()
            .filter(|used| !FACS_MAY_USE.contains(&used.as_str()))
        {
            findings.push(Finding {
                file: manifest.clone(),
                line: line_of(tree.text(manifest).unwrap_or(""), used),
                rule: RULE,
                way_out: format!("`facs` must stay light (it may use: {}): move what needs `{used}` to the crate that uses it", listed(FACS_MAY_USE)),
            });
        }
    }
    findings
}

fn listed(names: &[&str]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        names.join(", ")
    }
}

/// The line of a manifest that sets `key`, else the first.
fn line_of(manifest: &str, key: &str) -> usize {
    let sets = |line: &str| {
        line.strip_prefix(key)
            .is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
    };
    manifest.lines().position(sets).map_or(1, |index| index + 1)
}

#[cfg(test)]
impl Dependencies {
    /// Crates that use nothing.
    pub(super) fn of_rooms(rooms: &[&str]) -> Self {
        let rooms = rooms
            .iter()
            .map(|room| ((*room).to_owned(), format!("{room}/Cargo.toml")));
        Self {
            rooms: rooms.collect(),
            ..Self::default()
        }
    }

    /// Packages with these licences.
    pub(super) fn of_licences(licences: &[(&str, Option<&str>)]) -> Self {
        let licences = licences
            .iter()
            .map(|(name, licence)| ((*name).to_owned(), licence.map(str::to_owned)));
        Self {
            licences: licences.collect(),
            ..Self::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `attic` is a room without a place; `+` before a name marks a dependency of tests.
    fn graph(packages: &[(&str, &[&str])]) -> Dependencies {
        let mut graph = Dependencies::default();
        for (user, used) in packages {
            if MAY_USE.iter().any(|(room, _)| room == user) || *user == "attic" {
                graph
                    .rooms
                    .insert((*user).to_owned(), format!("{user}/Cargo.toml"));
            }
            graph.build.entry((*user).to_owned()).or_default();
            for name in *used {
                let (map, name) = match name.strip_prefix('+') {
                    Some(name) => (&mut graph.dev, name),
                    None => (&mut graph.build, *name),
                };
                map.entry((*user).to_owned())
                    .or_default()
                    .insert(name.to_owned());
            }
        }
        graph
    }

    fn found(files: &[(&str, &str)], packages: &[(&str, &[&str])]) -> String {
        let lines: Vec<String> = check(&Tree::from(files), &graph(packages))
            .iter()
            .map(ToString::to_string)
            .collect();
        lines.join("\n")
    }

    #[test]
    fn the_order_of_rooms_is_accepted() {
        let packages: &[(&str, &[&str])] = &[
            ("facs", &["serde", "sha2", "+insta"]),
            ("align", &["facs", "+proptest"]),
            ("edge", &["facs", "align", "ort"]),
            ("exporter", &["burn"]),
            ("trainer", &["facs", "align", "exporter", "burn"]),
            ("tests", &["facs", "+edge", "+trainer"]),
            ("burn", &["burn-core"]),
        ];
        assert_eq!(found(&[], packages), "");
    }

    #[test]
    fn a_room_that_looks_up_is_found_at_its_line() {
        let manifest = "[package]\nname = \"align\"\n[dependencies]\nsynth.workspace = true\n";
        insta::assert_snapshot!(
            found(&[("align/Cargo.toml", manifest)], &[("align", &["synth"]), ("synth", &[])]),
            @"align/Cargo.toml:4: rooms: `align` must not use `synth` (it may use: facs): move what both need down, or the test to `tests`"
        );
    }

    #[test]
    fn tests_of_a_room_keep_the_order_too() {
        assert!(
            found(&[], &[("edge", &["+trainer"]), ("trainer", &[])])
                .contains("`edge` must not use `trainer`")
        );
    }

    #[test]
    fn the_daemon_may_not_reach_burn_through_others() {
        let manifest = "[package]\nname = \"edge\"\n\n[dependencies]\nhelper = \"1\"\n";
        insta::assert_snapshot!(
            found(&[("edge/Cargo.toml", manifest)], &[("edge", &["helper"]), ("helper", &["burn-tensor"])]),
            @"edge/Cargo.toml:5: rooms: `edge` must not reach `burn`, and does by edge -> helper -> burn-tensor: cut the first link"
        );
    }

    #[test]
    fn the_exporter_knows_no_faces() {
        let found = found(&[], &[("exporter", &["facs"]), ("facs", &[])]);
        assert!(
            found.contains("`exporter` must not use `facs` (it may use: none)"),
            "{found}"
        );
        assert!(
            found.contains("`exporter` must not reach `facs`"),
            "{found}"
        );
    }

    #[test]
    fn facs_stays_light() {
        insta::assert_snapshot!(
            found(&[], &[("facs", &["serde", "image", "+proptest"])]),
            @"facs/Cargo.toml:1: rooms: `facs` must stay light (it may use: serde, serde_json, sha2, thiserror, schemars): move what needs `image` to the crate that uses it"
        );
    }

    #[test]
    fn a_new_crate_needs_a_place() {
        assert!(
            found(&[], &[("attic", &[])]).contains("`attic` has no place in the dependency order")
        );
    }

    #[test]
    fn kinds_of_dependencies_are_told_apart() {
        let json = r#"{
            "packages": [
                {"id": "a 0", "name": "edge", "manifest_path": "/w/edge/Cargo.toml", "license": "MIT"},
                {"id": "b 0", "name": "ort", "manifest_path": "/r/ort/Cargo.toml"},
                {"id": "c 0", "name": "insta", "manifest_path": "/r/insta/Cargo.toml"}
            ],
            "workspace_members": ["a 0"],
            "workspace_root": "/w",
            "resolve": {"nodes": [{"id": "a 0", "deps": [
                {"pkg": "b 0", "dep_kinds": [{"kind": "dev"}, {"kind": null}]},
                {"pkg": "c 0", "dep_kinds": [{"kind": "dev"}]}
            ]}]}
        }"#;
        let graph = Dependencies::parse(json.as_bytes()).unwrap();
        assert_eq!(
            graph.rooms().collect::<Vec<_>>(),
            [("edge", "edge/Cargo.toml")]
        );
        assert!(graph.build["edge"].contains("ort") && !graph.build["edge"].contains("insta"));
        assert!(graph.dev["edge"].contains("insta"));
    }
}
