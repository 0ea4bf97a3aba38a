//! One decoded frame, borrowed from GStreamer.
//!
//! Takes a sample of the appsink; gives an RGB view of its mapped buffer, without a copy.

use align::RgbView;
use facs::FrameSize;
use gstreamer as gst;
use gstreamer_video::{VideoFormat, VideoFrame, VideoFrameExt, VideoInfo, video_frame::Readable};

use super::{SourceError, stamp::Stamp};

/// A decoded frame and where it stands in its source.
#[derive(Debug)]
pub struct Frame {
    pixels: VideoFrame<Readable>,
    /// When.
    pub stamp: Stamp,
}

impl Frame {
    /// Maps a sample for reading.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn new(sample: &gst::Sample, stamp: Stamp) -> Result<Self, String> {
        let info = sample
            .caps()
            .and_then(|caps| VideoInfo::from_caps(caps).ok())
            .filter(|info| info.format() == VideoFormat::Rgb)
            .ok_or("the pipeline does not deliver video/x-raw,format=RGB")?;
        let buffer = sample.buffer_owned().ok_or("a sample without a buffer")?;
        let pixels = VideoFrame::from_buffer_readable(buffer, &info)
            .ok()
            .filter(|pixels| pixels.plane_stride()[0] > 0)
            .ok_or("the memory of a frame cannot be read")?;
        Ok(Self { pixels, stamp })
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> FrameSize {
        FrameSize {
            width: self.pixels.width(),
            height: self.pixels.height(),
        }
    }

    /// The pixels, where they lie.
    ///
    /// # Errors
    /// [`SourceError::Broken`] when the buffer is smaller than its caps say.
    pub fn view(&self) -> Result<RgbView<'_>, SourceError> {
        let broken = |reason: String| SourceError::Broken { reason };
        let data = self
            .pixels
            .plane_data(0)
            .map_err(|error| broken(error.to_string()))?;
        let size = self.size();
        let stride = self.pixels.plane_stride()[0].unsigned_abs() as usize;
        RgbView::new(data, size.width as usize, size.height as usize, stride)
            .map_err(|error| broken(error.to_string()))
    }
}
