//! `synth clip`: frames of a short clip.

use std::{
    fs,
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use rayon::prelude::*;

use super::End;
use crate::{clip::Film, dataset::Cast};

#[derive(Args)]
#[command(after_help = "Examples:
  synth clip --out frames
  synth clip --seconds 6 --fps 24 --out - |
    ffmpeg -f rawvideo -pix_fmt rgb24 -s 640x360 -r 24 -i - -pix_fmt yuv420p clip.mp4")]
pub(super) struct Clip {
    /// Length.
    #[arg(long, default_value_t = 6.0)]
    seconds: f32,
    /// Frames per second.
    #[arg(long, default_value_t = 24.0)]
    fps: f32,
    /// Columns.
    #[arg(long, default_value_t = 640)]
    width: usize,
    /// Rows.
    #[arg(long, default_value_t = 360)]
    height: usize,
    /// Who, where and when they blink.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The head: `built-in` or a binary glTF file.
    #[arg(long, default_value = "built-in")]
    head: String,
    /// Folder for PNG files, or `-` for raw RGB frames on standard output.
    #[arg(long, value_name = "DIR|-")]
    out: PathBuf,
}

impl Clip {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        anyhow::ensure!(
            self.seconds > 0.0 && self.fps > 0.0,
            "--seconds and --fps must be above 0"
        );
        anyhow::ensure!(
            self.width >= 64 && self.height >= 64,
            "a frame needs 64 x 64 pixels"
        );
        let head = Cast::head_named(&self.head)?;
        let film = Film::new(head, [self.width, self.height], self.seconds, self.seed);
        let frames = (self.seconds * self.fps).round() as usize;
        if self.out.as_os_str() == "-" {
            self.stream(&film, frames)?;
        } else {
            self.files(&film, frames, &self.out)?;
            eprintln!("{frames} frames in {}", self.out.display());
        }
        Ok(End::Done)
    }

    fn stream(&self, film: &Film, frames: usize) -> anyhow::Result<()> {
        let mut out = BufWriter::new(std::io::stdout().lock());
        let batch = rayon::current_num_threads().max(1);
        for first in (0..frames).step_by(batch) {
            let last = (first + batch).min(frames);
            let drawn: Vec<Vec<u8>> = (first..last)
                .into_par_iter()
                .map(|frame| film.frame(frame as f32 / self.fps))
                .collect();
            for pixels in drawn {
                out.write_all(&pixels)
                    .context("cannot write to standard output")?;
            }
        }
        out.flush().context("cannot write to standard output")
    }

    fn files(&self, film: &Film, frames: usize, folder: &Path) -> anyhow::Result<()> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        (0..frames).into_par_iter().try_for_each(|frame| {
            let path = folder.join(format!("frame-{frame:05}.png"));
            let (width, height) = (self.width as u32, self.height as u32);
            let image =
                image::RgbImage::from_raw(width, height, film.frame(frame as f32 / self.fps));
            let image = image.context("a frame has the size of its picture")?;
            image
                .save(&path)
                .with_context(|| path.display().to_string())
        })
    }
}
