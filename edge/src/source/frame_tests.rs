//! Frames of every kind that decoders give, beside GStreamer's own conversion to RGB.

use gstreamer::prelude::*;
use gstreamer_app::AppSink;

use super::*;

/// As the built-in launch lines end.
const BUILT_IN: &str = "videoconvert ! video/x-raw,format={I420,NV12}";
/// As all of them ended once, and lines of users may.
const RGB: &str = "videoconvert chroma-resampler=nearest ! video/x-raw,format=RGB";

/// The first sample of a pipeline.
fn sample(line: &str) -> gst::Sample {
    gst::init().unwrap();
    let pipeline = gst::parse::launch(&format!("{line} ! appsink name=frames sync=false"));
    let pipeline = pipeline.unwrap().downcast::<gst::Pipeline>().unwrap();
    let sink = pipeline.by_name("frames").unwrap();
    let sink = sink.downcast::<AppSink>().unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let sample = sink.pull_sample().unwrap();
    pipeline.set_state(gst::State::Null).unwrap();
    sample
}

fn frame(sample: gst::Sample) -> Result<Frame, &'static str> {
    let stamp = Stamp {
        pts_nanos: 0,
        captured_at: time::OffsetDateTime::UNIX_EPOCH,
        capture_clock: facs::CaptureClock::Arrival,
        arrived: std::time::Instant::now(),
    };
    Frame::new(&sample, stamp)
}

fn shown(frame: &Frame) -> Vec<u8> {
    let mut rgb = Vec::new();
    frame.view().unwrap().copy_rgb(&mut rgb);
    rgb
}

fn format(sample: &gst::Sample) -> VideoFormat {
    VideoInfo::from_caps(sample.caps().unwrap())
        .unwrap()
        .format()
}

/// The mean difference in levels.
fn apart(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    let apart = a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b)));
    apart.sum::<f64>() / a.len() as f64
}

#[test]
fn what_decoders_give_is_read_as_gstreamer_would() {
    let bars = "videotestsrc num-buffers=1 pattern=smpte100 ! video/x-raw,";
    let even = "width=320,height=240";
    let odd = "width=321,height=241";
    let cases = [
        (format!("{bars}format=I420,{even}"), VideoFormat::I420),
        (format!("{bars}format=I420,{odd}"), VideoFormat::I420),
        (format!("{bars}format=NV12,{odd}"), VideoFormat::Nv12),
        (
            format!("{bars}format=NV12,{odd},colorimetry=bt709"),
            VideoFormat::Nv12,
        ),
        (
            format!("{bars}format=I420,width=1282,height=722"),
            VideoFormat::I420,
        ),
        // What must be converted, and to what: ten bits, 4:2:2, RGB.
        (format!("{bars}format=I420_10LE,{odd}"), VideoFormat::I420),
        (format!("{bars}format=YUY2,{even}"), VideoFormat::I420),
        (format!("{bars}format=BGRx,{even}"), VideoFormat::I420),
        (
            format!("{bars}format=I420,interlace-mode=interleaved,{even}"),
            VideoFormat::I420,
        ),
        // Full range, 4:2:2 in the file.
        (
            format!("{bars}format=Y42B,{even} ! jpegenc quality=100 ! jpegdec"),
            VideoFormat::I420,
        ),
    ];
    for (source, expected) in cases {
        let native = sample(&format!("{source} ! {BUILT_IN}"));
        assert_eq!(format(&native), expected, "{source}");
        let native = frame(native).unwrap();
        let rgb = sample(&format!("{source} ! {RGB}"));
        assert_eq!(format(&rgb), VideoFormat::Rgb, "{source}");
        let rgb = frame(rgb).unwrap();
        assert_eq!(native.size(), rgb.size());
        let apart = apart(&shown(&native), &shown(&rgb));
        // At seven sharp edges of colour; GStreamer's own ways differ there by more than one level.
        assert!(apart < 4.0, "{source}: {apart} levels apart");
    }
}

#[test]
fn a_crop_is_what_is_shown() {
    for name in ["I420", "NV12", "RGB"] {
        let line = "videotestsrc num-buffers=1 pattern=smpte100 ! video/x-raw,width=320,height=240";
        let whole = sample(&format!("{line},format={name}"));
        let cropped = |rect| {
            let mut buffer = whole.buffer_owned().unwrap();
            VideoCropMeta::add(buffer.make_mut(), rect);
            let caps = whole.caps_owned().unwrap();
            frame(gst::Sample::builder().buffer(&buffer).caps(&caps).build())
        };
        let all = shown(&frame(whole.clone()).unwrap());
        let part = cropped((100, 30, 91, 61)).unwrap();
        assert_eq!((part.size().width, part.size().height), (91, 61));
        for (y, row) in shown(&part).chunks(91 * 3).enumerate() {
            let start = ((30 + y) * 320 + 100) * 3;
            assert_eq!(row, &all[start..start + 91 * 3], "{name}, row {y}");
        }
        // To the very end, and beyond.
        assert_eq!(
            shown(&cropped((300, 220, 20, 20)).unwrap()).len(),
            20 * 20 * 3
        );
        for outside in [(300, 220, 21, 20), (0, 0, 0, 5), (u32::MAX, 0, 5, 5)] {
            let error = cropped(outside).unwrap_err();
            assert!(error.contains("crop of a frame"), "{error}");
        }
    }
}

#[test]
fn other_formats_are_refused_by_name() {
    let grey = sample("videotestsrc num-buffers=1 ! video/x-raw,format=GRAY8");
    let error = frame(grey).unwrap_err();
    assert!(error.contains("format I420, NV12 or RGB"), "{error}");
}
