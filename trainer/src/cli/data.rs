//! `trainer data`: real data sets, looked at and turned into crops.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::INTERRUPTED;
use crate::data::{
    import::{
        Faces, ImportPlan, Imported, LandmarkFile, OnnxFaceFinder, Picture, import, pictures,
    },
    sets::{Contents, Options, Set, SetError, Summary},
};

/// Exit code when the folder holds another set, or the arguments fit nothing.
const NOT_THIS_SET: u8 = 2;

#[derive(Subcommand)]
#[command(after_help = "Exit codes: 0 sound, 1 faults, 2 not this data set or wrong arguments.")]
pub(super) enum DataCommand {
    /// The data sets that can be read, their terms and where to ask for them.
    List,
    /// Say what a data set holds and what is wrong with it.
    #[command(
        allow_missing_positional = true,
        after_help = "Examples:
  trainer data check disfa DISFA
  trainer data check DISFA          (the set is known by its layout)"
    )]
    Check(Source),
    /// Turn a data set into aligned crops that `trainer train` reads.
    #[command(
        allow_missing_positional = true,
        after_help = "Examples:
  trainer data import raf-db RAF-DB --out data/raf-db
  trainer data import bp4d BP4D --fold 2 --every 5 --out data/bp4d-fold2
An import that was stopped goes on when it is started again with the same arguments."
    )]
    Import(Import),
}

/// Where a data set is, and what of it to read.
#[derive(Args)]
pub(super) struct Source {
    /// Which data set; `trainer data list` names them [default: known by its layout].
    set: Option<Set>,
    /// The folder of the data set.
    dir: PathBuf,
    /// Which fold is tested, for sets that have folds.
    #[arg(long, value_name = "K", default_value_t = 1)]
    fold: u8,
    /// Read one of every N frames of a recording.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    every: u32,
}

#[derive(Args)]
pub(super) struct Import {
    #[command(flatten)]
    source: Source,
    /// Folder for the crops; made if missing.
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Landmarks of pictures, one JSON object per line: {"file": ..., "landmarks": {...}}.
    #[arg(long, value_name = "FILE")]
    landmarks: Option<PathBuf>,
    /// Bundle whose face finder, and refiner, find the faces that nobody gives landmarks of.
    #[arg(long, value_name = "FOLDER", default_value = "models/default")]
    bundle: PathBuf,
    /// Side of a crop in pixels.
    #[arg(long, default_value_t = 112)]
    size: usize,
    /// Share of the training subjects that goes to the validation part.
    #[arg(long, value_name = "SHARE", default_value_t = 0.1)]
    validation: f64,
    /// Frames that are taken of a labelled clip.
    #[arg(long, value_name = "N", default_value_t = 8)]
    frames_per_clip: usize,
    /// Pictures per file.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    shard_pictures: usize,
}

/// Runs the command.
pub(super) fn run(command: &DataCommand) -> Result<ExitCode> {
    let code = match command {
        DataCommand::List => {
            list();
            ExitCode::SUCCESS
        }
        DataCommand::Check(source) => match source.read() {
            Ok(contents) => check(&contents),
            Err(error) => refuse(&error),
        },
        DataCommand::Import(arguments) => match arguments.source.read() {
            Ok(contents) => arguments.run(contents)?,
            Err(error) => refuse(&error),
        },
    };
    Ok(code)
}

fn refuse(error: &SetError) -> ExitCode {
    eprintln!("trainer: {error}");
    if error.is_of_arguments() {
        ExitCode::from(NOT_THIS_SET)
    } else {
        ExitCode::FAILURE
    }
}

#[expect(clippy::print_stdout, reason = "the list is the command's result")]
fn list() {
    for set in Set::ALL {
        let about = set.about();
        println!("{:<22}{}", set.name(), about.title);
        println!("{:<22}{}", "", about.licence);
        println!("{:<22}{}\n", "", about.ask);
    }
}

#[expect(clippy::print_stdout, reason = "the summary is the command's result")]
fn check(contents: &Contents) -> ExitCode {
    println!("{}", contents.set.about().title);
    println!("{}", Summary::of(contents));
    let report = contents.report.to_string();
    if !report.is_empty() {
        println!("{report}");
    }
    if contents.is_faulty() {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

impl Source {
    fn read(&self) -> Result<Contents, SetError> {
        let set = match self.set {
            Some(set) => set,
            None => Set::detect(&self.dir)?,
        };
        let options = Options {
            fold: self.fold,
            every: self.every,
        };
        set.read(&self.dir, options)
    }
}

impl Import {
    fn run(&self, mut contents: Contents) -> Result<ExitCode> {
        if contents.is_faulty() {
            eprintln!(
                "{} faults, {} pictures not on disk: `trainer data check` tells them; the rest is imported",
                contents.report.fault_count, contents.report.missing
            );
        }
        contents.hold_out(self.validation);
        let dir = &self.source.dir;
        let pictures = pictures(&contents, dir, self.frames_per_clip)?;
        let (mut faces, finder) = self.faces(&contents, &pictures)?;
        let plan = self.plan(&contents, pictures.len(), finder)?;
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
            .context("cannot listen for Ctrl-C")?;
        let bar = progress_bar(pictures.len());
        let set = |done: usize| bar.set_position(done as u64);
        let imported = import(
            &contents, &pictures, &plan, &mut faces, &self.out, set, &stop,
        )?;
        bar.finish_and_clear();
        Ok(told(&imported, &self.out))
    }

    /// Landmarks that are known, a finder where some are not, and the hashes of its models.
    fn faces(&self, contents: &Contents, pictures: &[Picture]) -> Result<(Faces, Hashes)> {
        let dir = &self.source.dir;
        let known = self
            .landmarks
            .as_deref()
            .map(|path| LandmarkFile::load(path, dir));
        let faces = Faces::new(known.transpose()?);
        let unknown = |picture: &Picture| {
            let row = &contents.rows[picture.row];
            faces.known(picture, row).is_none()
        };
        if !pictures.iter().any(unknown) {
            return Ok((faces, Hashes::default()));
        }
        let finder = OnnxFaceFinder::open(&self.bundle).context(
            "some pictures have no landmarks, and the face finder of --bundle cannot be used",
        )?;
        let hashes = Hashes {
            finder: Some(finder.sha256.clone()),
            refiner: finder.refiner_sha256.clone(),
        };
        Ok((faces.with_finder(Box::new(finder)), hashes))
    }

    fn plan(&self, contents: &Contents, pictures: usize, models: Hashes) -> Result<ImportPlan> {
        let hash = |path: &Path| -> Result<String> {
            let bytes =
                std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
            Ok(facs::sha256_hex(&bytes))
        };
        let landmarks = self.landmarks.as_deref().map(hash).transpose()?;
        Ok(ImportPlan {
            size: self.size,
            shard_pictures: self.shard_pictures,
            origin: json!({
                "importer": "trainer",
                "set": contents.set.name(),
                "licence": contents.set.about().licence,
                "fold": self.source.fold,
                "every": self.source.every,
                "size": self.size,
                "validation": self.validation,
                "frames_per_clip": self.frames_per_clip,
                "shard_pictures": self.shard_pictures,
                "pictures": pictures,
                "landmarks_sha256": landmarks,
                "face_finder_sha256": models.finder,
                "face_refiner_sha256": models.refiner,
            }),
        })
    }
}

/// SHA-256 of the models that found the faces, where they were needed.
#[derive(Default)]
struct Hashes {
    finder: Option<String>,
    refiner: Option<String>,
}

fn told(imported: &Imported, out: &Path) -> ExitCode {
    for example in &imported.examples {
        eprintln!("{example}");
    }
    let left_out = imported.without_face + imported.unreadable;
    if left_out > 0 {
        eprintln!(
            "{left_out} pictures were left out: {} without a face, {} that cannot be decoded",
            imported.without_face, imported.unreadable
        );
    }
    if imported.complete {
        eprintln!("{} crops in {}", imported.crops, out.display());
        return ExitCode::SUCCESS;
    }
    eprintln!(
        "stopped: {} crops are kept, the same command goes on from there",
        imported.crops
    );
    ExitCode::from(INTERRUPTED)
}

/// Rate and time left on standard error; silent where that is no terminal.
fn progress_bar(pictures: usize) -> ProgressBar {
    let template = "{bar:30} {human_pos}/{human_len} pictures, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(pictures as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
