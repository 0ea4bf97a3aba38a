//! `synth clips`: sets of labelled clips.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{
    End, above_zero,
    data::{build, people, progress_bar, stop_flag},
    model::ModelFile,
};
use crate::{
    clip::{ClipKind, ClipOutcome, ClipPlan, Clips as Source, Encoder, Medium, generate},
    dataset::Cast,
};

#[derive(Args)]
#[command(after_help = "Examples:
  synth clips --kind lab --count 200 --out data/lab
  synth clips --kind wild --count 2000 --video --out data/wild
  synth clips --kind wild --count 500 --seconds 2 --fps 8 --width 192 --height 192 --out data/short
A run that was stopped keeps the clips that are done and goes on when it is started again with the
same arguments.")]
pub(super) struct Clips {
    /// How many clips.
    #[arg(long, value_name = "N")]
    count: usize,
    /// What kind.
    #[arg(long)]
    kind: Kind,
    /// Folder for the set; made if missing.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// A folder of PNG files per clip; the default.
    #[arg(long, conflicts_with = "video")]
    frames: bool,
    /// An MP4 file with H.264 per clip.
    #[arg(long)]
    video: bool,
    /// What writes H.264.
    #[arg(long, default_value = "auto", requires = "video")]
    encoder: Codec,
    /// Length of a clip.
    #[arg(long, default_value_t = 4.0, value_parser = above_zero)]
    seconds: f32,
    /// Frames per second.
    #[arg(long, default_value_t = 16.0, value_parser = above_zero)]
    fps: f32,
    /// Columns; even for video.
    #[arg(long, default_value_t = 256)]
    width: usize,
    /// Rows; even for video.
    #[arg(long, default_value_t = 256)]
    height: usize,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A head: `built-in`, or a glTF file (.glb or .gltf) with ARKit-named morph targets. May be repeated.
    #[arg(long = "head", value_name = "HEAD", default_values_t = [String::from("built-in")])]
    heads: Vec<String>,
    /// How many different persons: in the laboratory one per 8 clips by default (4 to 40), in the
    /// wild one per clip.
    #[arg(long, value_name = "P")]
    persons: Option<usize>,
    #[command(flatten)]
    model: ModelFile,
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    /// Few subjects, plain light, frontal; action units in every frame, no expression.
    Lab,
    /// Many subjects, varied; one expression per clip, no action units.
    Wild,
}

#[derive(Clone, Copy, ValueEnum)]
enum Codec {
    /// The first that is there.
    Auto,
    /// ffmpeg with libx264.
    Ffmpeg,
    /// gst-launch-1.0 with x264enc.
    Gstreamer,
}

impl Clips {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        anyhow::ensure!(
            self.width >= 64 && self.height >= 64,
            "a frame needs 64 x 64 pixels"
        );
        anyhow::ensure!(
            !self.video || (self.width.is_multiple_of(2) && self.height.is_multiple_of(2)),
            "H.264 needs even --width and --height"
        );
        let source = self.source()?;
        let plan = self.plan(people(source.cast()))?;
        let stop = stop_flag()?;
        let bar = progress_bar(plan.count, "clips");
        let outcome = generate(&plan, &source, &self.out, || bar.inc(1), &stop)?;
        bar.finish();
        Ok(match outcome {
            ClipOutcome::Complete => {
                eprintln!("{} clips in {}", plan.count, self.out.display());
                End::Done
            }
            ClipOutcome::Stopped { clips } => {
                eprintln!("stopped: {clips} clips are kept, the same command goes on from there");
                End::Stopped
            }
        })
    }

    const fn kind(&self) -> ClipKind {
        match self.kind {
            Kind::Lab => ClipKind::Lab,
            Kind::Wild => ClipKind::Wild,
        }
    }

    fn persons(&self) -> usize {
        let usual = self.kind().persons(self.count).max(self.heads.len());
        self.persons.unwrap_or(usual)
    }

    fn source(&self) -> anyhow::Result<Source> {
        let heads = self.heads.iter().map(|head| Cast::head_named(head));
        let heads = heads.collect::<Result<_, _>>()?;
        let seed = self.kind().cast_seed(self.seed);
        let cast = Cast::new(heads, self.persons(), seed)?;
        let size = [self.width, self.height];
        Ok(Source::new(
            self.kind(),
            cast,
            self.model.load()?,
            size,
            self.seconds,
        ))
    }

    fn plan(&self, people: Value) -> anyhow::Result<ClipPlan> {
        let medium = match (self.video, self.encoder) {
            (false, _) => Medium::Pictures,
            (true, Codec::Auto) => Medium::Video(Encoder::find()?),
            (true, Codec::Ffmpeg) => Medium::Video(Encoder::Ffmpeg.checked()?),
            (true, Codec::Gstreamer) => Medium::Video(Encoder::GStreamer.checked()?),
        };
        let origin = json!({
            "generator": "synth",
            "build": build(),
            "kind": self.kind().name(),
            "medium": match medium {
                Medium::Pictures => "png",
                Medium::Video(Encoder::Ffmpeg) => "h264 by ffmpeg",
                Medium::Video(Encoder::GStreamer) => "h264 by gstreamer",
            },
            "count": self.count,
            "seconds": self.seconds,
            "seed": self.seed,
            "people": people,
            "model": self.model.describe()?,
        });
        Ok(ClipPlan {
            count: self.count,
            frames: (self.seconds * self.fps).round() as usize,
            fps: self.fps,
            medium,
            origin,
        })
    }
}
