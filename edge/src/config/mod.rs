//! Configuration: TOML to [`raw`], checked to [`Settings`].
//!
//! Takes a file or nothing; gives settings without invalid states, or the key that is wrong.

mod checked;
pub mod raw;

pub use checked::{
    ConfigError, DetectSettings, GraphSettings, HttpSettings, OutputSettings, Provider,
    QualitySettings, RuntimeSettings, Settings, SmoothSettings, SourceSettings, TrackSettings,
};
