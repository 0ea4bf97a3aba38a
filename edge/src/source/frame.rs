//! One decoded frame, borrowed from GStreamer.
//!
//! Takes a sample of the appsink; gives a view of its mapped buffer as the decoder left it, I420,
//! NV12 or RGB, without a copy.

use align::{Chroma, Plane, RgbView, View, YuvColor, YuvView};
use facs::{CaptureClock, FrameSize};
use gstreamer as gst;
use gstreamer_video::{
    VideoCropMeta, VideoFormat, VideoFrame, VideoFrameExt, VideoInfo, video_frame::Readable,
};
use time::OffsetDateTime;

use super::{SourceError, color::color};

/// A decoded frame and where it stands in its source.
#[derive(Debug)]
pub struct Frame {
    pixels: VideoFrame<Readable>,
    color: YuvColor,
    visible: Visible,
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

/// The part of the picture that is to be shown: all of it, unless the decoder left a border.
#[derive(Clone, Copy, Debug)]
struct Visible {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
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
            .filter(|info| {
                let known = [VideoFormat::I420, VideoFormat::Nv12, VideoFormat::Rgb];
                known.contains(&info.format())
            })
            .ok_or_else(|| {
                broken("the pipeline does not deliver video/x-raw of format I420, NV12 or RGB")
            })?;
        let buffer = sample.buffer_owned().ok_or_else(|| broken("no buffer"))?;
        let pts_nanos = presentation_time(sample, &buffer);
        let visible = Visible::of(&info, &buffer).ok_or_else(|| broken("its crop is outside"))?;
        let pixels = VideoFrame::from_buffer_readable(buffer, &info)
            .ok()
            .filter(|pixels| pixels.plane_stride().iter().all(|stride| *stride > 0))
            .ok_or_else(|| broken("its memory cannot be read"))?;
        Ok(Self {
            pixels,
            color: color(&info),
            visible,
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
            width: self.visible.width as u32,
            height: self.visible.height as u32,
        }
    }

    /// The pixels, where they lie.
    ///
    /// # Errors
    /// [`SourceError::Broken`] when the buffer is smaller than its caps say.
    pub fn view(&self) -> Result<View<'_>, SourceError> {
        let broken = |reason: String| SourceError::Broken {
            reason: format!("frame {}: {reason}", self.sequence),
        };
        let Visible {
            left,
            top,
            width,
            height,
        } = self.visible;
        // Where the bytes of a plane begin, `skip` bytes into row `top`.
        let plane = |number: u32, skip: usize, top: usize| {
            let data = self.pixels.plane_data(number);
            let data = data.map_err(|error| broken(error.to_string()))?;
            let stride = self.pixels.plane_stride()[number as usize].unsigned_abs() as usize;
            let data = data.get(top * stride + skip..).unwrap_or_default();
            Ok(Plane { data, stride })
        };
        let chroma = match self.pixels.format() {
            VideoFormat::I420 => Chroma::Planar {
                cb: plane(1, left / 2, top / 2)?,
                cr: plane(2, left / 2, top / 2)?,
            },
            VideoFormat::Nv12 => Chroma::SemiPlanar(plane(1, left, top / 2)?),
            _ => {
                let Plane { data, stride } = plane(0, left * 3, top)?;
                let view = RgbView::new(data, width, height, stride);
                return view
                    .map(View::from)
                    .map_err(|error| broken(error.to_string()));
            }
        };
        YuvView::new(width, height, plane(0, left, top)?, chroma, self.color)
            .map(View::from)
            .map_err(|error| broken(error.to_string()))
    }
}

impl Visible {
    /// The crop that comes with a buffer, from the even pixel at or before it, where chroma begins;
    /// or the whole picture. None where the crop is not inside the picture.
    fn of(info: &VideoInfo, buffer: &gst::BufferRef) -> Option<Self> {
        let [whole_width, whole_height] = [info.width(), info.height()];
        let crop = buffer.meta::<VideoCropMeta>().map(|crop| crop.rect());
        let (left, top, width, height) = crop.unwrap_or((0, 0, whole_width, whole_height));
        let inside = |start: u32, length: u32, whole: u32| {
            let end = start.checked_add(length)?;
            (length > 0 && end <= whole).then_some(length as usize)
        };
        Some(Self {
            left: (left & !1) as usize,
            top: (top & !1) as usize,
            width: inside(left, width, whole_width)?,
            height: inside(top, height, whole_height)?,
        })
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

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
