//! What each muscle does to the skin of the built-in head.
//!
//! Takes an action unit and a place on the face; gives how far full contraction of both sides
//! moves it. Part of a contraction changes lengths of the [`Face`] (lids, lips), the rest is a sum
//! of pulls that fall off with the distance from where the muscle ends in the skin. [`Motion::left_share`] cuts
//! the motion into a left and a right half.

use facs::ActionUnit;
use glam::{Quat, Vec3};

use super::{
    curve::{bell, bump, smooth},
    face::{Face, lip_span},
    site::{MOUTH_B, Site},
};

/// Something that a head can do at full strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// An action unit at FACS E.
    Unit(ActionUnit),
    /// The lids follow an upward look.
    LookUp,
    /// The lids follow a downward look.
    LookDown,
    /// The lips come forward and together, as for *oo*.
    Pucker,
}

/// Axis of the jaw joint: height and depth.
const JAW_AXIS: Vec3 = Vec3::new(0.0, 0.8, 1.5);
/// How far AU26 turns the jaw, in radians.
const JAW_DROP: f32 = 0.125;

impl Motion {
    /// Everything the head can do, in the order of its targets.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        ActionUnit::ALL.into_iter().map(Self::Unit).chain([
            Self::LookUp,
            Self::LookDown,
            Self::Pucker,
        ])
    }

    /// Name of the target without its side.
    pub(super) fn stem(self) -> String {
        match self {
            Self::Unit(unit) => unit.to_string(),
            Self::LookUp => "eyeLookUp".into(),
            Self::LookDown => "eyeLookDown".into(),
            Self::Pucker => "mouthPucker".into(),
        }
    }

    /// Whether each side can do it alone. Only the jaw and pursed lips cannot.
    pub(super) fn is_sided(self) -> bool {
        !matches!(self, Self::Unit(ActionUnit::Au26) | Self::Pucker)
    }

    /// How much of the motion belongs to the left at `x`: 0 on the right, 1 on the left, soft over
    /// the midline.
    pub(super) fn left_share(self, x: f32) -> f32 {
        smooth(0.5 + x / (2.0 * 0.9))
    }

    /// The lengths of a face that the contraction changes.
    pub(super) fn contract(self, face: &Face) -> Face {
        let mut f = *face;
        let mut lids = |upper: f32, lower: f32| {
            f.lids[0] += upper;
            f.lids[1] += lower;
        };
        match self {
            Self::LookUp => lids(0.2, -0.06),
            Self::LookDown => lids(-0.3, 0.06),
            Self::Unit(ActionUnit::Au02) => lids(0.05, 0.0),
            Self::Unit(ActionUnit::Au04) => lids(-0.08, 0.0),
            Self::Unit(ActionUnit::Au05) => lids(0.32, 0.03),
            Self::Unit(ActionUnit::Au06) => lids(-0.04, -0.2),
            Self::Unit(ActionUnit::Au07) => lids(-0.12, -0.28),
            Self::Unit(ActionUnit::Au09) => lids(-0.04, -0.12),
            Self::Unit(ActionUnit::Au43) => lids(-0.81, -0.09),
            Self::Unit(ActionUnit::Au12) => f.roll = [f.roll[0] + 0.16, f.roll[1] + 0.16],
            Self::Unit(ActionUnit::Au20) => f.roll = [f.roll[0] + 0.28, f.roll[1] + 0.28],
            Self::Unit(ActionUnit::Au23) => {
                f.roll = [f.roll[0] + 0.62, f.roll[1] + 0.62];
                f.mouth -= 0.42;
            }
            Self::Unit(ActionUnit::Au24) => f.roll = [f.roll[0] + 0.5, f.roll[1] + 0.5],
            Self::Unit(ActionUnit::Au28) => f.roll = [f.roll[0] + 0.95, f.roll[1] + 0.95],
            Self::Pucker => f.mouth -= 0.5,
            Self::Unit(_) => {}
        }
        f
    }

    /// The pulls on the skin at `p`, the place of `site` in the resting face (left half).
    pub(super) fn pull(self, site: Site, p: Vec3) -> Vec3 {
        let front = smooth((p.z - 1.0) / 4.0);
        let place = Place {
            site,
            x: p.x,
            y: p.y,
        };
        front
            * match self {
                Self::LookUp | Self::LookDown => Vec3::ZERO,
                Self::Pucker => place.purse(),
                Self::Unit(ActionUnit::Au26) => {
                    return jaw_turn(p, JAW_DROP * jaw_share(site));
                }
                Self::Unit(unit) => match unit.number() {
                    1..=9 => place.upper_face(unit),
                    10..=15 => place.cheek_and_corner(unit),
                    _ => place.lips(unit),
                },
            }
    }
}

/// How far a turn of the jaw moves a point.
pub(super) fn jaw_turn(p: Vec3, angle: f32) -> Vec3 {
    let arm = p - JAW_AXIS;
    Quat::from_rotation_x(angle) * arm - arm
}

/// The turn of the jaw that a motion brings, for teeth and tongue.
pub(super) fn jaw_angle(motion: Motion) -> f32 {
    match motion {
        Motion::Unit(ActionUnit::Au26) => JAW_DROP,
        _ => 0.0,
    }
}

/// How much a site follows the jaw: 1 on chin and lower lip, 0 on the upper lip and the skull.
fn jaw_share(site: Site) -> f32 {
    let below = smooth((MOUTH_B + 2.4 - site.b) / 4.8);
    let span = lip_span(site.a).sqrt();
    let lip = if site.is_upper() {
        below * (1.0 - span)
    } else {
        below + (1.0 - below) * span * bell((site.b - MOUTH_B) / 2.0)
    };
    let neck = 1.0 - smooth((-7.9 - site.b) / 3.5);
    let ear = 1.0 - smooth((site.a.abs() - 9.0) / 6.0);
    lip * neck * ear
}

/// A place on the left half of the face.
#[derive(Clone, Copy)]
struct Place {
    site: Site,
    x: f32,
    y: f32,
}

const fn v(x: f32, y: f32, z: f32) -> Vec3 {
    Vec3::new(x, y, z)
}

impl Place {
    fn near(self, x: f32, y: f32, rx: f32, ry: f32) -> f32 {
        bump(self.x, self.y, [x, y], [rx, ry])
    }

    /// Waves of skin across a vertical pull, about one centimetre apart.
    fn waves(self, x: f32, y: f32, rx: f32, ry: f32) -> f32 {
        self.near(x, y, rx, ry) * (6.0 * (self.y - y)).cos()
    }

    /// Weight on the upper lip and the skin above it, 0 at the corners and on the lower lip.
    fn upper_lip(self, reach: f32) -> f32 {
        if self.site.b > 0.0 || !self.site.is_upper() {
            0.0
        } else {
            self.lip(reach)
        }
    }

    /// Weight on the lower lip and the skin below it.
    fn lower_lip(self, reach: f32) -> f32 {
        if self.site.b > 0.0 || self.site.is_upper() {
            0.0
        } else {
            self.lip(reach)
        }
    }

    fn lip(self, reach: f32) -> f32 {
        lip_span(self.site.a).powf(0.6) * bell((self.site.b - MOUTH_B) / reach)
    }

    /// The nasolabial furrow from the wing of the nose to beside the mouth: a groove, and the
    /// pouch of cheek beside it.
    fn furrow(self, from: f32, to: f32) -> f32 {
        let along = smooth((from - self.y) / 0.8) * smooth((self.y - to) / 0.8);
        let beside = self.x - (1.75 + 0.42 * (-0.6 - self.y));
        along * (bell((beside - 0.75) / 0.5) - 1.1 * bell(beside / 0.32))
    }

    fn upper_face(self, unit: ActionUnit) -> Vec3 {
        match unit {
            ActionUnit::Au01 => {
                v(0.02, 0.9, 0.05) * self.near(1.0, 5.7, 1.45, 1.5)
                    + v(0.0, 0.35, 0.0) * self.near(1.2, 8.0, 2.0, 1.4)
                    + v(0.0, 0.0, 0.12) * self.waves(0.6, 7.6, 2.1, 1.2)
            }
            ActionUnit::Au02 => {
                v(0.06, 0.85, 0.05) * self.near(4.3, 5.6, 1.5, 1.4)
                    + v(0.0, 0.3, 0.0) * self.near(4.3, 7.8, 1.6, 1.3)
                    + v(0.0, 0.0, 0.12) * self.waves(4.0, 7.5, 1.5, 1.1)
            }
            ActionUnit::Au04 => {
                v(-0.42, -0.62, 0.14) * self.near(1.6, 5.4, 1.4, 1.1)
                    + v(-0.12, -0.4, 0.06) * self.near(3.9, 5.4, 1.5, 1.0)
                    + v(0.0, 0.0, 0.2) * self.near(0.95, 5.4, 0.4, 0.9)
                    - v(0.0, 0.0, 0.2) * self.near(0.42, 5.4, 0.25, 0.8)
            }
            ActionUnit::Au06 => {
                v(0.0, 0.6, 0.34) * self.near(3.7, 0.9, 1.7, 1.15)
                    + v(-0.12, -0.2, 0.0) * self.near(5.2, 4.7, 1.1, 0.9)
                    + v(-0.15, 0.0, 0.05) * self.waves(5.5, 3.3, 0.6, 0.9)
                    - v(0.0, 0.0, 0.16) * self.near(3.3, 2.25, 1.5, 0.28)
            }
            ActionUnit::Au07 => v(0.0, 0.12, 0.08) * self.near(3.3, 2.55, 1.4, 0.45),
            ActionUnit::Au09 => {
                v(0.1, 0.5, 0.08) * self.near(1.25, -0.15, 0.7, 0.7)
                    + v(0.0, 0.25, 0.12) * self.near(0.8, 2.6, 0.8, 1.1)
                    + v(0.0, 0.0, 0.14) * self.waves(0.7, 2.6, 0.7, 1.0)
                    + v(-0.15, -0.42, 0.12) * self.near(1.2, 5.2, 1.3, 0.9)
                    + v(0.0, 0.4, 0.26) * self.near(2.3, 0.7, 0.9, 0.9)
                    + v(0.0, 0.3, 0.06) * self.upper_lip(1.3)
                    + v(0.0, 0.1, 0.18) * self.furrow(0.4, -1.8)
            }
            _ => Vec3::ZERO,
        }
    }

    fn cheek_and_corner(self, unit: ActionUnit) -> Vec3 {
        let corner = |rx: f32, ry: f32| self.near(2.65, MOUTH_B, rx, ry);
        match unit {
            ActionUnit::Au10 => {
                v(0.06, 0.6, 0.14)
                    * self.upper_lip(1.3)
                    * (0.45 + 0.55 * bell((self.x - 1.1) / 0.8))
                    + v(0.05, 0.4, 0.24) * self.near(2.3, -1.0, 0.8, 1.0)
                    + v(0.12, 0.22, 0.0) * self.near(1.3, -0.2, 0.6, 0.6)
                    + v(0.0, 0.1, 0.2) * self.furrow(0.2, -3.0)
            }
            ActionUnit::Au11 => {
                v(0.14, 0.22, 0.26) * self.near(2.8, -1.2, 0.7, 0.9)
                    + v(0.06, 0.05, 0.04) * self.upper_lip(0.8) * bell((self.x - 1.7) / 0.7)
                    + v(0.05, 0.05, 0.34) * self.furrow(0.0, -2.6)
            }
            ActionUnit::Au12 => {
                v(0.86, 0.78, -0.5) * corner(1.45, 1.15)
                    + v(0.15, 0.5, 0.5) * self.near(3.9, -0.1, 1.4, 1.3)
                    + v(0.0, 0.12, 0.24) * self.furrow(-0.2, -3.4)
                    + v(0.0, 0.2, -0.1) * self.lip(1.2)
            }
            ActionUnit::Au14 => {
                let squeeze =
                    v(0.0, 0.55 * (MOUTH_B - self.y), 0.0) * self.near(2.2, MOUTH_B, 0.9, 0.7);
                squeeze
                    + v(0.16, 0.08, -0.62) * corner(0.55, 0.6)
                    + v(-0.1, 0.0, 0.36) * self.near(3.6, -3.5, 0.55, 1.0)
                    + v(0.0, 0.0, 0.14)
                        * (self.near(2.5, -2.6, 0.6, 0.4) + self.near(2.5, -4.6, 0.6, 0.4))
            }
            ActionUnit::Au15 => {
                v(0.1, -0.72, -0.1) * self.near(2.65, -3.65, 1.15, 0.95)
                    + v(0.05, -0.15, 0.24) * self.near(2.9, -5.1, 0.8, 0.7)
                    - v(0.0, 0.0, 0.2) * self.near(2.2, -4.7, 0.35, 0.6)
                    + v(0.0, 0.1, 0.03) * self.lip(0.9)
            }
            _ => Vec3::ZERO,
        }
    }

    fn purse(self) -> Vec3 {
        v(-0.5, 0.0, 0.2) * self.near(2.65, MOUTH_B, 1.6, 1.3) + v(0.0, 0.0, 0.5) * self.lip(1.1)
    }

    fn lips(self, unit: ActionUnit) -> Vec3 {
        let corner = |rx: f32, ry: f32| self.near(2.65, MOUTH_B, rx, ry);
        match unit {
            ActionUnit::Au17 => {
                v(0.0, 0.75, 0.12) * self.near(0.0, -6.4, 1.9, 1.3)
                    + v(0.0, 0.5, 0.4) * self.lower_lip(1.1)
                    + v(0.0, 0.46, 0.16) * self.upper_lip(0.9)
                    - v(0.0, 0.14, 0.0) * self.near(2.7, -3.8, 0.9, 0.7)
                    - v(0.0, 0.0, 0.16) * self.near(0.0, -5.2, 1.6, 0.4)
                    + v(0.0, 0.0, 0.09)
                        * self.near(0.0, -6.6, 1.3, 0.9)
                        * (7.0 * self.x).cos()
                        * (6.0 * self.y).cos()
            }
            ActionUnit::Au20 => {
                v(0.95, -0.16, -0.5) * corner(1.4, 0.95)
                    + v(0.32, -0.05, 0.1) * self.near(4.3, -3.4, 1.3, 1.6)
                    + v(0.1, -0.12, 0.0) * self.near(2.5, -6.0, 1.6, 1.2)
            }
            ActionUnit::Au23 => {
                v(0.0, 0.0, 0.1) * self.lip(0.7) - v(0.0, 0.0, 0.12) * corner(0.5, 0.5)
            }
            ActionUnit::Au24 => {
                let bulge = bell(((self.site.b - MOUTH_B).abs() - 0.95) / 0.35)
                    * lip_span(self.site.a).sqrt();
                v(0.0, 0.0, 0.17) * bulge - v(0.0, 0.0, 0.14) * self.lip(0.45)
                    + v(0.0, 0.02, -0.2) * corner(0.6, 0.5)
                    + v(0.0, 0.22, 0.06) * self.near(0.0, -6.2, 1.6, 1.0)
            }
            ActionUnit::Au25 => {
                v(0.0, -0.42, 0.02) * self.lower_lip(1.5) + v(0.0, 0.26, 0.04) * self.upper_lip(1.2)
            }
            ActionUnit::Au28 => {
                v(0.0, 0.0, -0.34) * self.lip(0.75)
                    + v(0.0, 0.14, 0.0) * self.near(0.0, -5.2, 2.0, 0.9)
                    - v(0.0, 0.1, 0.0) * self.near(0.0, -2.4, 1.8, 0.8)
            }
            _ => Vec3::ZERO,
        }
    }
}
