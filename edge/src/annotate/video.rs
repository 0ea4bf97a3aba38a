//! Annotated frames to a video file.
//!
//! Takes pictures with their times; gives an MP4 or WebM file through a GStreamer pipeline.

use std::path::{Path, PathBuf};

use gstreamer::{self as gst, prelude::*};
use gstreamer_app::AppSrc;
use gstreamer_video::{VideoCapsBuilder, VideoFormat};

use super::canvas::Canvas;
use crate::{publish::OutputError, source::launch_line};

/// How long the file may take to close.
const CLOSING_SECS: u64 = 60;

/// The encoders of one kind of file, best first: the element that must exist, and its launch file.
type Encoders = [(&'static str, &'static str)];

const MP4: &Encoders = &[
    (
        "x264enc",
        include_str!("../../../pipelines/encode-mp4-x264.launch"),
    ),
    (
        "openh264enc",
        include_str!("../../../pipelines/encode-mp4-openh264.launch"),
    ),
];
const WEBM: &Encoders = &[(
    "vp8enc",
    include_str!("../../../pipelines/encode-webm.launch"),
)];

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Video {
    path: PathBuf,
    pipeline: gst::Pipeline,
    pictures: AppSrc,
    /// Columns and rows, and the time, of the first picture.
    first: Option<([usize; 2], u64)>,
}

impl Video {
    /// Starts an MP4 file, or WebM.
    pub(super) fn create(path: &Path, webm: bool) -> Result<Self, OutputError> {
        let failed = |reason: String| refused(path, reason);
        gst::init().map_err(|error| failed(error.to_string()))?;
        let encoders = if webm { WEBM } else { MP4 };
        let found = encoders
            .iter()
            .find(|(element, _)| gst::ElementFactory::find(element).is_some());
        let Some((_, text)) = found else {
            let advice = if webm {
                "no VP8 encoder: install gstreamer1.0-plugins-good"
            } else {
                "no H.264 encoder: install gstreamer1.0-plugins-ugly, or name the file .webm"
            };
            return Err(failed(advice.into()));
        };
        let line = launch_line(text, &[("location", &path.to_string_lossy())]);
        let pipeline = gst::parse::launch(&line)
            .map_err(|error| failed(error.to_string()))?
            .downcast::<gst::Pipeline>()
            .map_err(|_element| failed("the launch line is a single element".into()))?;
        let pictures = pipeline
            .by_name("pictures")
            .and_then(|element| element.downcast::<AppSrc>().ok())
            .ok_or_else(|| failed("the launch line has no `appsrc name=pictures`".into()))?;
        pictures.set_format(gst::Format::Time);
        pictures.set_block(true);
        pipeline
            .set_state(gst::State::Playing)
            .map_err(|error| failed(told(&pipeline).unwrap_or_else(|| error.to_string())))?;
        Ok(Self {
            path: path.to_owned(),
            pipeline,
            pictures,
            first: None,
        })
    }

    /// Adds a picture.
    pub(super) fn add(&mut self, picture: &Canvas, pts_nanos: u64) -> Result<(), OutputError> {
        let size = [picture.width(), picture.height()];
        let (first_size, first_pts) = *self.first.get_or_insert_with(|| {
            let caps = VideoCapsBuilder::new()
                .format(VideoFormat::Rgb)
                .width(size[0] as i32)
                .height(size[1] as i32)
                .framerate(gst::Fraction::new(0, 1))
                .build();
            self.pictures.set_caps(Some(&caps));
            (size, pts_nanos)
        });
        if first_size != size {
            return Err(refused(
                &self.path,
                format!("the frame size changed from {first_size:?} to {size:?}"),
            ));
        }
        let mut buffer = gst::Buffer::from_mut_slice(padded(picture));
        if let Some(buffer) = buffer.get_mut() {
            buffer.set_pts(gst::ClockTime::from_nseconds(
                pts_nanos.saturating_sub(first_pts),
            ));
        }
        self.pictures
            .push_buffer(buffer)
            .map(|_| ())
            .map_err(|error| {
                let reason = told(&self.pipeline).unwrap_or_else(|| error.to_string());
                refused(&self.path, reason)
            })
    }

    /// Closes the file.
    pub(super) fn finish(self) -> Result<(), OutputError> {
        let failed = |reason: String| Err(refused(&self.path, reason));
        if self.first.is_none() {
            return failed("there was no frame".into());
        }
        // Refused only where the pipeline has failed, which the bus tells.
        let _ = self.pictures.end_of_stream();
        let Some(bus) = self.pipeline.bus() else {
            return failed("the pipeline has no bus".into());
        };
        let patience = gst::ClockTime::from_seconds(CLOSING_SECS);
        let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
        match bus.timed_pop_filtered(patience, &kinds) {
            Some(message) => match message.view() {
                gst::MessageView::Error(error) => failed(error.error().to_string()),
                _ => Ok(()),
            },
            None => failed(format!(
                "the encoder did not finish within {CLOSING_SECS} s"
            )),
        }
    }
}

impl Drop for Video {
    fn drop(&mut self) {
        // Nothing can be done about an encoder that will not stop.
        let _ = self.pipeline.set_state(gst::State::Null);
    }
}

/// What the pipeline says is wrong.
fn told(pipeline: &gst::Pipeline) -> Option<String> {
    let message = pipeline.bus()?.pop_filtered(&[gst::MessageType::Error])?;
    match message.view() {
        gst::MessageView::Error(error) => Some(error.error().to_string()),
        _ => None,
    }
}

fn refused(path: &Path, reason: String) -> OutputError {
    OutputError::Picture {
        path: path.to_owned(),
        reason,
    }
}

/// Rows padded to four bytes, as GStreamer wants them.
fn padded(picture: &Canvas) -> Vec<u8> {
    let stride = (picture.width() * 3).next_multiple_of(4);
    let mut bytes = Vec::with_capacity(stride * picture.height());
    for row in picture.rows() {
        bytes.extend_from_slice(row);
        bytes.resize(bytes.len().next_multiple_of(4).max(bytes.len()), 0);
    }
    bytes
}
