//! What lies in a folder: frames by number, files by name.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::SetError;

/// Endings of pictures that can be decoded.
const PICTURES: [&str; 3] = ["jpg", "jpeg", "png"];
/// Endings of videos that frames can be extracted from.
const VIDEOS: [&str; 7] = ["mp4", "avi", "mov", "mkv", "webm", "wmv", "mpg"];
/// Where frames that the user extracted lie, one folder per video.
pub(super) const EXTRACTED: &str = "frames";

/// The numbered pictures of a folder. The number is the last run of digits of the name, so that
/// `7.jpg`, `0007.jpg` and `00151_00007.png` are all frame 7.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Frames {
    folder: PathBuf,
    /// In the order of their numbers.
    names: Vec<(u32, String)>,
}

impl Frames {
    /// Lists a folder; none when it is not there or holds no pictures.
    pub(super) fn list(folder: &Path) -> Option<Self> {
        let mut names = Vec::new();
        for entry in fs::read_dir(folder).ok()?.flatten() {
            let name = entry.file_name();
            if let Some(name) = name.to_str()
                && has_ending(name, &PICTURES)
                && let Some(number) = last_number(name)
            {
                names.push((number, name.to_owned()));
            }
        }
        names.sort_unstable();
        (!names.is_empty()).then(|| Self {
            folder: folder.to_owned(),
            names,
        })
    }

    /// The picture with a number.
    pub(super) fn get(&self, number: u32) -> Option<PathBuf> {
        let index = self
            .names
            .binary_search_by_key(&number, |(number, _)| *number);
        self.nth(index.ok()?)
    }

    /// The picture at a place, from 0, whatever its number.
    pub(super) fn nth(&self, index: usize) -> Option<PathBuf> {
        Some(self.folder.join(&self.names.get(index)?.1))
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// All of them in the order of their numbers.
    pub(super) fn paths(&self) -> impl Iterator<Item = PathBuf> {
        self.names.iter().map(|(_, name)| self.folder.join(name))
    }
}

/// The frames of a clip in a folder, in order.
///
/// # Errors
/// When the folder cannot be listed.
pub(crate) fn frames_in(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    fs::read_dir(folder)?;
    Ok(Frames::list(folder).map_or_else(Vec::new, |frames| frames.paths().collect()))
}

fn last_number(name: &str) -> Option<u32> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let end = stem.rfind(|letter: char| letter.is_ascii_digit())? + 1;
    let start = stem[..end]
        .rfind(|letter: char| !letter.is_ascii_digit())
        .map_or(0, |index| index + 1);
    stem[start..end].parse().ok()
}

fn has_ending(name: &str, endings: &[&str]) -> bool {
    name.rsplit_once('.').is_some_and(|(_, ending)| {
        endings
            .iter()
            .any(|known| known.eq_ignore_ascii_case(ending))
    })
}

/// The video `stem` with any ending, in a folder.
pub(super) fn video(folder: &Path, stem: &str) -> Option<PathBuf> {
    VIDEOS
        .iter()
        .map(|ending| folder.join(format!("{stem}.{ending}")))
        .find(|path| path.is_file())
}

/// The first of some folders that is there.
pub(super) fn first_folder(root: &Path, candidates: &[&str]) -> Option<PathBuf> {
    candidates
        .iter()
        .map(|name| root.join(name))
        .find(|path| path.is_dir())
}

/// Names in a folder in order, without hidden ones.
///
/// # Errors
/// [`SetError::Io`].
pub(super) fn names(folder: &Path) -> Result<Vec<String>, SetError> {
    let io = |source| SetError::Io {
        path: folder.to_owned(),
        source,
    };
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(io)? {
        if let Ok(name) = entry.map_err(io)?.file_name().into_string()
            && !name.starts_with('.')
        {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

/// Stems of the files in a folder that end in `.ending`, in order.
///
/// # Errors
/// [`SetError::Io`].
pub(super) fn stems(folder: &Path, ending: &str) -> Result<Vec<String>, SetError> {
    let names = names(folder)?.into_iter();
    Ok(names
        .filter(|name| has_ending(name, &[ending]))
        .filter_map(|name| Some(name.rsplit_once('.')?.0.to_owned()))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_known_by_its_last_number() {
        for (name, number) in [
            ("7.jpg", Some(7)),
            ("0007.png", Some(7)),
            ("00151_00007.jpg", Some(7)),
            ("SN001_comp_12.jpg", Some(12)),
            ("face.jpg", None),
        ] {
            assert_eq!(last_number(name), number, "{name}");
        }
    }
}
