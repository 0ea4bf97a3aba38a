//! Why a configuration is refused, and the checks that refuse.
//!
//! Takes a key and its value; gives the value, or the error that names the key.

use std::{num::NonZeroUsize, path::PathBuf};

/// Why a configuration is refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {source}", path.display())]
    Read {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// The file is not TOML, or has a key that does not exist or has another type.
    #[error("{}: {source}", path.display())]
    Parse {
        /// Which file.
        path: PathBuf,
        /// Line, column and reason.
        source: Box<toml::de::Error>,
    },
    /// A value cannot be.
    #[error("configuration key {key}: {problem}")]
    Value {
        /// `section.key`.
        key: &'static str,
        /// What is wrong with it.
        problem: String,
    },
    /// A sink cannot be.
    #[error(transparent)]
    Sink(#[from] crate::sink::SinkSettingsError),
}

pub(super) fn refuse(key: &'static str, problem: impl Into<String>) -> ConfigError {
    let problem = problem.into();
    ConfigError::Value { key, problem }
}

/// `value`, when it lies in the range.
pub(super) fn within(
    key: &'static str,
    value: f32,
    least: f32,
    most: f32,
) -> Result<f32, ConfigError> {
    if (least..=most).contains(&value) {
        Ok(value)
    } else {
        Err(refuse(
            key,
            format!("{value} is not between {least} and {most}"),
        ))
    }
}

pub(super) fn positive(key: &'static str, value: usize) -> Result<NonZeroUsize, ConfigError> {
    NonZeroUsize::new(value).ok_or_else(|| refuse(key, "must be at least 1"))
}

pub(super) fn some_text(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}
