//! Delivery over one connection.
//!
//! Takes records from the spool; hands them to a link, some ahead of their acknowledgements, and tells the
//! spool what is acknowledged. In place of a record that the peer refuses for good goes a gap record.

use std::collections::VecDeque;

use facs::GapReason;
use tokio::time::{Instant, sleep_until, timeout};

use super::Worker;
use crate::sink::{
    events::{self, Loss},
    link::{Link, LinkError, Message, Sending},
    losses::{self, Losses},
    spool::Delivery,
};

/// Most records on their way at once.
const WINDOW: usize = 512;

impl Worker {
    /// Delivers over one connection, until it breaks or nothing is left.
    pub(super) async fn pump<L: Link>(&self, link: &mut L) -> Result<(), LinkError> {
        let mut settled = VecDeque::new();
        let mut heard = Instant::now();
        self.spool.borrow_mut().rewind();
        loop {
            if self.send_window(link, &mut settled).await? {
                heard = Instant::now();
            }
            self.settle(&mut settled)?;
            if self.is_done() {
                return Ok(());
            }
            let (records, bytes) = self.spool.borrow().in_flight();
            let has_room = records < WINDOW && bytes < self.window_bytes;
            tokio::select! {
                acknowledged = link.acknowledged() => {
                    self.acknowledge(acknowledged?)?;
                    heard = Instant::now();
                }
                () = self.grew.notified(), if has_room => {}
                () = sleep_until(heard + self.patience), if records > 0 => {
                    return Err(LinkError::Silent { after: self.patience });
                }
            }
            // A link that is always ready must not keep records out of the spool.
            tokio::task::yield_now().await;
        }
    }

    /// Sends as much as may be under way; tells whether the first of it is new under way.
    async fn send_window<L: Link>(
        &self,
        link: &mut L,
        settled: &mut VecDeque<u64>,
    ) -> Result<bool, LinkError> {
        let mut begins = false;
        loop {
            let delivery = {
                let mut spool = self.spool.borrow_mut();
                let (records, bytes) = spool.in_flight();
                if records >= WINDOW || bytes >= self.window_bytes {
                    return Ok(begins);
                }
                begins |= records == 0;
                match spool.next()? {
                    Some(delivery) => delivery,
                    None => return Ok(begins),
                }
            };
            let number = delivery.number;
            if !self.send(link, delivery).await? {
                settled.push_back(number);
            }
        }
    }

    /// Sends a record, or the gap record in place of one that the peer refuses; tells whether anything is
    /// under way.
    async fn send<L: Link>(&self, link: &mut L, delivery: Delivery) -> Result<bool, LinkError> {
        let Delivery {
            number, key, body, ..
        } = delivery;
        let (reason, key) = match self.format.write(body.into()) {
            Ok(None) => return Ok(false),
            Ok(Some(body)) => match self.hand_over(link, Message { number, key, body }).await? {
                Sending::Sent => return Ok(true),
                Sending::Never { reason, key } => (reason, key),
            },
            Err(error) => (error.to_string(), key),
        };
        // A refused record comes again when the connection breaks, and counts once.
        if number >= self.refused.get() {
            self.refused.set(number + 1);
            events::Refused {
                sink: &self.name,
                reason: &reason,
            }
            .emit();
            self.lost(1, Loss::Refused);
        }
        let mut losses = Losses::default();
        losses.add(&key);
        let Some(gap) = losses.tell(GapReason::Refused).pop() else {
            return Ok(false);
        };
        // A gap record is plain data: it can always be written, and has a place or has none.
        let written = losses::written(gap);
        let written = written.and_then(|(key, json)| Ok((key, self.format.write(json.into())?)));
        let Ok((key, Some(body))) = written else {
            return Ok(false);
        };
        let sending = self.hand_over(link, Message { number, key, body }).await?;
        Ok(sending == Sending::Sent)
    }

    async fn hand_over<L: Link>(
        &self,
        link: &mut L,
        message: Message,
    ) -> Result<Sending, LinkError> {
        let after = self.patience;
        let sending = timeout(after, link.send(message)).await;
        sending.map_err(|_elapsed| LinkError::Silent { after })?
    }

    fn acknowledge(&self, number: u64) -> Result<(), LinkError> {
        let (records, level) = {
            let mut spool = self.spool.borrow_mut();
            (spool.acknowledge(number)?, spool.level())
        };
        self.attempts.set(0);
        events::Delivered {
            sink: &self.name,
            records,
        }
        .emit();
        let mut live = self.live();
        live.delivered += records;
        live.level = level;
        live.last_error = None;
        drop(live);
        self.room.notify_one();
        Ok(())
    }

    /// Counts a record of which nothing was sent as done once all before it are.
    fn settle(&self, settled: &mut VecDeque<u64>) -> Result<(), LinkError> {
        let mut spool = self.spool.borrow_mut();
        while let Some(&number) = settled.front() {
            match spool.first_in_flight() {
                Some(first) if first < number => break,
                Some(first) if first == number => {
                    spool.acknowledge(number)?;
                }
                _ => {}
            }
            settled.pop_front();
        }
        Ok(())
    }
}
