//! Why a copy of ICT-FaceKit is refused.

use std::path::{Path, PathBuf};

use super::super::HeadError;

/// Where the repository is, for the way out of an error.
const HOME: &str = "github.com/ICT-VGL/ICT-FaceKit (MIT licence)";

/// A copy of ICT-FaceKit that cannot be used, with the place of the fault.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IctError {
    /// The folder is no copy of the repository.
    #[error("{}: neither here nor in FaceXModel is a generic_neutral_mesh.obj: give the folder of your copy of {HOME}", path.display())]
    NoModel {
        /// Which folder.
        path: PathBuf,
    },
    /// Shapes are missing.
    #[error("{}: {} missing: {}: get the whole folder FaceXModel of {HOME}", path.display(), plural(files), list(files))]
    Missing {
        /// Which folder.
        path: PathBuf,
        /// Names of the files.
        files: Vec<String>,
    },
    /// More identity modes are asked for than there are.
    #[error("{}: {asked} identity modes are asked for, the first file missing is {file}: ask for at most {there}, or get the whole folder FaceXModel of {HOME}", path.display())]
    Modes {
        /// Which folder.
        path: PathBuf,
        /// How many are asked for.
        asked: usize,
        /// How many are there.
        there: usize,
        /// The first file that is not.
        file: String,
    },
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A line is not what it should be.
    #[error("{}:{line}: {text:?}: expected {expected}: get the file again from {HOME}", path.display())]
    Line {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// What it says.
        text: String,
        /// What it should say.
        expected: &'static str,
    },
    /// A mesh has another size.
    #[error("{}: {found} {what}, expected {expected}: the file is cut short or of another model; get it again from {HOME}", path.display())]
    Count {
        /// Which file.
        path: PathBuf,
        /// Vertices or polygons.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// The mesh is put together in another way than the part table says.
    #[error("{}:{line}: this polygon of {part:?} uses vertex {vertex}, which belongs to neither it nor the skin: another revision of the model; get the newest from {HOME}", path.display())]
    Stray {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// Which part.
        part: String,
        /// Which vertex, from 0.
        vertex: u32,
    },
    /// Landmarks are not where a face has them.
    #[error("{}: the landmarks {} and {} are not each other's mirror image: the vertices are in another order, as in revisions before that of 2020; get the newest from {HOME}", path.display(), pair[0], pair[1])]
    Order {
        /// Which file.
        path: PathBuf,
        /// Which of the 68 landmarks, from 0.
        pair: [usize; 2],
    },
    /// A shape moves a vertex further than any face can.
    #[error("{}: moves vertex {vertex} by {distance:.1} cm: its vertices are in another order than those of generic_neutral_mesh.obj, as when files of two revisions are mixed; get all of them again from {HOME}", path.display())]
    Far {
        /// Which file.
        path: PathBuf,
        /// Which vertex, from 0.
        vertex: usize,
        /// How far.
        distance: f32,
    },
    /// The meshes do not make a head.
    #[error(transparent)]
    Head(#[from] HeadError),
}

impl IctError {
    /// A line that is not what it should be; long ones are cut.
    pub(super) fn line(path: &Path, line: usize, text: &str, expected: &'static str) -> Self {
        Self::Line {
            path: path.into(),
            line,
            text: text.chars().take(60).collect(),
            expected,
        }
    }
}

fn plural(files: &[String]) -> &'static str {
    if files.len() == 1 {
        "a file is"
    } else {
        "files are"
    }
}

/// The first few names.
fn list(files: &[String]) -> String {
    const FEW: usize = 4;
    let named = files.iter().take(FEW).cloned().collect::<Vec<_>>();
    let more = files.len().saturating_sub(FEW);
    match more {
        0 => named.join(", "),
        _ => format!("{} and {more} more", named.join(", ")),
    }
}
