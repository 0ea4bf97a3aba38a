//! Heads from glTF files whose morph targets carry ARKit names.
//!
//! Takes the path of a `.glb` or `.gltf`, and the sidecars beside it where there are any; gives a [`Head`] in
//! centimetres, or the file and what it lacks. Node transforms are applied and metres become
//! centimetres; heads in another unit are brought to a human distance between the eyes, heads that
//! look along -z are turned round.

use std::{
    collections::{BTreeMap, HashMap},
    fs,
    path::Path,
};

use glam::Vec3;

use super::{
    Anatomy, Head, HeadError, Material, Part, Target, derive,
    mesh::{RawPart, read_file},
    names,
    rig::{Rig, Table},
    sidecar::Sidecars,
};

/// Distances between the eyes that are left as they are, in centimetres.
const PLAUSIBLE_EYE_DISTANCE: std::ops::RangeInclusive<f32> = 4.0..=9.0;
/// The usual one.
const EYE_DISTANCE: f32 = 6.3;

impl Head {
    /// Reads a head from a glTF file, binary or not.
    ///
    /// # Errors
    ///
    /// [`HeadError`] names the file and what it lacks.
    pub fn load(path: &Path) -> Result<Self, HeadError> {
        let bytes = fs::read(path).map_err(|source| HeadError::Read {
            path: path.into(),
            source,
        })?;
        let raw = read_file(path, bytes)?;
        let mut files = raw.files;
        let sidecars = Sidecars::find(path, raw.extras, &mut files)?;
        let head = Self::assemble(path, raw.parts, sidecars)?;
        Ok(Self {
            copyright: raw.copyright,
            files,
            ..head
        })
    }

    /// A head of meshes that were read from `path`, and what is said about them.
    pub(super) fn assemble(
        path: &Path,
        raw: Vec<RawPart>,
        sidecars: Sidecars,
    ) -> Result<Self, HeadError> {
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
        sidecars.fill(&mut table);
        table.hold_least();
        let anatomy = match sidecars.anatomy(&mut parts)? {
            Some(anatomy) => anatomy,
            None => derived_anatomy(path, &mut parts, &targets)?,
        };
        let name = path
            .file_stem()
            .map_or_else(|| "head".into(), |stem| stem.to_string_lossy().into_owned());
        let rig = Rig::bind(&table, &targets);
        let mut head = Self {
            name,
            copyright: None,
            parts,
            targets,
            identity_modes,
            anatomy,
            files: Vec::new(),
            rig,
            sidecars,
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
