//! Hands and the things they hold in front of faces.
//!
//! Takes a skin colour and a place on the face; gives solids in head space. The palm lies at the
//! origin, fingers along +y, thumb towards +x, its back towards +z.

use glam::{Affine3A, Quat, Vec3};
use rand::{Rng, RngExt};

use super::{
    colour,
    dice::{between, chance, normal, pick},
    solid::Solid,
    studio::Measure,
};

/// A hand in front of a face, ready for the scene.
pub(super) struct Hand {
    pub(super) flesh: Solid,
    pub(super) cloth: Solid,
}

/// Fingers: x at the knuckles, y there, length.
const FINGERS: [[f32; 3]; 4] = [
    [2.9, 4.3, 7.0],
    [0.95, 4.7, 7.8],
    [-1.05, 4.5, 7.3],
    [-2.9, 3.8, 5.8],
];

impl Hand {
    /// A hand in its own space.
    pub(super) fn draw(rng: &mut impl Rng, skin: Vec3) -> Self {
        let curl = between(rng, 0.02, 0.55);
        let spread = between(rng, -0.02, 0.16);
        let mut flesh = Solid::ellipsoid(Vec3::new(0.0, 0.2, 0.0), Vec3::new(4.3, 5.3, 1.45));
        for (index, [x, y, length]) in FINGERS.into_iter().enumerate() {
            let lean = (1.5 - index as f32) * spread + normal(rng, 0.03);
            let bend = curl + normal(rng, 0.07);
            flesh.join(finger(
                Vec3::new(x, y - 0.9, 0.1),
                length + 0.9,
                lean,
                bend,
                0.88,
            ));
        }
        let thumb_lean = between(rng, 0.5, 1.1);
        flesh.join(finger(
            Vec3::new(3.4, -1.6, -0.2),
            6.6,
            thumb_lean,
            curl * 0.6,
            1.02,
        ));
        flesh.join(Solid::capsule(
            Vec3::new(2.2, -2.2, -0.2),
            Vec3::new(3.6, -0.6, -0.2),
            [1.7, 1.2],
        ));
        flesh.join(Solid::capsule(
            Vec3::new(0.0, -3.2, -0.2),
            Vec3::new(0.0, -12.0, -0.6),
            [2.7, 3.1],
        ));
        let seed: f32 = rng.random::<f32>() * 9.0;
        let nails = skin * Vec3::new(1.08, 1.0, 1.0) + Vec3::splat(0.03);
        let flesh = flesh.coloured(|vertex| {
            // Knuckles are darker and redder; the tips lighter.
            let knuckle = (-(vertex.position.y - 4.4).powi(2) / 1.2).exp();
            let blotch = (vertex.position.dot(Vec3::new(1.3, 0.9, 2.0)) + seed).sin() * 0.05;
            let tone = skin
                * Vec3::new(
                    0.97 + blotch,
                    0.9 + blotch - 0.12 * knuckle,
                    0.88 + blotch - 0.12 * knuckle,
                );
            let tip = ((vertex.position.y - 10.3) / 1.2).clamp(0.0, 1.0) * vertex.normal.z.max(0.0);
            tone.lerp(nails, tip)
        });
        let sleeve = colour::cloth(rng);
        let cuff = between(rng, -13.0, -6.0);
        let mut cloth = Solid::capsule(
            Vec3::new(0.0, cuff, -0.4),
            Vec3::new(0.0, -34.0, -2.0),
            [3.6, 5.0],
        );
        cloth = cloth.coloured(|_| sleeve);
        Self { flesh, cloth }
    }

    /// Lays the hand over a place of the face; `front` is how far the face comes forward there.
    pub(super) fn over_face(rng: &mut impl Rng, skin: Vec3, measure: &Measure, nose: Vec3) -> Self {
        let hand = Self::draw(rng, skin);
        let side = if chance(rng, 0.5) { 1.0 } else { -1.0 };
        // Which place the middle of the fingers or of the palm covers, in face coordinates.
        let target = match pick(rng, &[3.0, 2.0, 2.0, 1.0, 1.0, 0.6]) {
            0 => Vec3::new(0.3 * side, 0.0, 0.0),
            1 => Vec3::new(0.3 * side, 0.45, 0.2),
            2 => Vec3::new(1.3 * side, 0.2, -0.7),
            3 => Vec3::new(0.4 * side, -0.6, -0.1),
            4 => Vec3::new(1.0 * side, 1.0, -0.1),
            _ => Vec3::new(0.6 * side, 1.75, 0.1),
        };
        let target = target + Vec3::new(normal(rng, 0.2), normal(rng, 0.12), 0.0);
        let grip = Vec3::new(between(rng, -2.0, 2.0), between(rng, 1.0, 9.5), 0.0);
        let turn = side * between(rng, -0.2, 1.15);
        let tilt = Quat::from_rotation_y(side * between(rng, 0.0, 0.5))
            * Quat::from_rotation_x(between(rng, -0.35, 0.15));
        let rotation = Quat::from_rotation_z(turn) * tilt;
        let mut place = measure.position(target);
        // Over the surface of the face, roughly: the tip of the nose is its front.
        let from_nose = (place - nose).truncate().length();
        place.z = nose.z - 0.055 * from_nose * from_nose + between(rng, 0.6, 1.8);
        let mirror = Vec3::new(if chance(rng, 0.8) { -side } else { side }, 1.0, 1.0);
        let size = between(rng, 0.85, 1.08);
        let pose = Affine3A::from_scale_rotation_translation(Vec3::splat(size), rotation, place)
            * Affine3A::from_translation(-grip);
        hand.placed(mirror, &pose)
    }

    fn placed(mut self, mirror: Vec3, pose: &Affine3A) -> Self {
        for solid in [&mut self.flesh, &mut self.cloth] {
            if mirror.x < 0.0 {
                // A mirror turns outsides in.
                for triangle in &mut solid.triangles {
                    triangle.swap(1, 2);
                }
            }
            for vertex in &mut solid.vertices {
                vertex.position *= mirror;
                vertex.normal *= mirror;
            }
            *solid = std::mem::take(solid).moved(pose);
        }
        self
    }

    pub(super) fn moved(self, by: &Affine3A) -> Self {
        self.placed(Vec3::ONE, by)
    }
}

/// Three segments, each bent further towards the palm (-z) than the one before.
fn finger(root: Vec3, length: f32, lean: f32, bend: f32, radius: f32) -> Solid {
    let mut solid = Solid::default();
    let mut at = root;
    for (segment, share) in [0.46, 0.3, 0.24].into_iter().enumerate() {
        let angle = bend * (0.3 + 0.7 * segment as f32);
        let direction = Quat::from_rotation_z(-lean) * Vec3::new(0.0, angle.cos(), -angle.sin());
        let next = at + direction * (length * share);
        let thin = |joint: usize| radius * (1.0 - 0.1 * joint as f32);
        solid.join(Solid::capsule(at, next, [thin(segment), thin(segment + 1)]));
        at = next;
    }
    solid
}

/// Something held in front of a face: a phone, a mug, a ball, a sheet, a bar.
pub(super) fn thing(rng: &mut impl Rng) -> Solid {
    let solid = match pick(rng, &[1.0, 1.0, 0.6, 0.8, 0.8]) {
        0 => Solid::slab(Vec3::new(3.8, 7.6, 0.45)),
        1 => Solid::capsule(Vec3::Y * 3.0, -Vec3::Y * 3.0, [4.2, 4.0]),
        2 => Solid::ellipsoid(Vec3::ZERO, Vec3::splat(between(rng, 2.0, 6.0))),
        3 => Solid::slab(Vec3::new(
            between(rng, 4.0, 12.0),
            between(rng, 5.0, 14.0),
            0.1,
        )),
        _ => Solid::capsule(Vec3::Y * 14.0, -Vec3::Y * 14.0, [between(rng, 0.4, 2.5); 2]),
    };
    let (one, two) = (colour::cloth(rng), colour::cloth(rng));
    let bands = between(rng, 0.0, 4.0);
    let rotation =
        Quat::from_rotation_z(normal(rng, 0.7)) * Quat::from_rotation_y(normal(rng, 0.4));
    solid
        .coloured(|vertex| {
            if (vertex.uv.y * bands).fract() < 0.5 {
                one
            } else {
                two
            }
        })
        .moved(&Affine3A::from_quat(rotation))
}
