//! Rows to pictures: clips give some of their frames, videos must be taken apart first.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use super::{ImportError, error::io};
use crate::data::sets::{Contents, Media, frames_in};

/// A picture to import, and the row that labels it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    /// The file.
    pub path: PathBuf,
    /// Which row of the contents.
    pub row: usize,
}

/// The pictures of all rows, in order; of a clip, `frames_per_clip` evenly spread ones.
///
/// `root` is the folder of the set, below which frames would be extracted.
///
/// # Errors
/// [`ImportError::Videos`] with the commands to run when frames lie in video files, and
/// [`ImportError::Io`] when a clip's folder cannot be listed.
pub fn pictures(
    contents: &Contents,
    root: &Path,
    frames_per_clip: usize,
) -> Result<Vec<Picture>, ImportError> {
    let mut pictures = Vec::with_capacity(contents.rows.len());
    let (mut videos, mut rows) = (BTreeSet::new(), 0);
    for (row, labelled) in contents.rows.iter().enumerate() {
        match &labelled.media {
            Media::Image(path) => pictures.push(Picture {
                path: path.clone(),
                row,
            }),
            Media::Frames { folder, .. } => {
                let frames = frames_in(folder).map_err(io(folder))?;
                let chosen = spread(frames.len(), frames_per_clip);
                pictures.extend(chosen.map(|index| Picture {
                    path: frames[index].clone(),
                    row,
                }));
            }
            Media::VideoFrame { video, .. } | Media::Video(video) => {
                videos.insert(video.as_path());
                rows += 1;
            }
        }
    }
    if videos.is_empty() {
        return Ok(pictures);
    }
    Err(ImportError::Videos {
        videos: videos.len(),
        rows,
        command: extraction(&videos, root),
    })
}

/// `most` numbers below `count`, each in the middle of its share.
fn spread(count: usize, most: usize) -> impl Iterator<Item = usize> {
    let most = most.clamp(1, count.max(1)).min(count);
    (0..most).map(move |index| (2 * index + 1) * count / (2 * most))
}

/// One loop of a shell per folder of videos.
fn extraction(videos: &BTreeSet<&Path>, root: &Path) -> String {
    let quoted = |path: &Path| format!("'{}'", path.display().to_string().replace('\'', r"'\''"));
    let folders: BTreeSet<_> = videos
        .iter()
        .filter_map(|video| Some((video.parent()?, video.extension()?.to_string_lossy())))
        .collect();
    let frames = quoted(&root.join("frames"));
    let commands = folders.into_iter().map(|(folder, ending)| {
        let folder = quoted(folder);
        format!(
            r#"for video in {folder}/*.{ending}; do frames={frames}/"$(basename "$video" .{ending})"; mkdir -p "$frames"; ffmpeg -nostdin -loglevel error -i "$video" -fps_mode passthrough -q:v 2 "$frames/%05d.jpg"; done"#
        )
    });
    commands.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_spread_over_the_clip() {
        let of = |count, most| spread(count, most).collect::<Vec<_>>();
        assert_eq!(of(10, 1), [5]);
        assert_eq!(of(10, 2), [2, 7]);
        assert_eq!(of(3, 8), [0, 1, 2]);
        assert_eq!(of(0, 8), [0; 0]);
    }
}
