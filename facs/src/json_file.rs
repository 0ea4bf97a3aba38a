//! JSON and JSON Lines on disk: how the contracts of this crate are read and written.
//!
//! Takes paths; gives values, or the file and the line that is at fault. What is written appears
//! whole or not at all.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Serialize, de::DeserializeOwned};

/// Why a file of JSON cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// A file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A line of JSON is not what it should be.
    #[error("{}:{line}: {source}", path.display())]
    Json {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
        /// The reason.
        source: serde_json::Error,
    },
    /// The file has another version.
    #[error("{}: schema is {found:?}, this program reads {expected:?}", path.display())]
    Schema {
        /// Which file.
        path: PathBuf,
        /// The version found.
        found: String,
        /// The version that this program reads.
        expected: &'static str,
    },
}

impl FileError {
    /// For `map_err`: names the file.
    pub fn io(path: &Path) -> impl Fn(std::io::Error) -> Self + '_ {
        move |source| Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}

/// Reads a value whose version, told by `schema`, must be `expected`.
pub(crate) fn read<T: DeserializeOwned>(
    path: &Path,
    schema: impl FnOnce(&T) -> &str,
    expected: &'static str,
) -> Result<T, FileError> {
    let text = fs::read_to_string(path).map_err(FileError::io(path))?;
    let value: T = serde_json::from_str(&text).map_err(|source| FileError::Json {
        path: path.to_owned(),
        line: source.line(),
        source,
    })?;
    let found = schema(&value);
    if found != expected {
        return Err(FileError::Schema {
            path: path.to_owned(),
            found: found.to_owned(),
            expected,
        });
    }
    Ok(value)
}

/// Reads one value per line.
pub(crate) fn read_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, FileError> {
    let lines = BufReader::new(fs::File::open(path).map_err(FileError::io(path))?).lines();
    let read = |(index, line): (usize, std::io::Result<String>)| {
        let line = line.map_err(FileError::io(path))?;
        serde_json::from_str(&line).map_err(|source| FileError::Json {
            path: path.to_owned(),
            line: index + 1,
            source,
        })
    };
    lines.enumerate().map(read).collect()
}

/// Writes a value for people to read.
///
/// # Panics
/// Never: what this crate writes always serialises.
pub(crate) fn write(path: &Path, value: &impl Serialize) -> Result<(), FileError> {
    let json = serde_json::to_string_pretty(value).expect("a header serialises") + "\n";
    write_whole(path, json.as_bytes())
}

/// Writes one value per line.
///
/// # Panics
/// Never: what this crate writes always serialises.
pub(crate) fn write_lines<T: Serialize>(path: &Path, rows: &[T]) -> Result<(), FileError> {
    let mut lines = Vec::new();
    for row in rows {
        serde_json::to_writer(&mut lines, row).expect("a row serialises");
        lines.push(b'\n');
    }
    write_whole(path, &lines)
}

/// Under a temporary name first, so that a file that exists is whole. Programs that write the same
/// file at a time have names of their own: the last one stays.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or_default().as_nanos();
    let mut partial = path.as_os_str().to_owned();
    partial.push(format!(".{}-{now}.partial", std::process::id()));
    fs::write(&partial, bytes)
        .and_then(|()| fs::rename(&partial, path))
        .map_err(FileError::io(path))
}
