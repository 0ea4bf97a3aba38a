//! The heads to draw people from, measured once.
//!
//! Takes [`Head`]s; gives for each an [`Atlas`]: where on the face every texel and every vertex of
//! the skin lies, in coordinates that all heads share.
//!
//! Face coordinates: x is 1 at the subject's left eye and -1 at the right; y is 0 at the mouth and
//! 1 at the eyes (brows 1.4, hairline about 2.1, chin -0.6); z is 0 at the eyes and grows forward,
//! in the unit of x.

use glam::{Vec2, Vec3};

use super::{colour::signed_distance, mouth::tongue};
use crate::head::{Head, Material, Proportions};

/// Texels along each side of a painted skin.
pub(super) const TEXELS: usize = 256;

/// Heads, ready to be made into people.
#[derive(Debug)]
pub struct Studio {
    pub(super) atlases: Vec<Atlas>,
}

impl Studio {
    /// Measures the heads.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    pub fn new(heads: Vec<Head>) -> Self {
        assert!(!heads.is_empty(), "a studio needs a head");
        Self {
            atlases: heads.into_iter().map(Atlas::new).collect(),
        }
    }

    /// The heads, in the order given.
    pub fn heads(&self) -> impl ExactSizeIterator<Item = &Head> {
        self.atlases.iter().map(|atlas| &atlas.head)
    }
}

/// What a painter needs to know about one texel of the skin.
#[derive(Clone, Copy, Debug)]
pub(super) struct Texel {
    /// Face coordinates.
    pub(super) face: Vec3,
    /// Distances to outlines in centimetres, negative inside.
    pub(super) lips: f32,
    pub(super) mouth: f32,
    pub(super) brow: f32,
    pub(super) eye: f32,
}

/// A measured head.
#[derive(Debug)]
pub(super) struct Atlas {
    pub(super) head: Head,
    /// [`TEXELS`] squared; none where no face is.
    pub(super) texels: Vec<Option<Texel>>,
    /// Face coordinates per vertex of the skin.
    pub(super) face: Vec<Vec3>,
    /// Vertices of the skin whose projections a face box encloses.
    pub(super) in_box: Vec<u32>,
    /// Triangles of the skin that are drawn, those of the face first.
    pub(super) triangles: Vec<[u32; 3]>,
    /// How many belong to the face.
    pub(super) face_triangles: usize,
    /// What identities change.
    pub(super) proportions: Proportions,
    /// Per part, how far in front a vertex of the tongue is.
    pub(super) tongue: Vec<Vec<f32>>,
}

/// Size and place of a face.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Between the eyes, in centimetres.
    pub(super) eyes: Vec3,
    /// Half the distance between the eyes.
    pub(super) half: f32,
    /// From the mouth up to the eyes.
    pub(super) rise: f32,
}

impl Measure {
    pub(super) fn of(landmarks: &[Vec3; 5]) -> Self {
        let [right, left, _, mouth_right, mouth_left] = *landmarks;
        let (eyes, mouth) = ((right + left) / 2.0, (mouth_right + mouth_left) / 2.0);
        Self {
            eyes,
            half: (left.x - right.x).abs() / 2.0,
            rise: (eyes.y - mouth.y).max(1.0),
        }
    }

    pub(super) fn face(&self, position: Vec3) -> Vec3 {
        let offset = position - self.eyes;
        Vec3::new(
            offset.x / self.half,
            1.0 + offset.y / self.rise,
            offset.z / self.half,
        )
    }

    /// A point of the skin, held within the neck where shoulders would begin.
    pub(super) fn necked(&self, position: Vec3) -> Vec3 {
        let face = self.face(position);
        let around = Vec2::new(face.x, face.z - NECK_MIDDLE);
        if face.y > NECK_START || around.length() < NECK_RADIUS {
            return position;
        }
        let held = around.normalize_or_zero() * NECK_RADIUS;
        let blend = ((NECK_START - face.y) / 0.2).clamp(0.0, 1.0);
        let around = around.lerp(held, blend);
        self.position(Vec3::new(around.x, face.y, around.y + NECK_MIDDLE))
    }

    pub(super) fn position(&self, face: Vec3) -> Vec3 {
        self.eyes
            + Vec3::new(
                face.x * self.half,
                (face.y - 1.0) * self.rise,
                face.z * self.half,
            )
    }
}

/// Lowest and highest y of the face region, and how far back it reaches.
const FACE_BOTTOM: f32 = -0.85;
const FACE_TOP: f32 = 2.02;
const FACE_BACK: f32 = -2.0;
/// Below this a neck is covered by clothes.
const NECK_END: f32 = -1.75;
/// From here down skin is held within this distance of the middle of the neck, in face units:
/// shoulders belong to the clothes.
const NECK_START: f32 = -1.05;
const NECK_RADIUS: f32 = 1.62;
const NECK_MIDDLE: f32 = -2.3;

impl Atlas {
    fn new(head: Head) -> Self {
        let skin = head.skin();
        let landmarks = std::array::from_fn(|index| {
            let anchor = &head.anatomy.landmarks[index];
            anchor.at(&head.parts[anchor.part].positions)
        });
        let measure = Measure::of(&landmarks);
        let face: Vec<Vec3> = skin
            .positions
            .iter()
            .map(|position| measure.face(*position))
            .collect();
        let in_face = |at: Vec3| {
            (FACE_BOTTOM..FACE_TOP).contains(&at.y) && at.z > FACE_BACK && at.x.abs() < 2.35
        };
        let chin = face
            .iter()
            .filter(|at| at.x.abs() < 0.3 && at.z > -0.6)
            .map(|at| at.y);
        // The underside of the jaw and the neck are no part of the face.
        let chin = chin.filter(|y| *y < -0.3).fold(FACE_BOTTOM, |low, y| {
            if y > -0.72 { low.max(-0.72) } else { low }
        });
        let in_box = (0..face.len()).filter(|&index| in_face(face[index]) && face[index].y > chin);
        let in_box = in_box.map(|index| index as u32).collect();
        let places = |triangle: &[u32; 3]| triangle.map(|vertex| face[vertex as usize]);
        let kept = |triangle: &&[u32; 3]| places(triangle).iter().any(|at| at.y > NECK_END);
        let (mut triangles, others): (Vec<[u32; 3]>, Vec<[u32; 3]>) = skin
            .triangles
            .iter()
            .filter(kept)
            .partition(|triangle| places(triangle).iter().all(|at| in_face(*at)));
        let face_triangles = triangles.len();
        triangles.extend(others);
        let texels = survey(&head, &face);
        Self {
            texels,
            face,
            in_box,
            triangles,
            face_triangles,
            proportions: Proportions::of(&head),
            tongue: tongue(&head),
            head,
        }
    }

    /// Whether a part shows on the outside of the face.
    pub(super) fn is_face(&self, part: usize) -> bool {
        matches!(
            self.head.parts[part].material,
            Material::Eyeball | Material::Teeth
        )
    }
}

/// Draws the face coordinates of the skin into its own uv, then measures distances to outlines.
fn survey(head: &Head, face: &[Vec3]) -> Vec<Option<Texel>> {
    let skin = head.skin();
    let mut places = vec![None; TEXELS * TEXELS];
    for triangle in &skin.triangles {
        let uvs = triangle.map(|vertex| skin.uvs[vertex as usize]);
        if uvs.iter().all(|uv| (0.0..=1.0).contains(&uv.x)) {
            plot(
                uvs.map(|uv| uv * TEXELS as f32),
                triangle.map(|vertex| face[vertex as usize]),
                &mut places,
            );
        }
    }
    grow(&mut places);
    let anatomy = &head.anatomy;
    let middle = |polygon: &[Vec2]| polygon.iter().sum::<Vec2>() / polygon.len().max(1) as f32;
    let between_eyes =
        middle(&anatomy.eye_opening_left).distance(middle(&anatomy.eye_opening_right));
    let landmarks: [Vec3; 2] = std::array::from_fn(|eye| {
        let anchor = &anatomy.landmarks[eye];
        anchor.at(&head.parts[anchor.part].positions)
    });
    let centimetres = if between_eyes > 0.0 {
        landmarks[0].distance(landmarks[1]) / between_eyes
    } else {
        20.0
    };
    let distance = |polygon: &[Vec2], uv: Vec2| {
        if polygon.len() < 3 {
            99.0
        } else {
            signed_distance(polygon, uv) * centimetres
        }
    };
    let outlines = |index: usize, face: Vec3| {
        let uv =
            Vec2::new((index % TEXELS) as f32 + 0.5, (index / TEXELS) as f32 + 0.5) / TEXELS as f32;
        let [brow, eye] = if face.x > 0.0 {
            [&anatomy.brow_left, &anatomy.eye_opening_left]
        } else {
            [&anatomy.brow_right, &anatomy.eye_opening_right]
        };
        Texel {
            face,
            lips: distance(&anatomy.lips, uv),
            mouth: distance(&anatomy.mouth_opening, uv),
            brow: distance(brow, uv),
            eye: distance(eye, uv),
        }
    };
    places
        .into_iter()
        .enumerate()
        .map(|(index, face)| face.map(|face| outlines(index, face)))
        .collect()
}

fn plot(corners: [Vec2; 3], values: [Vec3; 3], places: &mut [Option<Vec3>]) {
    let [a, b, c] = corners;
    let area = (b - a).perp_dot(c - a);
    if area.abs() < 1e-9 {
        return;
    }
    let low = (a.min(b).min(c) - 0.5).floor().max(Vec2::ZERO);
    let high = a.max(b).max(c).ceil().min(Vec2::splat(TEXELS as f32 - 1.0));
    for y in low.y as usize..=high.y as usize {
        for x in low.x as usize..=high.x as usize {
            let at = Vec2::new(x as f32 + 0.5, y as f32 + 0.5);
            let weights = [
                (b - at).perp_dot(c - at),
                (c - at).perp_dot(a - at),
                (a - at).perp_dot(b - at),
            ]
            .map(|weight| weight / area);
            if weights.iter().all(|weight| *weight >= -1e-4) {
                let value =
                    values[0] * weights[0] + values[1] * weights[1] + values[2] * weights[2];
                places[y * TEXELS + x] = Some(value);
            }
        }
    }
}

/// Two texels more around every island, so that bilinear samples at seams find paint.
fn grow(places: &mut [Option<Vec3>]) {
    for _ in 0..2 {
        let before = places.to_vec();
        for (index, place) in places.iter_mut().enumerate() {
            let (x, y) = (index % TEXELS, index / TEXELS);
            let near = [
                (x > 0, index.wrapping_sub(1)),
                (x + 1 < TEXELS, index + 1),
                (y > 0, index.wrapping_sub(TEXELS)),
                (y + 1 < TEXELS, index + TEXELS),
            ];
            if place.is_none() {
                *place = near
                    .iter()
                    .find_map(|(exists, index)| exists.then(|| before[*index]).flatten());
            }
        }
    }
}
