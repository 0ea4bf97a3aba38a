//! Rules `module-docs` and `length`: a file is one idea, and says which.
//!
//! Takes Rust files; finds those that do not open with `//!`, and those with more than
//! [`MOST_LINES`] lines of code, tests and blank lines not counted. A file that is long because it is
//! a table says so in its first line: `// tidy: table: reason`.

use super::{Finding, Tree};

/// Lines that are neither blank nor tests.
const MOST_LINES: usize = 400;
/// Opens the first line of a file that is excused.
const EXCUSE: &str = "// tidy: table";

/// Files without a header, and files that are too long.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    tree.with_extension("rs")
        .flat_map(|(path, text)| check_file(path, text))
        .collect()
}

fn check_file(path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |line: usize, rule, way_out: String| {
        findings.push(Finding {
            file: path.to_owned(),
            line,
            rule,
            way_out,
        });
    };
    let excuse = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix(EXCUSE));
    let first = usize::from(excuse.is_some());
    if !text
        .lines()
        .nth(first)
        .is_some_and(|line| line.starts_with("//!"))
    {
        find(
            first + 1,
            "module-docs",
            "open the module with `//!`: what it is, what it takes, what it gives".into(),
        );
    }
    let lines = code_lines(path, text);
    match excuse {
        Some(excuse) if excuse.trim_start_matches(':').trim().is_empty() => {
            find(
                1,
                "length",
                format!("the excuse has no reason: write `{EXCUSE}: why it is one`"),
            );
        }
        Some(_) if lines <= MOST_LINES => {
            find(
                1,
                "length",
                format!("{lines} lines need no excuse: remove the line"),
            );
        }
        None if lines > MOST_LINES => {
            find(
                1,
                "length",
                format!(
                    "{lines} lines of code, {MOST_LINES} at most: split it by idea, or open it with `{EXCUSE}: reason`"
                ),
            );
        }
        _ => {}
    }
    findings
}

/// Lines that are neither blank nor part of a test module.
fn code_lines(path: &str, text: &str) -> usize {
    if path
        .split('/')
        .any(|part| matches!(part, "tests" | "tests.rs"))
    {
        return 0;
    }
    let mut lines = text.lines();
    let mut count = 0;
    while let Some(line) = lines.next() {
        if line == "#[cfg(test)]" {
            // The item below ends at its closing brace in the first column, or with its own line.
            for line in lines.by_ref() {
                if line == "}"
                    || (line.ends_with([';', '}']) && !line.starts_with(char::is_whitespace))
                {
                    break;
                }
            }
        } else if !line.trim().is_empty() {
            count += 1;
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> String {
        let lines: Vec<String> = check_file(path, text)
            .iter()
            .map(ToString::to_string)
            .collect();
        lines.join("\n")
    }

    fn long(header: &str, lines: usize) -> String {
        format!("{header}\n{}", "fn f() {}\n\n".repeat(lines))
    }

    #[test]
    fn a_module_opens_with_its_docs() {
        assert_eq!(found("a/src/lib.rs", "//! What it is.\n\nfn f() {}\n"), "");
        insta::assert_snapshot!(found("a/src/lib.rs", "use std::fmt;\n//! Late.\n"), @"a/src/lib.rs:1: module-docs: open the module with `//!`: what it is, what it takes, what it gives");
        assert!(found("a/src/empty.rs", "").contains("module-docs"));
        assert!(found("a/tests/all.rs", "fn f() {}\n").contains("module-docs"));
    }

    #[test]
    fn a_file_is_not_longer_than_one_idea() {
        assert_eq!(
            found("a/src/lib.rs", &long("//! Docs.", MOST_LINES - 1)),
            ""
        );
        insta::assert_snapshot!(found("a/src/lib.rs", &long("//! Docs.", MOST_LINES)), @"a/src/lib.rs:1: length: 401 lines of code, 400 at most: split it by idea, or open it with `// tidy: table: reason`");
    }

    #[test]
    fn tests_do_not_count() {
        let tests = format!(
            "//! Docs.\n#[cfg(test)]\nmod tests {{\n{}}}\n",
            "    fn f() {}\n".repeat(500)
        );
        assert_eq!(found("a/src/lib.rs", &tests), "");
        assert!(found("a/src/lib.rs", &long(&tests, MOST_LINES)).contains("401 lines"));
        let elsewhere = format!(
            "//! Docs.\n#[cfg(test)]\nmod tests;\n{}",
            "fn f() {}\n".repeat(MOST_LINES)
        );
        assert!(found("a/src/lib.rs", &elsewhere).contains("401 lines"));
        assert_eq!(found("a/tests/all.rs", &long("//! Docs.", 900)), "");
    }

    #[test]
    fn a_table_may_be_long_with_a_reason() {
        let table = |excuse: &str, lines| {
            found(
                "a/src/table.rs",
                &long(&format!("{excuse}\n//! Docs."), lines),
            )
        };
        assert_eq!(table("// tidy: table: one row per muscle", MOST_LINES), "");
        assert!(table("// tidy: table", MOST_LINES).contains("the excuse has no reason"));
        assert!(
            table("// tidy: table: one row per muscle", 10).contains("12 lines need no excuse")
        );
    }
}
