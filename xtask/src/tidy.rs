//! Rules of this workspace that the compiler does not know.
//!
//! Takes the files that git tracks (or would track) and the dependency graph that cargo resolved;
//! gives [`Finding`]s, each with its place and the way out. One rule per file.

mod documents;
mod licences;
mod lints;
mod modules;
mod rooms;
mod tree;
mod words;

use std::{fmt, path::Path};

use anyhow::{Result, bail};

use self::{rooms::Dependencies, tree::Tree};

/// A broken rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    /// Path from the root of the workspace.
    file: String,
    /// Line, from 1.
    line: usize,
    /// Name of the rule.
    rule: &'static str,
    /// What is wrong and what to do.
    way_out: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}: {}: {}",
            self.file, self.line, self.rule, self.way_out
        )
    }
}

/// Prints all findings; an error when there are any.
pub(crate) fn run(root: &Path) -> Result<()> {
    let tree = Tree::read(root)?;
    let dependencies = Dependencies::read(root)?;
    let findings = findings(&tree, &dependencies);
    for finding in &findings {
        println!("{finding}");
    }
    if !findings.is_empty() {
        bail!("tidy has {} findings, listed above", findings.len());
    }
    println!(
        "tidy: {} files in {} crates",
        tree.len(),
        dependencies.rooms().count()
    );
    Ok(())
}

/// All rules over a tree, in order of place.
fn findings(tree: &Tree, dependencies: &Dependencies) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(rooms::check(tree, dependencies));
    findings.extend(lints::check(tree, dependencies));
    findings.extend(licences::check(tree, dependencies));
    findings.extend(modules::check(tree));
    findings.extend(words::check(tree));
    findings.extend(documents::check(tree, dependencies));
    findings.sort();
    findings
}
