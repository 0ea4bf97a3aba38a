//! The life of a run.
//!
//! Takes a [`Job`] and the wish to stop; opens everything, runs the flow, writes every record, and
//! gives a [`Report`] whose records are complete even where the source was not.

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use facs::Record;

use crate::{
    annotate::Annotate,
    config::{HttpSettings, Settings},
    events,
    fault::Fault,
    flow,
    http::{self, Health},
    models::Models,
    publish::{JsonLines, Target},
    shutdown::Shutdown,
    source::{Frame, Input, Source},
    summary::Summary,
};

/// What to read, with what, and where results go.
#[derive(Clone, Debug)]
pub struct Job {
    /// Where frames come from.
    pub input: Input,
    /// The bundle's folder.
    pub bundle: PathBuf,
    /// Where records go.
    pub output: Target,
    /// Where the annotated video or picture goes.
    pub annotate: Option<PathBuf>,
    /// Everything else.
    pub settings: Settings,
}

/// What a run gave.
#[derive(Debug)]
pub struct Report {
    /// The records, added up.
    pub summary: Summary,
    /// From the first wait for a frame to the last record.
    pub took: Duration,
    /// Why the run ended early; the records so far are written.
    pub fault: Option<Fault>,
}

/// Reads the job's source to its end, or until somebody asks to stop.
///
/// # Errors
/// [`Fault`] for what went wrong before the first frame; later faults are in the report.
pub fn run(job: &Job, shutdown: &Shutdown) -> Result<Report, Fault> {
    let health = Health::default();
    let _server = match (job.settings.http, job.input.is_live()) {
        (HttpSettings::Listen(address), _) => Some(http::serve(address, health.clone())?),
        (HttpSettings::Auto, true) => Some(http::serve(http::DEFAULT_ADDRESS, health.clone())?),
        (HttpSettings::Auto, false) | (HttpSettings::Off, _) => None,
    };
    let models = Models::open(&job.bundle, &job.settings)?;
    let source = Source::open(job.input.clone(), &job.settings.source)?;
    let mut outputs = Outputs::create(job, &health)?;
    health.started(&job.input, &models);
    let input = job.input.to_string();
    events::Started {
        input: &input,
        bundle: &job.bundle,
        library: &models.library,
    }
    .emit();
    let name = job.settings.source.name.clone();
    let name = name.unwrap_or_else(|| job.input.name());
    let (mut find, mut read) = flow::stages(name, unix_millis(), models, &job.settings);
    let ahead = if job.input.is_live() {
        0
    } else {
        flow::FRAMES_BETWEEN
    };
    let start = Instant::now();
    let ended = flow::run(
        source,
        &mut find,
        &mut read,
        ahead,
        shutdown,
        |record, frame| outputs.write(record, frame),
    );
    // What was read is kept, whatever happened.
    let finished = outputs.finish();
    let fault = ended.and(finished).err();
    let report = Report {
        summary: outputs.summary,
        took: start.elapsed(),
        fault,
    };
    health.stopped();
    events::SourceEnded {
        frames: report.summary.all().frames,
        stopped: shutdown.is_requested(),
        fault: report.fault.as_ref().map(|fault| fault as _),
    }
    .emit();
    match report.fault {
        Some(fault) if report.summary.all().frames == 0 => Err(fault),
        _ => Ok(report),
    }
}

/// All places that records go to.
struct Outputs {
    lines: JsonLines,
    annotate: Option<Annotate>,
    summary: Summary,
    health: Health,
}

impl Outputs {
    fn create(job: &Job, health: &Health) -> Result<Self, Fault> {
        let settings = &job.settings.output;
        let annotate = job.annotate.as_deref().map(Annotate::create).transpose()?;
        Ok(Self {
            lines: JsonLines::create(&job.output, settings.flush_interval)?,
            annotate,
            summary: Summary::new(settings.summary_window_secs, &[]),
            health: health.clone(),
        })
    }

    fn write(&mut self, record: &Record, frame: Option<&Frame>) -> Result<(), Fault> {
        let start = Instant::now();
        self.lines.write(record)?;
        events::Published {
            took: start.elapsed(),
        }
        .emit();
        self.summary.add(record);
        self.health.record(record);
        if let (Some(annotate), Some(frame), Record::Frame(record)) =
            (&mut self.annotate, frame, record)
        {
            annotate.frame(&frame.view()?, record)?;
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<(), Fault> {
        let flushed = self.lines.flush();
        let annotated = self.annotate.take().map_or(Ok(()), Annotate::finish);
        Ok(flushed.and(annotated)?)
    }
}

/// Now, in Unix milliseconds.
fn unix_millis() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
