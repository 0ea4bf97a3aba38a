//! Meshes of a glTF file, node transforms applied.
//!
//! Takes the bytes of a file, binary or JSON with its buffers beside it; gives its primitives in
//! centimetres with their morph targets under the names of the file, or what is wrong with it.

use std::{collections::HashMap, path::Path};

use glam::{Mat4, Vec2, Vec3};
use gltf::buffer;
use serde::Deserialize;
use serde_json::Value;

use super::{
    HeadError, HeadFile, Material, Part, Target,
    faults::{damage, misfit, overrun, reason},
    names,
};

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extras {
    #[serde(default)]
    target_names: Vec<String>,
    #[serde(default)]
    weld: Vec<[u32; 2]>,
}

/// A mesh as read, its targets still under the names of the file.
pub(super) struct RawPart {
    pub(super) part: Part,
    pub(super) targets: Vec<(String, Target)>,
}

/// A file as read.
pub(super) struct RawFile {
    pub(super) parts: Vec<RawPart>,
    /// Whose it is.
    pub(super) copyright: Option<String>,
    /// What the file says about itself.
    pub(super) extras: Option<Value>,
    /// The file, and the buffers beside it.
    pub(super) files: Vec<HeadFile>,
}

/// All meshes under the default scene's nodes.
pub(super) fn read_file(path: &Path, bytes: Vec<u8>) -> Result<RawFile, HeadError> {
    let refused = |reason: String| HeadError::Gltf {
        path: path.into(),
        reason,
    };
    if let Some(reason) = damage(&bytes) {
        return Err(refused(reason));
    }
    let gltf::Gltf { document, blob } =
        gltf::Gltf::from_slice(&bytes).map_err(|error| refused(reason(&error)))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let mut files = vec![HeadFile::new(name, &bytes)];
    drop(bytes);
    let buffers = gltf::import_buffers(&document, path.parent(), blob)
        .map_err(|error| refused(error.to_string()))?;
    if let Some(reason) = overrun(&document, &buffers).or_else(|| misfit(&document)) {
        return Err(refused(reason));
    }
    files.extend(
        document
            .buffers()
            .filter_map(|buffer| match buffer.source() {
                buffer::Source::Uri(uri) if !uri.starts_with("data:") => {
                    Some(HeadFile::new(uri, &buffers[buffer.index()].0))
                }
                _ => None,
            }),
    );
    let scene = document
        .default_scene()
        .or_else(|| document.scenes().next())
        .ok_or_else(|| refused("no scene".into()))?;
    let mut raw = Vec::new();
    let mut open: Vec<(gltf::Node<'_>, Mat4)> = scene
        .nodes()
        .map(|node| (node, Mat4::from_scale(Vec3::splat(100.0))))
        .collect();
    open.reverse();
    while let Some((node, parent)) = open.pop() {
        let space = parent * Mat4::from_cols_array_2d(&node.transform().matrix());
        if let Some(mesh) = node.mesh() {
            for primitive in mesh.primitives() {
                raw.push(read_part(path, &buffers, &mesh, &primitive, space)?);
            }
        }
        let children = open.len();
        open.extend(node.children().map(|child| (child, space)));
        open[children..].reverse();
    }
    let root = document.as_json();
    let extras = root.extras.as_ref();
    Ok(RawFile {
        parts: raw,
        copyright: root.asset.copyright.clone(),
        // What is not JSON that we know is somebody else's note.
        extras: extras.and_then(|extras| serde_json::from_str(extras.get()).ok()),
        files,
    })
}

/// One primitive, brought to centimetres by `space`.
fn read_part(
    path: &Path,
    buffers: &[buffer::Data],
    mesh: &gltf::Mesh<'_>,
    primitive: &gltf::Primitive<'_>,
    space: Mat4,
) -> Result<RawPart, HeadError> {
    let lacks = |what| HeadError::Mesh {
        path: path.into(),
        mesh: mesh.name().unwrap_or_default().into(),
        what,
    };
    let extras = read_extras(path, mesh)?;
    let reader = primitive.reader(|buffer| buffers.get(buffer.index()).map(|data| &data.0[..]));
    let positions: Vec<Vec3> = reader
        .read_positions()
        .ok_or_else(|| lacks("positions"))?
        .map(|position| space.transform_point3(position.into()))
        .collect();
    if primitive.mode() != gltf::mesh::Mode::Triangles {
        return Err(lacks("triangles: it is made of points, lines or strips"));
    }
    let indices = reader
        .read_indices()
        .ok_or_else(|| lacks("triangle indices"))?;
    let triangles = triangles(indices.into_u32(), space.determinant() < 0.0);
    let count = positions.len();
    let uvs = reader.read_tex_coords(0).map_or_else(
        || vec![Vec2::ZERO; count],
        |uvs| uvs.into_f32().map(Vec2::from).collect(),
    );
    let mut vertices = triangles
        .iter()
        .flatten()
        .chain(extras.weld.iter().flatten());
    if vertices.any(|&vertex| vertex as usize >= count) || uvs.len() != count {
        return Err(lacks(
            "consistent vertex count: an index points beyond its vertices",
        ));
    }
    let targets = read_targets(
        reader.read_morph_targets().map(|(deltas, _, _)| deltas),
        &extras.target_names,
        count,
        space,
    );
    let deltas = targets.iter().flat_map(|(_, target)| &target.deltas);
    if !positions.iter().chain(deltas).all(|at| at.is_finite()) {
        return Err(lacks("finite positions: some are NaN or infinite"));
    }
    let weld = if extras.weld.is_empty() {
        doubled(&positions, &targets)
    } else {
        extras.weld
    };
    let (name, material) = called(mesh, primitive);
    let part = Part {
        name,
        material,
        positions,
        uvs,
        triangles,
        weld,
        occlusion: vec![usual_light(material); count],
        targets: Vec::new(),
        identity: Vec::new(),
    };
    Ok(RawPart { part, targets })
}

/// The name of a primitive and what it is made of.
fn called(mesh: &gltf::Mesh<'_>, primitive: &gltf::Primitive<'_>) -> (String, Material) {
    let name = mesh
        .name()
        .map_or_else(|| format!("mesh{}", mesh.index()), str::to_owned);
    let material = names::material(&name, primitive.material().name().unwrap_or_default());
    match primitive.index() {
        0 => (name, material),
        index => (format!("{name}.{index}"), material),
    }
}

/// Corners three by three; the other way round in space that is `mirrored`.
fn triangles(indices: impl Iterator<Item = u32>, mirrored: bool) -> Vec<[u32; 3]> {
    let indices: Vec<u32> = indices.collect();
    let (corners, _rest) = indices.as_chunks::<3>();
    let turned = |&[a, b, c]: &[u32; 3]| if mirrored { [a, c, b] } else { [a, b, c] };
    corners.iter().map(turned).collect()
}

/// Ambient light that reaches a part of which nothing is said.
pub(super) const fn usual_light(material: Material) -> f32 {
    match material {
        Material::Mouth => 0.3,
        Material::Teeth => 0.7,
        Material::Skin | Material::Eyeball | Material::Lashes => 1.0,
    }
}

fn read_extras(path: &Path, mesh: &gltf::Mesh<'_>) -> Result<Extras, HeadError> {
    let Some(text) = mesh.extras() else {
        return Ok(Extras::default());
    };
    serde_json::from_str(text.get()).map_err(|error| HeadError::Gltf {
        path: path.into(),
        reason: format!(
            "extras of mesh {:?}: {error}",
            mesh.name().unwrap_or_default()
        ),
    })
}

fn read_targets(
    read: impl Iterator<Item = Option<impl Iterator<Item = [f32; 3]>>>,
    names: &[String],
    vertices: usize,
    space: Mat4,
) -> Vec<(String, Target)> {
    read.enumerate()
        .map(|(index, deltas)| {
            let deltas: Vec<Vec3> = deltas
                .into_iter()
                .flatten()
                .take(vertices)
                .map(|delta| space.transform_vector3(delta.into()))
                .collect();
            let name = names
                .get(index)
                .cloned()
                .unwrap_or_else(|| format!("target{index}"));
            (name, Target::from_dense(&deltas))
        })
        .collect()
}

/// Vertices at the same place that every target moves alike: `[copy, original]`.
fn doubled(positions: &[Vec3], targets: &[(String, Target)]) -> Vec<[u32; 2]> {
    // The lips of a closed mouth lie at the same place too, but do not move alike.
    let mut motions: Vec<Vec<(usize, [u32; 3])>> = vec![Vec::new(); positions.len()];
    for (number, (_, target)) in targets.iter().enumerate() {
        for (&index, delta) in target.indices.iter().zip(&target.deltas) {
            motions[index as usize].push((number, delta.to_array().map(f32::to_bits)));
        }
    }
    let mut originals = HashMap::new();
    let mut weld = Vec::new();
    for ((index, position), motion) in (0_u32..).zip(positions).zip(motions) {
        let original = *originals
            .entry((position.to_array().map(f32::to_bits), motion))
            .or_insert(index);
        if original != index {
            weld.push([index, original]);
        }
    }
    weld
}
