//! One decoded frame, borrowed from GStreamer.
//!
//! Takes a sample of the appsink; gives a view of its mapped buffer as the decoder left it, I420,
//! NV12 or RGB, without a copy.

use align::{Chroma, Plane, RgbView, View, YuvColor, YuvView};
use facs::FrameSize;
use gstreamer as gst;
use gstreamer_video::{
    VideoCropMeta, VideoFormat, VideoFrame, VideoFrameExt, VideoInfo, video_frame::Readable,
};

use super::{SourceError, color::color, stamp::Stamp};

/// A decoded frame and where it stands in its source.
#[derive(Debug)]
pub struct Frame {
    pixels: VideoFrame<Readable>,
    color: YuvColor,
    visible: Visible,
    /// When.
    pub stamp: Stamp,
}

/// The part of the picture that is to be shown: all of it, unless the decoder left a border.
#[derive(Clone, Copy, Debug)]
struct Visible {
    left: usize,
    top: usize,
    width: usize,
    height: usize,
}

impl Frame {
    /// Maps a sample for reading.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) fn new(sample: &gst::Sample, stamp: Stamp) -> Result<Self, &'static str> {
        let info = sample
            .caps()
            .and_then(|caps| VideoInfo::from_caps(caps).ok())
            .filter(|info| {
                let known = [VideoFormat::I420, VideoFormat::Nv12, VideoFormat::Rgb];
                known.contains(&info.format())
            })
            .ok_or("the pipeline does not deliver video/x-raw of format I420, NV12 or RGB")?;
        let buffer = sample.buffer_owned().ok_or("a sample without a buffer")?;
        let visible = Visible::of(&info, &buffer).ok_or("the crop of a frame is outside of it")?;
        let pixels = VideoFrame::from_buffer_readable(buffer, &info)
            .ok()
            .filter(|pixels| pixels.plane_stride().iter().all(|stride| *stride > 0))
            .ok_or("the memory of a frame cannot be read")?;
        let frame = Self {
            pixels,
            color: color(&info),
            visible,
            stamp,
        };
        // Once for all: what is read later is there.
        let view = frame.view().map(drop);
        view.map_err(|_error| "a frame has fewer bytes than its size says")?;
        Ok(frame)
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
        let broken = |reason: String| SourceError::Broken { reason };
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

#[cfg(test)]
#[path = "frame_tests.rs"]
mod tests;
