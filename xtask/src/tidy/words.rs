//! Rule `words`: nothing in the tree speaks of one person's machine.
//!
//! Takes all text files; finds absolute paths into home and work folders.

use super::{Finding, Tree};

const RULE: &str = "words";

/// First folders of paths that exist on one machine only (in parts, so that this file passes).
const FOLDERS: &[&str] = &[
    concat!("/", "home", "/"),
    concat!("/", "root", "/"),
    concat!("/", "work", "/"),
    concat!("/", "Users", "/"),
];

/// Lines with a path into one machine.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.texts()
        .flat_map(|(path, text)| check_file(path, text))
        .collect()
}

fn check_file<'a>(path: &'a str, text: &'a str) -> impl Iterator<Item = Finding> + 'a {
    text.lines().enumerate().filter_map(move |(index, line)| {
        let folder = FOLDERS.iter().find(|folder| holds_path(line, folder))?;
        Some(Finding {
            file: path.to_owned(),
            line: index + 1,
            rule: RULE,
            way_out: format!("`{folder}` is a path of one machine: make it relative, or take it from the environment"),
        })
    })
}

/// Whether an absolute path into `folder` starts anywhere in the line: `net/work/` is none.
fn holds_path(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(start, _)| {
        !line[..start].ends_with(|before: char| {
            before.is_alphanumeric() || matches!(before, '.' | '_' | '-' | '~' | '*' | '}')
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = format!("fine\nopen(\"{}someone/data\")\n", FOLDERS[0]);
        let findings: Vec<_> = check(&Tree::from([("synth/src/lib.rs", text.as_str())]));
        assert_eq!(findings.len(), 1);
        insta::assert_snapshot!(findings[0].to_string().replace(FOLDERS[0], "FOLDER"), @"synth/src/lib.rs:2: words: `FOLDER` is a path of one machine: make it relative, or take it from the environment");
        for folder in FOLDERS {
            assert!(holds_path(&format!("{folder}x"), folder));
        }
    }

    #[test]
    fn a_relative_path_is_none() {
        for before in ["net", "..", "~", "${HOME}"] {
            for folder in FOLDERS {
                assert!(!holds_path(&format!("{before}{folder}x"), folder));
            }
        }
    }
}
