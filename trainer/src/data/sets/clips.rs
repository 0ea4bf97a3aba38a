//! What the sets of labelled clips share: where a clip lies on disk.

use std::path::{Path, PathBuf};

use super::{
    files::{EXTRACTED, Frames, first_folder, video},
    row::Media,
};

/// The places where clips of a set lie.
pub(super) struct Clips {
    /// Folders with one folder of frames per clip, best first.
    frames: Vec<PathBuf>,
    /// Folders with one video per clip, best first.
    videos: Vec<PathBuf>,
}

impl Clips {
    /// Of the candidates, those that are there; frames that the user extracted come after the
    /// set's own.
    pub(super) fn find(root: &Path, frames: &[&str], videos: &[&str]) -> Self {
        let there = |names: &[&str]| -> Vec<PathBuf> {
            let each = names.iter().filter_map(|name| first_folder(root, &[name]));
            each.collect()
        };
        Self {
            frames: there(&[frames, &[EXTRACTED]].concat()),
            videos: there(videos),
        }
    }

    /// A clip by its name: frames before a video.
    pub(super) fn get(&self, name: &str) -> Option<Media> {
        let frames = self.frames.iter().find_map(|base| {
            let folder = base.join(name);
            let count = Frames::list(&folder)?.len();
            Some(Media::Frames { folder, count })
        });
        frames.or_else(|| {
            let file = self.videos.iter().find_map(|folder| video(folder, name));
            file.map(Media::Video)
        })
    }

    /// Where a clip was looked for first.
    pub(super) fn expected(&self, root: &Path, name: &str) -> PathBuf {
        let base = self.frames.first().or(self.videos.first());
        base.map_or_else(|| root.join(name), |base| base.join(name))
    }
}
