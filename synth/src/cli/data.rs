//! `synth crops` and `synth scenes`: data sets.

use std::{
    collections::BTreeMap,
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
use serde_json::{Value, json};

use super::{
    End,
    model::{CoderArgs, ModelArgs, ModelFile},
};
use crate::{
    LOOK,
    dataset::{
        Cast, Crops as CropSource, Outcome, Part, Plan, Scenes as SceneSource, Source, generate,
        generate_part, join,
    },
    head::Head,
    look::Company,
};

/// Images per person unless told otherwise.
const IMAGES_PER_PERSON: usize = 20;

#[derive(Args)]
#[command(after_help = "Examples:
  synth crops --count 20000 --out data/crops
  synth crops --count 80000 --head built-in --head ict_head.glb --persons 4000 --out data/crops
  synth crops --count 20000 --rates disfa --flip 0.03 --disagreement 0.5 --out data/like-disfa
  synth crops --count 20000 --confound identity:AU12=0.8 --confound light:AU04=0.5 --out data/biased
  synth crops --count 20000 --one-sided 0.5 --out data/one-sided
  synth crops --count 80000 --out data/crops --shard 3/8   # one of eight jobs, 0/8 to 7/8
  synth crops --count 80000 --out data/crops --join        # when all of them are done
A run that was stopped goes on when it is started again with the same arguments.")]
pub(super) struct Crops {
    #[command(flatten)]
    images: Images,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    share: Share,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    coder: CoderArgs,
    /// Side of a crop in pixels.
    #[arg(long, default_value_t = 112)]
    size: usize,
    /// Share of faces of which one side falls short, wholly or in part, as with a facial palsy: units
    /// are labelled as they are seen, the expression is that of the whole face.
    #[arg(long, value_name = "SHARE", default_value_t = 0.0, value_parser = share)]
    one_sided: f64,
}

/// A number from 0 to 1.
fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok();
    let within = share.filter(|share| (0.0..=1.0).contains(share));
    within.ok_or_else(|| "expected a number from 0 to 1".to_owned())
}

#[derive(Args)]
#[command(after_help = "Examples:
  synth scenes --count 10000 --out data/scenes
  synth scenes --count 1 --people 5 --width 640 --height 360 --out data/five
  synth scenes --count 10000 --width 320 --height 192 --head built-in --head ict_head.glb --out data/scenes
  synth scenes --count 10000 --out data/scenes --shard 3/8   # one of eight jobs, 0/8 to 7/8
  synth scenes --count 10000 --out data/scenes --join        # when all of them are done
A run that was stopped goes on when it is started again with the same arguments.")]
pub(super) struct Scenes {
    #[command(flatten)]
    images: Images,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    share: Share,
    #[command(flatten)]
    model: ModelFile,
    /// Columns of a scene.
    #[arg(long, default_value_t = 192)]
    width: usize,
    /// Rows of a scene.
    #[arg(long, default_value_t = 112)]
    height: usize,
    /// So many people in every scene, all of whom show their faces; 0 to 6 people, some of them
    /// hidden or turned away, by default.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=12))]
    people: Option<u8>,
}

/// How many images of how many persons.
#[derive(Args)]
struct Images {
    /// How many images.
    #[arg(long, value_name = "N")]
    count: usize,
    /// How many different persons; one per 20 images by default.
    #[arg(long, value_name = "P")]
    persons: Option<usize>,
}

/// What every data set needs.
#[derive(Args)]
pub(super) struct Common {
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Folder for the data set; made if missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A head: `built-in`, or a glTF file (.glb or .gltf) with ARKit-named morph targets. May be repeated:
    /// persons are spread evenly over the heads.
    #[arg(long = "head", value_name = "HEAD", default_values_t = [String::from("built-in")])]
    heads: Vec<String>,
    /// Images per file.
    #[arg(long, value_name = "N", default_value_t = 4096)]
    shard_images: usize,
}

/// Which share of a data set this job makes.
#[derive(Args)]
pub(super) struct Share {
    /// Draw only every Nth file of shards, beginning with the Ith (from 0): one of N jobs that
    /// share a folder. `--join` makes a data set of what they drew.
    #[arg(long, value_name = "I/N", conflicts_with = "join")]
    shard: Option<Part>,
    /// Draw nothing: check that all shards are there and unharmed, and write header and labels.
    #[arg(long)]
    join: bool,
}

impl Crops {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let persons = self.images.persons(&self.common);
        let cast = self.common.cast(persons)?;
        let people = people(&cast);
        let coder = self.coder.coder(&self.model)?;
        let source = CropSource::new(cast, self.model.load()?, self.size)
            .labelled_by(coder)
            .one_sided(self.one_sided as f32);
        let mut changes =
            json!({ "model": self.model.describe()?, "labels": self.coder.describe() });
        if self.one_sided > 0.0 {
            changes["one_sided"] = json!(self.one_sided);
        }
        let (size, count) = ((self.size, self.size), self.images.count);
        let plan = self
            .common
            .plan(DatasetKind::Crops, size, count, people, changes);
        finish(&plan, &source, &self.common.out, &self.share)
    }
}

impl Scenes {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let persons = self.images.persons(&self.common);
        let cast = self.common.cast(persons)?;
        let people = people(&cast);
        let exactly = |people| Company::Exactly(usize::from(people));
        let source = SceneSource::new(cast, self.model.load()?, [self.width, self.height])
            .with(self.people.map_or(Company::Any, exactly));
        let changes = json!({ "model": self.model.describe()?, "people": self.people });
        let (size, count) = ((self.width, self.height), self.images.count);
        let plan = self
            .common
            .plan(DatasetKind::Scenes, size, count, people, changes);
        finish(&plan, &source, &self.common.out, &self.share)
    }
}

impl Images {
    fn persons(&self, common: &Common) -> usize {
        let least = 10 * common.heads.len();
        self.persons
            .unwrap_or((self.count / IMAGES_PER_PERSON).max(least))
    }
}

impl Common {
    pub(super) fn out(&self) -> &Path {
        &self.out
    }

    pub(super) fn cast(&self, persons: usize) -> anyhow::Result<Cast> {
        let heads = self.heads.iter().map(|head| Cast::head_named(head));
        let heads = heads.collect::<Result<_, _>>()?;
        Ok(Cast::new(heads, persons, self.seed)?)
    }

    /// A plan whose origin says everything that the bytes depend on: `people` the cast, `changes`
    /// what this kind of data set adds.
    pub(super) fn plan(
        &self,
        kind: DatasetKind,
        (width, height): (usize, usize),
        images: usize,
        people: Value,
        changes: Value,
    ) -> Plan {
        let origin = json!({
            "generator": "synth",
            "build": build(),
            "kind": kind,
            "size": [width, height],
            "count": images,
            "seed": self.seed,
            "people": people,
            "shard_images": self.shard_images,
            "settings": changes,
        });
        Plan {
            kind,
            width,
            height,
            images,
            shard_images: self.shard_images,
            origin,
        }
    }
}

/// Makes a data set or one part of it, or goes on with it, until it is whole or stopped; joins the
/// parts where `share` asks for that.
pub(super) fn finish(
    plan: &Plan,
    source: &impl Source,
    out: &Path,
    share: &Share,
) -> anyhow::Result<End> {
    let stop = stop_flag()?;
    let part = share.shard.unwrap_or(Part::WHOLE);
    let bar = progress_bar(part.images(plan), "images");
    let set = |done: usize| bar.set_position(done as u64);
    let outcome = if share.join {
        join(plan, out, set)?;
        Outcome::Complete
    } else if share.shard.is_some() {
        generate_part(plan, part, source, out, set, &stop)?
    } else {
        generate(plan, source, out, set, &stop)?
    };
    bar.finish();
    let folder = out.display();
    Ok(match outcome {
        Outcome::Complete if share.shard.is_some() => {
            let images = part.images(plan);
            eprintln!("part {part}: {images} images in {folder}, which --join makes a data set");
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

/// Which `synth` draws: another one may draw the same seed otherwise.
pub(super) fn build() -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "look": LOOK })
}

/// Whom a data set shows: how many, and their heads with the content of every file they were read
/// from, so that origins say nothing of the machine.
pub(super) fn people(cast: &Cast) -> Value {
    let head = |head: &Head| {
        let files = head.files.iter();
        let files: BTreeMap<_, _> = files.map(|file| (&file.name, &file.sha256)).collect();
        json!({ "name": head.name, "files": files })
    };
    let heads: Vec<Value> = cast.studio().heads().map(head).collect();
    json!({ "persons": cast.persons(), "heads": heads })
}

/// A flag that Ctrl-C sets.
pub(super) fn stop_flag() -> anyhow::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&stop);
    ctrlc::set_handler(move || flag.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")?;
    Ok(stop)
}

/// Rate and time left on standard error; silent where that is no terminal.
pub(super) fn progress_bar(count: usize, what: &str) -> ProgressBar {
    let template =
        format!("{{bar:30}} {{human_pos}}/{{human_len}} {what}, {{per_sec}}, {{eta}} left");
    let style = ProgressStyle::with_template(&template);
    ProgressBar::new(count as u64)
        .with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::HeadFile;

    #[test]
    fn an_origin_tells_a_head_by_all_its_files() {
        let files = [
            ("head.gltf", "1f"),
            ("head.bin", "2e"),
            ("landmarks.json", "3d"),
        ];
        let file = |(name, sha256): (&str, &str)| HeadFile {
            name: name.into(),
            sha256: sha256.into(),
        };
        let mut named = Head::built_in();
        named.name = "head".into();
        named.files = files.map(file).into();
        let cast = Cast::new(vec![Head::built_in(), named], 7, 1).unwrap();
        insta::assert_snapshot!(people(&cast), @r#"{"heads":[{"files":{},"name":"built-in"},{"files":{"head.bin":"2e","head.gltf":"1f","landmarks.json":"3d"},"name":"head"}],"persons":7}"#);
    }
}
