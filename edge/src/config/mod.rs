//! Configuration: TOML to [`raw`], checked to [`Settings`].
//!
//! Takes a file or nothing; gives settings without invalid states, or the key that is wrong.

mod checked;
mod error;
mod faces;
pub mod raw;

pub use checked::{
    DetectSettings, GraphRank, GraphSettings, HttpSettings, OutputSettings, Provider,
    QualitySettings, RuntimeSettings, Settings, SmoothSettings, SourceSettings, TrackSettings,
};
pub use error::ConfigError;
pub use faces::{BaselineSettings, SidesSettings};
