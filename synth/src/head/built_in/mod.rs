//! The built-in head: a parametric face that needs no file.
//!
//! Takes nothing; gives a [`Head`] whose targets are the action units of each side. One function
//! places every point of the skin (`face`), muscles change its lengths and pull at the skin
//! (`muscles`), identities change its lengths (`identity`).

use glam::{Vec2, Vec3};

use super::{
    Anatomy, AnatomySource, Anchor, Eye, Head, Material, Part, Target,
    rig::{Rig, Shapes, Table},
    sidecar::Sidecars,
};

mod curve;
mod ears;
mod eyes;
mod face;
mod identity;
mod mouth;
mod muscles;
mod profile;
mod site;
mod skin;

use face::{EYE_B, EYE_CORNERS, Face, lip_height};
use identity::MODES;
use muscles::Motion;
use site::{Fold, MOUTH_B, MOUTH_CORNER, Site, arc_to_u, columns_between, height_to_v};
use skin::Skin;

/// The middle line of the left brow in site coordinates and its half height there.
const BROW: [(f32, f32, f32); 7] = [
    (1.1, 5.16, 0.2),
    (1.5, 5.28, 0.28),
    (2.1, 5.4, 0.29),
    (3.0, 5.52, 0.25),
    (3.8, 5.54, 0.19),
    (4.5, 5.4, 0.12),
    (5.1, 5.12, 0.04),
];

/// Which half of the face a part belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Half {
    Both,
    Left,
    Right,
}

impl Head {
    /// The head that the crate itself makes.
    #[must_use]
    pub fn built_in() -> Self {
        let face = Face::default();
        let skin = Skin::new();
        let anatomy = anatomy(&skin, &face);
        let (teeth, teeth_mesh) = mouth::teeth();
        let (cavity, cavity_mesh) = mouth::cavity();
        let open = |vertices: &[mouth::Inner]| vertices.iter().map(|vertex| vertex.open).collect();
        let mut parts = vec![
            part("skin", Material::Skin, Half::Both, |face, motion| {
                skin.positions(face, motion)
            }),
            part("teeth", Material::Teeth, Half::Both, |face, motion| {
                mouth::positions(&teeth, face, motion)
            }),
            part("mouth", Material::Mouth, Half::Both, |face, motion| {
                mouth::positions(&cavity, face, motion)
            }),
        ];
        parts[0].weld.clone_from(&skin.sheet.weld);
        furnish(
            &mut parts[0],
            skin.uvs(&face),
            skin.triangles(),
            skin.occlusion(&face),
        );
        furnish(
            &mut parts[1],
            teeth_mesh.uvs,
            teeth_mesh.triangles,
            open(&teeth),
        );
        furnish(
            &mut parts[2],
            cavity_mesh.uvs,
            cavity_mesh.triangles,
            open(&cavity),
        );
        parts.extend(eye_parts(&face));
        let (tongue, mesh) = mouth::tongue();
        let mut last = part("tongue", Material::Mouth, Half::Both, |face, motion| {
            mouth::positions(&tongue, face, motion)
        });
        furnish(&mut last, mesh.uvs, mesh.triangles, open(&tongue));
        parts.push(last);
        let targets = target_names();
        let lids = Shapes::from([("eyeLookUp".into(), 18.0), ("eyeLookDown".into(), 22.0)]);
        let rig = Rig::bind(
            &Table::direct(lids, |unit| Motion::Unit(unit).is_sided()),
            &targets,
        );
        Self {
            name: "built-in".into(),
            copyright: None,
            parts,
            targets,
            identity_modes: MODES.len(),
            anatomy,
            files: Vec::new(),
            rig,
            sidecars: Sidecars::default(),
        }
    }
}

/// Eyeball and lashes of the right eye, then of the left.
fn eye_parts(face: &Face) -> Vec<Part> {
    let (eyeball, lashes) = (eyes::eyeball_mesh(), eyes::lash_mesh());
    let mut parts = Vec::new();
    for (half, suffix) in [(Half::Right, "r"), (Half::Left, "l")] {
        let turned = |triangles: &[[u32; 3]]| match half {
            Half::Right => triangles.iter().map(|[a, b, c]| [*a, *c, *b]).collect(),
            Half::Left | Half::Both => triangles.to_vec(),
        };
        let mut ball = part(
            &format!("eyeball_{suffix}"),
            Material::Eyeball,
            half,
            eyes::eyeball_positions,
        );
        let shade = ball
            .positions
            .iter()
            .map(|p| eyeball_occlusion(*p, face))
            .collect();
        furnish(
            &mut ball,
            eyeball.uvs.clone(),
            turned(&eyeball.triangles),
            shade,
        );
        let mut lash = part(
            &format!("eyelashes_{suffix}"),
            Material::Lashes,
            half,
            eyes::lash_positions,
        );
        let light = vec![1.0; lash.positions.len()];
        furnish(
            &mut lash,
            lashes.uvs.clone(),
            turned(&lashes.triangles),
            light,
        );
        parts.extend([ball, lash]);
    }
    parts
}

fn target_names() -> Vec<String> {
    let sides = |motion: Motion| {
        let suffixes: &[&str] = if motion.is_sided() {
            &["_L", "_R"]
        } else {
            &[""]
        };
        suffixes
            .iter()
            .map(move |suffix| format!("{}{suffix}", motion.stem()))
    };
    Motion::all().flat_map(sides).collect()
}

/// A part with its targets and identity modes, as differences of what `place` gives.
fn part(
    name: &str,
    material: Material,
    half: Half,
    place: impl Fn(&Face, Option<Motion>) -> Vec<Vec3>,
) -> Part {
    let face = Face::default();
    let mirror = |p: Vec3| {
        if half == Half::Right {
            Vec3::new(-p.x, p.y, p.z)
        } else {
            p
        }
    };
    let rest = place(&face, None);
    let difference = |moved: Vec<Vec3>| {
        moved
            .into_iter()
            .zip(&rest)
            .map(|(moved, rest)| mirror(moved - *rest))
            .collect::<Vec<_>>()
    };
    let positions: Vec<Vec3> = rest.iter().copied().map(mirror).collect();
    let mut targets = Vec::new();
    for motion in Motion::all() {
        let full = difference(place(&face, Some(motion)));
        if !motion.is_sided() {
            targets.push(Target::from_dense(&full));
            continue;
        }
        for side in [Half::Left, Half::Right] {
            let share = |p: &Vec3| match half {
                Half::Both if side == Half::Left => motion.left_share(p.x),
                Half::Both => motion.left_share(-p.x),
                _ => f32::from(u8::from(half == side)),
            };
            let deltas: Vec<Vec3> = full
                .iter()
                .zip(&positions)
                .map(|(delta, p)| *delta * share(p))
                .collect();
            targets.push(Target::from_dense(&deltas));
        }
    }
    let identity = MODES
        .iter()
        .map(|mode| {
            let mut other = face;
            mode(&mut other);
            Target::from_dense(&difference(place(&other, None)))
        })
        .collect();
    let (uvs, triangles, weld, occlusion) = Default::default();
    Part {
        name: name.into(),
        material,
        positions,
        uvs,
        triangles,
        weld,
        occlusion,
        targets,
        identity,
    }
}

fn furnish(part: &mut Part, uvs: Vec<Vec2>, triangles: Vec<[u32; 3]>, occlusion: Vec<f32>) {
    (part.uvs, part.triangles, part.occlusion) = (uvs, triangles, occlusion);
}

/// The upper lid shades the eyeball.
fn eyeball_occlusion(p: Vec3, face: &Face) -> f32 {
    let above = (p.y - face.eye.y) / face.eye_radius;
    let aside = (p.x.abs() - face.eye.x) / face.eye_radius;
    (1.0 - 0.5 * above.max(0.0) - 0.45 * aside * aside).clamp(0.2, 1.0)
}

fn anatomy(skin: &Skin, face: &Face) -> Anatomy {
    let find = |a: f32, b: f32, fold: Fold| skin.sheet.find(a, b, fold).into_iter();
    let anchor = |vertices: Vec<u32>| Anchor { part: 0, vertices };
    let lid_columns = [2.7, 3.9];
    let eye_anchor = |side: f32| {
        let corners = EYE_CORNERS
            .into_iter()
            .flat_map(|a| find(side * a, EYE_B, Fold::None));
        let lids = lid_columns.into_iter().flat_map(|a| {
            find(side * a, EYE_B, Fold::Upper(0)).chain(find(side * a, EYE_B, Fold::Lower(0)))
        });
        anchor(corners.chain(lids).collect())
    };
    let mouth = |side: f32| anchor(find(side * MOUTH_CORNER, MOUTH_B, Fold::None).collect());
    let pairs = |side: f32| {
        let pair = |a: f32| {
            let upper = skin.sheet.find(side * a, EYE_B, Fold::Upper(0))?;
            Some([upper, skin.sheet.find(side * a, EYE_B, Fold::Lower(0))?])
        };
        lid_columns.into_iter().filter_map(pair).collect()
    };
    let [eye_right, eye_left] = [-1.0_f32, 1.0].map(|side| Eye {
        parts: vec![if side < 0.0 { 3 } else { 5 }],
        center: face.eye * Vec3::new(side, 1.0, 1.0),
        radius: face.eye_radius,
        identity_centers: MODES
            .iter()
            .map(|mode| {
                let mut other = *face;
                mode(&mut other);
                (other.eye + other.eye_travel() - face.eye) * Vec3::new(side, 1.0, 1.0)
            })
            .collect(),
        iris_uv: Vec2::splat(0.5),
        iris_radius: eyes::IRIS_RADIUS,
        pupil_radius: eyes::PUPIL_RADIUS,
    });
    Anatomy {
        source: AnatomySource::BuiltIn,
        lips: lip_outline(),
        mouth_opening: slit(-MOUTH_CORNER, MOUTH_CORNER, MOUTH_B, face),
        brow_right: brow(-1.0),
        brow_left: brow(1.0),
        eye_opening_right: slit(-EYE_CORNERS[1], -EYE_CORNERS[0], EYE_B, face),
        eye_opening_left: slit(EYE_CORNERS[0], EYE_CORNERS[1], EYE_B, face),
        landmarks: [
            eye_anchor(-1.0),
            eye_anchor(1.0),
            anchor(find(0.0, 0.2, Fold::None).collect()),
            mouth(-1.0),
            mouth(1.0),
        ],
        eyes: [eye_right, eye_left],
        face_center: Vec3::new(0.0, -0.5, 7.0),
        lid_pairs: [pairs(-1.0), pairs(1.0)],
        lip_pairs: Vec::new(),
        lip_travel: 0.0,
    }
}

/// Columns from `from` to `to` on both halves, ascending.
fn all_columns(from: f32, to: f32) -> impl DoubleEndedIterator<Item = f32> + Clone {
    let right = columns_between((-to).max(0.01), -from).rev().map(|a| -a);
    right.chain(columns_between(from.max(0.0), to.max(-0.1)))
}

/// The outline of a slit: upper margin, then lower, in uv.
fn slit(from: f32, to: f32, b: f32, face: &Face) -> Vec<Vec2> {
    let edge = |fold: Fold| {
        move |a: f32| {
            Site {
                a,
                b,
                fold,
                back: false,
            }
            .uv(face)
        }
    };
    let upper = all_columns(from, to).map(edge(Fold::Upper(0)));
    upper
        .chain(all_columns(from, to).rev().map(edge(Fold::Lower(0))))
        .collect()
}

fn lip_outline() -> Vec<Vec2> {
    let columns = all_columns(-MOUTH_CORNER, MOUTH_CORNER);
    let edge = |lip: usize, sign: f32| {
        move |a: f32| {
            Vec2::new(
                arc_to_u(a),
                height_to_v(MOUTH_B + sign * lip_height(lip, a)),
            )
        }
    };
    columns
        .clone()
        .map(edge(0, 1.0))
        .chain(columns.rev().map(edge(1, -1.0)))
        .collect()
}

fn brow(side: f32) -> Vec<Vec2> {
    let edge = |sign: f32| {
        move |&(a, b, half): &(f32, f32, f32)| {
            Vec2::new(arc_to_u(side * a), height_to_v(b + sign * half))
        }
    };
    BROW.iter()
        .map(edge(1.0))
        .chain(BROW.iter().rev().map(edge(-1.0)))
        .collect()
}
