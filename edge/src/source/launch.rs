//! Launch files: a GStreamer pipeline as text with comments and `{placeholders}`.
//!
//! Takes the text and the values; gives one launch line for GStreamer's parser.

/// The launch line of a file's text: comments and line ends gone, placeholders filled in. Other
/// braces stay: `format={I420,NV12}` is a list of GStreamer's.
///
/// Values are quoted, so that a file name with blanks, quotes or `!` stays one value; braces in
/// them are no placeholders.
#[must_use]
pub fn launch_line(text: &str, values: &[(&str, &str)]) -> String {
    let lines = text.lines().map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let text = lines.collect::<Vec<_>>().join(" ");
    let mut line = String::new();
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once('{') {
        line.push_str(before);
        let found = values.iter().find_map(|(name, value)| {
            let left = after.strip_prefix(name)?.strip_prefix('}')?;
            Some((left, value))
        });
        rest = match found {
            Some((left, value)) => {
                line.push_str(&quoted(value));
                left
            }
            None => {
                line.push('{');
                after
            }
        };
    }
    line.push_str(rest);
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

    #[test]
    fn lists_of_gstreamer_and_braces_in_values_are_left_alone() {
        let text = "a={location} ! video/x-raw,format=(string){ I420, NV12 },b={frames} ! {other}";
        insta::assert_snapshot!(
            launch_line(text, &[("location", "{frames}.mp4"), ("frames", "9")]),
            @r#"a="{frames}.mp4" ! video/x-raw,format=(string){ I420, NV12 },b="9" ! {other}"#
        );
    }
}
