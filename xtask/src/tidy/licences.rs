//! Rule `licences`: what we build on may be used and passed on under our own terms.
//!
//! Takes the licence that each package of the dependency graph states (an SPDX expression); finds those
//! that no choice within the expression makes acceptable.

use super::{Finding, Tree, rooms::Dependencies};

const RULE: &str = "licences";

/// Permissive licences, and one (MPL) whose duties end at the package's own files.
const ACCEPTED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Packages that state no expression, and the licence that their own file holds.
const READ_BY_HAND: &[(&str, &str)] = &[("cfg_block", "Apache-2.0")];

/// Packages whose licence is not acceptable.
pub(super) fn check(tree: &Tree, dependencies: &Dependencies) -> Vec<Finding> {
    let lock = tree.text("Cargo.lock").unwrap_or("");
    let mut findings = Vec::new();
    for (package, stated) in dependencies.licences() {
        let by_hand = READ_BY_HAND
            .iter()
            .find(|(name, _)| *name == package)
            .map(|(_, licence)| *licence);
        let licence = stated.or(by_hand);
        if !licence.is_some_and(is_accepted) {
            let entry = format!("name = \"{package}\"");
            findings.push(Finding {
                file: "Cargo.lock".into(),
                line: lock.lines().position(|line| line == entry).map_or(1, |index| index + 1),
                rule: RULE,
                way_out: format!(
                    "`{package}` is under {}: do without it, or say why it is fine in xtask/src/tidy/licences.rs",
                    licence.unwrap_or("no stated licence")
                ),
            });
        }
    }
    findings
}

/// Whether an expression leaves a choice that is accepted. `/` is the old way to write `OR`.
fn is_accepted(expression: &str) -> bool {
    let spaced = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    any_of(&mut words) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

fn any_of(words: &mut Words<'_>) -> bool {
    let mut accepted = all_of(words);
    while words.next_if_eq(&"OR").is_some() {
        accepted |= all_of(words);
    }
    accepted
}

fn all_of(words: &mut Words<'_>) -> bool {
    let mut accepted = one(words);
    while words.next_if_eq(&"AND").is_some() {
        accepted &= one(words);
    }
    accepted
}

fn one(words: &mut Words<'_>) -> bool {
    if words.next_if_eq(&"(").is_some() {
        let accepted = any_of(words);
        return words.next_if_eq(&")").is_some() && accepted;
    }
    let Some(licence) = words.next() else {
        return false;
    };
    match words.next_if_eq(&"WITH").and_then(|_| words.next()) {
        Some(exception) => ACCEPTED.contains(&format!("{licence} WITH {exception}").as_str()),
        None => ACCEPTED.contains(&licence),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_acceptable_choice_is_enough() {
        for accepted in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "MIT OR Apache-2.0 OR LGPL-2.1-or-later",
            "(MIT OR GPL-3.0-only) AND Unicode-3.0",
            "Apache-2.0 WITH LLVM-exception OR GPL-2.0-only",
        ] {
            assert!(is_accepted(accepted), "{accepted}");
        }
    }

    #[test]
    fn all_parts_must_be_acceptable() {
        for refused in [
            "",
            "GPL-3.0-only",
            "MIT AND GPL-3.0-only",
            "(MIT OR Apache-2.0) AND AGPL-3.0-only",
            "GPL-2.0-only WITH Classpath-exception-2.0",
            "MIT Apache-2.0",
            "(MIT",
        ] {
            assert!(!is_accepted(refused), "{refused}");
        }
    }

    #[test]
    fn a_package_under_other_terms_is_found_in_the_lock_file() {
        let lock = "[[package]]\nname = \"kind\"\n\n[[package]]\nname = \"strict\"\n";
        let dependencies = Dependencies::of_licences(&[
            ("cfg_block", None),
            ("kind", Some("MIT")),
            ("silent", None),
            ("strict", Some("GPL-3.0-only")),
        ]);
        let findings: Vec<String> = check(&Tree::from([("Cargo.lock", lock)]), &dependencies)
            .iter()
            .map(ToString::to_string)
            .collect();
        insta::assert_snapshot!(findings.join("\n"), @r"
        Cargo.lock:1: licences: `silent` is under no stated licence: do without it, or say why it is fine in xtask/src/tidy/licences.rs
        Cargo.lock:5: licences: `strict` is under GPL-3.0-only: do without it, or say why it is fine in xtask/src/tidy/licences.rs
        ");
    }
}
