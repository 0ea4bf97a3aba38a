//! `synth crops` and `synth scenes`: data sets.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use anyhow::Context;
use clap::Args;
use facs::DatasetKind;
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::json;

use super::{End, ModelArgs};
use crate::dataset::{
    Cast, Crops as CropSource, Outcome, Part, Plan, Scenes as SceneSource, Source, generate,
    generate_part, join,
};

/// Images per person unless told otherwise.
const IMAGES_PER_PERSON: usize = 20;

#[derive(Args)]
#[command(after_help = "Examples:
  synth crops --count 20000 --out data/crops
  synth crops --count 80000 --head built-in --head ict_head.glb --persons 4000 --out data/crops
  synth crops --count 80000 --out data/crops --shard 3/8   # one of eight jobs, 0/8 to 7/8
  synth crops --count 80000 --out data/crops --join        # when all of them are done
A run that was stopped goes on when it is started again with the same arguments.")]
pub(super) struct Crops {
    #[command(flatten)]
    common: Common,
    /// Side of a crop in pixels.
    #[arg(long, default_value_t = 112)]
    size: usize,
}

#[derive(Args)]
#[command(after_help = "Examples:
  synth scenes --count 10000 --out data/scenes
  synth scenes --count 10000 --width 320 --height 192 --head built-in --head ict_head.glb --out data/scenes
A run that was stopped goes on when it is started again with the same arguments.")]
pub(super) struct Scenes {
    #[command(flatten)]
    common: Common,
    /// Columns of a scene.
    #[arg(long, default_value_t = 192)]
    width: usize,
    /// Rows of a scene.
    #[arg(long, default_value_t = 112)]
    height: usize,
}

#[derive(Args)]
struct Common {
    /// How many images.
    #[arg(long, value_name = "N")]
    count: usize,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the data set; made if missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A head: `built-in`, or a binary glTF file with ARKit-named morph targets. May be repeated:
    /// persons are spread evenly over the heads.
    #[arg(long = "head", value_name = "HEAD", default_values_t = [String::from("built-in")])]
    heads: Vec<String>,
    /// How many different persons; one per 20 images by default.
    #[arg(long, value_name = "P")]
    persons: Option<usize>,
    /// Images per file.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    shard_images: usize,
    /// Draw only every Nth file of shards, beginning with the Ith (from 0): one of N jobs that
    /// share a folder. `--join` makes a data set of what they drew.
    #[arg(long, value_name = "I/N", conflicts_with = "join")]
    shard: Option<Part>,
    /// Draw nothing: check that all shards are there and unharmed, and write header and labels.
    #[arg(long)]
    join: bool,
    #[command(flatten)]
    model: ModelArgs,
}

impl Crops {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let source = CropSource::new(self.common.cast()?, self.common.model.load()?, self.size);
        let plan = self
            .common
            .plan(DatasetKind::Crops, (self.size, self.size))?;
        self.common.generate(&plan, &source)
    }
}

impl Scenes {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let (cast, model) = (self.common.cast()?, self.common.model.load()?);
        let source = SceneSource::new(cast, model, [self.width, self.height]);
        let plan = self
            .common
            .plan(DatasetKind::Scenes, (self.width, self.height))?;
        self.common.generate(&plan, &source)
    }
}

impl Common {
    fn persons(&self) -> usize {
        self.persons
            .unwrap_or((self.count / IMAGES_PER_PERSON).max(10 * self.heads.len()))
    }

    fn cast(&self) -> anyhow::Result<Cast> {
        let heads = self.heads.iter().map(|head| Cast::head_named(head));
        let heads = heads.collect::<Result<_, _>>()?;
        Ok(Cast::new(heads, self.persons(), self.seed)?)
    }

    fn plan(&self, kind: DatasetKind, (width, height): (usize, usize)) -> anyhow::Result<Plan> {
        let heads = self.heads.iter().map(|head| fingerprint(head));
        let model = self
            .model
            .model
            .as_ref()
            .map(|path| fingerprint(&path.to_string_lossy()));
        let origin = json!({
            "generator": "synth",
            "kind": kind,
            "size": [width, height],
            "count": self.count,
            "seed": self.seed,
            "persons": self.persons(),
            "shard_images": self.shard_images,
            "heads": heads.collect::<anyhow::Result<Vec<_>>>()?,
            "model": model.transpose()?,
        });
        let (images, shard_images) = (self.count, self.shard_images);
        Ok(Plan {
            kind,
            width,
            height,
            images,
            shard_images,
            origin,
        })
    }

    fn generate(&self, plan: &Plan, source: &impl Source) -> anyhow::Result<End> {
        let stop = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&stop);
        ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
            .context("cannot listen for Ctrl-C")?;
        let part = self.shard.unwrap_or(Part::WHOLE);
        let bar = progress_bar(part.images(plan));
        let set = |done: usize| bar.set_position(done as u64);
        let outcome = if self.join {
            join(plan, &self.out, set)?;
            Outcome::Complete
        } else if self.shard.is_some() {
            generate_part(plan, part, source, &self.out, set, &stop)?
        } else {
            generate(plan, source, &self.out, set, &stop)?
        };
        bar.finish();
        let folder = self.out.display();
        Ok(match outcome {
            Outcome::Complete if self.shard.is_some() => {
                let images = part.images(plan);
                eprintln!(
                    "part {part}: {images} images in {folder}, which --join makes a data set"
                );
                End::Done
            }
            Outcome::Complete => {
                eprintln!("{} images in {folder}", plan.images);
                End::Done
            }
            Outcome::Stopped { images } => {
                eprintln!("stopped: {images} images are kept, the same command goes on from there");
                End::Stopped
            }
        })
    }
}

/// A file by its name and content, so that origins say nothing of the machine.
fn fingerprint(name: &str) -> anyhow::Result<serde_json::Value> {
    if name == "built-in" {
        return Ok(json!({ "name": name }));
    }
    let path = Path::new(name);
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {name}"))?;
    let name = path.file_name().map(|name| name.to_string_lossy());
    Ok(json!({ "name": name, "sha256": facs::sha256_hex(&bytes) }))
}

/// Rate and time left on standard error; silent where that is no terminal.
fn progress_bar(images: usize) -> ProgressBar {
    let template = "{bar:30} {human_pos}/{human_len} images, {per_sec}, {eta} left";
    let style = ProgressStyle::with_template(template);
    ProgressBar::new(images as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}
