//! Every loader on a tiny tree in the layout of its set, sound and broken.

mod broken;
mod sound;
pub(in crate::data) mod trees;

use std::{fmt::Write, path::Path};

use super::{Contents, Media, Options, Row, Set};
use trees::Tree;

/// What a set gives, with paths below its folder.
fn told(set: Set, tree: &Tree) -> String {
    let contents = set.read(tree.root(), Options::default()).unwrap();
    let mut text = format!("{}\n", super::Summary::of(&contents));
    for row in &contents.rows {
        writeln!(text, "{}", row_told(row, tree.root())).unwrap();
    }
    text + &report_told(&contents, tree.root())
}

fn report_told(contents: &Contents, root: &Path) -> String {
    contents
        .report
        .to_string()
        .replace(&format!("{}/", root.display()), "")
}

fn row_told(row: &Row, root: &Path) -> String {
    let below = |path: &Path| path.strip_prefix(root).unwrap().display().to_string();
    let mut text = match &row.media {
        Media::Image(path) => below(path),
        Media::VideoFrame { video, frame } => format!("{} #{frame}", below(video)),
        Media::Frames { folder, count } => format!("{}/ of {count}", below(folder)),
        Media::Video(video) => below(video),
    };
    write!(text, " {} {:?}", row.subject, row.split).unwrap();
    for (name, value) in [
        ("video", row.video.clone()),
        ("fold", row.fold.map(|fold| fold.to_string())),
    ] {
        if let Some(value) = value {
            write!(text, " {name} {value}").unwrap();
        }
    }
    for (unit, label) in &row.action_units {
        let sign = if label.on { '+' } else { '-' };
        let level = label
            .intensity
            .map_or(String::new(), |level| format!("={level}"));
        write!(text, " {sign}{}{level}", unit.number()).unwrap();
    }
    if let Some(expression) = row.expression {
        write!(text, " {expression}").unwrap();
    }
    if let Some(five) = row.landmarks {
        write!(text, " eyes {:?} {:?}", five.right_eye, five.left_eye).unwrap();
    }
    if let Some(place) = row.bounding_box {
        write!(
            text,
            " box {} {} {} {}",
            place.x, place.y, place.width, place.height
        )
        .unwrap();
    }
    text
}
