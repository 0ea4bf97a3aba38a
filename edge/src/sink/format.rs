//! How records look at a peer's.
//!
//! Takes the JSON of a spooled record; gives the bytes of one message, just before it is sent.

/// The formats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// The record's own JSON.
    #[default]
    Json,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 1] = [Self::Json];

    /// The name in the configuration.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Json => "json",
        }
    }

    /// A record's JSON in this format, without the end of the line.
    #[must_use]
    pub fn write(self, json: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Json => json,
        }
    }
}
