//! JSON lines to a TCP server.
//!
//! Takes messages; writes one line each. Without `acknowledge`, what the system took counts as delivered:
//! what lies in its buffers when the peer dies is lost. With it, the peer answers with lines of its own,
//! each the count of lines of this connection that it has kept so far, as decimal digits: `17\n` stands for
//! the first 17 lines. After a break, lines that were not counted come again, the last perhaps after a part
//! of itself at the end of the connection before.

use std::collections::VecDeque;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufWriter},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
};

use super::link::{Link, LinkError, Message, Peer, Sending};

const WRITE_BYTES: usize = 64 << 10;
/// A count has fewer digits than this.
const MOST_ANSWER: usize = 32;

/// Checked keys of a `tcp` sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TcpSettings {
    /// `host:port`.
    pub address: String,
    /// Whether the peer answers.
    pub acknowledge: bool,
}

impl Peer for TcpSettings {
    type Link = TcpLink;

    async fn connect(&mut self) -> Result<TcpLink, LinkError> {
        let failed = |source| self.failed("connect to", source);
        let stream = TcpStream::connect(&self.address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        let (reader, writer) = stream.into_split();
        Ok(TcpLink {
            settings: self.clone(),
            reader,
            writer: BufWriter::with_capacity(WRITE_BYTES, writer),
            unflushed: false,
            sent: VecDeque::new(),
            counted: 0,
            answers: Vec::new(),
        })
    }
}

impl TcpSettings {
    fn failed(&self, what: &'static str, source: std::io::Error) -> LinkError {
        let peer = self.address.clone();
        LinkError::Io { what, peer, source }
    }
}

/// A connection.
#[derive(Debug)]
pub(super) struct TcpLink {
    settings: TcpSettings,
    reader: OwnedReadHalf,
    writer: BufWriter<OwnedWriteHalf>,
    unflushed: bool,
    /// Numbers of lines that are not acknowledged.
    sent: VecDeque<u64>,
    /// Lines that are.
    counted: u64,
    /// What the peer said and is not understood yet.
    answers: Vec<u8>,
}

impl TcpLink {
    /// The number of the last message that a whole answer acknowledges.
    fn answered(&mut self) -> Result<Option<u64>, LinkError> {
        let mut number = None;
        while let Some(end) = self.answers.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.answers.drain(..=end).collect();
            let count = str::from_utf8(&line)
                .ok()
                .and_then(|line| line.trim().parse::<u64>().ok());
            let more = count.and_then(|count| count.checked_sub(self.counted));
            let Some(more) = more.filter(|more| *more <= self.sent.len() as u64) else {
                return Err(self.misunderstood());
            };
            self.counted += more;
            number = self.sent.drain(..more as usize).next_back().or(number);
        }
        if self.answers.len() > MOST_ANSWER {
            return Err(self.misunderstood());
        }
        Ok(number)
    }

    fn misunderstood(&self) -> LinkError {
        let lines = self.counted + self.sent.len() as u64;
        let reason = format!(
            "an answer is not a count of lines between {} and {lines}; see `acknowledge`",
            self.counted
        );
        LinkError::Refused {
            peer: self.settings.address.clone(),
            reason,
        }
    }
}

impl Link for TcpLink {
    async fn send(&mut self, message: Message) -> Result<Sending, LinkError> {
        let mut line = message.body;
        line.push(b'\n');
        let written = self.writer.write_all(&line).await;
        written.map_err(|source| self.settings.failed("write to", source))?;
        self.unflushed = true;
        self.sent.push_back(message.number);
        Ok(Sending::Sent)
    }

    async fn acknowledged(&mut self) -> Result<u64, LinkError> {
        loop {
            if self.unflushed {
                let flushed = self.writer.flush().await;
                flushed.map_err(|source| self.settings.failed("write to", source))?;
                self.unflushed = false;
            }
            let number = if self.settings.acknowledge {
                self.answered()?
            } else {
                self.answers.clear();
                self.sent.drain(..).next_back()
            };
            if let Some(number) = number {
                return Ok(number);
            }
            let read = self.reader.read_buf(&mut self.answers).await;
            let peer = &self.settings.address;
            let read = read.map_err(|source| self.settings.failed("read from", source))?;
            if read == 0 {
                return Err(LinkError::Closed { peer: peer.clone() });
            }
        }
    }

    async fn close(mut self) {
        // All is acknowledged: there is nothing left that could fail.
        let _ = self.writer.shutdown().await;
    }
}
