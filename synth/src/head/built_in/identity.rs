//! How people differ in the built-in head: one mode per proportion.
//!
//! Takes the mode's number; gives the face one standard deviation away from the mean.

use super::face::Face;

/// Changes a face by one standard deviation of one proportion.
pub(super) type Mode = fn(&mut Face);

/// The modes, in the order of a head's identity weights.
pub(super) const MODES: [Mode; 20] = [
    |f| f.width += 0.035,
    |f| f.length += 0.045,
    |f| f.forehead += 0.03,
    |f| f.slope += 0.35,
    |f| f.jaw += 0.35,
    |f| f.chin += 0.4,
    |f| f.cheek += 0.22,
    |f| f.cheekbone += 0.18,
    |f| f.sag += 0.5,
    |f| f.nose += 0.12,
    |f| f.nose_tip -= 0.18,
    |f| f.nose_width += 0.13,
    |f| f.bridge += 0.18,
    |f| f.eye_shift.x += 0.14,
    |f| {
        f.lids[0] += 0.06;
        f.lids[1] += 0.03;
    },
    |f| f.tilt += 0.05,
    |f| {
        f.ridge += 0.16;
        f.brow -= 0.12;
    },
    |f| f.mouth += 0.17,
    |f| {
        f.roll = [f.roll[0] - 0.14, f.roll[1] - 0.14];
        f.lips = [f.lips[0] + 0.06, f.lips[1] + 0.06];
    },
    |f| f.mouth_height += 0.16,
];
