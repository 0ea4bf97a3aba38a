//! Delivery of records that survives an outage.
//!
//! Takes records, each with its JSON; gives them to any number of sinks: TCP servers, MQTT brokers, NATS
//! streams, files. Each sink has a bounded memory queue, a thread and a disk `spool` of its own, so a slow
//! or dead peer slows neither the frames nor other sinks. Delivery is at least once and in order: duplicates
//! come after a break, and `source`, `run` and `sequence` tell them. What must be given up is told in the
//! stream itself by gap records, which a sink also sends where its `kinds` leave out others' gaps.
//!
//! Two things are not covered. What is in the memory queue when the process is killed, or the power fails,
//! was not spooled and not acknowledged to anybody; that is what was offered in the last moments, as a sink's
//! thread spools at once. And a TCP peer that does not answer may lose what the system's buffers held.

mod events;
mod file;
mod format;
mod key;
mod link;
mod losses;
mod mqtt;
mod nats;
mod queue;
mod raw;
mod secret;
mod settings;
mod spool;
mod tcp;
mod template;
mod tls;
mod worker;

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
    fmt, io,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use facs::RecordRef;
use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::Notify;

pub(crate) use self::events::describe;
pub use self::{
    file::FileSettings,
    format::Format,
    key::{Key, Kind},
    mqtt::{MqttSettings, MqttVersion},
    nats::{NatsLogin, NatsSettings},
    queue::WhenFull,
    raw::{RawSink, RawSpool},
    settings::{PeerSettings, SinkSettings, SinkSettingsError, check},
    spool::{SpoolError, SpoolSettings, Sync},
    tcp::TcpSettings,
    tls::TlsSettings,
};
use self::{
    queue::Queue,
    spool::Spool,
    worker::{Finish, Live, Worker},
};
use crate::shutdown::Shutdown;

/// How long a thread may take to bring what is in memory to the disk, once patience has ended.
const GRACE: Duration = Duration::from_secs(10);

/// Why sinks cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// A spool cannot be used.
    #[error("sink {sink:?}: {source}")]
    Spool {
        /// Which sink.
        sink: String,
        /// Why.
        source: SpoolError,
    },
    /// The system refused a thread.
    #[error("sink {sink:?}: cannot start its thread: {source}")]
    Thread {
        /// Which sink.
        sink: String,
        /// Why.
        source: io::Error,
    },
}

/// What all sinks share.
#[derive(Clone, Debug)]
pub struct Context {
    /// Folder of the spools, one folder per sink in it.
    pub spool: PathBuf,
    /// What happens to records for which there is no room.
    pub when_full: WhenFull,
    /// The wish to stop ends the wait of [`WhenFull::Wait`].
    pub shutdown: Shutdown,
}

/// What a sink does.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct SinkStatus {
    /// Its name.
    pub name: String,
    /// Its kind.
    pub kind: &'static str,
    /// Address or path of the peer.
    pub peer: String,
    /// Whether there is a connection, or an open file.
    pub connected: bool,
    /// What failed last; none once a record was acknowledged since.
    pub last_error: Option<String>,
    /// Records in memory.
    pub queued_records: u64,
    /// Bytes in memory.
    pub queued_bytes: u64,
    /// Records in the spool that are not acknowledged.
    pub spooled_records: u64,
    /// Bytes of the spool.
    pub spooled_bytes: u64,
    /// Records acknowledged in this run.
    pub delivered: u64,
    /// Records lost in this run.
    pub lost: u64,
    /// Connections made after the first.
    pub reconnects: u64,
    /// Age of the oldest record in the spool that is not acknowledged, in seconds.
    pub oldest_secs: f64,
}

/// What both threads of a sink know.
struct Shared {
    settings: SinkSettings,
    queue: Arc<Queue>,
    live: Arc<Mutex<Live>>,
    finish: Arc<Finish>,
}

impl Shared {
    fn takes(&self, key: &Key) -> bool {
        let SinkSettings { sources, kinds, .. } = &self.settings;
        kinds.contains(&key.kind) && (sources.is_empty() || sources.contains(&key.source))
    }

    fn status(&self) -> SinkStatus {
        let live = self
            .live
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let (queued_records, queued_bytes) = self.queue.waiting();
        SinkStatus {
            name: self.settings.name.clone(),
            kind: self.settings.peer.kind(),
            peer: self.settings.peer.address(),
            connected: live.connected,
            last_error: live.last_error,
            queued_records,
            queued_bytes,
            spooled_records: live.level.records,
            spooled_bytes: live.level.bytes,
            delivered: live.delivered,
            lost: live.lost,
            reconnects: live.connects.saturating_sub(1),
            oldest_secs: worker::age(live.level.oldest).as_secs_f64(),
        }
    }
}

/// Shows what the sinks do, to whoever asks; cheap to clone.
#[derive(Clone, Default)]
pub struct Monitor(Arc<[Shared]>);

impl Monitor {
    /// The state of every sink, in the order of the configuration.
    #[must_use]
    pub fn status(&self) -> Vec<SinkStatus> {
        self.0.iter().map(Shared::status).collect()
    }
}

impl fmt::Debug for Monitor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.status()).finish()
    }
}

/// The sinks of a run. Dropped without [`Sinks::finish`], they keep what is left in their spools.
#[derive(Debug)]
pub struct Sinks {
    monitor: Monitor,
    threads: Vec<thread::JoinHandle<()>>,
    shutdown: Shutdown,
    /// Of the last record.
    key: Key,
}

impl Sinks {
    /// Opens the spools and starts a thread per sink. Peers that are away are no error.
    ///
    /// # Errors
    /// [`SinkError`].
    pub fn open(settings: &[SinkSettings], context: &Context) -> Result<Self, SinkError> {
        let mut sinks = Self {
            monitor: Monitor::default(),
            threads: Vec::with_capacity(settings.len()),
            shutdown: context.shutdown.clone(),
            key: Key::default(),
        };
        // All spools first: an error leaves no thread behind.
        let mut spools = Vec::with_capacity(settings.len());
        for sink in settings {
            let spool = Spool::open(&context.spool.join(&sink.name), sink.spool);
            spools.push(spool.map_err(|source| SinkError::Spool {
                sink: sink.name.clone(),
                source,
            })?);
        }
        let shared = settings.iter().map(|settings| Shared {
            settings: settings.clone(),
            queue: Arc::new(Queue::new(
                settings.queue_records,
                settings.queue_bytes,
                context.when_full,
            )),
            live: Arc::default(),
            finish: Arc::default(),
        });
        sinks.monitor = Monitor(shared.collect());
        for (at, spool) in spools.into_iter().enumerate() {
            let thread = start(&sinks.monitor.0[at], spool, context.when_full)?;
            sinks.threads.push(thread);
        }
        Ok(sinks)
    }

    /// Gives a record, whose JSON without the end of the line is `json`, to all sinks that want it. Waits
    /// only with [`WhenFull::Wait`].
    pub fn offer(&mut self, record: RecordRef<'_>, json: &[u8]) {
        if self.monitor.0.is_empty() {
            return;
        }
        self.key.set(record);
        for sink in self.monitor.0.iter().filter(|sink| sink.takes(&self.key)) {
            sink.queue
                .push(&self.key, json, || !self.shutdown.is_requested());
        }
    }

    /// Shows what the sinks do, also from other threads.
    #[must_use]
    pub fn monitor(&self) -> Monitor {
        self.monitor.clone()
    }

    /// The state of every sink.
    #[must_use]
    pub fn status(&self) -> Vec<SinkStatus> {
        self.monitor.status()
    }

    /// Delivers what is left for as long as `patience`, keeps the rest in the spools, and gives the last
    /// state of every sink.
    pub fn finish(&mut self, patience: Duration) -> Vec<SinkStatus> {
        self.end(patience);
        self.monitor.status()
    }

    fn end(&mut self, patience: Duration) {
        for sink in self.monitor.0.iter() {
            sink.queue.close();
            sink.finish.ask(patience);
        }
        let now = Instant::now();
        let deadline = now.checked_add(patience.saturating_add(GRACE));
        for thread in self.threads.drain(..) {
            while !thread.is_finished() && deadline.is_none_or(|end| Instant::now() < end) {
                thread::sleep(Duration::from_millis(5));
            }
            // A thread that hangs on its disk is left behind; one that panicked has said so.
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
    }
}

impl Drop for Sinks {
    fn drop(&mut self) {
        self.end(Duration::ZERO);
    }
}

/// How many keys the kinds of sinks have of their own.
#[cfg(test)]
pub(crate) fn raw_keys() -> usize {
    let kinds = [
        format!("{:?}", raw::RawMqtt::default()),
        format!("{:?}", raw::RawNats::default()),
        format!("{:?}", raw::RawTcp::default()),
        format!("{:?}", raw::RawFile::default()),
    ];
    // The table `tls` of two of them is no key.
    kinds
        .iter()
        .map(|kind| kind.matches(": ").count())
        .sum::<usize>()
        - 2
}

/// The thread of a sink.
fn start(
    shared: &Shared,
    spool: Spool,
    when_full: WhenFull,
) -> Result<thread::JoinHandle<()>, SinkError> {
    let settings = shared.settings.clone();
    let failed = |source| SinkError::Thread {
        sink: shared.settings.name.clone(),
        source,
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(failed)?;
    let queue = Arc::clone(&shared.queue);
    let (live, finish) = (Arc::clone(&shared.live), Arc::clone(&shared.finish));
    live.lock().unwrap_or_else(PoisonError::into_inner).level = spool.level();
    let work = move || {
        // Whatever ends this thread, the flow must not wait for it.
        let _abandon = Abandon(Arc::clone(&queue));
        let worker = Worker {
            peer: settings.peer.address(),
            queue,
            live,
            finish,
            format: settings.format,
            when_full,
            patience: settings.timeout,
            // So much that what is under way lies in two segments at most, and others can be dropped.
            window_bytes: usize::try_from(settings.spool.segment_bytes).unwrap_or(usize::MAX),
            spool: RefCell::new(spool),
            held: RefCell::new(VecDeque::new()),
            stored: Cell::new(false),
            grew: Notify::new(),
            room: Notify::new(),
            refused: Cell::new(0),
            attempts: Cell::new(0),
            name: settings.name,
        };
        match settings.peer {
            PeerSettings::Tcp(peer) => runtime.block_on(worker.run(peer)),
            PeerSettings::Mqtt(peer) => runtime.block_on(worker.run(peer)),
            PeerSettings::Nats(peer) => runtime.block_on(worker.run(peer)),
            PeerSettings::File(peer) => runtime.block_on(worker.run(peer)),
        }
        // A name that is still being looked up must not hold the thread.
        runtime.shutdown_background();
    };
    thread::Builder::new()
        .name(format!("sink-{}", shared.settings.name))
        .spawn(work)
        .map_err(failed)
}

/// Tells the flow that nobody takes records any more.
struct Abandon(Arc<Queue>);

impl Drop for Abandon {
    fn drop(&mut self) {
        self.0.abandon();
    }
}
