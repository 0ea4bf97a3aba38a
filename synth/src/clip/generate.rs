//! Clips in parallel, each whole or not there.
//!
//! Takes a [`ClipPlan`] and [`Clips`]; gives a folder in the layout of [`facs::ClipSet`]. A clip is
//! done when the file with its rows is there, which is written last; a run that was stopped goes on
//! with the clips that are not done.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use facs::{ClipFrame, ClipLabels, ClipSet, FaceLabel};
use rayon::prelude::*;

use super::{ClipError, Clips, Film, Medium, Moment, error::io};
use crate::{
    dataset::{hundredths, labels_of_sides, rounded, rounded_box},
    head::Head,
    look::{Portrait, Renderer},
};

/// The shape of a set of clips.
#[derive(Clone, Debug, PartialEq)]
pub struct ClipPlan {
    /// How many clips.
    pub count: usize,
    /// Frames per clip.
    pub frames: usize,
    /// Frames per second.
    pub fps: f32,
    /// What they are written as.
    pub medium: Medium,
    /// Every setting that the bytes depend on: a folder with another origin is not touched.
    pub origin: serde_json::Value,
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClipOutcome {
    /// All clips are there.
    Complete,
    /// It was stopped; this many clips are there and listed.
    Stopped {
        /// Clips kept.
        clips: usize,
    },
}

/// Makes the set in `folder`, going on where an earlier run with the same plan stopped.
///
/// `progress` hears of every clip that is done. Once `stop` is set, clips in hand are given up at
/// the next frame; those that are done are kept and listed.
///
/// # Errors
/// [`ClipError`], naming the file.
pub fn generate(
    plan: &ClipPlan,
    clips: &Clips,
    folder: &Path,
    progress: impl Fn() + Sync,
    stop: &AtomicBool,
) -> Result<ClipOutcome, ClipError> {
    plan.check()?;
    fs::create_dir_all(folder).map_err(io(folder))?;
    let header = ClipSet::new(
        clips.kind().labels(),
        clips.size(),
        plan.fps,
        plan.origin.clone(),
    );
    if folder.join("clips.json").exists() {
        let same = ClipSet::load_header(folder).is_ok_and(|found| found == header);
        if !same {
            let path = folder.to_owned();
            return Err(ClipError::OtherSettings { path });
        }
    } else {
        header.save_header(folder)?;
    }
    let done = (0..plan.count)
        .into_par_iter()
        .map_init(Renderer::new, |renderer, index| {
            let done = plan.is_done(clips, folder, index)
                || plan.record(clips, folder, index, renderer, stop)?;
            if done {
                progress();
            }
            Ok(done.then(|| plan.describe(clips, index)))
        });
    let done = done.collect::<Result<Vec<_>, ClipError>>()?;
    let done: Vec<_> = done.into_iter().flatten().collect();
    ClipSet::save_clips(folder, &done)?;
    Ok(if done.len() == plan.count {
        ClipOutcome::Complete
    } else {
        ClipOutcome::Stopped { clips: done.len() }
    })
}

impl ClipPlan {
    fn check(&self) -> Result<(), ClipError> {
        let setting = |field, value: String, expected| {
            Err(ClipError::Setting {
                field,
                value,
                expected,
            })
        };
        if self.count == 0 || self.frames == 0 {
            let (field, value) = if self.count == 0 {
                ("count", self.count)
            } else {
                ("frames per clip", self.frames)
            };
            return setting(field, value.to_string(), "1 or more");
        }
        if !(1.0..=1000.0).contains(&self.fps) {
            return setting("fps", self.fps.to_string(), "1 to 1000");
        }
        Ok(())
    }

    fn describe(&self, clips: &Clips, index: usize) -> facs::Clip {
        clips.describe(index, self.frames, self.medium.file(&clips.name(index)))
    }

    fn is_done(&self, clips: &Clips, folder: &Path, index: usize) -> bool {
        let name = clips.name(index);
        folder.join(format!("{name}.jsonl")).exists()
            && self
                .medium
                .is_whole(&folder.join(self.medium.file(&name)), self.frames)
    }

    /// Draws one clip; false when stopped.
    fn record(
        &self,
        clips: &Clips,
        folder: &Path,
        index: usize,
        renderer: &mut Renderer,
        stop: &AtomicBool,
    ) -> Result<bool, ClipError> {
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let name = clips.name(index);
        let film: Film = clips.film(index);
        let media = folder.join(self.medium.file(&name));
        let mut recording = self.medium.create(&media, clips.size(), self.fps)?;
        let mut rows = Vec::with_capacity(self.frames);
        for frame in 0..self.frames {
            if stop.load(Ordering::Relaxed) {
                return Ok(false);
            }
            let seconds = frame as f64 / f64::from(self.fps);
            let (moment, portrait) =
                film.frame(clips.cast().studio(), renderer, frame, seconds as f32);
            recording.push(&portrait.pixels)?;
            let labelled = clips.kind().labels() == ClipLabels::ActionUnits;
            let head = labelled.then(|| clips.head(index));
            rows.push(row(&name, frame, seconds, head, &moment, &portrait));
        }
        recording.finish()?;
        ClipSet::save_frames(&folder.join(format!("{name}.jsonl")), &rows)?;
        Ok(true)
    }
}

/// The truth about a frame; units are labelled where a head is given.
fn row(
    clip: &str,
    frame: usize,
    seconds: f64,
    head: Option<&Head>,
    moment: &Moment,
    portrait: &Portrait,
) -> ClipFrame {
    ClipFrame {
        clip: clip.to_owned(),
        frame,
        seconds: (seconds * 1e6).round() / 1e6,
        action_units: head
            .map(|head| labels_of_sides(&moment.left, &moment.right, head))
            .unwrap_or_default(),
        face: FaceLabel {
            bounding_box: rounded_box(&portrait.bounding_box),
            landmarks: rounded(&portrait.landmarks),
            visible: hundredths(portrait.visible),
        },
    }
}
