//! Launch files: a GStreamer pipeline as text with comments and `{placeholders}`.
//!
//! Takes the text and the values; gives one launch line for GStreamer's parser.

/// The launch line of a file's text: comments and line ends gone, placeholders filled in.
///
/// Values are quoted, so that a file name with blanks, quotes or `!` stays one value.
#[must_use]
pub fn launch_line(text: &str, values: &[(&str, &str)]) -> String {
    let mut line = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect::<Vec<_>>()
        .join(" ");
    for (name, value) in values {
        line = line.replace(&format!("{{{name}}}"), &quoted(value));
    }
    line
}

fn quoted(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('"');
    for character in value.chars() {
        if matches!(character, '"' | '\\') {
            text.push('\\');
        }
        text.push(character);
    }
    text.push('"');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_values_are_quoted() {
        let text = "# A file.\nfilesrc location={location}\n! fakesink\n\n";
        insta::assert_snapshot!(
            launch_line(text, &[("location", r#"a "b" ! c\d.mp4"#)]),
            @r#"filesrc location="a \"b\" ! c\\d.mp4" ! fakesink"#
        );
    }
}
