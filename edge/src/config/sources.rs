//! Sources: `[source]`, what holds for each, and `[[sources]]`, one entry each.
//!
//! Takes entries as written in the configuration, on the command line or over HTTP; gives
//! [`SourceSpec`]s.

use std::{fmt, num::NonZeroUsize, path::PathBuf, time::Duration};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    ConfigError,
    error::{positive, refuse, some_text, within},
    raw::RawSource,
};
use crate::source::Input;

/// Checked `[source]`.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSettings {
    /// Name in the records of the one source of the command line.
    pub name: Option<String>,
    /// A launch file of the user's own.
    pub pipeline: Option<PathBuf>,
    /// Frames decoded ahead, for files.
    pub queue_frames: NonZeroUsize,
    /// A live source without a frame for so long is opened anew.
    pub stall: Duration,
    /// Shortest and longest wait before a live source is opened anew.
    pub backoff: [Duration; 2],
    /// How RTSP cameras send.
    pub transport: Transport,
    /// Time that RTSP packets may be late.
    pub latency: Duration,
    /// Wider frames are scaled down in the pipeline; 0: never.
    pub max_width: u32,
}

/// How an RTSP camera sends its video.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Inside the RTSP connection.
    Tcp,
    /// As datagrams.
    Udp,
}

impl Transport {
    /// The value of `rtspsrc protocols`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tcp => "tcp",
            Self::Udp => "udp",
        }
    }
}

/// A source as written. Only `input` must be there.
#[derive(Clone, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RawSourceEntry {
    /// A video file, `/dev/videoN`, `rtsp://...`, `csi:N`, `test:`, `test:N` or `launch:...`.
    pub input: String,
    /// Name in the records; told from the input where it is not given.
    #[serde(default)]
    pub name: String,
    /// A launch file.
    #[serde(default)]
    pub pipeline: String,
    /// Files: begin again at the end, for ever.
    #[serde(default)]
    pub repeat: bool,
    /// Files: frames come at the pace at which they were recorded, and the newest wins.
    #[serde(default)]
    pub paced: bool,
    /// User name for RTSP.
    #[serde(default)]
    pub user: String,
    /// File with the password for RTSP.
    #[serde(default)]
    pub password_file: String,
    /// In place of `source.transport`.
    #[serde(default)]
    pub transport: Option<Transport>,
    /// The part of the frame in which faces count: left, top, width, height as shares of it.
    #[serde(default)]
    pub region: Option<[f32; 4]>,
}

/// A source without invalid states.
#[derive(Clone, Debug, PartialEq)]
pub struct SourceSpec {
    /// Its name in the records.
    pub name: String,
    /// What is read.
    pub input: Input,
    /// A launch file of the user's own.
    pub pipeline: Option<PathBuf>,
    /// Begin again at the end.
    pub repeat: bool,
    /// Frames come at their recorded pace.
    pub paced: bool,
    /// For RTSP.
    pub credentials: Option<Credentials>,
    /// For RTSP.
    pub transport: Transport,
    /// The part of the frame in which faces count.
    pub region: Option<Region>,
}

/// A user name and a password, which is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    /// Who.
    pub user: String,
    /// The secret.
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Credentials of {:?}", self.user)
    }
}

/// A part of a frame, as shares of its width and height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Region {
    /// Left edge.
    pub left: f32,
    /// Top edge.
    pub top: f32,
    /// Width.
    pub width: f32,
    /// Height.
    pub height: f32,
}

impl Region {
    /// Whether a point, in pixels of a frame of `size`, lies inside.
    #[must_use]
    pub fn contains(&self, [x, y]: [f32; 2], size: [f32; 2]) -> bool {
        let (x, y) = (x / size[0] - self.left, y / size[1] - self.top);
        (0.0..=self.width).contains(&x) && (0.0..=self.height).contains(&y)
    }
}

impl SourceSpec {
    /// The source of the command line.
    #[must_use]
    pub fn of_input(input: Input, settings: &SourceSettings) -> Self {
        Self {
            name: settings.name.clone().unwrap_or_else(|| input.name()),
            input,
            pipeline: settings.pipeline.clone(),
            repeat: false,
            paced: false,
            credentials: None,
            transport: settings.transport,
            region: None,
        }
    }

    /// Checks an entry.
    ///
    /// # Errors
    /// [`ConfigError::Value`] naming the key.
    pub fn check(raw: &RawSourceEntry, settings: &SourceSettings) -> Result<Self, ConfigError> {
        if raw.input.trim().is_empty() {
            return Err(refuse("sources.input", "is empty"));
        }
        let Ok(input) = raw.input.parse::<Input>();
        let name = some_text(&raw.name).map_or_else(|| input.name(), Into::into);
        if name.len() > 120 || name.chars().any(|c| c.is_control() || "/+#*>".contains(c)) {
            let problem = format!(
                "{name:?} is no name: at most 120 bytes, no control characters, none of / + # * >"
            );
            return Err(refuse("sources.name", problem));
        }
        if (raw.repeat || raw.paced) && !matches!(input, Input::File(_)) {
            let key = ["sources.paced", "sources.repeat"][usize::from(raw.repeat)];
            return Err(refuse(key, format!("{input} is no file")));
        }
        let credentials = match (some_text(&raw.user), some_text(&raw.password_file)) {
            (None, None) => None,
            (Some(user), Some(path)) => {
                let password = std::fs::read_to_string(path)
                    .map_err(|error| refuse("sources.password_file", format!("{path}: {error}")))?;
                Some(Credentials {
                    user: user.into(),
                    password: password.trim_end_matches(['\r', '\n']).into(),
                })
            }
            (Some(_), None) => {
                return Err(refuse("sources.password_file", "is missing beside user"));
            }
            (None, Some(_)) => {
                return Err(refuse("sources.user", "is missing beside password_file"));
            }
        };
        Ok(Self {
            name,
            input,
            pipeline: some_text(&raw.pipeline)
                .map(Into::into)
                .or_else(|| settings.pipeline.clone()),
            repeat: raw.repeat,
            paced: raw.paced,
            credentials,
            transport: raw.transport.unwrap_or(settings.transport),
            region: raw.region.map(region).transpose()?,
        })
    }

    /// Whether frames come at their own pace, so that the newest one matters and not every one.
    #[must_use]
    pub const fn is_live(&self) -> bool {
        self.paced || self.input.is_live()
    }

    /// Whether it is opened anew when it ends.
    #[must_use]
    pub const fn comes_back(&self) -> bool {
        self.repeat || self.input.is_live()
    }
}

fn region([left, top, width, height]: [f32; 4]) -> Result<Region, ConfigError> {
    let key = "sources.region";
    for share in [left, top, width, height] {
        within(key, share, 0.0, 1.0)?;
    }
    if width <= 0.0 || height <= 0.0 || left + width > 1.0001 || top + height > 1.0001 {
        let problem = "[left, top, width, height] must lie within the frame, as shares of it";
        return Err(refuse(key, problem));
    }
    Ok(Region {
        left,
        top,
        width,
        height,
    })
}

impl TryFrom<&RawSource> for SourceSettings {
    type Error = ConfigError;

    fn try_from(raw: &RawSource) -> Result<Self, ConfigError> {
        let secs = |key, value: f32| {
            Ok::<_, ConfigError>(Duration::from_secs_f32(within(key, value, 0.05, 86_400.0)?))
        };
        let backoff = [
            secs("source.reconnect_secs", raw.reconnect_secs)?,
            secs("source.max_reconnect_secs", raw.max_reconnect_secs)?,
        ];
        if backoff[1] < backoff[0] {
            let problem = "is less than source.reconnect_secs";
            return Err(refuse("source.max_reconnect_secs", problem));
        }
        Ok(Self {
            name: some_text(&raw.name).map(Into::into),
            pipeline: some_text(&raw.pipeline).map(Into::into),
            queue_frames: positive("source.queue_frames", raw.queue_frames)?,
            stall: secs("source.stall_secs", raw.stall_secs)?,
            backoff,
            transport: match raw.transport.as_str() {
                "tcp" => Transport::Tcp,
                "udp" => Transport::Udp,
                other => {
                    let problem = format!("{other:?} is not one of \"tcp\", \"udp\"");
                    return Err(refuse("source.transport", problem));
                }
            },
            latency: Duration::from_millis(raw.latency_millis),
            max_width: raw.max_width,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn entry(text: &str) -> Result<SourceSpec, String> {
        let raw: RawSourceEntry =
            toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let settings = Settings::load(None).unwrap().source;
        SourceSpec::check(&raw, &settings).map_err(|error| error.to_string())
    }

    #[test]
    fn an_entry_needs_only_its_input() {
        let spec = entry("input = 'rtsp://cam/1'").unwrap();
        assert_eq!((spec.name.as_str(), spec.is_live()), ("cam", true));
        assert_eq!(spec.transport, Transport::Tcp);
        let spec = entry("input = 'a.mp4'\nname = 'loop'\nrepeat = true\npaced = true").unwrap();
        assert!(spec.is_live() && spec.comes_back());
    }

    #[test]
    fn what_cannot_be_is_named() {
        insta::assert_snapshot!(entry("name = 'x'").unwrap_err(), @"missing field `input`");
        insta::assert_snapshot!(entry("input = 'test:'\nrepeat = true").unwrap_err(), @"configuration key sources.repeat: test: is no file");
        insta::assert_snapshot!(entry("input = 'a'\nname = 'a/b'").unwrap_err(), @r#"configuration key sources.name: "a/b" is no name: at most 120 bytes, no control characters, none of / + # * >"#);
        insta::assert_snapshot!(entry("input = 'a'\nregion = [0.5, 0, 0.6, 1]").unwrap_err(), @"configuration key sources.region: [left, top, width, height] must lie within the frame, as shares of it");
        insta::assert_snapshot!(entry("input = 'rtsp://a'\nuser = 'u'").unwrap_err(), @"configuration key sources.password_file: is missing beside user");
    }

    #[test]
    fn a_password_is_read_from_its_file_and_never_printed() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "hush\n").unwrap();
        let text = format!(
            "input = 'rtsp://a'\nuser = 'u'\npassword_file = {:?}",
            file.path()
        );
        let spec = entry(&text).unwrap();
        assert_eq!(spec.credentials.as_ref().unwrap().password, "hush");
        assert!(!format!("{spec:?}").contains("hush"));
    }

    #[test]
    fn a_region_holds_the_faces_whose_middle_lies_inside() {
        let spec = entry("input = 'a'\nregion = [0.5, 0.0, 0.5, 0.5]").unwrap();
        let inside = |x, y| spec.region.unwrap().contains([x, y], [640.0, 360.0]);
        assert!(inside(330.0, 10.0) && !inside(310.0, 10.0) && !inside(330.0, 200.0));
    }
}
