//! The life of a run.
//!
//! Takes a [`Job`] and the wish to stop; opens everything, keeps the sources, runs the flow, writes every
//! record, and gives a [`Report`] whose records are complete even where a source was not.

use std::{
    io,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use facs::RecordRef;

use crate::{
    annotate::Annotate,
    config::{ConfigError, Listen, Settings, SourceSpec},
    control::{self, Refusal, Warden},
    events,
    fault::Fault,
    flow,
    http::{self, Site},
    live::Live,
    models::{Models, Swap},
    preview::Preview,
    publish::{JsonLines, Target},
    shutdown::Shutdown,
    sink::{Context, Sinks, WhenFull},
    source::{Frame, Frames, Input},
    status::Status,
    summary::Summary,
};

/// What to read, with what, and where results go.
#[derive(Clone, Debug)]
pub struct Job {
    /// A source besides those of the settings. With one the run ends when all sources have ended;
    /// without, it goes on until it is stopped.
    pub input: Option<Input>,
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// Where records go besides the sinks of the settings.
    pub output: Option<Target>,
    /// Where the annotated video or picture goes.
    pub annotate: Option<PathBuf>,
    /// Where the settings came from.
    pub config: Option<PathBuf>,
    /// Everything else.
    pub settings: Settings,
}

/// What a run gave.
#[derive(Debug)]
pub struct Report {
    /// Frames read.
    pub frames: u64,
    /// The records, added up, of a run with one source.
    pub summary: Option<Summary>,
    /// From the opening of the sources to the last record.
    pub took: Duration,
    /// Why the run ended early; the records so far are written.
    pub fault: Option<Fault>,
}

/// Reads the job's sources to their end, or until somebody asks to stop.
///
/// # Errors
/// [`Fault`] for what went wrong before the first frame; later faults are in the report.
pub fn run(job: &Job, shutdown: &Shutdown) -> Result<Report, Fault> {
    let settings = &job.settings;
    let run = unix_millis();
    let status = Status::new(run);
    let live = Live::default();
    let (control, orders) = control::channel();
    let specs = specs(job)?;
    let stay = job.input.is_none();
    let preview = settings.http.preview.then(Preview::start).transpose();
    let preview = preview.map_err(Fault::Thread)?;
    let site = Site {
        status: status.clone(),
        live: live.clone(),
        control: control.clone(),
        preview: preview.clone(),
    };
    let wanted = stay || specs.iter().any(SourceSpec::is_live);
    // Files can wait for a slow sink, cameras cannot.
    let when_full = [WhenFull::Wait, WhenFull::Lose][usize::from(wanted)];
    let _server = http::serve(&settings.http, wanted, site)?;
    let models = open_models(job, wanted)?;
    let mut outputs = Outputs::create(job, &status, live, preview, when_full, shutdown)?;
    status.models(&models);
    events::Started {
        sources: &specs,
        bundle: &job.bundle,
        library: &models.library,
    }
    .emit();
    let frames = Arc::new(Frames::default());
    let swap = Arc::new(Swap::default());
    let (mut find, mut read) = flow::stages(models, run, settings)?;
    let start = Instant::now();
    let mut warden = Warden::new(
        settings.clone(),
        job.config.clone(),
        &job.bundle,
        Arc::clone(&frames),
        Arc::clone(&swap),
        status.clone(),
    );
    for spec in specs {
        warden.add(spec).map_err(refused)?;
    }
    status.running(true);
    let over = AtomicBool::new(false);
    let (ended, lost) = thread::scope(|scope| {
        let (over, closed) = (&over, Closing(&frames, &over));
        let watch = move || {
            let _closed = closed;
            warden.watch(orders, shutdown, over, stay)
        };
        let warden = thread::Builder::new()
            .name("warden".into())
            .spawn_scoped(scope, watch)
            .map_err(Fault::Thread)?;
        let write = |record: RecordRef<'_>, frame: Option<&Frame>| outputs.write(record, frame);
        let closed = Closing(&frames, over);
        let ended = flow::run(&frames, &swap, &settings.batch, &mut find, &mut read, write);
        drop(closed);
        let panicked = |_panic| Fault::Thread(io::Error::other("the warden's thread panicked"));
        Ok::<_, Fault>((ended, warden.join().map_err(panicked)))
    })?;
    status.running(false);
    // What was read is kept, whatever happened.
    let finished = outputs.finish(settings.output.drain);
    let lost = lost.and_then(|lost| lost.map_or(Ok(()), |error| Err(error.into())));
    let report = Report {
        frames: outputs.frames,
        summary: outputs.summary,
        took: start.elapsed(),
        fault: ended.and(finished).and(lost).err(),
    };
    events::Ended {
        frames: report.frames,
        stopped: shutdown.is_requested(),
    }
    .emit();
    match report.fault {
        Some(fault) if report.frames == 0 => Err(fault),
        _ => Ok(report),
    }
}

/// Whatever ends one of the threads, a panic too, ends the other: sources must not wait for a flow that
/// takes no more, nor the flow for sources that nobody looks after.
struct Closing<'a>(&'a Frames, &'a AtomicBool);

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.0.close();
        self.1.store(true, Ordering::Relaxed);
    }
}

/// The models; warm where frames do not wait for them.
fn open_models(job: &Job, warm: bool) -> Result<Models, Fault> {
    let mut models = Models::open(&job.bundle, &job.settings)?;
    if warm {
        models.warm_up(&job.settings, |_, _| {})?;
    }
    Ok(models)
}

/// What is read from the start.
fn specs(job: &Job) -> Result<Vec<SourceSpec>, Fault> {
    let settings = &job.settings;
    let input = job.input.clone();
    let input = input.map(|input| SourceSpec::of_input(input, &settings.source));
    let specs: Vec<SourceSpec> = settings.sources.iter().cloned().chain(input).collect();
    let never_any = job.config.is_none() || settings.http.listen == Listen::Off;
    if specs.is_empty() && never_any {
        return Err(Fault::Config(ConfigError::Value {
            key: "sources",
            problem: "nothing to read: give --input, or --config with [[sources]]".into(),
        }));
    }
    Ok(specs)
}

/// Two sources of one name, where one is the command line's.
fn refused(refusal: Refusal) -> Fault {
    match refusal {
        Refusal::Failed(fault) => fault,
        other => Fault::Config(ConfigError::Value {
            key: "sources.name",
            problem: other.to_string(),
        }),
    }
}

/// All places that records go to.
struct Outputs {
    /// The record as JSON, used again and again.
    json: Vec<u8>,
    lines: Option<JsonLines>,
    sinks: Sinks,
    annotate: Option<Annotate>,
    /// Of a run with one source.
    summary: Option<Summary>,
    frames: u64,
    status: Status,
    live: Live,
    preview: Option<Preview>,
}

impl Outputs {
    fn create(
        job: &Job,
        status: &Status,
        live: Live,
        preview: Option<Preview>,
        when_full: WhenFull,
        shutdown: &Shutdown,
    ) -> Result<Self, Fault> {
        let settings = &job.settings.output;
        let annotate = job.annotate.as_deref().map(Annotate::create).transpose()?;
        let output = job.output.as_ref();
        let lines = output.map(|target| JsonLines::create(target, settings.flush_interval));
        let lines = lines.transpose()?;
        let context = Context {
            spool: settings.spool_folder.clone(),
            when_full,
            shutdown: shutdown.clone(),
        };
        let sinks = Sinks::open(&job.settings.sinks, &context)?;
        status.sinks(sinks.monitor());
        Ok(Self {
            json: Vec::new(),
            lines,
            sinks,
            annotate,
            summary: (job.input.is_some() && job.settings.sources.is_empty())
                .then(|| Summary::new(settings.summary_window_secs, &[])),
            frames: 0,
            status: status.clone(),
            live,
            preview,
        })
    }

    fn write(&mut self, record: RecordRef<'_>, frame: Option<&Frame>) -> Result<(), Fault> {
        if let RecordRef::Status(status) = record
            && !self.status.changed(status)
        {
            return Ok(());
        }
        let start = Instant::now();
        self.json.clear();
        serde_json::to_writer(&mut self.json, &record).map_err(Fault::Record)?;
        if let Some(lines) = &mut self.lines {
            lines.write(&self.json)?;
        }
        self.sinks.offer(record, &self.json);
        self.live.publish(record, &self.json);
        events::Published {
            took: start.elapsed(),
        }
        .emit();
        let latency = frame.map(|frame| frame.stamp.arrived.elapsed());
        self.status.record(record, latency);
        if let Some(summary) = &mut self.summary {
            summary.add(record);
        }
        if let (Some(frame), RecordRef::Frame(record)) = (frame, record) {
            self.frames += 1;
            if let Some(preview) = &self.preview
                && preview.wants(&record.source)
            {
                preview.offer(&record.source, record.sequence, &frame.view()?);
            }
            if let Some(annotate) = &mut self.annotate {
                annotate.frame(&frame.view()?, record)?;
            }
        }
        Ok(())
    }

    /// Brings what is left to where it goes, as far as that can be within `patience`.
    fn finish(&mut self, patience: Duration) -> Result<(), Fault> {
        self.sinks.finish(patience);
        let flushed = self.lines.as_mut().map_or(Ok(()), JsonLines::flush);
        let annotated = self.annotate.take().map_or(Ok(()), Annotate::finish);
        Ok(flushed.and(annotated)?)
    }
}

/// Now, in Unix milliseconds.
fn unix_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
