//! What of an expression fails to show on one side of the face.
//!
//! Takes positions at rest and in action; gives those between, on one side alone: the intervention
//! on symmetry of Büchner et al., Facing Asymmetry, 2024 (Eq. 2 and 3), `B_E(t phi, E_R) +
//! B_E(t phi, s E_L)`, on either side and for a part of the face alone, too.

use align::Side;
use facs::ActionUnit;
use glam::Vec3;
use serde::{Deserialize, Serialize};

use super::Actions;

/// Width of the band around the middle of the face that belongs to both sides, in centimetres.
const MIDDLE_BAND: f32 = 0.8;

/// A part of the face, by the action units that move it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Region {
    /// All of it.
    #[default]
    Face,
    /// Brows and forehead.
    Brows,
    /// Lids and cheeks about the eyes.
    Eyes,
    /// Nose, lips, chin and jaw.
    Mouth,
}

impl Region {
    /// Whether `unit` moves this part.
    #[must_use]
    pub const fn has(self, unit: ActionUnit) -> bool {
        use ActionUnit::{Au01, Au02, Au04, Au05, Au06, Au07, Au43};
        let part = match unit {
            Au01 | Au02 | Au04 => Self::Brows,
            Au05 | Au06 | Au07 | Au43 => Self::Eyes,
            _ => Self::Mouth,
        };
        matches!(self, Self::Face) || self as u8 == part as u8
    }
}

/// By how much everything that a region's units move on one side falls short. Unlike weaker units
/// on that side, this halves what one muscle in the middle does, too.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Freeze {
    /// The side that falls short.
    pub side: Side,
    /// The part of it.
    pub region: Region,
    /// 0 (it follows) to 1 (it rests).
    pub share: f32,
}

impl Freeze {
    /// Everything moves.
    pub const NOTHING: Self = Self {
        side: Side::Left,
        region: Region::Face,
        share: 0.0,
    };

    /// What the face would do without the units that are frozen.
    pub(super) fn without(&self, actions: &Actions) -> Actions {
        let mut idle = *actions;
        for unit in ActionUnit::ALL {
            if self.region.has(unit) {
                idle.left[unit.index()] = 0.0;
                idle.right[unit.index()] = 0.0;
            }
        }
        if matches!(self.region, Region::Face | Region::Mouth) {
            idle.pucker = 0.0;
        }
        idle
    }

    /// Takes back its share of what moved from `idle` on the frozen side. The middle line is a
    /// band, not a cut, so that lips and chin bend instead of tearing.
    pub(super) fn apply(&self, base: &[Vec3], idle: &[Vec3], positions: &mut [Vec3]) {
        let towards = match self.side {
            Side::Left => 1.0,
            Side::Right => -1.0,
        };
        for ((base, idle), position) in base.iter().zip(idle).zip(positions) {
            let inside = (0.5 + towards * base.x / MIDDLE_BAND).clamp(0.0, 1.0);
            *position = position.lerp(*idle, self.share * inside);
        }
    }
}

impl Default for Freeze {
    fn default() -> Self {
        Self::NOTHING
    }
}
