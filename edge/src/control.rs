//! Orders to a running daemon.
//!
//! [`Control`] takes orders from any thread, HTTP's for one; [`Warden`] carries them out, keeps the
//! sources, and ends the run when there is nothing left to do.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    thread,
    time::Duration,
};

use schemars::JsonSchema;
use serde::Serialize;
use tokio::sync::oneshot;

use crate::{
    config::{ConfigError, RawSourceEntry, Settings, SourceSpec},
    events,
    fault::Fault,
    models::{Models, Swap},
    service::Service,
    shutdown::Shutdown,
    source::{Frames, Input, Keeper, SourceError, SourceId, Word},
    status::Status,
};

/// How often the warden looks around.
const LOOK: Duration = Duration::from_millis(50);

/// What may be asked of a running daemon.
#[derive(Debug)]
pub enum Order {
    /// Read one more source.
    AddSource(RawSourceEntry),
    /// Read a source no more.
    RemoveSource(String),
    /// Use the models of another bundle: checked, started and tried first, then switched between two
    /// frames. When anything fails the old ones go on.
    SwapBundle(PathBuf),
    /// Use the bundle before the last swap again.
    RollBack,
    /// Name the face that a source follows under this number; none takes the name away.
    NamePerson {
        /// Name of the source.
        source: String,
        /// Number of the face.
        track: u64,
        /// Who it is.
        name: Option<String>,
    },
    /// Read the configuration file again: sources are added, taken away and opened anew as it says.
    Reload,
}

/// What came of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Done {
    /// In words.
    pub message: String,
}

/// Why an order was not carried out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing of that name is there.
    #[error("there is no {what} {name:?}")]
    Unknown {
        /// A kind of thing.
        what: &'static str,
        /// What was asked for.
        name: String,
    },
    /// It clashes with what is there or going on.
    #[error("{0}")]
    Conflict(String),
    /// It says what cannot be.
    #[error(transparent)]
    Invalid(#[from] ConfigError),
    /// It was tried and failed.
    #[error(transparent)]
    Failed(#[from] Fault),
    /// The daemon is ending.
    #[error("the daemon is ending")]
    Ending,
}

type Answer = oneshot::Sender<Result<Done, Refusal>>;

/// Gives orders.
#[derive(Clone, Debug)]
pub struct Control(mpsc::Sender<(Order, Answer)>);

/// Where orders arrive.
#[derive(Debug)]
pub struct Orders(mpsc::Receiver<(Order, Answer)>);

/// A way to give orders, and where they arrive.
#[must_use]
pub fn channel() -> (Control, Orders) {
    let (sender, receiver) = mpsc::channel();
    (Control(sender), Orders(receiver))
}

impl Control {
    /// Gives an order and waits until it is carried out.
    ///
    /// # Errors
    /// [`Refusal`].
    pub async fn order(&self, order: Order) -> Result<Done, Refusal> {
        let (answer, done) = oneshot::channel();
        self.0
            .send((order, answer))
            .map_err(|_ended| Refusal::Ending)?;
        done.await.map_err(|_ended| Refusal::Ending)?
    }
}

/// Keeps the sources and carries orders out.
#[derive(Debug)]
pub struct Warden {
    settings: Settings,
    /// Where the settings came from.
    config: Option<PathBuf>,
    frames: Arc<Frames>,
    swap: Arc<Swap>,
    status: Status,
    sources: BTreeMap<String, Keeper>,
    next_id: SourceId,
    bundle: PathBuf,
    previous_bundle: Option<PathBuf>,
    opening: Option<Opening>,
    /// The first that went wrong.
    fault: Option<SourceError>,
}

/// A bundle on its way.
#[derive(Debug)]
struct Opening {
    folder: PathBuf,
    thread: thread::JoinHandle<Result<Models, Fault>>,
    answer: Answer,
}

impl Warden {
    /// No source yet.
    #[must_use]
    pub fn new(
        settings: Settings,
        config: Option<PathBuf>,
        bundle: &Path,
        frames: Arc<Frames>,
        swap: Arc<Swap>,
        status: Status,
    ) -> Self {
        Self {
            settings,
            config,
            frames,
            swap,
            status,
            sources: BTreeMap::new(),
            next_id: 1,
            bundle: bundle.to_owned(),
            previous_bundle: None,
            opening: None,
            fault: None,
        }
    }

    /// Reads one more source.
    ///
    /// # Errors
    /// [`Refusal::Conflict`] when there is one of that name.
    pub fn add(&mut self, spec: SourceSpec) -> Result<(), Refusal> {
        if self.sources.contains_key(&spec.name) {
            let problem = format!("there is a source {:?} already", spec.name);
            return Err(Refusal::Conflict(problem));
        }
        self.status.opened(&spec);
        let name = spec.name.clone();
        let keeper = Keeper::start(self.next_id, spec, &self.settings.source, &self.frames)
            .map_err(Fault::Thread)?;
        self.next_id += 1;
        self.sources.insert(name, keeper);
        Ok(())
    }

    /// Carries orders out until somebody asks to stop, the flow is `over`, or, unless the daemon is to
    /// `stay`, every source has ended. Gives the first fault of a source.
    pub fn watch(
        mut self,
        orders: Orders,
        shutdown: &Shutdown,
        over: &AtomicBool,
        stay: bool,
    ) -> Option<SourceError> {
        let mut service = Service::new();
        service.ready(self.sources.len());
        while !shutdown.is_requested() && !over.load(Ordering::Relaxed) {
            service.alive(self.frames.rounds());
            if shutdown.take_reload() {
                let done = self.reload();
                events::Ordered { done: &done }.emit();
            }
            match orders.0.recv_timeout(LOOK) {
                Ok((order, answer)) => self.carry_out(order, answer),
                Err(mpsc::RecvTimeoutError::Timeout) => {}
                // Nobody is left who could order: that is no reason to spin.
                Err(mpsc::RecvTimeoutError::Disconnected) => thread::sleep(LOOK),
            }
            self.finish_opening();
            self.collect();
            if !stay && self.sources.is_empty() {
                break;
            }
        }
        service.stopping();
        for keeper in self.sources.values() {
            keeper.stop();
        }
        for (_, keeper) in std::mem::take(&mut self.sources) {
            self.ended(keeper);
        }
        self.frames.close();
        self.fault
    }

    /// Lets sources go that have ended.
    fn collect(&mut self) {
        let over = self.sources.iter().filter(|(_, keeper)| keeper.is_over());
        let over: Vec<String> = over.map(|(name, _)| name.clone()).collect();
        for name in over {
            if let Some(keeper) = self.sources.remove(&name) {
                self.ended(keeper);
            }
        }
    }

    fn ended(&mut self, keeper: Keeper) {
        let (id, name) = (keeper.id, keeper.spec.name.clone());
        let ended = keeper.join();
        // Another source of this name goes on with its numbers.
        self.frames.wait_until_taken(id);
        events::SourceEnded {
            source: &name,
            fault: ended.as_ref().err().map(|error| error as _),
        }
        .emit();
        if let Err(error) = ended {
            self.fault.get_or_insert(error);
        }
    }

    fn carry_out(&mut self, order: Order, answer: Answer) {
        let done = match order {
            Order::AddSource(entry) => self.add_entry(&entry),
            Order::RemoveSource(name) => self.remove(&name),
            Order::NamePerson {
                source,
                track,
                name,
            } => self.name_person(&source, track, name),
            Order::Reload => self.reload(),
            Order::SwapBundle(folder) => return self.open_bundle(folder, answer),
            Order::RollBack => match self.previous_bundle.clone() {
                Some(folder) => return self.open_bundle(folder, answer),
                None => Err(Refusal::Conflict("there was no swap to take back".into())),
            },
        };
        events::Ordered { done: &done }.emit();
        // Who asked may have gone.
        let _ = answer.send(done);
    }

    fn add_entry(&mut self, entry: &RawSourceEntry) -> Result<Done, Refusal> {
        let spec = SourceSpec::check(entry, &self.settings.source)?;
        if matches!(spec.input, Input::Launch(_)) || spec.pipeline != self.settings.source.pipeline
        {
            let problem = "launch lines and launch files run with the daemon's rights: they are taken from its configuration file only";
            return Err(Refusal::Conflict(problem.into()));
        }
        let message = format!("reading {:?}", spec.name);
        self.add(spec)?;
        Ok(Done { message })
    }

    fn remove(&mut self, name: &str) -> Result<Done, Refusal> {
        let keeper = self.sources.remove(name).ok_or_else(|| unknown(name))?;
        keeper.stop();
        self.ended(keeper);
        self.fault = None;
        let message = format!("reading {name:?} no more");
        Ok(Done { message })
    }

    fn name_person(&self, source: &str, track: u64, name: Option<String>) -> Result<Done, Refusal> {
        let keeper = self.sources.get(source).ok_or_else(|| unknown(source))?;
        let message = match &name {
            Some(name) => format!("face {track} of {source:?} is {name:?}"),
            None => format!("face {track} of {source:?} is nobody"),
        };
        self.frames.post(keeper.id, Word::Person { track, name });
        Ok(Done { message })
    }

    fn reload(&mut self) -> Result<Done, Refusal> {
        let Some(path) = &self.config else {
            let problem = "the daemon was started without a configuration file";
            return Err(Refusal::Conflict(problem.into()));
        };
        let new = Settings::load(Some(path))?;
        let wanted = |spec: &SourceSpec| new.sources.contains(spec);
        let gone: Vec<String> = self
            .sources
            .values()
            .filter(|keeper| self.settings.sources.contains(&keeper.spec) && !wanted(&keeper.spec))
            .map(|keeper| keeper.spec.name.clone())
            .collect();
        for name in &gone {
            self.remove(name)?;
        }
        let mut added = 0;
        for spec in &new.sources {
            if !self.sources.contains_key(&spec.name) {
                self.add(spec.clone())?;
                added += 1;
            }
        }
        self.settings.sources.clone_from(&new.sources);
        let restart = if self.settings == new {
            ""
        } else {
            "; other sections have changed and count after a restart"
        };
        let message = format!("{} sources gone, {added} added{restart}", gone.len());
        Ok(Done { message })
    }

    fn open_bundle(&mut self, folder: PathBuf, answer: Answer) {
        if self.opening.is_some() {
            let problem = "another bundle is being opened".into();
            let _ = answer.send(Err(Refusal::Conflict(problem)));
            return;
        }
        let (to_open, settings) = (folder.clone(), self.settings.clone());
        let open = move || {
            let mut models = Models::open(&to_open, &settings)?;
            models.warm_up(&settings, |_, _| {})?;
            Ok(models)
        };
        match thread::Builder::new().name("bundle".into()).spawn(open) {
            Ok(thread) => {
                self.opening = Some(Opening {
                    folder,
                    thread,
                    answer,
                });
            }
            Err(error) => {
                let _ = answer.send(Err(Fault::Thread(error).into()));
            }
        }
    }

    /// Switches to a bundle that is ready.
    fn finish_opening(&mut self) {
        let is_ready = |opening: &mut Opening| opening.thread.is_finished();
        let Some(opening) = self.opening.take_if(is_ready) else {
            return;
        };
        let opened = opening.thread.join().unwrap_or_else(|_panic| {
            let reason = std::io::Error::other("opening the bundle panicked");
            Err(Fault::Thread(reason))
        });
        let done = opened.map_err(Refusal::Failed).map(|models| {
            let message = format!("bundle {:?} of {}", models.name, models.folder.display());
            self.status.models(&models);
            self.swap.put(models);
            self.previous_bundle = Some(std::mem::replace(&mut self.bundle, opening.folder));
            Done { message }
        });
        events::Ordered { done: &done }.emit();
        let _ = opening.answer.send(done);
    }
}

fn unknown(source: &str) -> Refusal {
    Refusal::Unknown {
        what: "source",
        name: source.into(),
    }
}
