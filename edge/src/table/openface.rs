//! The CSV of OpenFace 2.2's `FeatureExtraction`, sequence mode: all 714 columns in order.
//!
//! Takes frame records of one source; gives lines that OpenFace's readers accept. They parse numbers, so what
//! records do not know is 0: gaze, eye landmarks, the position of the head, the shape model and all but three
//! of the 68 landmarks. `success` is 1 where a face was read and the daemon did not abstain; a frame without
//! a face has one row with `success` 0 and zeros, as OpenFace writes it.
//!
//! OpenFace's intensities run from 0 to 5. Records hold probabilities, so `AUxx_r` is five times the
//! probability: it grows with what OpenFace means, and is not its scale. `AU45` (blink) is our AU43 (eyes
//! closed). Angles are in radians with OpenFace's signs: `pose_Rx` positive downwards, `pose_Ry` positive
//! to the subject's right, `pose_Rz` positive clockwise as seen.

use std::sync::LazyLock;

use facs::ActionUnit;

use super::{CsvTable, Row};

/// Where OpenFace's reader wants a number and there is none.
const NONE: &str = "0";
/// OpenFace's units with an intensity, and whether they are on.
const INTENSITIES: [u8; 17] = [1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45];
/// OpenFace's units that are on or off.
const OCCURRENCES: [u8; 18] = [
    1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45,
];

/// The table.
pub static TABLE: LazyLock<CsvTable> = LazyLock::new(table);

/// Our unit for one of OpenFace's.
fn unit(number: u8) -> Option<ActionUnit> {
    let number = if number == 45 { 43 } else { number };
    ActionUnit::ALL
        .into_iter()
        .find(|unit| unit.number() == number)
}

/// `x_0` to `x_67`, and the same for other letters.
fn numbered(prefixes: &[&str], count: usize) -> Vec<String> {
    let names = prefixes
        .iter()
        .flat_map(|prefix| (0..count).map(move |index| format!("{prefix}_{index}")));
    names.collect()
}

fn table() -> CsvTable {
    let mut table = CsvTable::new();
    table.number("frame", 0, NONE, |row| {
        Some(row.frame.sequence as f64 + 1.0)
    });
    table.number("face_id", 0, NONE, |row| Some(row.face?.track as f64));
    table.number("timestamp", 3, NONE, |row| {
        Some(row.frame.pts_nanos as f64 / 1e9)
    });
    table.number("confidence", 2, NONE, |row| Some(row.face?.score.into()));
    table.number("success", 0, NONE, |row| {
        Some(f64::from(row.face?.abstain.is_none()))
    });
    let gaze = "gaze_0_x gaze_0_y gaze_0_z gaze_1_x gaze_1_y gaze_1_z gaze_angle_x gaze_angle_y";
    table.unknown(gaze.split(' ').map(str::to_owned), NONE);
    let eyes = [
        "eye_lmk_x",
        "eye_lmk_y",
        "eye_lmk_X",
        "eye_lmk_Y",
        "eye_lmk_Z",
    ];
    table.unknown(numbered(&eyes, 56), NONE);
    table.unknown(["pose_Tx", "pose_Ty", "pose_Tz"].map(str::to_owned), NONE);
    pose(&mut table);
    for (axis, letter) in ["x", "y"].into_iter().enumerate() {
        for index in 0..68 {
            table.number(format!("{letter}_{index}"), 1, NONE, move |row| {
                Some(row.landmark(index)?[axis].into())
            });
        }
    }
    table.unknown(numbered(&["X", "Y", "Z"], 68), NONE);
    let shape = "p_scale p_rx p_ry p_rz p_tx p_ty";
    table.unknown(shape.split(' ').map(str::to_owned), NONE);
    table.unknown(numbered(&["p"], 34), NONE);
    action_units(&mut table);
    table
}

fn pose(table: &mut CsvTable) {
    let radians = |degrees: f32| f64::from(degrees).to_radians();
    table.number("pose_Rx", 3, NONE, move |row| {
        Some(radians(-row.pose()?.pitch))
    });
    table.number("pose_Ry", 3, NONE, move |row| {
        Some(radians(-row.pose()?.yaw))
    });
    table.number("pose_Rz", 3, NONE, move |row| {
        Some(radians(row.pose()?.roll))
    });
}

fn action_units(table: &mut CsvTable) {
    let score = |row: Row<'_>, number| {
        let units = &row.face?.action_units;
        units.get(&unit(number)?).copied()
    };
    for number in INTENSITIES {
        table.number(format!("AU{number:02}_r"), 2, NONE, move |row| {
            Some(f64::from(score(row, number)?.p) * 5.0)
        });
    }
    for number in OCCURRENCES {
        table.number(format!("AU{number:02}_c"), 1, "0.0", move |row| {
            Some(f64::from(score(row, number)?.on))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::{cell, golden};

    #[test]
    fn columns_are_those_of_openface_in_order() {
        let header = TABLE.header();
        let names: Vec<&str> = header.split(',').collect();
        assert_eq!(names.len(), 714);
        let start = "frame,face_id,timestamp,confidence,success,gaze_0_x,gaze_0_y,gaze_0_z,gaze_1_x,gaze_1_y,\
             gaze_1_z,gaze_angle_x,gaze_angle_y,eye_lmk_x_0,eye_lmk_x_1,";
        assert!(header.starts_with(start), "{header}");
        for (at, name) in [
            (68, "eye_lmk_x_55"),
            (69, "eye_lmk_y_0"),
            (292, "eye_lmk_Z_55"),
            (293, "pose_Tx"),
            (298, "pose_Rz"),
            (299, "x_0"),
            (434, "y_67"),
            (435, "X_0"),
            (638, "Z_67"),
            (639, "p_scale"),
            (645, "p_0"),
            (678, "p_33"),
            (679, "AU01_r"),
            (695, "AU45_r"),
            (696, "AU01_c"),
            (712, "AU28_c"),
            (713, "AU45_c"),
        ] {
            assert_eq!(names[at], name, "{at}");
        }
    }

    #[test]
    fn a_row_holds_what_the_record_says_and_zeros() {
        let header = TABLE.header();
        let mut frame = golden();
        frame.faces[0].abstain = None;
        let line = TABLE.lines(&frame);
        for (name, value) in [
            ("frame", "242"),
            ("face_id", "3"),
            ("timestamp", "10.052"),
            ("confidence", "0.97"),
            ("success", "1"),
            ("gaze_angle_x", "0"),
            ("pose_Rx", "0.035"),
            ("pose_Ry", "-0.079"),
            ("pose_Rz", "-0.022"),
            ("x_30", "313.0"),
            ("y_30", "190.0"),
            ("x_48", "286.0"),
            ("y_54", "220.0"),
            ("x_0", "0"),
            ("AU12_r", "4.70"),
            ("AU12_c", "1.0"),
            ("AU01_r", "0"),
            ("AU28_c", "0.0"),
        ] {
            assert_eq!(cell(&header, &line, name), value, "{name}");
        }
        assert_eq!(line.split(',').count(), 714);
        assert!(line.split(',').all(|cell| cell.parse::<f64>().is_ok()));
    }

    #[test]
    fn faces_that_abstain_and_frames_without_one_have_no_success() {
        let header = TABLE.header();
        let mut frame = golden();
        assert!(frame.faces[0].abstain.is_some());
        let line = TABLE.lines(&frame);
        assert_eq!(cell(&header, &line, "success"), "0");
        assert_eq!(cell(&header, &line, "AU12_r"), "4.70");
        frame.faces.clear();
        let line = TABLE.lines(&frame);
        assert!(line.starts_with("242,0,10.052,0,0,0,"), "{line}");
        assert_eq!(line.split(',').count(), 714);
    }
}
