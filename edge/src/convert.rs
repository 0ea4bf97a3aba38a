//! Records that were written before, in the formats of others.
//!
//! Takes lines of records; gives a file of one [`Form`], as it reads. A line that is no record ends it, with
//! its number; so does a second source where the form holds one.

use std::io::{self, BufRead, BufWriter, Write};

use clap::ValueEnum;
use facs::{FrameRecord, Record};
use parquet::errors::ParquetError;

use crate::{sink::Format, table::parquet::ParquetWriter};

/// What records become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// CSV as OpenFace 2.2 writes it.
    #[value(name = "openface")]
    OpenFace,
    /// CSV as py-feat writes it.
    #[value(name = "pyfeat")]
    PyFeat,
    /// JSON lines as DL Streamer's gvametaconvert writes them.
    #[value(name = "dlstreamer")]
    DlStreamer,
    /// Apache Parquet.
    #[value(name = "parquet")]
    Parquet,
}

impl Form {
    const fn format(self) -> Option<Format> {
        match self {
            Self::OpenFace => Some(Format::OpenFace),
            Self::PyFeat => Some(Format::PyFeat),
            Self::DlStreamer => Some(Format::DlStreamer),
            Self::Parquet => None,
        }
    }
}

/// Why records could not be converted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConvertError {
    /// The system refused.
    #[error("cannot read line {line}: {source}")]
    Read {
        /// Which line, from 1.
        line: u64,
        /// The system's reason.
        source: io::Error,
    },
    /// A line is something else, or was cut short.
    #[error("line {line} is no record: {source}")]
    NoRecord {
        /// Which line, from 1.
        line: u64,
        /// Why.
        source: serde_json::Error,
    },
    /// The form holds one source only.
    #[error(
        "line {line} is of source {second:?}, those before are of {first:?}, and this format holds one source; choose with --source"
    )]
    SecondSource {
        /// Which line, from 1.
        line: u64,
        /// The source so far.
        first: String,
        /// The other.
        second: String,
    },
    /// The output failed.
    #[error("cannot write: {0}")]
    Write(#[from] io::Error),
}

impl From<ParquetError> for ConvertError {
    fn from(error: ParquetError) -> Self {
        Self::Write(io::Error::other(error))
    }
}

/// What was converted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Converted {
    /// Frames that were written.
    pub frames: u64,
    /// Gap and status records, which no form has a place for.
    pub left_out: u64,
}

/// Where frames go.
enum Writer<W: Write + Send> {
    Lines(Format, BufWriter<W>),
    Parquet(Box<ParquetWriter<BufWriter<W>>>),
}

impl<W: Write + Send> Writer<W> {
    fn begin(form: Form, output: W) -> Result<Self, ConvertError> {
        let mut output = BufWriter::new(output);
        let Some(format) = form.format() else {
            return Ok(Self::Parquet(Box::new(ParquetWriter::new(output)?)));
        };
        if let Some(header) = format.header() {
            writeln!(output, "{header}")?;
        }
        Ok(Self::Lines(format, output))
    }

    fn push(&mut self, frame: &FrameRecord) -> Result<(), ConvertError> {
        match self {
            Self::Lines(format, output) => {
                let lines = format.frame(frame).map_err(io::Error::from)?;
                output.write_all(&lines)?;
                output.write_all(b"\n")?;
            }
            Self::Parquet(writer) => writer.push(frame)?,
        }
        Ok(())
    }

    fn finish(self) -> Result<(), ConvertError> {
        let mut output = match self {
            Self::Lines(_, output) => output,
            Self::Parquet(writer) => writer.finish()?,
        };
        Ok(output.flush()?)
    }
}

/// Converts records, those of `source` where one is named, and calls `read` with the bytes of every line.
///
/// # Errors
/// [`ConvertError`].
pub fn convert(
    mut records: impl BufRead,
    form: Form,
    source: Option<&str>,
    output: impl Write + Send,
    mut read: impl FnMut(u64),
) -> Result<Converted, ConvertError> {
    let mut writer = Writer::begin(form, output)?;
    let one_source = form
        .format()
        .is_some_and(|format| format.header().is_some());
    let mut first: Option<String> = None;
    let mut converted = Converted::default();
    let mut text = Vec::new();
    for line in 1.. {
        text.clear();
        let bytes = records.read_until(b'\n', &mut text);
        let bytes = bytes.map_err(|source| ConvertError::Read { line, source })?;
        if bytes == 0 {
            break;
        }
        read(bytes as u64);
        let record: Record = serde_json::from_slice(&text)
            .map_err(|source| ConvertError::NoRecord { line, source })?;
        if source.is_some_and(|source| source != record.as_ref().source()) {
            continue;
        }
        let Record::Frame(frame) = record else {
            converted.left_out += 1;
            continue;
        };
        let first = first.get_or_insert_with(|| frame.source.clone());
        if one_source && *first != frame.source {
            return Err(ConvertError::SecondSource {
                line,
                first: first.clone(),
                second: frame.source,
            });
        }
        writer.push(&frame)?;
        converted.frames += 1;
    }
    writer.finish()?;
    Ok(converted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::tests::golden;

    const GAP: &str = r#"{"kind":"gap","schema":"mien.record/1","source":"door","run":1,"first_sequence":7,"frames":2,"emitted_at":"2026-01-01T00:00:00Z","reason":"overload"}"#;

    fn line(source: &str) -> String {
        let source = source.into();
        let frame = FrameRecord { source, ..golden() };
        serde_json::to_string(&Record::Frame(frame)).unwrap() + "\n"
    }

    fn run(
        text: &str,
        form: Form,
        source: Option<&str>,
    ) -> Result<(Converted, Vec<u8>), ConvertError> {
        let (mut output, mut bytes) = (Vec::new(), 0);
        let converted = convert(text.as_bytes(), form, source, &mut output, |more| {
            bytes += more
        })?;
        assert_eq!(bytes, text.len() as u64);
        Ok((converted, output))
    }

    #[test]
    fn frames_are_written_and_the_rest_is_counted() {
        let text = format!("{}{GAP}\n{}", line("door"), line("door"));
        for (form, lines) in [
            (Form::OpenFace, 3),
            (Form::PyFeat, 3),
            (Form::DlStreamer, 2),
        ] {
            let (converted, output) = run(&text, form, None).unwrap();
            assert_eq!((converted.frames, converted.left_out), (2, 1));
            let output = String::from_utf8(output).unwrap();
            assert!(
                output.ends_with('\n') && output.lines().count() == lines,
                "{form:?}"
            );
        }
        let (_, output) = run(&text, Form::Parquet, None).unwrap();
        assert!(output.starts_with(b"PAR1") && output.ends_with(b"PAR1"));
    }

    #[test]
    fn a_table_holds_one_source_and_one_can_be_chosen() {
        let text = line("door") + &line("hall");
        let error = run(&text, Form::PyFeat, None).unwrap_err().to_string();
        insta::assert_snapshot!(error, @r#"line 2 is of source "hall", those before are of "door", and this format holds one source; choose with --source"#);
        let (converted, _) = run(&text, Form::PyFeat, Some("hall")).unwrap();
        assert_eq!(converted.frames, 1);
        assert_eq!(run(&text, Form::DlStreamer, None).unwrap().0.frames, 2);
        assert_eq!(run(&text, Form::Parquet, None).unwrap().0.frames, 2);
    }

    #[test]
    fn a_line_that_is_no_record_is_named() {
        let whole = line("door");
        let torn = format!("{whole}{}", &whole[..200]);
        let error = run(&torn, Form::OpenFace, None).unwrap_err();
        assert!(
            error.to_string().starts_with("line 2 is no record: EOF"),
            "{error}"
        );
    }
}
