//! Configuration: TOML to [`raw`], checked to [`Settings`].
//!
//! Takes a file or nothing; gives settings without invalid states, or the key that is wrong.

use std::path::PathBuf;

mod checked;
mod error;
mod faces;
mod http;
pub mod raw;
mod runtime;
mod sources;

pub use checked::{
    BatchSettings, DetectSettings, GraphRank, GraphSettings, OutputSettings, QualitySettings,
    Settings, SmoothSettings, TrackSettings,
};
pub use error::ConfigError;
pub use faces::{BaselineSettings, SidesSettings};
pub use http::{HttpSettings, Listen, TlsFiles, Token};
pub use runtime::{Precision, Provider, RuntimeSettings};
pub use sources::{Credentials, RawSourceEntry, Region, SourceSettings, SourceSpec, Transport};

/// A folder of ours: a service's own, which `service` names, or below the user's, which `user` names.
fn home(service: &str, user: &str, below_home: &str) -> PathBuf {
    let folder = |name: &str| std::env::var_os(name).filter(|path| !path.is_empty());
    folder(service)
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(folder(user)?).join("mien")))
        .or_else(|| Some(PathBuf::from(folder("HOME")?).join(below_home).join("mien")))
        .unwrap_or_else(|| std::env::temp_dir().join("mien"))
}
