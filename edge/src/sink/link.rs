//! The seam between the delivery loop and what it delivers to.
//!
//! A [`Peer`] is an address and how to talk to it; a [`Link`] is one connection. A link that fails is
//! thrown away, and what was not acknowledged is sent again on the next one.

use std::{io, time::Duration};

use super::key::Key;

/// Why a connection failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum LinkError {
    /// The system refused.
    #[error("cannot {what} {peer}: {source}")]
    Io {
        what: &'static str,
        peer: String,
        source: io::Error,
    },
    /// The peer ended it.
    #[error("{peer} closed the connection")]
    Closed { peer: String },
    /// The peer does not want it, or its protocol was broken.
    #[error("{peer}: {reason}")]
    Refused { peer: String, reason: String },
    /// Nothing happened.
    #[error("no answer from the peer in {} s", after.as_secs_f32())]
    Silent { after: Duration },
    /// The spool could not be read.
    #[error(transparent)]
    Spool(#[from] super::spool::SpoolError),
}

/// A message for a peer.
#[derive(Debug)]
pub(super) struct Message {
    /// Grows from message to message.
    pub(super) number: u64,
    pub(super) key: Key,
    pub(super) body: Vec<u8>,
}

/// Whether a message was taken.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Sending {
    /// It is on its way.
    Sent,
    /// The peer will never take it, for this reason; it must not be sent again.
    Never { reason: String, key: Key },
}

/// Someone to deliver to.
pub(super) trait Peer {
    /// A connection.
    type Link: Link;

    /// Connects; takes at most as long as is reasonable for one attempt.
    async fn connect(&mut self) -> Result<Self::Link, LinkError>;
}

/// A connection.
pub(super) trait Link {
    /// Hands a message over. Need not wait until it has arrived. Dropping the future breaks the link.
    async fn send(&mut self, message: Message) -> Result<Sending, LinkError>;

    /// Drives the connection until there is an acknowledgement: of all messages up to this number. Waits
    /// for ever when nothing is under way. Dropping the future loses nothing.
    async fn acknowledged(&mut self) -> Result<u64, LinkError>;

    /// Says good-bye, once all is acknowledged.
    async fn close(self);
}
