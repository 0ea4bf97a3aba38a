//! The shade that the lids and their lashes throw on an eyeball: its white is not white.
//!
//! Takes where the lids of one eye are in a pose; gives the share of light that reaches a point of
//! the eyeball.

use glam::Vec3;

use super::skin::smooth;
use crate::head::{Anatomy, Eye};

/// Light that is left right under the margin of the upper lid.
const UNDER_UPPER: f32 = 0.45;
/// How far down its shade reaches, in centimetres.
const REACH: f32 = 0.4;
/// The same for the lower lid, which stands forward and holds a rim of tears.
const OVER_LOWER: f32 = 0.75;
const LOWER_REACH: f32 = 0.14;
/// Light that is left at the corners.
const CORNER: f32 = 0.6;
/// Half width of the opening, in radii of the eyeball.
const HALF_WIDTH: f32 = 1.1;

/// The lids of one eye.
#[derive(Clone, Copy, Debug)]
pub(super) struct LidShade {
    /// Middles of the margins.
    upper: Vec3,
    lower: Vec3,
    half_width: f32,
}

impl LidShade {
    /// The lids over the eyeball `part`, given the positions of the skin. None where the head does
    /// not tell where its lids are.
    pub(super) fn over(anatomy: &Anatomy, part: usize, skin: &[Vec3]) -> Option<Self> {
        let is_this = |eye: &Eye| eye.parts.contains(&part);
        let side = anatomy.eyes.iter().position(is_this)?;
        let pairs = &anatomy.lid_pairs[side];
        let middle = |lid: usize| {
            let sum: Vec3 = pairs.iter().map(|pair| skin[pair[lid] as usize]).sum();
            sum / pairs.len() as f32
        };
        (!pairs.is_empty()).then(|| Self {
            upper: middle(0),
            lower: middle(1),
            half_width: HALF_WIDTH * anatomy.eyes[side].radius,
        })
    }

    /// Share of light that reaches a point of the eyeball.
    pub(super) fn light(&self, at: Vec3) -> f32 {
        let across = ((at.x - self.upper.x) / self.half_width).clamp(-1.0, 1.0);
        let square = across * across;
        let corner = self.lower.y + 0.4 * (self.upper.y - self.lower.y);
        let margin = |lid: f32| lid + (corner - lid) * square;
        let below = smooth(0.0, REACH, margin(self.upper.y) - at.y);
        let above = smooth(0.0, LOWER_REACH, at.y - margin(self.lower.y));
        (UNDER_UPPER + (1.0 - UNDER_UPPER) * below)
            * (OVER_LOWER + (1.0 - OVER_LOWER) * above)
            * (1.0 - (1.0 - CORNER) * square * square)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::head::{Actions, Head, Shape};
    use facs::ActionUnit;

    #[test]
    fn the_white_is_darkest_under_the_upper_lid_and_follows_it() {
        let head = Head::built_in();
        let part = head.anatomy.eyes[1].parts[0];
        let center = head.anatomy.eyes[1].center;
        let shade = |actions: &Actions| {
            let mut shape = Shape::default();
            head.shape(&[], actions, &mut shape);
            LidShade::over(&head.anatomy, part, &shape.parts[0].positions).unwrap()
        };
        let rest = shade(&Actions::default());
        let [top, middle, side] = [
            Vec3::new(0.0, 0.35, 1.5),
            Vec3::new(0.0, -0.1, 1.5),
            Vec3::new(1.2, 0.0, 1.0),
        ]
        .map(|from| center + from);
        assert!(rest.light(top) < 0.65 && rest.light(middle) > 0.9);
        assert!(rest.light(side) < 0.8);
        let wide = shade(&Actions::only(ActionUnit::Au05, 1.0, 1.0));
        assert!(wide.light(top) > rest.light(top) + 0.1);
        assert!(LidShade::over(&head.anatomy, 0, &[]).is_none());
    }
}
