//! What the user asked to read: a file, a camera, a network stream or the test pattern.
//!
//! Takes the text of `--input`; gives an [`Input`], its name for the records and its launch line.

use std::{convert::Infallible, fmt, path::Path, str::FromStr};

use super::launch::launch_line;

/// A kind of source and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A video file.
    File(String),
    /// A Video4Linux device.
    Camera(String),
    /// An `rtsp://` or `rtsps://` address.
    Rtsp(String),
    /// A camera on the CSI connector of a Jetson, by its number.
    Csi(u32),
    /// A launch line of the user's own.
    Launch(String),
    /// `test:`, the live test pattern, or `test:60`, so many frames at once.
    Test(Option<u32>),
}

impl FromStr for Input {
    type Err = Infallible;

    /// Whatever is no camera, address or test pattern is a file.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        if let Some(frames) = text.strip_prefix("test:") {
            if frames.is_empty() {
                return Ok(Self::Test(None));
            }
            if let Ok(frames) = frames.parse() {
                return Ok(Self::Test(Some(frames)));
            }
        }
        if let Some(Ok(sensor)) = text.strip_prefix("csi:").map(str::parse) {
            return Ok(Self::Csi(sensor));
        }
        if let Some(line) = text.strip_prefix("launch:") {
            return Ok(Self::Launch(line.trim().to_owned()));
        }
        Ok(match text {
            _ if text.starts_with("rtsp://") || text.starts_with("rtsps://") => {
                Self::Rtsp(text.to_owned())
            }
            _ if text.starts_with("/dev/video") => Self::Camera(text.to_owned()),
            _ => Self::File(text.to_owned()),
        })
    }
}

impl Input {
    /// Whether frames come at their own pace, so that the newest one matters and not every one.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        matches!(
            self,
            Self::Camera(_) | Self::Rtsp(_) | Self::Csi(_) | Self::Launch(_) | Self::Test(None)
        )
    }

    /// A name for the records: the file's stem, the device's name, the host.
    #[must_use]
    pub fn name(&self) -> String {
        let (text, name) = match self {
            Self::File(path) => (path, Path::new(path).file_stem()),
            Self::Camera(path) => (path, Path::new(path).file_name()),
            Self::Rtsp(address) => {
                let rest = address.split_once("://").map_or("", |(_, rest)| rest);
                let place = rest.split('/').next().unwrap_or(rest);
                // Never the user name and password.
                let host = place.rsplit('@').next().unwrap_or(place);
                return host.to_owned();
            }
            Self::Csi(sensor) => return format!("csi{sensor}"),
            Self::Launch(_) => return "launch".into(),
            Self::Test(_) => return "test".into(),
        };
        name.map_or_else(|| text.clone(), |name| name.to_string_lossy().into_owned())
    }

    /// The launch line: of `own`, the text of the user's launch file, or else of the built-in one.
    #[must_use]
    pub fn launch_line(&self, own: Option<&str>, options: &Options) -> String {
        let (built_in, location) = match self {
            Self::File(path) => (include_str!("../../../pipelines/file.launch"), path.clone()),
            Self::Camera(path) => (include_str!("../../../pipelines/v4l2.launch"), path.clone()),
            Self::Rtsp(address) => (
                include_str!("../../../pipelines/rtsp.launch"),
                address.clone(),
            ),
            Self::Csi(sensor) => (
                include_str!("../../../pipelines/csi.launch"),
                sensor.to_string(),
            ),
            Self::Launch(line) => (line.as_str(), String::new()),
            Self::Test(None) => (
                include_str!("../../../pipelines/test.launch"),
                String::new(),
            ),
            Self::Test(Some(frames)) => (
                include_str!("../../../pipelines/test-frames.launch"),
                frames.to_string(),
            ),
        };
        let text = match (own, options.device_converter) {
            (Some(own), _) => own.to_owned(),
            (None, true) => built_in.replace(CONVERTERS, DEVICE_CONVERTER),
            (None, false) => built_in.to_owned(),
        };
        launch_line(
            &text,
            &[
                ("location", &location),
                ("transport", options.transport),
                ("latency", &options.latency_millis.to_string()),
            ],
        )
    }
}

/// How built-in launch lines scale and convert, where frames lie in the machine's memory.
const CONVERTERS: &str = "! videoscale\n! videoconvert\n";
/// And on a Jetson, where its decoders leave them in the device's.
const DEVICE_CONVERTER: &str = "! nvvidconv\n";

/// What launch lines hang on besides the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// `tcp` or `udp`.
    pub transport: &'static str,
    /// Of the jitter buffer.
    pub latency_millis: u128,
    /// Whether there is an `nvvidconv`.
    pub device_converter: bool,
}

impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(place) | Self::Camera(place) => f.write_str(place),
            Self::Rtsp(_) => write!(f, "rtsp://{}", self.name()),
            Self::Csi(sensor) => write!(f, "csi:{sensor}"),
            Self::Launch(line) => write!(f, "launch:{}", super::redacted(line)),
            Self::Test(None) => f.write_str("test:"),
            Self::Test(Some(frames)) => write!(f, "test:{frames}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPTIONS: Options = Options {
        transport: "udp",
        latency_millis: 70,
        device_converter: false,
    };

    fn input(text: &str) -> Input {
        let Ok(input) = text.parse::<Input>();
        input
    }

    #[test]
    fn every_kind_is_told_from_its_text() {
        assert_eq!(input("/dev/video2"), Input::Camera("/dev/video2".into()));
        assert_eq!(input("test:"), Input::Test(None));
        assert_eq!(input("test:60"), Input::Test(Some(60)));
        assert_eq!(input("test:x"), Input::File("test:x".into()));
        assert_eq!(input("csi:1"), Input::Csi(1));
        assert_eq!(input("launch: a ! b"), Input::Launch("a ! b".into()));
        assert!(input("rtsp://cam/1").is_live() && !input("test:60").is_live());
    }

    #[test]
    fn names_are_short_and_hold_no_password() {
        assert_eq!(input("clips/door.one.mp4").name(), "door.one");
        assert_eq!(input("/dev/video0").name(), "video0");
        let camera = input("rtsp://user:secret@10.0.0.7:554/stream");
        assert_eq!(camera.name(), "10.0.0.7:554");
        assert_eq!(camera.to_string(), "rtsp://10.0.0.7:554");
    }

    #[test]
    fn a_jetson_scales_and_converts_on_the_device() {
        let options = Options {
            device_converter: true,
            ..OPTIONS
        };
        insta::assert_snapshot!(input("rtsp://cam/1").launch_line(None, &options), @r#"rtspsrc location="rtsp://cam/1" protocols="udp" latency="70" add-reference-timestamp-meta=true ! application/x-rtp,media=video ! decodebin ! nvvidconv ! video/x-raw,format={I420,NV12} ! appsink name=frames"#);
        insta::assert_snapshot!(input("csi:1").launch_line(None, &options), @r#"nvarguscamerasrc sensor-id="1" ! video/x-raw(memory:NVMM),width=1280,height=720,framerate=30/1 ! nvvidconv ! video/x-raw,format={I420,NV12} ! appsink name=frames"#);
    }

    #[test]
    fn every_built_in_line_ends_in_the_same_sink() {
        for text in [
            "a.mp4",
            "/dev/video0",
            "rtsp://c/1",
            "csi:0",
            "test:",
            "test:9",
        ] {
            let line = input(text).launch_line(None, &OPTIONS);
            assert!(
                line.ends_with("! video/x-raw,format={I420,NV12} ! appsink name=frames"),
                "{line}"
            );
            assert_eq!(line.matches('{').count(), 1, "only the formats: {line}");
        }
        assert_eq!(
            input("a.mp4").launch_line(Some("filesrc location={location} ! own"), &OPTIONS),
            "filesrc location=\"a.mp4\" ! own"
        );
    }
}
