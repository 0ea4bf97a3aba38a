//! Meshes of a binary glTF file, node transforms applied.
//!
//! Takes the bytes of a file; gives its primitives in centimetres with their morph targets under
//! the names of the file, or what is wrong with it.

use std::{collections::HashMap, path::Path};

use glam::{Mat4, Vec2, Vec3};
use serde::Deserialize;

use super::{HeadError, Material, Part, Target, names};

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

/// All meshes under the default scene's nodes.
pub(super) fn read_parts(path: &Path, bytes: &[u8]) -> Result<Vec<RawPart>, HeadError> {
    let refused = |reason: String| HeadError::Gltf {
        path: path.into(),
        reason,
    };
    if let Some(reason) = damage(bytes) {
        return Err(refused(reason));
    }
    let file = gltf::Gltf::from_slice(bytes).map_err(|error| refused(error.to_string()))?;
    let blob = file
        .blob
        .as_deref()
        .ok_or_else(|| refused("no binary chunk".into()))?;
    for view in file.views() {
        if view.buffer().index() != 0 || view.offset() + view.length() > blob.len() {
            let end = view.offset() + view.length();
            return Err(refused(format!(
                "buffer view {} ends at byte {end} of {}",
                view.index(),
                blob.len()
            )));
        }
    }
    let scene = file
        .default_scene()
        .or_else(|| file.scenes().next())
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
                raw.push(read_part(path, blob, &mesh, &primitive, space)?);
            }
        }
        let children = open.len();
        open.extend(node.children().map(|child| (child, space)));
        open[children..].reverse();
    }
    Ok(raw)
}

/// What the header of a binary glTF file says is wrong with it.
fn damage(bytes: &[u8]) -> Option<String> {
    if !bytes.starts_with(b"glTF") {
        return Some("it does not start with \"glTF\"".into());
    }
    let length = bytes.get(8..12).map(|length| {
        length
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | usize::from(*byte))
    });
    match length {
        Some(length) if length <= bytes.len() => None,
        Some(length) => Some(format!(
            "cut short, {} of {length} bytes are there",
            bytes.len()
        )),
        None => Some("cut short within its header".into()),
    }
}

/// One primitive, brought to centimetres by `space`.
fn read_part(
    path: &Path,
    blob: &[u8],
    mesh: &gltf::Mesh<'_>,
    primitive: &gltf::Primitive<'_>,
    space: Mat4,
) -> Result<RawPart, HeadError> {
    let mut name = mesh
        .name()
        .map_or_else(|| format!("mesh{}", mesh.index()), str::to_owned);
    let lacks = |what| HeadError::Mesh {
        path: path.into(),
        mesh: mesh.name().unwrap_or_default().into(),
        what,
    };
    let extras = read_extras(path, mesh)?;
    let reader = primitive.reader(|_| Some(blob));
    let positions: Vec<Vec3> = reader
        .read_positions()
        .ok_or_else(|| lacks("positions"))?
        .map(|position| space.transform_point3(position.into()))
        .collect();
    let indices: Vec<u32> = reader
        .read_indices()
        .ok_or_else(|| lacks("triangle indices"))?
        .into_u32()
        .collect();
    let uvs = reader.read_tex_coords(0).map_or_else(
        || vec![Vec2::ZERO; positions.len()],
        |uvs| uvs.into_f32().map(Vec2::from).collect(),
    );
    let count = positions.len();
    if indices
        .iter()
        .chain(extras.weld.iter().flatten())
        .any(|&index| index as usize >= count)
        || uvs.len() != count
    {
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
    let mut triangles: Vec<[u32; 3]> = indices
        .chunks_exact(3)
        .map(|corner| [corner[0], corner[1], corner[2]])
        .collect();
    if space.determinant() < 0.0 {
        triangles
            .iter_mut()
            .for_each(|triangle| triangle.swap(1, 2));
    }
    let material = names::material(&name, primitive.material().name().unwrap_or_default());
    if primitive.index() > 0 {
        name = format!("{name}.{}", primitive.index());
    }
    let weld = if extras.weld.is_empty() {
        doubled(&positions, &targets)
    } else {
        extras.weld
    };
    let open = match material {
        Material::Mouth => 0.3,
        Material::Teeth => 0.7,
        Material::Skin | Material::Eyeball | Material::Lashes => 1.0,
    };
    let (occlusion, empty) = (vec![open; count], Vec::new());
    let part = Part {
        name,
        material,
        positions,
        uvs,
        triangles,
        weld,
        occlusion,
        targets: empty.clone(),
        identity: empty,
    };
    Ok(RawPart { part, targets })
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
