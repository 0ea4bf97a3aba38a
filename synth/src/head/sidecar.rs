//! What is said about a head besides its meshes: landmarks, eyes, painting regions and ambient
//! occlusion (`landmarks.json`), and which shapes show an action unit (`au_to_shapes.json`).
//!
//! Takes the path of a head and the extras of its file; gives what the file carries itself, else
//! what the sidecars beside it say, else nothing. Indices are checked against the parts they point
//! into.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use facs::ActionUnit;
use glam::{Vec2, Vec3};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::{
    Anatomy, Anchor, Eye, HeadError, HeadFile, Material, Part,
    anatomy::AnatomySource,
    rig::{Shapes, Table, UnitShapes},
};

/// Under which name the extras of a file hold what it carries itself.
pub(super) const EMBEDDED: &str = "mien_head";

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct RawUnit {
    pub(super) left: Shapes,
    pub(super) right: Shapes,
    pub(super) center: Shapes,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct RawRest {
    #[serde(default)]
    weights: Shapes,
}

/// `au_to_shapes.json`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct RawTable {
    #[serde(default)]
    pub(super) rest: RawRest,
    pub(super) aus: BTreeMap<String, RawUnit>,
}

/// `landmarks.json`.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawLandmarks {
    pub(super) landmarks68: RawPoints,
    pub(super) landmarks5: RawFive,
    pub(super) eyes: RawEyes,
    pub(super) uv_regions: RawRegions,
    #[serde(default)]
    pub(super) vertex_ao: BTreeMap<String, Value>,
    #[serde(default)]
    pub(super) units: RawUnits,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct RawUnits {
    pub(super) suggested_face_centre_cm: Option<[f32; 3]>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawPoints {
    pub(super) mesh: String,
    pub(super) vertex: Vec<u32>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawFive {
    pub(super) skin_vertices: [Vec<u32>; 5],
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawEyes {
    pub(super) left: RawEye,
    pub(super) right: RawEye,
    pub(super) gaze: RawGaze,
    pub(super) iris: RawIris,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawEye {
    pub(super) mesh: String,
    pub(super) center_cm: [f32; 3],
    pub(super) radius_cm: f32,
    #[serde(default)]
    pub(super) identity_center_delta_cm: Vec<[f32; 3]>,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawGaze {
    pub(super) lid_weight1_deg: Shapes,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawIris {
    pub(super) uv_center: [f32; 2],
    pub(super) pupil_r: f32,
    pub(super) iris_r: f32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
pub(super) struct RawRegions {
    lips_outer: Vec<[f32; 2]>,
    mouth_opening: Vec<[f32; 2]>,
    eye_opening_left: Vec<[f32; 2]>,
    eye_opening_right: Vec<[f32; 2]>,
    brow_left: Vec<[f32; 2]>,
    brow_right: Vec<[f32; 2]>,
}

/// Something said about a head, and the file that says it.
#[derive(Clone, Debug)]
struct Said<T> {
    path: PathBuf,
    value: T,
}

/// All that is said about a head.
#[derive(Clone, Debug, Default)]
pub(super) struct Sidecars {
    table: Option<Said<RawTable>>,
    landmarks: Option<Said<RawLandmarks>>,
    embedded: bool,
}

/// What the extras of a file hold.
#[derive(Deserialize, Serialize)]
struct Embedded {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    au_to_shapes: Option<RawTable>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    landmarks: Option<RawLandmarks>,
}

impl Sidecars {
    /// What `head` carries in `extras`, or what lies beside it and is added to `files`.
    pub(super) fn find(
        head: &Path,
        extras: Option<Value>,
        files: &mut Vec<HeadFile>,
    ) -> Result<Self, HeadError> {
        let Some(embedded) =
            extras.and_then(|mut extras| extras.get_mut(EMBEDDED).map(Value::take))
        else {
            return Ok(Self {
                table: read(head, "au_to_shapes.json", files)?,
                landmarks: read(head, "landmarks.json", files)?,
                embedded: false,
            });
        };
        let embedded = Embedded::deserialize(embedded).map_err(|error| HeadError::Sidecar {
            path: head.into(),
            reason: format!("extras {EMBEDDED:?}: {error}"),
        })?;
        Ok(Self::carried(
            head,
            embedded.au_to_shapes,
            embedded.landmarks,
        ))
    }

    /// What `head` carries itself.
    pub(super) fn carried(
        head: &Path,
        table: Option<RawTable>,
        landmarks: Option<RawLandmarks>,
    ) -> Self {
        Self {
            table: table.map(|value| Said::new(head.into(), value)),
            landmarks: landmarks.map(|value| Said::new(head.into(), value)),
            embedded: true,
        }
    }

    /// The extras of a file that carries all of it; none when nothing is said.
    pub(super) fn to_extras(&self) -> Option<Value> {
        if self.table.is_none() && self.landmarks.is_none() {
            return None;
        }
        let embedded = Embedded {
            au_to_shapes: self.table.as_ref().map(|said| said.value.clone()),
            landmarks: self.landmarks.as_ref().map(|said| said.value.clone()),
        };
        Some(serde_json::json!({ EMBEDDED: embedded }))
    }

    /// Replaces what is said about weights in `table`.
    pub(super) fn fill(&self, table: &mut Table) {
        if let Some(Said { value: raw, .. }) = &self.table {
            table.rest = raw.rest.weights.clone();
            // The closing of the lips at rest is measured per identity instead.
            table.rest.remove("mouthClose");
            for (code, shapes) in &raw.aus {
                if let Ok(unit) = code.parse::<ActionUnit>() {
                    table.units[unit.index()] = UnitShapes {
                        left: shapes.left.clone(),
                        right: shapes.right.clone(),
                        center: shapes.center.clone(),
                    };
                }
            }
        }
        if let Some(Said { value: raw, .. }) = &self.landmarks {
            table.lids = raw.eyes.gaze.lid_weight1_deg.clone();
        }
    }

    /// Where the features are; fills the occlusion of `parts`. None when nothing tells.
    pub(super) fn anatomy(&self, parts: &mut [Part]) -> Result<Option<Anatomy>, HeadError> {
        let Some(Said { path, value }) = &self.landmarks else {
            return Ok(None);
        };
        let source = if self.embedded {
            AnatomySource::Carried
        } else {
            AnatomySource::Sidecar
        };
        read_occlusion(parts, &value.vertex_ao)
            .and_then(|()| anatomy(value, parts, source))
            .map(Some)
            .map_err(|reason| HeadError::Sidecar {
                path: path.clone(),
                reason,
            })
    }
}

impl<T> Said<T> {
    const fn new(path: PathBuf, value: T) -> Self {
        Self { path, value }
    }
}

/// The anatomy that `raw` describes.
fn anatomy(raw: &RawLandmarks, parts: &[Part], source: AnatomySource) -> Result<Anatomy, String> {
    let find = |mesh: &str| {
        let found = parts.iter().position(|part| part.name == mesh);
        found.ok_or_else(|| format!("speaks of mesh {mesh:?}, which the head does not have"))
    };
    let skin = find(&raw.landmarks68.mesh)?;
    let points = &raw.landmarks68.vertex;
    check_landmarks(raw, skin, parts)?;
    let pairs = |list: &[(usize, usize)]| {
        list.iter()
            .map(|&(upper, lower)| [points[upper], points[lower]])
            .collect()
    };
    let eye = |eye: &RawEye| -> Result<Eye, String> {
        Ok(Eye {
            parts: vec![find(&eye.mesh)?],
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
    Ok(Anatomy {
        source,
        lips: polygon(&raw.uv_regions.lips_outer),
        mouth_opening: polygon(&raw.uv_regions.mouth_opening),
        brow_right: polygon(&raw.uv_regions.brow_right),
        brow_left: polygon(&raw.uv_regions.brow_left),
        eye_opening_right: polygon(&raw.uv_regions.eye_opening_right),
        eye_opening_left: polygon(&raw.uv_regions.eye_opening_left),
        landmarks: raw.landmarks5.skin_vertices.clone().map(|vertices| Anchor {
            part: skin,
            vertices,
        }),
        eyes,
        face_center,
        // iBUG 68 points: lids 37-41, 38-40 and 43-47, 44-46; inner lips 61-67, 62-66, 63-65.
        lid_pairs: [pairs(&[(37, 41), (38, 40)]), pairs(&[(43, 47), (44, 46)])],
        lip_pairs: pairs(&[(61, 67), (62, 66), (63, 65)]),
        lip_travel: 0.0,
    })
}

/// Fills the ambient occlusion of parts that `values` names.
fn read_occlusion(parts: &mut [Part], values: &BTreeMap<String, Value>) -> Result<(), String> {
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

/// Reads a sidecar, none when it is not there, and adds it to `files`.
fn read<T: DeserializeOwned>(
    head: &Path,
    name: &str,
    files: &mut Vec<HeadFile>,
) -> Result<Option<Said<T>>, HeadError> {
    let path = head.with_file_name(name);
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(HeadError::Read { path, source }),
    };
    files.push(HeadFile::new(name, text.as_bytes()));
    match serde_json::from_str(&text) {
        Ok(value) => Ok(Some(Said::new(path, value))),
        Err(error) => Err(HeadError::Sidecar {
            path,
            reason: error.to_string(),
        }),
    }
}
