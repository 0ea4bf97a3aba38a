//! `synth head`: other people's heads, made ready and described.

use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::{Args, Subcommand};

use super::End;
use crate::{
    dataset::Cast,
    head::{Head, ICT_IDENTITIES},
};

#[derive(Args)]
pub(super) struct HeadArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make one binary glTF file of a head, ready for `--head`.
    #[command(subcommand)]
    Import(Import),
    /// One line per head: size, shapes, action units.
    #[command(after_help = "Examples:
  synth head list
  synth head list ict.glb other.glb")]
    List(Heads),
    /// All about a head: its parts, which action units it can show, what tells where its features are.
    #[command(after_help = "Examples:
  synth head show
  synth head show ict.glb")]
    Show(Heads),
}

#[derive(Subcommand)]
enum Import {
    /// The ICT Face Model Light, from your own copy of ICT-FaceKit.
    Ict(Ict),
    /// Any glTF head whose morph targets carry ARKit names.
    Gltf(Gltf),
}

#[derive(Args)]
#[command(after_help = "Examples:
  git clone https://github.com/ICT-VGL/ICT-FaceKit
  synth head import ict ICT-FaceKit --out ict.glb
  synth sheet --head ict.glb --out ict.png
  synth crops --head built-in --head ict.glb --count 80000 --out data/crops

ICT-FaceKit is under the MIT licence of the University of Southern California, Institute for Creative
Technologies. Its copyright line is kept in the file; hand its LICENSE on with the file.

What it costs: the full mesh is kept, without what is never seen (rear molars, irises under the
eyeballs, shader meshes). That is three times the triangles of the built-in head, and rendering takes
longer accordingly; each identity mode adds 0.3 MB to the file and memory. Modes are kept from the first, which moves a face
most, on.")]
struct Ict {
    /// The repository, or its folder FaceXModel.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// The file to write, binary glTF.
    #[arg(long, value_name = "GLB")]
    out: PathBuf,
    /// How many identity modes to keep.
    #[arg(long, value_name = "N", default_value_t = ICT_IDENTITIES as u32, value_parser = clap::value_parser!(u32).range(0..=100))]
    identities: u32,
}

#[derive(Args)]
#[command(after_help = "Examples:
  synth head import gltf head.gltf --out head.glb
  synth head show head.glb

Takes .glb, and .gltf with its buffers beside it or within. Targets are named in the extras of the mesh
(`targetNames`, as Blender and others write it): mouthSmileLeft, mouthSmile_L and the like. Modes of
identity are named identity000, identity001 ...; their weights are standard normal. The unit and the
way the head faces are made out from the distance of the eyes. Sidecars (landmarks.json,
au_to_shapes.json) beside FILE are put into the new file.")]
struct Gltf {
    /// The head.
    file: PathBuf,
    /// The file to write, binary glTF.
    #[arg(long, value_name = "GLB")]
    out: PathBuf,
}

#[derive(Args)]
struct Heads {
    /// `built-in`, or glTF files with ARKit-named morph targets.
    #[arg(value_name = "HEAD", default_values_t = [String::from("built-in")])]
    heads: Vec<String>,
}

impl HeadArgs {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        match &self.command {
            Command::Import(Import::Ict(ict)) => {
                let head = Head::import_ict(&ict.folder, ict.identities as usize)?;
                write(&head, &ict.out)?;
            }
            Command::Import(Import::Gltf(gltf)) => {
                write(&Head::load(&gltf.file)?, &gltf.out)?;
            }
            Command::List(Heads { heads }) => list(heads)?,
            Command::Show(Heads { heads }) => {
                for head in heads {
                    print!("{}", Cast::head_named(head)?.report());
                }
            }
        }
        Ok(End::Done)
    }
}

/// Writes a head and describes what the file holds, as others will read it.
fn write(head: &Head, out: &Path) -> anyhow::Result<()> {
    head.save(out)?;
    let written = Head::load(out).context("the file that was written cannot be read")?;
    print!("{}", written.report());
    eprintln!("{}", out.display());
    Ok(())
}

fn list(heads: &[String]) -> anyhow::Result<()> {
    println!(
        "{:<20} {:>5} {:>8} {:>9} {:>7} {:>8} {:>5}  anatomy",
        "head", "parts", "vertices", "triangles", "targets", "identity", "units"
    );
    for head in heads {
        let report = Cast::head_named(head)?.report();
        println!(
            "{:<20} {:>5} {:>8} {:>9} {:>7} {:>8} {:>5}  {}",
            report.name,
            report.parts.len(),
            report.vertices(),
            report.triangles(),
            report.targets,
            report.identity_modes,
            report.shown.len(),
            report.anatomy_source()
        );
    }
    Ok(())
}
