//! `synth sheet`: what every action unit of a head looks like.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::End;
use crate::{dataset::Cast, sheet::sheet};

#[derive(Args)]
#[command(after_help = "Examples:
  synth sheet --out sheet.png
  synth sheet --head ict_head.glb --tile 200 --out ict.png")]
pub(super) struct Sheet {
    /// The head: `built-in`, or a glTF file (.glb or .gltf) with ARKit-named morph targets.
    #[arg(long, default_value = "built-in")]
    head: String,
    /// The picture to write, PNG.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// Side of a tile in pixels.
    #[arg(long, default_value_t = 160, value_parser = clap::value_parser!(u32).range(32..=1024))]
    tile: u32,
}

impl Sheet {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let page = sheet(Cast::head_named(&self.head)?, self.tile);
        page.save(&self.out)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        eprintln!("{}", self.out.display());
        Ok(End::Done)
    }
}
