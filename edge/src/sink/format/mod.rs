//! How records look at a peer's.
//!
//! Takes the JSON of a spooled record; gives the bytes of one message, just before it is sent.

mod dl_streamer;

use std::borrow::Cow;

use facs::{FrameRecord, Record, RecordRef};

use super::key::Kind;
use crate::table::{openface, pyfeat};

/// The formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The record's own JSON.
    #[default]
    Json,
    /// The JSON of DL Streamer's `gvametaconvert`.
    DlStreamer,
    /// The CSV of OpenFace 2.2.
    OpenFace,
    /// The CSV of py-feat.
    PyFeat,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Json, Self::DlStreamer, Self::OpenFace, Self::PyFeat];

    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::DlStreamer => "dl_streamer",
            Self::OpenFace => "openface",
            Self::PyFeat => "pyfeat",
        }
    }

    /// Whether it has a place for records of this kind. All but JSON have one for frames only.
    #[must_use]
    pub fn has(self, kind: Kind) -> bool {
        self == Self::Json || kind == Kind::Frame
    }

    /// The first line of every file, where the format has one. Such files hold one source.
    #[must_use]
    pub fn header(self) -> Option<String> {
        match self {
            Self::Json | Self::DlStreamer => None,
            Self::OpenFace => Some(openface::TABLE.header()),
            Self::PyFeat => Some(pyfeat::TABLE.header()),
        }
    }

    /// A record's JSON in this format, without the end of the last line; `None` where it has no place.
    ///
    /// # Errors
    /// [`serde_json::Error`] for what is no record of this version.
    pub fn write(self, json: Cow<'_, [u8]>) -> Result<Option<Vec<u8>>, serde_json::Error> {
        if self == Self::Json {
            return Ok(Some(json.into_owned()));
        }
        let Record::Frame(frame) = serde_json::from_slice(&json)? else {
            return Ok(None);
        };
        self.frame(&frame).map(Some)
    }

    /// A frame in this format, without the end of the last line.
    ///
    /// # Errors
    /// None that a checked record can cause.
    pub fn frame(self, frame: &FrameRecord) -> Result<Vec<u8>, serde_json::Error> {
        match self {
            Self::Json => serde_json::to_vec(&RecordRef::Frame(frame)),
            Self::DlStreamer => serde_json::to_vec(&dl_streamer::message(frame)),
            Self::OpenFace => Ok(openface::TABLE.lines(frame).into_bytes()),
            Self::PyFeat => Ok(pyfeat::TABLE.lines(frame).into_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: &str = include_str!("../../../../facs/tests/golden/frame.json");
    const GAP: &str = r#"{"kind":"gap","schema":"mien.record/1","source":"door","run":1,"first_sequence":7,"frames":2,"emitted_at":"2026-01-01T00:00:00Z","reason":"overload"}"#;

    #[test]
    fn every_format_has_frames_and_only_json_has_gaps() {
        for format in Format::ALL {
            let frame = format.write(FRAME.as_bytes().into()).unwrap();
            assert!(frame.is_some_and(|frame| !frame.is_empty()), "{format:?}");
            assert!(format.has(Kind::Frame));
            let gap = format.write(GAP.as_bytes().into()).unwrap();
            assert_eq!(gap.is_some(), format == Format::Json);
            assert_eq!(format.has(Kind::Gap), format == Format::Json);
        }
        assert!(Format::OpenFace.write(b"{}"[..].into()).is_err());
    }

    #[test]
    fn lines_have_as_many_cells_as_the_header() {
        for format in [Format::OpenFace, Format::PyFeat] {
            let line = format.write(FRAME.as_bytes().into()).unwrap().unwrap();
            let line = String::from_utf8(line).unwrap();
            let header = format.header().unwrap();
            assert_eq!(line.split(',').count(), header.split(',').count());
        }
    }
}
