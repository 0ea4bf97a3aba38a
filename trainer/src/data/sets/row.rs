//! One labelled picture, frame or clip, whatever data set it comes from.

use std::{collections::BTreeMap, path::PathBuf};

use facs::{ActionUnit, AuLabel, BoundingBox, Expression, Landmarks5, Split};

/// A label and what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// What is labelled.
    pub media: Media,
    /// Who is shown. Where the set does not tell, the clip or the picture stands for a person.
    pub subject: String,
    /// The recording that a frame or clip belongs to.
    pub video: Option<String>,
    /// Its part, under the fold that was asked for.
    pub split: Split,
    /// The fold in which it is tested, for sets that are divided into folds by subject.
    pub fold: Option<u8>,
    /// Action units that are labelled; a unit that is absent is not labelled (not: inactive).
    pub action_units: BTreeMap<ActionUnit, AuLabel>,
    /// Expression, where labelled.
    pub expression: Option<Expression>,
    /// Five landmarks in the picture's pixels, where the set gives them.
    pub landmarks: Option<Landmarks5>,
    /// The face's box in the picture's pixels, where the set gives it.
    pub bounding_box: Option<BoundingBox>,
}

/// What a row is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Media {
    /// A picture on its own, or a frame that lies in its own file.
    Image(PathBuf),
    /// A frame of a video file, counted from 1.
    VideoFrame {
        /// The video.
        video: PathBuf,
        /// Which frame.
        frame: u32,
    },
    /// A clip whose frames lie in a folder.
    Frames {
        /// The folder.
        folder: PathBuf,
        /// How many frames it holds.
        count: usize,
    },
    /// A clip as a video file.
    Video(PathBuf),
}

impl Row {
    /// A row without labels.
    pub(super) fn new(media: Media, subject: String, split: Split) -> Self {
        Self {
            media,
            subject,
            video: None,
            split,
            fold: None,
            action_units: BTreeMap::new(),
            expression: None,
            landmarks: None,
            bounding_box: None,
        }
    }
}

/// The label of a unit of which only the presence was coded.
pub(super) const fn occurrence(on: bool) -> AuLabel {
    AuLabel {
        on,
        intensity: None,
        left: None,
        right: None,
    }
}
