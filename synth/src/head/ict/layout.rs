//! Which vertices and polygons of the ICT model belong to which part, and what else is known of it.
//!
//! Takes nothing (`data/ict.toml`); gives the [`Layout`] and whether a mesh has it.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use facs::ActionUnit;
use glam::Vec3;
use serde::Deserialize;

use super::{
    super::{Material, rig::SidedShapes, sidecar::RawRegions},
    IctError,
    obj::Obj,
};

/// Landmarks that are each other's mirror image: jaw, brows, eyes, corners of the mouth.
const MIRRORED: [[usize; 2]; 20] = [
    [0, 16],
    [1, 15],
    [2, 14],
    [3, 13],
    [4, 12],
    [5, 11],
    [6, 10],
    [7, 9],
    [17, 26],
    [18, 25],
    [19, 24],
    [20, 23],
    [21, 22],
    [36, 45],
    [37, 44],
    [38, 43],
    [39, 42],
    [40, 47],
    [41, 46],
    [48, 54],
];
/// How far from it they may be, in centimetres: the neutral face is symmetric.
const ASYMMETRY: f32 = 0.2;

/// The table of the model.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Layout {
    /// Of the whole mesh.
    pub(super) vertices: usize,
    /// Of the whole mesh.
    pub(super) polygons: usize,
    /// Shapes that every revision has.
    pub(super) expressions: Vec<String>,
    /// Shapes that only some have.
    pub(super) optional: Vec<String>,
    /// iBUG 68 points.
    pub(super) landmarks: Vec<u32>,
    /// How far an eyeball draws back under shut lids, in centimetres.
    pub(super) retraction: f32,
    /// What a camera looks at.
    pub(super) face_center: [f32; 3],
    pub(super) iris: Iris,
    /// Better shapes for some units.
    pub(super) units: BTreeMap<ActionUnit, SidedShapes>,
    /// Outlines in the uv of the skin.
    pub(super) regions: RawRegions,
    pub(super) parts: Vec<PartLayout>,
}

/// The iris in the uv of an eyeball.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Iris {
    pub(super) center: [f32; 2],
    pub(super) radius: f32,
    pub(super) pupil: f32,
}

/// One part: its ranges, both ends included.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartLayout {
    pub(super) name: String,
    #[serde(deserialize_with = "material")]
    pub(super) material: Material,
    pub(super) vertices: Vec<[u32; 2]>,
    pub(super) polygons: Vec<[usize; 2]>,
}

fn material<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Material, D::Error> {
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Name {
        Skin,
        Eyeball,
        Lashes,
        Teeth,
        Mouth,
    }
    Name::deserialize(from).map(|name| match name {
        Name::Skin => Material::Skin,
        Name::Eyeball => Material::Eyeball,
        Name::Lashes => Material::Lashes,
        Name::Teeth => Material::Teeth,
        Name::Mouth => Material::Mouth,
    })
}

impl PartLayout {
    /// Whether a vertex is one of its own.
    pub(super) fn owns(&self, vertex: u32) -> bool {
        self.vertices
            .iter()
            .any(|[first, last]| (*first..=*last).contains(&vertex))
    }
}

impl Layout {
    /// The table that comes with the crate.
    pub(super) fn built_in() -> &'static Self {
        static LAYOUT: LazyLock<Layout> = LazyLock::new(|| {
            toml::from_str(include_str!("../../../data/ict.toml"))
                .expect("data/ict.toml is checked by a test")
        });
        &LAYOUT
    }

    /// Whether the mesh that was read from `path` has this layout.
    pub(super) fn check(&self, path: &Path, mesh: &Obj) -> Result<(), IctError> {
        self.check_count(path, mesh.positions.len())?;
        if mesh.polygons.len() != self.polygons {
            return Err(IctError::Count {
                path: path.into(),
                what: "polygons",
                found: mesh.polygons.len(),
                expected: self.polygons,
            });
        }
        for part in &self.parts {
            for polygon in part
                .polygons
                .iter()
                .flat_map(|&[first, last]| &mesh.polygons[first..=last])
            {
                // Sockets share the rims of lids and lips with the skin.
                let mut corners = polygon.corners.iter().map(|corner| corner.vertex);
                let stray =
                    corners.find(|vertex| !part.owns(*vertex) && !self.parts[0].owns(*vertex));
                if let Some(vertex) = stray {
                    return Err(IctError::Stray {
                        path: path.into(),
                        line: polygon.line,
                        part: part.name.clone(),
                        vertex,
                    });
                }
            }
        }
        let at = |landmark: usize| mesh.positions[self.landmarks[landmark] as usize];
        let crooked = MIRRORED.into_iter().find(|&[right, left]| {
            let mirror = at(left) * Vec3::new(-1.0, 1.0, 1.0);
            at(right).x > 0.0 || at(right).distance(mirror) > ASYMMETRY
        });
        crooked.map_or(Ok(()), |pair| {
            Err(IctError::Order {
                path: path.into(),
                pair,
            })
        })
    }

    /// Whether a mesh has as many vertices as it should.
    pub(super) fn check_count(&self, path: &Path, found: usize) -> Result<(), IctError> {
        if found == self.vertices {
            return Ok(());
        }
        Err(IctError::Count {
            path: path.into(),
            what: "vertices",
            found,
            expected: self.vertices,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole() {
        let layout = Layout::built_in();
        assert_eq!((layout.landmarks.len(), layout.expressions.len()), (68, 53));
        assert_eq!(layout.parts[0].material, Material::Skin);
        let skin = &layout.parts[0];
        assert!(layout.landmarks.iter().all(|vertex| skin.owns(*vertex)));
        for part in &layout.parts {
            let vertices = part.vertices.iter().flatten();
            assert!(
                vertices.clone().all(|v| (*v as usize) < layout.vertices),
                "{}",
                part.name
            );
            let mut polygons = part.polygons.iter().flatten();
            assert!(polygons.all(|p| *p < layout.polygons), "{}", part.name);
        }
        for name in layout.expressions.iter().chain(&layout.optional) {
            let known = super::super::super::names::canonical(name);
            assert_eq!(known.as_ref(), Some(name));
        }
    }
}
