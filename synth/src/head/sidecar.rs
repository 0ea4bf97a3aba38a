//! What lies beside a head file: `landmarks.json` (landmarks, eyes, painting regions, ambient
//! occlusion) and `au_to_shapes.json` (which shapes show an action unit).
//!
//! Takes the path of the head; gives what the sidecars say, nothing where there is none. Indices
//! are checked against the parts they point into.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use facs::ActionUnit;
use glam::{Vec2, Vec3};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Anatomy, Anchor, Eye, HeadError, Material, Part,
    rig::{Shapes, Table, UnitShapes},
};

#[derive(Deserialize)]
struct RawUnit {
    left: Shapes,
    right: Shapes,
    center: Shapes,
}

#[derive(Default, Deserialize)]
struct RawRest {
    #[serde(default)]
    weights: Shapes,
}

#[derive(Deserialize)]
struct RawTable {
    #[serde(default)]
    rest: RawRest,
    aus: BTreeMap<String, RawUnit>,
}

#[derive(Deserialize)]
struct RawLandmarks {
    landmarks68: RawPoints,
    landmarks5: RawFive,
    eyes: RawEyes,
    uv_regions: RawRegions,
    #[serde(default)]
    vertex_ao: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    units: RawUnits,
}

#[derive(Default, Deserialize)]
struct RawUnits {
    suggested_face_centre_cm: Option<[f32; 3]>,
}

#[derive(Deserialize)]
struct RawPoints {
    mesh: String,
    vertex: Vec<u32>,
}

#[derive(Deserialize)]
struct RawFive {
    skin_vertices: [Vec<u32>; 5],
}

#[derive(Deserialize)]
struct RawEyes {
    left: RawEye,
    right: RawEye,
    gaze: RawGaze,
    iris: RawIris,
}

#[derive(Deserialize)]
struct RawEye {
    mesh: String,
    center_cm: [f32; 3],
    radius_cm: f32,
    #[serde(default)]
    identity_center_delta_cm: Vec<[f32; 3]>,
}

#[derive(Deserialize)]
struct RawGaze {
    lid_weight1_deg: Shapes,
}

#[derive(Deserialize)]
struct RawIris {
    uv_center: [f32; 2],
    pupil_r: f32,
    iris_r: f32,
}

#[derive(Deserialize)]
struct RawRegions {
    lips_outer: Vec<[f32; 2]>,
    mouth_opening: Vec<[f32; 2]>,
    eye_opening_left: Vec<[f32; 2]>,
    eye_opening_right: Vec<[f32; 2]>,
    brow_left: Vec<[f32; 2]>,
    brow_right: Vec<[f32; 2]>,
}

/// Replaces what `au_to_shapes.json` and `landmarks.json` beside `head` say about weights.
pub(super) fn read_table(head: &Path, table: &mut Table) -> Result<(), HeadError> {
    if let Some((_, raw)) = read::<RawTable>(head, "au_to_shapes.json")? {
        table.rest = raw.rest.weights;
        // The closing of the lips at rest is measured per identity instead.
        table.rest.remove("mouthClose");
        for (code, shapes) in raw.aus {
            if let Ok(unit) = code.parse::<ActionUnit>() {
                table.units[unit.index()] = UnitShapes {
                    left: shapes.left,
                    right: shapes.right,
                    center: shapes.center,
                };
            }
        }
    }
    if let Some((_, raw)) = read::<RawLandmarks>(head, "landmarks.json")? {
        table.lids = raw.eyes.gaze.lid_weight1_deg;
    }
    Ok(())
}

/// Reads `landmarks.json` beside `head`; fills the occlusion of `parts`.
pub(super) fn read_anatomy(head: &Path, parts: &mut [Part]) -> Result<Option<Anatomy>, HeadError> {
    let Some((path, raw)) = read::<RawLandmarks>(head, "landmarks.json")? else {
        return Ok(None);
    };
    let refused = |reason: String| HeadError::Sidecar {
        path: path.clone(),
        reason,
    };
    let find = |parts: &[Part], mesh: &str| {
        parts
            .iter()
            .position(|part| part.name == mesh)
            .ok_or_else(|| {
                refused(format!(
                    "speaks of mesh {mesh:?}, which the head does not have"
                ))
            })
    };
    read_occlusion(parts, &raw.vertex_ao).map_err(refused)?;
    let skin = find(parts, &raw.landmarks68.mesh)?;
    let points = &raw.landmarks68.vertex;
    check_landmarks(&raw, skin, parts).map_err(refused)?;
    let pairs = |list: &[(usize, usize)]| {
        list.iter()
            .map(|&(upper, lower)| [points[upper], points[lower]])
            .collect()
    };
    let eye = |eye: &RawEye| -> Result<Eye, HeadError> {
        Ok(Eye {
            parts: vec![find(parts, &eye.mesh)?],
            center: eye.center_cm.into(),
            radius: eye.radius_cm,
            identity_centers: eye
                .identity_center_delta_cm
                .iter()
                .copied()
                .map(Vec3::from)
                .collect(),
            iris_uv: raw.eyes.iris.uv_center.into(),
            iris_radius: raw.eyes.iris.iris_r,
            pupil_radius: raw.eyes.iris.pupil_r,
        })
    };
    let eyes = [eye(&raw.eyes.right)?, eye(&raw.eyes.left)?];
    let face_center = raw
        .units
        .suggested_face_centre_cm
        .map_or((eyes[0].center + eyes[1].center) / 2.0, Vec3::from);
    let polygon = |points: &[[f32; 2]]| points.iter().copied().map(Vec2::from).collect();
    Ok(Some(Anatomy {
        lips: polygon(&raw.uv_regions.lips_outer),
        mouth_opening: polygon(&raw.uv_regions.mouth_opening),
        brow_right: polygon(&raw.uv_regions.brow_right),
        brow_left: polygon(&raw.uv_regions.brow_left),
        eye_opening_right: polygon(&raw.uv_regions.eye_opening_right),
        eye_opening_left: polygon(&raw.uv_regions.eye_opening_left),
        landmarks: raw.landmarks5.skin_vertices.map(|vertices| Anchor {
            part: skin,
            vertices,
        }),
        eyes,
        face_center,
        // iBUG 68 points: lids 37-41, 38-40 and 43-47, 44-46; inner lips 61-67, 62-66, 63-65.
        lid_pairs: [pairs(&[(37, 41), (38, 40)]), pairs(&[(43, 47), (44, 46)])],
        lip_pairs: pairs(&[(61, 67), (62, 66), (63, 65)]),
        lip_travel: 0.0,
    }))
}

/// Fills the ambient occlusion of parts that `values` names.
fn read_occlusion(
    parts: &mut [Part],
    values: &BTreeMap<String, serde_json::Value>,
) -> Result<(), String> {
    for part in parts {
        let Some(values) = values.get(&part.name) else {
            continue;
        };
        let values =
            Vec::<u8>::deserialize(values).map_err(|error| format!("vertex_ao: {error}"))?;
        let (have, need) = (values.len(), part.positions.len());
        if have != need {
            return Err(format!(
                "vertex_ao of {:?} has {have} values for {need} vertices",
                part.name
            ));
        }
        // Teeth catch light that the neutral, closed mouth does not let in.
        let floor = if part.material == Material::Teeth {
            0.4
        } else {
            0.0
        };
        part.occlusion = values
            .into_iter()
            .map(|value| floor + (1.0 - floor) * f32::from(value) / 255.0)
            .collect();
    }
    Ok(())
}

fn check_landmarks(raw: &RawLandmarks, skin: usize, parts: &[Part]) -> Result<(), String> {
    let points = &raw.landmarks68.vertex;
    if skin != 0 || points.len() != 68 {
        return Err("landmarks68 must be 68 vertices of the largest skin mesh".into());
    }
    let count = parts[skin].positions.len();
    let mut all = points
        .iter()
        .chain(raw.landmarks5.skin_vertices.iter().flatten());
    match all.find(|vertex| **vertex as usize >= count) {
        Some(vertex) => Err(format!(
            "landmark vertex {vertex} is beyond the {count} vertices of the skin"
        )),
        None => Ok(()),
    }
}

/// Reads a sidecar, none when it is not there.
fn read<T: DeserializeOwned>(head: &Path, name: &str) -> Result<Option<(PathBuf, T)>, HeadError> {
    let path = head.with_file_name(name);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(HeadError::Read { path, source }),
    };
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some((path, value))),
        Err(error) => Err(HeadError::Sidecar {
            path,
            reason: error.to_string(),
        }),
    }
}
