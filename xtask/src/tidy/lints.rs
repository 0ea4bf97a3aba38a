//! Rule `lints`: every crate takes the lints of the workspace.
//!
//! Takes the manifests of the workspace; finds those without `[lints] workspace = true`.

use toml::Table;

use super::{Finding, Tree, rooms::Dependencies};

const RULE: &str = "lints";

/// Manifests that do not take the lints.
pub(super) fn check(tree: &Tree, dependencies: &Dependencies) -> Vec<Finding> {
    dependencies
        .rooms()
        .filter(|(_, manifest)| !tree.text(manifest).is_some_and(takes_lints))
        .map(|(_, manifest)| Finding {
            file: manifest.to_owned(),
            line: 1,
            rule: RULE,
            way_out:
                "the lints of the workspace are not taken: add `[lints]` with `workspace = true`"
                    .into(),
        })
        .collect()
}

fn takes_lints(manifest: &str) -> bool {
    manifest
        .parse::<Table>()
        .ok()
        .and_then(|manifest| manifest.get("lints")?.get("workspace")?.as_bool())
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_lints_of_the_workspace_will_do() {
        assert!(takes_lints(
            "[package]\nname = \"a\"\n[lints]\nworkspace = true\n"
        ));
        assert!(takes_lints("lints.workspace = true\n"));
        assert!(!takes_lints("[package]\nname = \"a\"\n"));
        assert!(!takes_lints("[lints]\nworkspace = false\n"));
        assert!(!takes_lints("[lints.rust]\nunsafe_code = \"allow\"\n"));
        assert!(!takes_lints("# [lints]\n# workspace = true\n"));
    }

    #[test]
    fn the_finding_names_the_manifest() {
        let dependencies = Dependencies::of_rooms(&["align"]);
        let findings = check(
            &Tree::from([("align/Cargo.toml", "[package]\n")]),
            &dependencies,
        );
        insta::assert_snapshot!(findings[0], @"align/Cargo.toml:1: lints: the lints of the workspace are not taken: add `[lints]` with `workspace = true`");
    }
}
