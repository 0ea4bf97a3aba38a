//! What GStreamer knows of a video's colours.
//!
//! Takes the video's description; gives matrix, range and siting of its YUV. Where the stream does
//! not say, they are those that GStreamer itself assumes: BT.601 with chroma in the middle of its
//! pixels for standard definition, BT.709 with chroma at their left above. Decoders of H.264 say.

use align::{ChromaSiting, YuvColor, YuvMatrix};
use gstreamer_video::{VideoChromaSite, VideoColorMatrix, VideoColorRange, VideoInfo};

/// Most lines of a video that is taken for standard definition where it does not say, as GStreamer
/// does it; above that it is BT.709.
const STANDARD_DEFINITION_LINES: u32 = 576;

/// Matrix, range and siting of a video.
pub(super) fn color(info: &VideoInfo) -> YuvColor {
    let colorimetry = info.colorimetry();
    let matrix = match colorimetry.matrix() {
        VideoColorMatrix::Bt601 | VideoColorMatrix::Fcc => YuvMatrix::Bt601,
        // SMPTE 240M differs from BT.709 by a hundredth.
        VideoColorMatrix::Bt709 | VideoColorMatrix::Smpte240m => YuvMatrix::Bt709,
        VideoColorMatrix::Bt2020 => YuvMatrix::Bt2020,
        _ if info.height() <= STANDARD_DEFINITION_LINES => YuvMatrix::Bt601,
        _ => YuvMatrix::Bt709,
    };
    let full_range = colorimetry.range() == VideoColorRange::Range0_255;
    let site = info.chroma_site();
    let siting = if site.contains(VideoChromaSite::COSITED) {
        ChromaSiting::TopLeft
    } else if site.contains(VideoChromaSite::H_COSITED) {
        ChromaSiting::Left
    } else if site.contains(VideoChromaSite::NONE) || full_range {
        // Who uses the full range is mostly JPEG.
        ChromaSiting::Center
    } else {
        ChromaSiting::Left
    };
    YuvColor {
        matrix,
        full_range,
        siting,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use gstreamer as gst;

    fn of(width: u32, height: u32, more: &str) -> (YuvMatrix, bool, ChromaSiting) {
        gst::init().unwrap();
        let caps =
            format!("video/x-raw,format=I420,width={width},height={height},framerate=25/1{more}");
        let caps: gst::Caps = caps.parse().unwrap();
        let color = color(&VideoInfo::from_caps(&caps).unwrap());
        (color.matrix, color.full_range, color.siting)
    }

    #[test]
    fn what_the_stream_says_is_taken() {
        let (left, center) = (ChromaSiting::Left, ChromaSiting::Center);
        assert_eq!(
            of(640, 360, ",colorimetry=bt709,chroma-site=mpeg2"),
            (YuvMatrix::Bt709, false, left)
        );
        assert_eq!(
            of(1920, 1080, ",colorimetry=bt601,chroma-site=jpeg"),
            (YuvMatrix::Bt601, false, center)
        );
        assert_eq!(
            of(3840, 2160, ",colorimetry=bt2020,chroma-site=cosited"),
            (YuvMatrix::Bt2020, false, ChromaSiting::TopLeft)
        );
        // As `jpegdec` says it: full range, BT.601.
        assert_eq!(
            of(1920, 1080, ",colorimetry=(string)1:4:0:0"),
            (YuvMatrix::Bt601, true, center)
        );
    }

    #[test]
    fn what_it_does_not_say_hangs_on_the_lines() {
        let standard = (YuvMatrix::Bt601, false, ChromaSiting::Center);
        let high = (YuvMatrix::Bt709, false, ChromaSiting::Left);
        // The second says that it is unknown.
        for unknown in ["", ",colorimetry=(string)2:0:0:0"] {
            assert_eq!(of(640, 360, unknown), standard);
            assert_eq!(of(720, 576, unknown), standard);
            assert_eq!(of(1280, 720, unknown), high);
        }
    }
}
