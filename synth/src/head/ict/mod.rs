//! ICT-FaceKit's "ICT Face Model Light" from a user's own copy of that repository.
//!
//! Takes the folder of the copy; gives a [`Head`] with all expressions and as many identity modes as
//! are asked for, or the file and line that is wrong. Parts that are never seen are left out, eyes
//! and landmarks are worked out, what is known of the model comes from `data/ict.toml`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use glam::Vec3;
use rayon::prelude::*;
use serde_json::json;

mod cut;
mod error;
mod eyes;
mod lashes;
mod layout;
mod obj;
mod occlusion;

pub use error::IctError;

use super::{
    Head, Material, Part, Target, mesh,
    mesh::RawPart,
    rig::{Table, UnitShapes},
    sidecar::{
        RawEye, RawEyes, RawFive, RawGaze, RawIris, RawLandmarks, RawPoints, RawTable, RawUnit,
        RawUnits, Sidecars,
    },
};
use cut::{Cut, is_inside_out};
use eyes::Ball;
use layout::{Layout, PartLayout};
use obj::{Obj, read_positions};

/// Identity modes that an import keeps unless told otherwise: the first, which move a face most.
pub const ICT_IDENTITIES: usize = 48;

/// What the repository says of itself.
const COPYRIGHT: &str = "Copyright (c) 2020 USC Institute for Creative Technologies. MIT licence, \
                         see LICENSE of github.com/ICT-VGL/ICT-FaceKit";

/// The mesh that all shapes are compared with.
const NEUTRAL: &str = "generic_neutral_mesh.obj";
/// Displacements of expressions below this are rounding of the files, in centimetres.
const ROUNDING: f32 = 2e-4;
/// No shape of a face moves anything further, in centimetres.
const FURTHEST: f32 = 10.0;

/// A shape: what it adds to every vertex of the model.
struct Shape {
    name: String,
    deltas: Vec<Vec3>,
}

/// The files of a copy.
struct Files {
    neutral: PathBuf,
    /// Names of shapes and their files: expressions, then identity modes.
    shapes: Vec<(String, PathBuf)>,
}

impl Head {
    /// Reads the ICT model from a copy of ICT-FaceKit: `folder` is the repository or its folder
    /// `FaceXModel`. Keeps the first `identities` of its 100 identity modes.
    ///
    /// # Errors
    ///
    /// [`IctError`] names the file, the line where there is one, and the way out.
    pub fn import_ict(folder: &Path, identities: usize) -> Result<Self, IctError> {
        let layout = Layout::built_in();
        let files = Files::find(folder, layout, identities)?;
        let neutral = Obj::read(&files.neutral)?;
        layout.check(&files.neutral, &neutral)?;
        let shapes = files
            .shapes
            .par_iter()
            .map(|(name, path)| Shape::read(name, path, layout, &neutral.positions))
            .collect::<Result<Vec<_>, _>>()?;
        let balls = ["_l", "_r"].map(|suffix| {
            let part = layout.parts.iter().find(|part| is_eyeball(part, suffix));
            Ball::around(&part.map_or_else(Vec::new, |part| places(part, &neutral.positions)))
        });
        let inside_out = is_inside_out(&layout.parts[0], &neutral);
        let parts: Vec<RawPart> = layout
            .parts
            .par_iter()
            .map(|part| {
                let mut cut = Cut::of(part, &neutral, inside_out);
                if part.material == Material::Lashes {
                    let eye = balls[usize::from(part.name.ends_with("_r"))];
                    lashes::comb(&mut cut, &neutral.positions, eye.center);
                }
                assemble(part, cut, &neutral.positions, &shapes, layout.retraction)
            })
            .collect();
        let landmarks = describe(layout, &neutral.positions, &shapes, &parts, balls);
        let table = table(layout, &shapes);
        let sidecars = Sidecars::carried(&files.neutral, Some(table), Some(landmarks));
        let mut head = Self::assemble(&files.neutral, parts, sidecars)?;
        head.name = "ict_head".into();
        head.copyright = Some(COPYRIGHT.into());
        Ok(head)
    }
}

impl Files {
    fn find(folder: &Path, layout: &Layout, identities: usize) -> Result<Self, IctError> {
        let folder = [folder.to_owned(), folder.join("FaceXModel")]
            .into_iter()
            .find(|folder| folder.join(NEUTRAL).is_file())
            .ok_or_else(|| IctError::NoModel {
                path: folder.into(),
            })?;
        let file = |name: &String| folder.join(format!("{name}.obj"));
        let missing: Vec<String> = layout
            .expressions
            .iter()
            .filter(|name| !file(name).is_file())
            .map(|name| format!("{name}.obj"))
            .collect();
        if !missing.is_empty() {
            return Err(IctError::Missing {
                path: folder,
                files: missing,
            });
        }
        let modes: Vec<String> = (0..identities).map(|n| format!("identity{n:03}")).collect();
        if let Some(there) = modes.iter().position(|name| !file(name).is_file()) {
            return Err(IctError::Modes {
                file: format!("{}.obj", modes[there]),
                path: folder,
                asked: identities,
                there,
            });
        }
        let optional = layout.optional.iter().filter(|name| file(name).is_file());
        let names = layout.expressions.iter().chain(optional).chain(&modes);
        Ok(Self {
            neutral: folder.join(NEUTRAL),
            shapes: names.map(|name| (name.clone(), file(name))).collect(),
        })
    }
}

impl Shape {
    fn read(name: &str, path: &Path, layout: &Layout, neutral: &[Vec3]) -> Result<Self, IctError> {
        let moved = read_positions(path)?;
        layout.check_count(path, moved.len())?;
        let deltas: Vec<Vec3> = moved.iter().zip(neutral).map(|(a, b)| *a - *b).collect();
        if let Some(vertex) = deltas.iter().position(|delta| delta.length() > FURTHEST) {
            return Err(IctError::Far {
                path: path.into(),
                vertex,
                distance: deltas[vertex].length(),
            });
        }
        Ok(Self {
            name: name.into(),
            deltas,
        })
    }

    fn is_identity(&self) -> bool {
        self.name.starts_with("identity")
    }

    /// What it adds to the vertices of a part.
    fn target(&self, source: &[u32]) -> Target {
        let least = if self.is_identity() { 0.0 } else { ROUNDING };
        let deltas: Vec<Vec3> = source
            .iter()
            .map(|&vertex| self.deltas[vertex as usize])
            .map(|delta| {
                if delta.length() < least {
                    Vec3::ZERO
                } else {
                    delta
                }
            })
            .collect();
        Target::from_dense(&deltas)
    }
}

fn is_eyeball(part: &PartLayout, suffix: &str) -> bool {
    part.material == Material::Eyeball && part.name.ends_with(suffix)
}

/// The places of a part's own vertices.
fn places(part: &PartLayout, positions: &[Vec3]) -> Vec<Vec3> {
    let ranges = part.vertices.iter();
    ranges
        .flat_map(|&[first, last]| &positions[first as usize..=last as usize])
        .copied()
        .collect()
}

/// A part as if it had been read from a file.
fn assemble(
    part: &PartLayout,
    cut: Cut,
    neutral: &[Vec3],
    shapes: &[Shape],
    retraction: f32,
) -> RawPart {
    let mut targets: Vec<(String, Target)> = shapes
        .iter()
        .map(|shape| (shape.name.clone(), shape.target(&cut.source)))
        .collect();
    for (suffix, blink) in [("_l", "eyeBlink_L"), ("_r", "eyeBlink_R")] {
        let shut = targets.iter_mut().find(|(name, _)| name == blink);
        if let Some((_, target)) = shut.filter(|_| is_eyeball(part, suffix)) {
            let back = vec![Vec3::new(0.0, 0.0, -retraction); cut.source.len()];
            *target = Target::from_dense(&back);
        }
    }
    let positions: Vec<Vec3> = cut
        .source
        .iter()
        .map(|&vertex| neutral[vertex as usize])
        .collect();
    RawPart {
        part: Part {
            name: part.name.clone(),
            material: part.material,
            occlusion: vec![mesh::usual_light(part.material); positions.len()],
            positions,
            uvs: cut.uvs,
            triangles: cut.triangles,
            weld: cut.weld,
            targets: Vec::new(),
            identity: Vec::new(),
        },
        targets,
    }
}

/// Landmarks, eyes, painting regions and the light that reaches each vertex.
fn describe(
    layout: &Layout,
    neutral: &[Vec3],
    shapes: &[Shape],
    parts: &[RawPart],
    [left, right]: [Ball; 2],
) -> RawLandmarks {
    let points = &layout.landmarks;
    let eye = |suffix: &str, ball: Ball| {
        let part = layout.parts.iter().find(|part| is_eyeball(part, suffix));
        let shifted = |shape: &Shape| {
            let part = part?;
            let moved: Vec<Vec3> = neutral
                .iter()
                .zip(&shape.deltas)
                .map(|(a, b)| *a + *b)
                .collect();
            let shifted = Ball::around(&places(part, &moved)).center - ball.center;
            Some(shifted.to_array())
        };
        RawEye {
            mesh: part.map(|part| part.name.clone()).unwrap_or_default(),
            center_cm: ball.center.to_array(),
            radius_cm: ball.radius,
            identity_center_delta_cm: shapes
                .iter()
                .filter(|shape| shape.is_identity())
                .filter_map(shifted)
                .collect(),
        }
    };
    let parts: Vec<&Part> = parts.iter().map(|raw| &raw.part).collect();
    let light = occlusion::light(&parts);
    RawLandmarks {
        landmarks68: RawPoints {
            mesh: layout.parts[0].name.clone(),
            vertex: points.clone(),
        },
        landmarks5: RawFive {
            // The means of the rims of the lids, the tip of the nose, the corners of the mouth.
            skin_vertices: [
                points[36..42].to_vec(),
                points[42..48].to_vec(),
                vec![points[30]],
                vec![points[48]],
                vec![points[54]],
            ],
        },
        eyes: RawEyes {
            left: eye("_l", left),
            right: eye("_r", right),
            gaze: RawGaze {
                lid_weight1_deg: Table::arkit().lids,
            },
            iris: RawIris {
                uv_center: layout.iris.center,
                pupil_r: layout.iris.pupil,
                iris_r: layout.iris.radius,
            },
        },
        uv_regions: layout.regions.clone(),
        vertex_ao: parts
            .iter()
            .zip(light)
            .map(|(part, light)| (part.name.clone(), json!(light)))
            .collect(),
        units: RawUnits {
            suggested_face_centre_cm: Some(layout.face_center),
        },
    }
}

/// The better shapes of the layout, as far as this copy has them.
fn table(layout: &Layout, shapes: &[Shape]) -> RawTable {
    let has = |name: &String| shapes.iter().any(|shape| shape.name == *name);
    let mut aus = BTreeMap::new();
    for (unit, shapes) in &layout.units {
        let UnitShapes {
            left,
            right,
            center,
        } = shapes.clone().into();
        let mut names = left.keys().chain(right.keys()).chain(center.keys());
        if names.all(has) {
            let raw = RawUnit {
                left,
                right,
                center,
            };
            aus.insert(unit.to_string(), raw);
        }
    }
    RawTable {
        aus,
        ..RawTable::default()
    }
}

#[cfg(test)]
mod tests;
