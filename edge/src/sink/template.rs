//! Topics and subjects with the names of a record in them.
//!
//! Takes a text with `{source}`, `{kind}` and `{sink}`; gives it filled in, with what would change its
//! meaning replaced by `_`.

use super::key::Key;

/// Fills a template. A character of a name stays as it is where `keep` says so.
pub(super) fn fill(template: &str, sink: &str, key: &Key, keep: impl Fn(char) -> bool) -> String {
    let clean = |name: &str| -> String {
        name.chars()
            .map(|letter| if keep(letter) { letter } else { '_' })
            .collect()
    };
    template
        .replace("{kind}", key.kind.name())
        .replace("{sink}", &clean(sink))
        .replace("{source}", &clean(&key.source))
}

/// The first name in braces that a template must not have.
pub(super) fn unknown<'a>(template: &'a str, known: &[&str]) -> Option<&'a str> {
    template.split('{').skip(1).find_map(|rest| {
        let name = rest.split('}').next().unwrap_or(rest);
        (!known.contains(&name) || !rest.contains('}')).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_filled_in_without_harm() {
        let source = "door/#1 {sink}".into();
        let key = Key {
            source,
            ..Key::default()
        };
        let topic = fill("a/{source}/{kind}/{sink}", "b", &key, |letter| {
            !"/#+".contains(letter)
        });
        assert_eq!(topic, "a/door__1 {sink}/frame/b");
    }

    #[test]
    fn unknown_names_are_found() {
        assert_eq!(unknown("a/{source}/{kind}", &["source", "kind"]), None);
        assert_eq!(unknown("a/{track}", &["source", "kind"]), Some("track"));
        assert_eq!(unknown("a/{source", &["source"]), Some("source"));
    }
}
