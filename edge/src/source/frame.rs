//! One decoded frame, borrowed from GStreamer.
//!
//! Takes a sample of the appsink; gives an RGB view of its mapped buffer, without a copy.

use align::RgbView;
use facs::{CaptureClock, FrameSize};
use gstreamer as gst;
use gstreamer_video::{VideoFormat, VideoFrame, VideoFrameExt, VideoInfo, video_frame::Readable};
use time::OffsetDateTime;

use super::SourceError;

/// A decoded frame and where it stands in its source.
#[derive(Debug)]
pub struct Frame {
    pixels: VideoFrame<Readable>,
    /// Number within the source, from 0, dropped frames counted.
    pub sequence: u64,
    /// Frames dropped just before this one.
    pub lost_before: u64,
    /// Presentation time within the source.
    pub pts_nanos: u64,
    /// Wall clock when it was captured.
    pub captured_at: OffsetDateTime,
    /// What that was read from.
    pub capture_clock: CaptureClock,
}

/// A frame as the decoder's thread hands it over: not yet mapped, not yet numbered.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) sample: gst::Sample,
    pub(crate) captured_at: OffsetDateTime,
}

impl Frame {
    /// Maps a sample for reading.
    pub(crate) fn new(
        arrival: &Arrival,
        sequence: u64,
        lost_before: u64,
    ) -> Result<Self, SourceError> {
        let sample = &arrival.sample;
        let broken = |reason: &str| SourceError::Broken {
            reason: format!("frame {sequence}: {reason}"),
        };
        let info = sample
            .caps()
            .and_then(|caps| VideoInfo::from_caps(caps).ok())
            .filter(|info| info.format() == VideoFormat::Rgb)
            .ok_or_else(|| broken("the pipeline does not deliver video/x-raw,format=RGB"))?;
        let buffer = sample.buffer_owned().ok_or_else(|| broken("no buffer"))?;
        let pts_nanos = presentation_time(sample, &buffer);
        let pixels = VideoFrame::from_buffer_readable(buffer, &info)
            .ok()
            .filter(|pixels| pixels.plane_stride()[0] > 0)
            .ok_or_else(|| broken("its memory cannot be read"))?;
        Ok(Self {
            pixels,
            sequence,
            lost_before,
            pts_nanos,
            captured_at: arrival.captured_at,
            capture_clock: CaptureClock::Arrival,
        })
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
        let broken = |reason: String| SourceError::Broken {
            reason: format!("frame {}: {reason}", self.sequence),
        };
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

/// Time within the stream, which starts at 0 for a whole file; 0 where there is none.
fn presentation_time(sample: &gst::Sample, buffer: &gst::BufferRef) -> u64 {
    let pts = buffer.pts();
    sample
        .segment()
        .and_then(|segment| segment.downcast_ref::<gst::ClockTime>())
        .and_then(|segment| segment.to_stream_time(pts))
        .or(pts)
        .map_or(0, gst::ClockTime::nseconds)
}
