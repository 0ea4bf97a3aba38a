//! The built-in face as a function: proportions in, a point of the skin out.
//!
//! Takes a [`Face`] (lengths of a human face, in centimetres) and a [`Site`] (a place on the
//! parametric skin); gives the place in space. Identities and many expressions are the same
//! function with other lengths. The function is symmetric: the right side mirrors the left.

use glam::Vec3;

use super::{
    curve::{bell, bump, smooth},
    profile::{BACK, FRONT, HALF_WIDTH, HILLS, JAW_RISE, NOSE, NOSE_HALF_WIDTH, SECTION},
    site::{Fold, MOUTH_B, MOUTH_CORNER, Site},
};

/// Radius that turns an angle about the head's axis into the site coordinate `a`.
pub(super) const ARC: f32 = 9.0;
/// Height of the slit between the lids in site coordinates.
pub(super) const EYE_B: f32 = 3.4;
/// Inner and outer corner of the eye in site coordinates.
pub(super) const EYE_CORNERS: [f32; 2] = [1.8, 4.8];
/// How far from the slit the lids take skin along, above and below.
const LID_REACH: [f32; 2] = [1.8, 1.5];
/// Thickness of the lids over the eyeball.
const LID: f32 = 0.12;

/// The lengths that make a face. All are for the left side; the right mirrors it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Face {
    /// Scale of all widths.
    pub(super) width: f32,
    /// Scale of heights below the eyes.
    pub(super) length: f32,
    /// Scale of heights above the eyes.
    pub(super) forehead: f32,
    /// How far the top of the forehead leans back.
    pub(super) slope: f32,
    /// Added to the half width of the jaw.
    pub(super) jaw: f32,
    /// Added to the chin, forward and down.
    pub(super) chin: f32,
    /// Fullness of the cheeks.
    pub(super) cheek: f32,
    /// Prominence of the cheekbones.
    pub(super) cheekbone: f32,
    /// Hanging of cheeks, jowls and outer brows.
    pub(super) sag: f32,
    /// Scale of the nose's projection.
    pub(super) nose: f32,
    /// Added to the height of the tip (negative: a long nose).
    pub(super) nose_tip: f32,
    /// Scale of the width of the nose.
    pub(super) nose_width: f32,
    /// Height of the bridge.
    pub(super) bridge: f32,
    /// Centre of the eyeball.
    pub(super) eye: Vec3,
    /// Radius of the eyeball.
    pub(super) eye_radius: f32,
    /// Moves the whole eye, lids included.
    pub(super) eye_shift: Vec3,
    /// Height of the upper and of the lower lid's margin over the slit: at rest the upper lid covers
    /// one to two millimetres of the iris and the lower lid about touches it.
    pub(super) lids: [f32; 2],
    /// Rise of the outer corner over the inner, per centimetre.
    pub(super) tilt: f32,
    /// Prominence of the brow ridge.
    pub(super) ridge: f32,
    /// Added to the height of the brows.
    pub(super) brow: f32,
    /// Added to the half width of the mouth.
    pub(super) mouth: f32,
    /// Added to the height of the mouth.
    pub(super) mouth_height: f32,
    /// Projection of the upper and lower lip.
    pub(super) lips: [f32; 2],
    /// Share of the red of the upper and lower lip that is rolled in; negative for full lips.
    pub(super) roll: [f32; 2],
}

impl Default for Face {
    fn default() -> Self {
        Self {
            width: 1.0,
            length: 1.0,
            forehead: 1.0,
            slope: 0.0,
            jaw: 0.0,
            chin: 0.0,
            cheek: 0.0,
            cheekbone: 0.0,
            sag: 0.0,
            nose: 1.0,
            nose_tip: 0.0,
            nose_width: 1.0,
            bridge: 0.0,
            eye: Vec3::new(3.25, EYE_B, 7.28),
            eye_radius: 1.5,
            eye_shift: Vec3::ZERO,
            lids: [0.43, 0.49],
            tilt: 0.05,
            ridge: 0.0,
            brow: 0.0,
            mouth: 0.0,
            mouth_height: 0.0,
            lips: [0.5, 0.56],
            roll: [0.0; 2],
        }
    }
}

impl Face {
    /// The place of a site in space.
    pub(super) fn at(&self, site: Site) -> Vec3 {
        let mirror = if site.a < 0.0 {
            Vec3::new(-1.0, 1.0, 1.0)
        } else {
            Vec3::ONE
        };
        let site = Site {
            a: site.a.abs(),
            ..site
        };
        let margin = self.proportioned(self.lid_shell(self.relief(site)));
        mirror * self.fold(site, margin)
    }

    /// The site's height on the face once lids are opened and lips rolled: the skin slides.
    pub(super) fn slid(&self, site: Site) -> f32 {
        let above = site.is_upper();
        let (mut b, a) = (site.b, site.a.abs());
        let from_eye = (b - EYE_B).abs();
        let lid = usize::from(!above);
        let across = (a - 0.5 * (EYE_CORNERS[0] + EYE_CORNERS[1]))
            / (0.5 * (EYE_CORNERS[1] - EYE_CORNERS[0]));
        if across.abs() < 1.0 && from_eye < LID_REACH[lid] {
            let almond = (1.0 - across * across).powf(if lid == 0 { 0.62 } else { 0.8 });
            let share = (1.0 - from_eye / LID_REACH[lid]).powi(2);
            b += if lid == 0 {
                self.lids[0]
            } else {
                -self.lids[1]
            } * almond
                * share;
        }
        b += self.tilt * (a - 3.3) * bump(a, site.b, [3.3, EYE_B], [1.9, 1.2]);
        let from_mouth = site.b - MOUTH_B;
        let lip = usize::from(!above);
        b -= from_mouth * self.roll[lip] * lip_span(a).powf(0.7) * bell(from_mouth / 1.0);
        b + self.brow * bump(a, site.b, [3.0, 5.4], [2.4, 1.0])
    }

    /// Skull with its hills, nose and lips.
    fn relief(&self, site: Site) -> Vec3 {
        let b = self.slid(site);
        let p = self.skull(site.a / ARC, b);
        if site.back {
            return p;
        }
        let (x, y) = (p.x, p.y);
        let front = smooth(p.z / 4.0);
        let mut d =
            Vec3::Z * (self.ridge * bump(x, y, [3.0, 5.2], [2.6, 0.7]) + self.lips_at(site));
        for hill in &HILLS {
            d.z += hill.height * bump(x, y, hill.at, hill.radius);
        }
        d.z += self.cheek * bump(x, y, [3.9, -1.6], [1.7, 2.0]);
        d.x += self.cheek * bump(x, y, [5.6, -2.0], [1.6, 2.2]);
        d += Vec3::new(0.8, 0.0, 0.6) * self.cheekbone * bump(x, y, [5.4, 1.4], [1.4, 1.1]);
        d += Vec3::new(0.0, -0.35, 0.6) * self.chin * bump(x, y, [0.0, -7.0], [1.8, 1.3]);
        p + front * (d + self.nose_at(x, y))
    }

    fn skull(&self, angle: f32, b: f32) -> Vec3 {
        let (sin, cos) = angle.sin_cos();
        let exponent = SECTION.at(b);
        let depth = if cos >= 0.0 { FRONT.at(b) } else { -BACK.at(b) };
        let jaw = self.jaw * bell((b + 6.0) / 2.4);
        let radius = ((sin.abs() / (HALF_WIDTH.at(b) + jaw)).powf(exponent)
            + (cos.abs() / depth).powf(exponent))
        .powf(-1.0 / exponent);
        Vec3::new(radius * sin, b + JAW_RISE.at(b) * sin * sin, radius * cos)
    }

    fn nose_at(&self, x: f32, y: f32) -> Vec3 {
        let wide = self.nose_width;
        let bridge = self.bridge * bell((y - 2.4) / 1.1);
        let across = x / (NOSE_HALF_WIDTH.at(y) * wide);
        let ridge = (NOSE.at(y) * self.nose + bridge) * (1.0 + across * across).powf(-1.6);
        let spread = (wide - 1.0) * 1.1 * bump(x, y, [1.3, -0.2], [0.7, 0.9]);
        let tip = self.nose_tip * bump(x, y, [0.0, 0.0], [1.2, 1.5]);
        Vec3::new(spread, tip, ridge)
    }

    fn lips_at(&self, site: Site) -> f32 {
        let lip = usize::from(!site.is_upper());
        let height = lip_height(lip, site.a);
        let share = (site.b - MOUTH_B).abs() / height.max(0.05);
        let red = self.lips[lip] * lip_span(site.a).sqrt() * bell((share - 0.45) / 0.62);
        let sunk =
            0.35 * self.roll[lip].max(0.0) * lip_span(site.a) * bell((site.b - MOUTH_B) / 0.9);
        red - sunk
    }

    /// Lifts the skin over the eyeball.
    fn lid_shell(&self, p: Vec3) -> Vec3 {
        let shell = self.eye_radius + LID;
        let off = p - self.eye;
        let square = shell * shell - off.x * off.x - off.y * off.y;
        if square <= 0.0 || off.z < -2.0 {
            return p;
        }
        let z = self.eye.z + square.sqrt();
        // A smooth maximum: the lid bulges out of the socket without an edge.
        let soft = 0.16;
        let blend = smooth((z - p.z + soft) / (2.0 * soft));
        Vec3::new(p.x, p.y, p.z + (z - p.z) * blend)
    }

    /// Keeps a pulled point of the left half outside the eyeball.
    pub(super) fn clear_of_eye(&self, p: Vec3) -> Vec3 {
        let center = self.eye + self.eye_travel();
        let arm = p - center;
        let least = self.eye_radius + 0.7 * LID;
        if arm.length() < least && arm.z > 0.0 {
            center + arm.normalize() * least
        } else {
            p
        }
    }

    /// Displacement of a point by the proportions of the whole face.
    pub(super) fn stretch(&self, p: Vec3) -> Vec3 {
        let (x, y) = (p.x, p.y);
        let mut d = Vec3::ZERO;
        let front = smooth((p.z + 2.0) / 6.0);
        d.x += x * (self.width - 1.0);
        let scale = if y < EYE_B {
            self.length
        } else {
            self.forehead
        };
        d.y += (y - EYE_B) * (scale - 1.0);
        d.z -= self.slope * smooth((y - 5.0) / 6.0) * front;
        let corner = x / 2.6;
        d.x += self.mouth * corner * bell((corner - 0.8) / 1.0) * bell((y - MOUTH_B) / 1.6) * front;
        d.y += self.mouth_height * bump(x, y, [0.0, MOUTH_B], [3.4, 1.9]) * front;
        d += self.sag * front * Vec3::new(0.15, -0.4, 0.05) * bump(x, y, [4.0, -4.6], [1.8, 1.6]);
        d += self.sag * front * Vec3::new(0.0, -0.2, 0.0) * bump(x, y, [4.6, 5.0], [1.6, 1.2]);
        d -= self.sag
            * front
            * Vec3::Z
            * 0.14
            * bump(x - 0.42 * (-0.6 - y).max(0.0), y, [1.9, -1.6], [0.4, 1.4]);
        d + self.eye_shift * bump(x, y, [self.eye.x, self.eye.y], [2.4, 1.9]) * front
    }

    /// How far the proportions move the teeth and what lies behind them.
    pub(super) fn mouth_travel(&self) -> Vec3 {
        self.stretch(Vec3::new(0.0, MOUTH_B, 10.0))
    }

    /// Applies the proportions; the surroundings of an eye move with it as one piece.
    fn proportioned(&self, p: Vec3) -> Vec3 {
        let distance = p.truncate().distance(self.eye.truncate());
        let rigid = (1.0 - smooth((distance - 1.7) / 1.6)) * smooth((p.z - 4.0) / 2.0);
        let free = self.stretch(p);
        p + free + (self.eye_travel() - free) * rigid
    }

    /// How far the proportions move the left eye.
    pub(super) fn eye_travel(&self) -> Vec3 {
        self.stretch(self.eye + Vec3::Z * self.eye_radius)
    }

    /// Inner side of lids and lips: behind the margin.
    fn fold(&self, site: Site, margin: Vec3) -> Vec3 {
        let (depth, up) = match site.fold {
            Fold::None => return margin,
            Fold::Upper(depth) => (depth, 1.0),
            Fold::Lower(depth) => (depth, -1.0),
        };
        if depth == 0 {
            return margin;
        }
        if site.b > 0.0 {
            let center = self.eye + self.eye_travel();
            return center + (margin - center).normalize() * self.eye_radius * 0.94;
        }
        let open = 0.25 + 0.75 * lip_span(site.a);
        let (y, z) =
            [(0.0, 0.0), (0.08, 0.22), (0.26, 0.58), (0.55, 1.0)][usize::from(depth.min(3))];
        margin + Vec3::new(-0.05 * margin.x * z, up * y * open, -z)
    }
}

/// 1 in the middle of the mouth, 0 at its corner and beyond.
pub(super) fn lip_span(a: f32) -> f32 {
    let across = (a.abs() / MOUTH_CORNER).min(1.0);
    1.0 - across * across
}

/// Height of the red of the upper (0) and lower (1) lip at `a`.
pub(super) fn lip_height(lip: usize, a: f32) -> f32 {
    let span = lip_span(a).powf(0.75);
    if lip == 0 {
        0.68 * span * (1.0 - 0.16 * bell(a / 0.3) + 0.06 * bell((a.abs() - 0.55) / 0.35))
    } else {
        0.88 * span
    }
}
