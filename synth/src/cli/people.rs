//! `synth people`: many random people in one picture.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;

use super::{End, model::ModelFile};
use crate::{
    dataset::{Cast, Crops},
    sheet::people,
};

#[derive(Args)]
#[command(after_help = "Examples:
  synth people --out people.png
  synth people --head built-in --head ict_head.glb --count 32 --tile 224 --out people.png
Shows what `synth crops` draws with the same seed and heads.")]
pub(super) struct People {
    /// The picture to write, PNG.
    #[arg(long, value_name = "PNG")]
    out: PathBuf,
    /// How many people.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=4096))]
    count: u32,
    /// Side of a tile in pixels.
    #[arg(long, default_value_t = 112, value_parser = clap::value_parser!(u32).range(32..=1024))]
    tile: u32,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// A head: `built-in`, or a glTF file (.glb or .gltf) with ARKit-named morph targets. May be repeated.
    #[arg(long = "head", value_name = "HEAD", default_values_t = [String::from("built-in")])]
    heads: Vec<String>,
    #[command(flatten)]
    model: ModelFile,
}

impl People {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let heads = self.heads.iter().map(|head| Cast::head_named(head));
        let heads: Vec<_> = heads.collect::<Result<_, _>>()?;
        let persons = (self.count as usize).max(heads.len());
        let cast = Cast::new(heads, persons, self.seed)?;
        let crops = Crops::new(cast, self.model.load()?, self.tile as usize);
        people(&crops, self.count as usize, self.tile)
            .save(&self.out)
            .with_context(|| format!("cannot write {}", self.out.display()))?;
        eprintln!("{}", self.out.display());
        Ok(End::Done)
    }
}
