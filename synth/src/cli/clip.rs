//! `synth clip`: frames of a short clip.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{End, above_zero};
use crate::{
    clip::{Film, Gathering, Performance},
    dataset::Cast,
    look::{Person, Placement, Renderer, Shot, Studio},
};

/// Height of the face as a share of the frame's.
const FACE_SHARE: f32 = 0.5;

#[derive(Args)]
#[command(after_help = "Examples:
  synth clip --out frames
  synth clip --people 0 --seconds 60 --out empty   # to see that no face is found where none is
  synth clip --people 5 --seconds 2 --out five     # five faces in every frame
  synth clip --seconds 6 --fps 24 --out - |
    ffmpeg -f rawvideo -pix_fmt rgb24 -s 640x360 -r 24 -i - -pix_fmt yuv420p clip.mp4")]
pub(super) struct Clip {
    /// Length.
    #[arg(long, default_value_t = 6.0, value_parser = above_zero)]
    seconds: f32,
    /// Frames per second.
    #[arg(long, default_value_t = 24.0, value_parser = above_zero)]
    fps: f32,
    /// Columns.
    #[arg(long, default_value_t = 640)]
    width: usize,
    /// Rows.
    #[arg(long, default_value_t = 360)]
    height: usize,
    /// How many people; with none, or several, the camera moves, and empty places change every two
    /// seconds.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u8).range(0..=12))]
    people: u8,
    /// Who, where and when they blink.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The head: `built-in`, or a glTF file (.glb or .gltf) with ARKit-named morph targets.
    #[arg(long, default_value = "built-in")]
    head: String,
    /// Folder for PNG files, or `-` for raw RGB frames on standard output.
    #[arg(long, value_name = "DIR|-")]
    out: PathBuf,
}

impl Clip {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        anyhow::ensure!(
            self.width >= 64 && self.height >= 64,
            "a frame needs 64 x 64 pixels"
        );
        let head = Cast::head_named(&self.head)?;
        let studio = Studio::new(vec![head]);
        let frames = (self.seconds * self.fps).round() as usize;
        if self.people == 1 {
            let film = self.film(&studio);
            self.write(frames, |renderer, frame| {
                let time = frame as f32 / self.fps;
                film.frame(&studio, renderer, frame, time).1.pixels
            })?;
        } else {
            let gathering = self.gathering(&studio);
            self.write(frames, |renderer, frame| {
                let time = frame as f32 / self.fps;
                gathering.frame(&studio, renderer, frame, time).pixels
            })?;
        }
        Ok(End::Done)
    }

    fn write(
        &self,
        frames: usize,
        draw: impl Fn(&mut Renderer, usize) -> Vec<u8> + Sync,
    ) -> anyhow::Result<()> {
        if self.out.as_os_str() == "-" {
            stream(draw, frames)?;
        } else {
            self.files(draw, frames, &self.out)?;
            eprintln!("{frames} frames in {}", self.out.display());
        }
        Ok(())
    }

    /// Nobody or several people: all from the seed.
    fn gathering(&self, studio: &Studio) -> Gathering {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        let people = (0..self.people).map(|_| Person::draw(&mut rng, studio).bare_faced());
        let people = people.collect();
        Gathering::draw(&mut rng, people, [self.width, self.height], self.seconds)
    }

    /// Who, where and what: all from the seed.
    fn film(&self, studio: &Studio) -> Film {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        Film {
            person: Person::draw(&mut rng, studio),
            shot: Shot::calm(&mut rng),
            performance: Performance::sad_then_smiling(self.seconds, &mut rng),
            place: Placement {
                height: FACE_SHARE,
                offset: [0.0; 2],
                cover: 0.0,
            },
            cover: None,
            size: [self.width, self.height],
        }
    }

    fn files(
        &self,
        draw: impl Fn(&mut Renderer, usize) -> Vec<u8> + Sync,
        frames: usize,
        folder: &Path,
    ) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let save = |renderer: &mut Renderer, frame: usize| {
            let path = folder.join(format!("frame-{frame:05}.png"));
            let (width, height) = (self.width as u32, self.height as u32);
            let pixels = draw(renderer, frame);
            image::save_buffer(&path, &pixels, width, height, image::ColorType::Rgb8)
                .with_context(|| path.display().to_string())
        };
        let all = (0..frames).into_par_iter();
        all.map_init(Renderer::new, save).collect()
    }
}

fn stream(
    draw: impl Fn(&mut Renderer, usize) -> Vec<u8> + Sync,
    frames: usize,
) -> anyhow::Result<()> {
    let mut out = BufWriter::new(std::io::stdout().lock());
    let batch = rayon::current_num_threads().max(1);
    for first in (0..frames).step_by(batch) {
        let last = (first + batch).min(frames);
        let drawn = (first..last).into_par_iter().map_init(Renderer::new, &draw);
        for pixels in drawn.collect::<Vec<_>>() {
            out.write_all(&pixels)
                .context("cannot write to standard output")?;
        }
    }
    out.flush().context("cannot write to standard output")
}
