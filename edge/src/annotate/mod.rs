//! Annotate: results drawn on the frames they came from.
//!
//! Takes frames and their records; gives a video of all of them, or a picture of the most
//! expressive one.

mod canvas;
mod overlay;
mod video;

use std::path::{Path, PathBuf};

use align::View;
use facs::{Expression, FaceRecord, FrameRecord};
use image::ColorType;

use crate::publish::OutputError;
use canvas::Canvas;
use video::Video;

/// An annotated output.
#[derive(Debug)]
pub struct Annotate {
    kind: Kind,
    /// The last frame of a video, or the best one so far.
    canvas: Canvas,
}

#[derive(Debug)]
enum Kind {
    Video(Video),
    Picture {
        path: PathBuf,
        /// How much there is to see in the best frame so far, and its record.
        best: Option<(f32, FrameRecord)>,
    },
}

impl Annotate {
    /// Chooses by the file's extension: `.mp4`, `.webm` or `.png`.
    ///
    /// # Errors
    /// [`OutputError::Picture`] for other extensions, or where the encoder is not installed.
    pub fn create(path: &Path) -> Result<Self, OutputError> {
        let extension = path
            .extension()
            .map(|extension| extension.to_ascii_lowercase());
        let kind = match extension.as_ref().and_then(|extension| extension.to_str()) {
            Some("mp4") => Kind::Video(Video::create(path, false)?),
            Some("webm") => Kind::Video(Video::create(path, true)?),
            Some("png") => Kind::Picture {
                path: path.to_owned(),
                best: None,
            },
            _ => {
                return Err(OutputError::Picture {
                    path: path.to_owned(),
                    reason: "its name must end in .mp4, .webm or .png".into(),
                });
            }
        };
        let canvas = Canvas::default();
        Ok(Self { kind, canvas })
    }

    /// Takes a frame and what was read from it.
    ///
    /// # Errors
    /// [`OutputError::Picture`] when the encoder fails.
    pub fn frame(&mut self, frame: &View<'_>, record: &FrameRecord) -> Result<(), OutputError> {
        match &mut self.kind {
            Kind::Video(video) => {
                self.canvas.show(frame);
                overlay::draw(&mut self.canvas, record);
                video.add(&self.canvas, record.pts_nanos)
            }
            Kind::Picture { best, .. } => {
                let worth = record.faces.iter().map(expressiveness).fold(0.0, f32::max);
                if best.as_ref().is_none_or(|(most, _)| worth > *most) {
                    self.canvas.show(frame);
                    *best = Some((worth, record.clone()));
                }
                Ok(())
            }
        }
    }

    /// Writes what is left to write.
    ///
    /// # Errors
    /// [`OutputError::Picture`].
    pub fn finish(self) -> Result<(), OutputError> {
        let Self { kind, mut canvas } = self;
        match kind {
            Kind::Video(video) => video.finish(),
            Kind::Picture { path, best } => {
                let failed = |reason: String| OutputError::Picture {
                    path: path.clone(),
                    reason,
                };
                let (_, record) = best.ok_or_else(|| failed("there was no frame".into()))?;
                overlay::draw(&mut canvas, &record);
                let (width, height) = (canvas.width() as u32, canvas.height() as u32);
                image::save_buffer(&path, canvas.pixels(), width, height, ColorType::Rgb8)
                    .map_err(|error| failed(error.to_string()))
            }
        }
    }
}

/// How much there is to see in a face: a certain face with a certain expression other than none.
fn expressiveness(face: &FaceRecord) -> f32 {
    let strongest = face
        .expression
        .p
        .iter()
        .filter(|(expression, _)| **expression != Expression::Neutral)
        .map(|(_, p)| *p)
        .fold(0.0, f32::max);
    let usable = if face.abstain.is_none() { 1.0 } else { 0.1 };
    face.score * usable * (0.1 + strongest)
}
