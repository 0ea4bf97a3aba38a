//! The command line.
//!
//! Takes arguments; runs the command and gives the exit code. The only place that prints to people.

use std::{
    fs::File,
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::{Parser, Subcommand, ValueEnum};
use facs::Record;
use indicatif::{ProgressBar, ProgressStyle};

use crate::{
    bench,
    config::{Provider, Settings},
    convert::{ConvertError, Converted, Form, convert},
    daemon::{self, Job},
    fault::{Exit, Fault},
    models::Models,
    publish::{OutputError, Target},
    shutdown::Shutdown,
    source::Input,
    summary::{Segment, Summary, Truth},
};

/// Reads faces on video: action units, expression and causal graph per frame, as JSON Lines.
#[derive(Debug, Parser)]
#[command(name = "edge-daemon", version, after_help = EXIT_CODES)]
pub struct Cli {
    /// How the log is written to standard error; RUST_LOG says what of it (`info,ort=warn`).
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        env = "MIEN_LOG_FORMAT"
    )]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    command: Command,
}

/// A form of log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    #[default]
    Text,
    /// For people who read it in systemd's journal: without times.
    Journal,
    /// One JSON object per line.
    Json,
}

const EXIT_CODES: &str = "Exit codes: 0 done or stopped by a signal, 2 command line or \
configuration, 3 source missing or no video, 4 source broke after some frames (their records are \
complete), 5 bundle refused, 6 ONNX Runtime or provider cannot start, 7 output failed, 8 cannot \
listen, 1 anything else.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Read a source and write records.
    Run {
        #[command(flatten)]
        common: Common,
        /// A video file, /dev/videoN, rtsp://..., csi:N, `test:` (pattern), `test:N` (N frames of it) or
        /// launch:... (a GStreamer launch line). Without it, the sources of the configuration are read
        /// until the daemon is stopped.
        #[arg(long)]
        input: Option<Input>,
        /// Where records go: a file, or `-` for standard output, which is the default with --input.
        #[arg(long)]
        output: Option<Target>,
        /// Draw results: on every frame (.mp4, .webm) or on the most expressive one (.png).
        #[arg(long)]
        annotate: Option<PathBuf>,
        /// Length of the first and the last window of the summary.
        #[arg(long, value_name = "SECS")]
        summary_window: Option<f64>,
    },
    /// Check the configuration and the bundle, start the models, and stop.
    Validate {
        #[command(flatten)]
        common: Common,
    },
    /// TensorRT's engines, which take minutes to build and are kept.
    Engines {
        /// What to do with them.
        #[command(subcommand)]
        command: EnginesCommand,
    },
    /// Read a file as fast as possible and say where the time goes.
    Bench {
        #[command(flatten)]
        common: Common,
        /// A video file or `test:N`.
        #[arg(long)]
        input: Input,
        /// Read it by so many sources at once; may be repeated.
        #[arg(long, default_values_t = [1])]
        sources: Vec<usize>,
        /// How often to read it.
        #[arg(long, default_value_t = 3)]
        loops: u32,
        /// At the pace at which it was recorded, as a camera would: for the latency.
        #[arg(long)]
        paced: bool,
        /// Print JSON.
        #[arg(long)]
        json: bool,
    },
    /// Write records that were written before in a format of others.
    Convert {
        /// A file of records, or `-` for standard input.
        records: PathBuf,
        /// What they become.
        #[arg(long, value_enum)]
        to: Form,
        /// Where they go: a file, or `-` for standard output.
        #[arg(long)]
        output: Target,
        /// Only records of this source; openface and pyfeat hold one.
        #[arg(long)]
        source: Option<String>,
    },
    /// Print the table of means of records that were written before.
    Summarise {
        /// A file of records, or `-` for standard input.
        records: PathBuf,
        /// Length of the first and the last window.
        #[arg(long, value_name = "SECS", default_value_t = 8.0)]
        window: f64,
        /// A stretch in seconds in place of the windows; may be repeated.
        #[arg(long, value_name = "START:END")]
        segment: Vec<Segment>,
        /// What is known of the video, to be compared with: a CSV file with the columns start_secs,
        /// end_secs, and any of face_visible, AU12 (or a sum, AU06+AU12) and expression; cells are
        /// 1, 0 or empty, expressions names.
        #[arg(long, value_name = "CSV")]
        truth: Option<PathBuf>,
    },
}

#[derive(Debug, Subcommand)]
enum EnginesCommand {
    /// Build the engines of every model and batch size into the engine cache, for a fast start.
    Build {
        #[command(flatten)]
        common: Common,
    },
}

#[derive(Debug, clap::Args)]
struct Common {
    /// Configuration; edge/config/edge.toml documents every key.
    #[arg(long)]
    config: Option<PathBuf>,
    /// Folder with bundle.json and the models [default: models/default, else the installed one].
    #[arg(long)]
    bundle: Option<PathBuf>,
}

impl Common {
    /// The bundle of the command line; else that of the working directory, or the one that was
    /// installed beside this program.
    fn bundle(&self) -> PathBuf {
        let default = || {
            let local = PathBuf::from("models/default");
            let executable = std::env::current_exe().ok();
            let prefix = executable
                .as_deref()
                .and_then(|path| path.ancestors().nth(2));
            let installed = prefix.map(|prefix| prefix.join("share/mien").join(&local));
            installed
                .filter(|installed| !local.exists() && installed.exists())
                .unwrap_or(local)
        };
        self.bundle.clone().unwrap_or_else(default)
    }

    fn settings(&self) -> Result<Settings, Fault> {
        Ok(Settings::load(self.config.as_deref())?)
    }
}

/// Runs the command; prints why, where it fails.
#[must_use]
pub fn run(cli: Cli) -> Exit {
    let done = match cli.command {
        Command::Run {
            common,
            input,
            output,
            annotate,
            summary_window,
        } => run_daemon(&common, input, output, annotate, summary_window),
        Command::Validate { common } => validate(&common),
        Command::Engines {
            command: EnginesCommand::Build { common },
        } => build_engines(&common),
        Command::Bench {
            common,
            input,
            sources,
            loops,
            paced,
            json,
        } => {
            let plan = bench::Plan {
                input,
                sources,
                loops,
                paced,
            };
            bench(&common, &plan, json)
        }
        Command::Convert {
            records,
            to,
            output,
            source,
        } => convert_records(&records, to, &output, source.as_deref()),
        Command::Summarise {
            records,
            window,
            segment,
            truth,
        } => summarise(&records, window, &segment, truth.as_deref()),
    };
    match done {
        Ok(()) => Exit::Done,
        Err(error) => {
            if let Some(fault) = error.downcast_ref::<Fault>() {
                // Its text holds its reasons already.
                eprintln!("edge-daemon: {fault}");
                return fault.exit();
            }
            eprintln!("edge-daemon: {error:#}");
            Exit::Internal
        }
    }
}

fn run_daemon(
    common: &Common,
    input: Option<Input>,
    output: Option<Target>,
    annotate: Option<PathBuf>,
    summary_window: Option<f64>,
) -> Result<()> {
    let mut settings = common.settings()?;
    if let Some(window) = summary_window {
        settings
            .output
            .set_summary_window(window)
            .map_err(Fault::from)?;
    }
    let job = Job {
        output: output.or_else(|| input.is_some().then_some(Target::Stdout)),
        input,
        bundle: common.bundle(),
        annotate,
        config: common.config.clone(),
        settings,
    };
    let shutdown = Shutdown::on_signals().context("cannot install signal handlers")?;
    let report = daemon::run(&job, &shutdown)?;
    if let Some(summary) = &report.summary {
        eprint!("{}", summary.table(Some(report.took)));
    }
    report.fault.map_or(Ok(()), |fault| Err(fault.into()))
}

fn validate(common: &Common) -> Result<()> {
    let settings = common.settings()?;
    let bundle = common.bundle();
    let models = Models::open(&bundle, &settings)?;
    let providers = models.providers().into_iter();
    let providers = providers.map(|(model, provider)| format!("{model} on {}", provider.name()));
    println!(
        "valid: bundle {:?} in {}; {}, {} action units, {} expressions; {}",
        models.name,
        bundle.display(),
        providers.collect::<Vec<_>>().join(", "),
        models.read.axes.action_units.len(),
        models.read.axes.expressions.len(),
        models.library.display(),
    );
    Ok(())
}

fn build_engines(common: &Common) -> Result<()> {
    let mut settings = common.settings()?;
    settings.runtime.providers = vec![Provider::TensorRt];
    settings.runtime.allow_fallback = false;
    let bar = ProgressBar::new_spinner();
    bar.set_style(ProgressStyle::with_template("{spinner} {elapsed} {msg}")?);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.set_message("starting TensorRT");
    let mut models = Models::open(&common.bundle(), &settings)?;
    models.warm_up(&settings, |model, images| {
        bar.set_message(format!("{model}: batch of {images}"));
    })?;
    let took = bar.elapsed().as_secs();
    bar.finish_and_clear();
    let cache = settings.runtime.engine_cache.display();
    println!(
        "engines of bundle {:?} are in {cache} ({took} s)",
        models.name
    );
    Ok(())
}

fn bench(common: &Common, plan: &bench::Plan, json: bool) -> Result<()> {
    let report = bench::run(plan, &common.bundle(), &common.settings()?)?;
    if json {
        println!("{}", serde_json::to_string_pretty(&report)?);
    } else {
        print!("{report}");
    }
    Ok(())
}

fn convert_records(path: &Path, to: Form, target: &Target, source: Option<&str>) -> Result<()> {
    let (reader, length) = open_records(path)?;
    let output: Box<dyn Write + Send> = match target {
        Target::Stdout => Box::new(std::io::stdout()),
        Target::File(output) => {
            let same = output.canonicalize().ok();
            if same.is_some_and(|same| path.canonicalize().is_ok_and(|path| path == same)) {
                bail!("{target} is the file of the records; name another --output");
            }
            let target = target.to_string();
            let created = File::create(output);
            Box::new(created.map_err(|source| Fault::from(OutputError::Write { target, source }))?)
        }
    };
    let bar = length.map_or_else(ProgressBar::new_spinner, ProgressBar::new);
    let style = if length.is_some() {
        "{wide_bar} {bytes}/{total_bytes} {eta}"
    } else {
        "{spinner} {bytes} {elapsed}"
    };
    bar.set_style(ProgressStyle::with_template(style)?);
    let converted = convert(reader, to, source, output, |bytes| bar.inc(bytes));
    bar.finish_and_clear();
    let converted = converted.map_err(|error| match error {
        ConvertError::Write(source) => {
            let target = target.to_string();
            Fault::from(OutputError::Write { target, source }).into()
        }
        error => anyhow!("{}: {error}", path.display()),
    })?;
    let Converted { frames, left_out } = converted;
    eprintln!("{frames} frames written to {target}; {left_out} gap and status records left out");
    Ok(())
}

/// Records in a file, whose length is known, or on standard input.
fn open_records(path: &Path) -> Result<(Box<dyn BufRead>, Option<u64>)> {
    if path.as_os_str() == "-" {
        return Ok((Box::new(std::io::stdin().lock()), None));
    }
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let length = file.metadata().ok().map(|meta| meta.len());
    Ok((Box::new(BufReader::new(file)), length))
}

fn summarise(path: &Path, window: f64, segments: &[Segment], truth: Option<&Path>) -> Result<()> {
    let mut truth = truth.map(Truth::load).transpose()?;
    let (reader, _) = open_records(path)?;
    let mut summary = Summary::new(window, segments);
    for (number, line) in reader.lines().enumerate() {
        let place = || format!("{}, line {}", path.display(), number + 1);
        let record: Record =
            serde_json::from_str(&line.with_context(place)?).with_context(place)?;
        summary.add(record.as_ref());
        if let (Some(truth), Record::Frame(frame)) = (&mut truth, &record) {
            truth.add(frame);
        }
    }
    print!("{}", summary.table(None));
    if let Some(truth) = truth {
        print!("\n{}", truth.table());
    }
    Ok(())
}
