//! Configuration: TOML to [`raw`], checked to [`Settings`].
//!
//! Takes a file or nothing; gives settings without invalid states, or the key that is wrong.

mod checked;
mod error;
mod faces;
mod http;
pub mod raw;
mod sources;

pub use checked::{
    BatchSettings, DetectSettings, GraphRank, GraphSettings, OutputSettings, Precision, Provider,
    QualitySettings, RuntimeSettings, Settings, SmoothSettings, TrackSettings,
};
pub use error::ConfigError;
pub use faces::{BaselineSettings, SidesSettings};
pub use http::{HttpSettings, Listen, TlsFiles, Token};
pub use sources::{Credentials, RawSourceEntry, Region, SourceSettings, SourceSpec, Transport};
