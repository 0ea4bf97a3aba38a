//! Records to a file or standard output, one JSON object per line.
//!
//! Takes records as JSON; gives lines, buffered, that reach the output at a stated interval and at the
//! end.

use std::{
    fmt,
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    str::FromStr,
    time::{Duration, Instant},
};

/// Where lines go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// Standard output, `-`.
    Stdout,
    /// A file, written anew.
    File(PathBuf),
}

impl FromStr for Target {
    type Err = std::convert::Infallible;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Ok(match text {
            "-" => Self::Stdout,
            path => Self::File(path.into()),
        })
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Stdout => f.write_str("standard output"),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

/// Why results could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OutputError {
    /// The system refused.
    #[error("cannot write to {target}: {source}")]
    Write {
        /// Where to.
        target: String,
        /// The system's reason.
        source: io::Error,
    },
    /// Annotated pictures could not be made.
    #[error("cannot write {}: {reason}", path.display())]
    Picture {
        /// Where to.
        path: PathBuf,
        /// What is wrong or missing.
        reason: String,
    },
}

/// A buffered writer of records.
pub struct JsonLines {
    writer: BufWriter<Box<dyn Write + Send>>,
    /// For messages.
    target: String,
    flush_interval: Duration,
    last_flush: Instant,
}

impl fmt::Debug for JsonLines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JsonLines to {}", self.target)
    }
}

impl JsonLines {
    /// Creates the file, where there is one to create.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn create(target: &Target, flush_interval: Duration) -> Result<Self, OutputError> {
        let writer: Box<dyn Write + Send> = match target {
            Target::Stdout => Box::new(io::stdout()),
            Target::File(path) => {
                Box::new(File::create(path).map_err(|source| refused(target.to_string(), source))?)
            }
        };
        Ok(Self {
            target: target.to_string(),
            ..Self::to(writer, flush_interval)
        })
    }

    /// Writes to whatever takes bytes.
    #[must_use]
    pub fn to(writer: Box<dyn Write + Send>, flush_interval: Duration) -> Self {
        Self {
            writer: BufWriter::with_capacity(1 << 16, writer),
            target: "a writer".into(),
            flush_interval,
            last_flush: Instant::now(),
        }
    }

    /// Writes one record, which is JSON already, as a line.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn write(&mut self, json: &[u8]) -> Result<(), OutputError> {
        let written = self.writer.write_all(json);
        written
            .and_then(|()| self.writer.write_all(b"\n"))
            .map_err(|source| refused(self.target.clone(), source))?;
        if self.last_flush.elapsed() >= self.flush_interval {
            self.flush()?;
        }
        Ok(())
    }

    /// Brings every line to the output.
    ///
    /// # Errors
    /// [`OutputError::Write`].
    pub fn flush(&mut self) -> Result<(), OutputError> {
        self.last_flush = Instant::now();
        self.writer
            .flush()
            .map_err(|source| refused(self.target.clone(), source))
    }
}

const fn refused(target: String, source: io::Error) -> OutputError {
    OutputError::Write { target, source }
}
