//! Rules `links` and `map`: documents stay true to the tree.
//!
//! Takes Markdown files; finds relative links to files that are not there, and crates that the code
//! map in `ARCHITECTURE.md` does not name.

use super::{Finding, Tree, rooms::Dependencies};

const MAP: &str = "ARCHITECTURE.md";

/// Dead links, and crates missing from the map.
pub(super) fn check(tree: &Tree, dependencies: &Dependencies) -> Vec<Finding> {
    let mut findings: Vec<_> = tree
        .with_extension("md")
        .flat_map(|(path, text)| dead_links(tree, path, text))
        .collect();
    let map = tree.text(MAP).unwrap_or("");
    findings.extend(
        dependencies
            .rooms()
            .filter(|(room, _)| !map.contains(&format!("`{room}")))
            .map(|(room, _)| Finding {
                file: MAP.to_owned(),
                line: 1,
                rule: "map",
                way_out: format!("the code map does not name `{room}`: say what it is for"),
            }),
    );
    findings
}

fn dead_links(tree: &Tree, path: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        for link in links(line) {
            if !tree.contains(&resolve(path, link)) {
                findings.push(Finding {
                    file: path.to_owned(),
                    line: index + 1,
                    rule: "links",
                    way_out: format!("`{link}` is not there: mend the link or add the file"),
                });
            }
        }
    }
    findings
}

/// Targets of relative links in one line, without the anchor.
fn links(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| {
        let target = rest.split([')', '#', ' ']).next()?;
        (!target.is_empty() && !target.contains("://") && !target.starts_with("mailto:"))
            .then_some(target)
    })
}

/// A link in the file `from`, as a path from the root.
fn resolve(from: &str, link: &str) -> String {
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in link.split('/') {
        match part {
            "." | "" => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_link_is_found() {
        let tree = Tree::from([
            (
                "docs/a.md",
                "ok [b](b.md#part) [root](../README.md) [folder](../docs)\n![gone](images/gone.png)\n",
            ),
            (
                "docs/b.md",
                "[web](https://example.org/a.md) [here](#here)\n",
            ),
            ("README.md", ""),
        ]);
        let findings = check(&tree, &Dependencies::default());
        assert_eq!(findings.len(), 1, "{findings:?}");
        insta::assert_snapshot!(findings[0], @"docs/a.md:2: links: `images/gone.png` is not there: mend the link or add the file");
    }

    #[test]
    fn the_map_names_every_crate() {
        let dependencies = Dependencies::of_rooms(&["align", "facs"]);
        let findings = check(&Tree::from([(MAP, "- `facs`: the words\n")]), &dependencies);
        assert_eq!(findings.len(), 1, "{findings:?}");
        insta::assert_snapshot!(findings[0], @"ARCHITECTURE.md:1: map: the code map does not name `align`: say what it is for");
    }
}
