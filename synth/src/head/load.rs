//! Heads from binary glTF files whose morph targets carry ARKit names.
//!
//! Takes the path of a `.glb`, and the sidecars beside it where there are any; gives a [`Head`] in
//! centimetres, or the file and what it lacks. Node transforms are applied and metres become
//! centimetres; heads in another unit are brought to a human distance between the eyes, heads that
//! look along -z are turned round.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use glam::{Mat4, Vec2, Vec3};
use serde::Deserialize;

use super::{
    Anatomy, Head, HeadError, Material, Part, Target, derive, names,
    rig::{Rig, Table},
    sidecar,
};

/// Distances between the eyes that are left as they are, in centimetres.
const PLAUSIBLE_EYE_DISTANCE: std::ops::RangeInclusive<f32> = 4.0..=9.0;
/// The usual one.
const EYE_DISTANCE: f32 = 6.3;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extras {
    #[serde(default)]
    target_names: Vec<String>,
    #[serde(default)]
    weld: Vec<[u32; 2]>,
}

/// A mesh as read, its targets still under the names of the file.
struct RawPart {
    part: Part,
    targets: Vec<(String, Target)>,
}

impl Head {
    /// Reads a head from a binary glTF file.
    ///
    /// # Errors
    ///
    /// [`HeadError`] names the file and what it lacks.
    pub fn load(path: &Path) -> Result<Self, HeadError> {
        let bytes = fs::read(path).map_err(|source| HeadError::Read {
            path: path.into(),
            source,
        })?;
        let raw = read_parts(path, &bytes)?;
        let (mut parts, targets, identity_modes) = gather(path, raw)?;
        // Stable: parts keep the file's order behind the skin.
        let largest =
            |part: &Part| (part.material == Material::Skin).then_some(part.positions.len());
        let skin = (0..parts.len())
            .filter(|&index| parts[index].material == Material::Skin)
            .max_by_key(|&index| largest(&parts[index]))
            .ok_or_else(|| HeadError::NoSkin { path: path.into() })?;
        parts[..=skin].rotate_right(1);

        let mut table = Table::arkit();
        sidecar::read_table(path, &mut table)?;
        let anatomy = match sidecar::read_anatomy(path, &mut parts)? {
            Some(anatomy) => anatomy,
            None => derived_anatomy(path, &mut parts, &targets)?,
        };
        let name = path
            .file_stem()
            .map_or_else(|| "head".into(), |stem| stem.to_string_lossy().into_owned());
        let rig = Rig::bind(&table, &targets);
        let mut head = Self {
            name,
            parts,
            targets,
            identity_modes,
            anatomy,
            rig,
        };
        head.measure_lip_travel();
        Ok(head)
    }

    /// How much of the lip gap the closing target takes, from the target itself.
    fn measure_lip_travel(&mut self) {
        let Some(close) = self.rig.mouth_close() else {
            return;
        };
        let target = &self.parts[0].targets[close];
        let drop: HashMap<u32, f32> = target
            .indices
            .iter()
            .copied()
            .zip(target.deltas.iter().map(|delta| delta.y))
            .collect();
        let of = |vertex: u32| drop.get(&vertex).copied().unwrap_or(0.0);
        let pairs = &self.anatomy.lip_pairs;
        let travel: f32 = pairs
            .iter()
            .map(|[upper, lower]| of(*lower) - of(*upper))
            .sum();
        self.anatomy.lip_travel = travel / pairs.len().max(1) as f32;
    }
}

fn derived_anatomy(
    path: &Path,
    parts: &mut [Part],
    targets: &[String],
) -> Result<Anatomy, HeadError> {
    let eyes_apart = |anatomy: &Anatomy| anatomy.eyes[1].center.x - anatomy.eyes[0].center.x;
    let mut anatomy = derive::anatomy(path, parts, targets)?;
    if eyes_apart(&anatomy) < 0.0 {
        parts
            .iter_mut()
            .for_each(|part| part.transform(|v| Vec3::new(-v.x, v.y, -v.z)));
        anatomy = derive::anatomy(path, parts, targets)?;
    }
    if !PLAUSIBLE_EYE_DISTANCE.contains(&eyes_apart(&anatomy)) {
        let scale = EYE_DISTANCE / eyes_apart(&anatomy);
        parts
            .iter_mut()
            .for_each(|part| part.transform(|v| v * scale));
        anatomy = derive::anatomy(path, parts, targets)?;
    }
    Ok(anatomy)
}

impl Part {
    /// Applies a linear map to positions and targets.
    fn transform(&mut self, map: impl Fn(Vec3) -> Vec3) {
        let targets = self
            .targets
            .iter_mut()
            .chain(&mut self.identity)
            .flat_map(|target| &mut target.deltas);
        self.positions
            .iter_mut()
            .chain(targets)
            .for_each(|v| *v = map(*v));
    }
}

/// All meshes under the default scene's nodes.
fn read_parts(path: &Path, bytes: &[u8]) -> Result<Vec<RawPart>, HeadError> {
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
    let extras: Extras = match mesh.extras() {
        Some(text) => serde_json::from_str(text.get()).map_err(|error| HeadError::Gltf {
            path: path.into(),
            reason: format!("extras of mesh {name:?}: {error}"),
        })?,
        None => Extras::default(),
    };
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
    let mut targets = Vec::new();
    for (index, (deltas, _, _)) in reader.read_morph_targets().enumerate() {
        let deltas: Vec<Vec3> = deltas
            .into_iter()
            .flatten()
            .map(|delta| space.transform_vector3(delta.into()))
            .collect();
        let target = extras
            .target_names
            .get(index)
            .cloned()
            .unwrap_or_else(|| format!("target{index}"));
        targets.push((
            target,
            Target::from_dense(&deltas[..deltas.len().min(count)]),
        ));
    }
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
    let weld = if mesh.extras().is_some() && !extras.weld.is_empty() {
        extras.weld
    } else {
        doubled(&positions, &targets)
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

/// Parts, the names of their expression targets, the number of identity modes.
type Gathered = (Vec<Part>, Vec<String>, usize);

/// Brings the targets of all parts into one order.
fn gather(path: &Path, raw: Vec<RawPart>) -> Result<Gathered, HeadError> {
    let mut order: BTreeMap<String, usize> = BTreeMap::new();
    let (mut found, mut identity_modes) = (0, 0);
    for (name, _) in raw.iter().flat_map(|raw| &raw.targets) {
        found += 1;
        if let Some(mode) = names::identity_mode(name) {
            identity_modes = identity_modes.max(mode + 1);
        } else if let Some(name) = names::canonical(name) {
            order.insert(name, 0);
        }
    }
    if order.is_empty() {
        return Err(HeadError::NoTargets {
            path: path.into(),
            found,
        });
    }
    for (index, slot) in order.values_mut().enumerate() {
        *slot = index;
    }
    let parts = raw
        .into_iter()
        .map(|RawPart { mut part, targets }| {
            part.targets = vec![Target::default(); order.len()];
            part.identity = vec![Target::default(); identity_modes];
            for (name, target) in targets {
                if let Some(mode) = names::identity_mode(&name) {
                    part.identity[mode] = target;
                } else if let Some(index) =
                    names::canonical(&name).and_then(|name| order.get(&name))
                {
                    part.targets[*index] = target;
                }
            }
            part
        })
        .collect();
    Ok((parts, order.into_keys().collect(), identity_modes))
}
