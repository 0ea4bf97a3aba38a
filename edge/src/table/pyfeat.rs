//! The CSV of py-feat's `Fex`, as its `Detectorv2` writes it.
//!
//! Takes frame records of one source; gives lines that `feat.utils.io.read_feat` takes for those of
//! `Detectorv2`, by the columns `valence` and `arousal`. What records do not know is empty, which pandas reads
//! as NaN: valence, arousal, gaze, the head's position and all but three of the 68 landmarks. The columns
//! that py-feat treats as optional are left out: the mesh, the blendshapes, and the 512 numbers of an
//! identity, as no embedding leaves the daemon.
//!
//! Angles are in radians with py-feat's signs: `Pitch` positive upwards, `Yaw` to the subject's right, `Roll`
//! tilted to the subject's right. `Identity` is the person's name, or the number of the track.

use std::{fmt::Write, sync::LazyLock};

use facs::{ActionUnit, Expression};

use super::{CsvTable, Row};

const NONE: &str = "";
/// py-feat's names of expressions.
const EMOTIONS: [(&str, Expression); 7] = [
    ("Neutral", Expression::Neutral),
    ("Happy", Expression::Happiness),
    ("Sad", Expression::Sadness),
    ("Surprise", Expression::Surprise),
    ("Fear", Expression::Fear),
    ("Disgust", Expression::Disgust),
    ("Anger", Expression::Anger),
];

/// The table.
pub static TABLE: LazyLock<CsvTable> = LazyLock::new(table);

fn table() -> CsvTable {
    let mut table = CsvTable::new();
    type Side = fn(&facs::BoundingBox) -> f32;
    let sides: [(&str, Side); 4] = [
        ("FaceRectX", |face| face.x),
        ("FaceRectY", |face| face.y),
        ("FaceRectWidth", |face| face.width),
        ("FaceRectHeight", |face| face.height),
    ];
    for (name, side) in sides {
        table.number(name, 2, NONE, move |row| {
            Some(side(&row.face?.bounding_box).into())
        });
    }
    table.number("FaceScore", 4, NONE, |row| Some(row.face?.score.into()));
    for (axis, letter) in ["x", "y"].into_iter().enumerate() {
        for index in 0..68 {
            table.number(format!("{letter}_{index}"), 2, NONE, move |row| {
                Some(row.landmark(index)?[axis].into())
            });
        }
    }
    pose(&mut table);
    for unit in ActionUnit::ALL {
        table.number(unit.code(), 4, NONE, move |row| {
            Some(row.face?.action_units.get(&unit)?.p.into())
        });
    }
    for (name, expression) in EMOTIONS {
        table.number(name, 4, NONE, move |row| {
            Some((*row.face?.expression.p.get(&expression)?).into())
        });
    }
    let unknown = ["valence", "arousal", "gaze_pitch", "gaze_yaw", "gaze_angle"];
    table.unknown(unknown.map(str::to_owned), NONE);
    video(&mut table);
    table
}

fn pose(table: &mut CsvTable) {
    let radians = |degrees: f32| f64::from(degrees).to_radians();
    table.number("Pitch", 4, NONE, move |row| {
        Some(radians(row.pose()?.pitch))
    });
    table.number("Roll", 4, NONE, move |row| Some(radians(-row.pose()?.roll)));
    table.number("Yaw", 4, NONE, move |row| Some(radians(-row.pose()?.yaw)));
    table.unknown(["X", "Y", "Z"].map(str::to_owned), NONE);
}

/// Which frame of what, and who.
fn video(table: &mut CsvTable) {
    table.number("FrameHeight", 0, NONE, |row| {
        Some(row.frame.frame.height.into())
    });
    table.number("FrameWidth", 0, NONE, |row| {
        Some(row.frame.frame.width.into())
    });
    table.add("input", |row, cell| cell.push_str(&row.frame.source));
    table.number("frame", 0, NONE, |row| Some(row.frame.sequence as f64));
    table.add("approx_time", |row, cell| {
        let secs = row.frame.pts_nanos / 1_000_000_000;
        // Writing to a text cannot fail, here and below.
        let _ = write!(cell, "{:02}:{:02}", secs / 60, secs % 60);
    });
    table.add("Identity", |row: Row<'_>, cell: &mut String| {
        if let Some(face) = row.face {
            let _ = match &face.person {
                Some(person) => write!(cell, "{person}"),
                None => write!(cell, "Track_{}", face.track),
            };
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::{cell, golden};

    /// Without the optional ones, in the order of `Detectorv2`.
    const COLUMNS: &str = "FaceRectX,FaceRectY,FaceRectWidth,FaceRectHeight,FaceScore,{landmarks},\
        Pitch,Roll,Yaw,X,Y,Z,AU01,AU02,AU04,AU05,AU06,AU07,AU09,AU10,AU11,AU12,AU14,AU15,AU17,AU20,AU23,\
        AU24,AU25,AU26,AU28,AU43,Neutral,Happy,Sad,Surprise,Fear,Disgust,Anger,valence,arousal,gaze_pitch,\
        gaze_yaw,gaze_angle,FrameHeight,FrameWidth,input,frame,approx_time,Identity";

    #[test]
    fn columns_are_those_of_py_feat_in_order() {
        let landmarks: Vec<String> = ["x", "y"]
            .into_iter()
            .flat_map(|letter| (0..68).map(move |index| format!("{letter}_{index}")))
            .collect();
        let expected = COLUMNS.replace("{landmarks}", &landmarks.join(","));
        assert_eq!(TABLE.header(), expected);
        let units = expected.split(',').filter(|name| name.contains("AU"));
        assert_eq!(units.count(), 20, "py-feat finds units by these letters");
    }

    #[test]
    fn a_row_holds_what_the_record_says_and_nothing_else() {
        let header = TABLE.header();
        let mut frame = golden();
        let line = TABLE.lines(&frame);
        for (name, value) in [
            ("FaceRectX", "241.50"),
            ("FaceScore", "0.9700"),
            ("x_30", "313.00"),
            ("x_31", ""),
            ("Pitch", "-0.0349"),
            ("Roll", "0.0218"),
            ("Yaw", "-0.0785"),
            ("AU12", "0.9400"),
            ("AU01", ""),
            ("Happy", "0.9200"),
            ("Anger", ""),
            ("valence", ""),
            ("FrameHeight", "360"),
            ("input", "door"),
            ("frame", "241"),
            ("approx_time", "00:10"),
            ("Identity", "Track_3"),
        ] {
            assert_eq!(cell(&header, &line, name), value, "{name}");
        }
        frame.faces.clear();
        let line = TABLE.lines(&frame);
        assert!(line.ends_with(",360,640,door,241,00:10,"), "{line}");
        assert_eq!(line.split(',').count(), header.split(',').count());
    }
}
