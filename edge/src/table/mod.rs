//! Records as tables: one row per face, one more for each frame without a face.
//!
//! Takes frame records; gives [`Row`]s, and through them the CSV of [`openface`] and [`pyfeat`] and the
//! files of [`parquet`]. Gap and status records have no row: frame numbers jump where frames are missing.

mod csv;
pub mod openface;
pub mod parquet;
pub mod pyfeat;

use facs::{FaceRecord, FrameRecord, HeadPose};

pub use self::csv::CsvTable;

/// One face of a frame, or a frame without a face.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The frame.
    pub frame: &'a FrameRecord,
    /// The face.
    pub face: Option<&'a FaceRecord>,
}

impl<'a> Row<'a> {
    /// The rows of a frame: at least one.
    pub fn of(frame: &'a FrameRecord) -> impl Iterator<Item = Self> {
        let faces = frame.faces.iter().map(Some);
        let none = frame.faces.is_empty().then_some(None);
        faces.chain(none).map(move |face| Self { frame, face })
    }

    /// A landmark of the 68 of iBUG 300-W, in pixels: the tip of the nose (30) and the corners of the mouth
    /// (48 on the subject's right, 54 on the left). Records know no other.
    fn landmark(self, index: usize) -> Option<[f32; 2]> {
        let points = &self.face?.landmarks;
        match index {
            30 => Some(points.nose),
            48 => Some(points.mouth_right),
            54 => Some(points.mouth_left),
            _ => None,
        }
    }

    fn pose(self) -> Option<HeadPose> {
        self.face?.pose
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use facs::Record;

    pub(crate) fn golden() -> FrameRecord {
        let text = include_str!("../../../facs/tests/golden/frame.json");
        let Record::Frame(frame) = serde_json::from_str(text).unwrap() else {
            panic!("a frame")
        };
        frame
    }

    /// What stands in a column of a line.
    pub(crate) fn cell<'a>(header: &str, line: &'a str, name: &str) -> &'a str {
        let at = header.split(',').position(|column| column == name);
        line.split(',').nth(at.expect(name)).unwrap()
    }

    #[test]
    fn a_frame_without_a_face_has_one_row() {
        let mut frame = golden();
        assert_eq!(Row::of(&frame).filter(|row| row.face.is_some()).count(), 1);
        frame.faces.clear();
        let rows: Vec<_> = Row::of(&frame).collect();
        assert!(rows.len() == 1 && rows[0].face.is_none());
    }
}
