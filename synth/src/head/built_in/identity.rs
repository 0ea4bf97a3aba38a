//! How people differ in the built-in head: one mode per proportion.
//!
//! Takes the mode's number; gives the face one standard deviation away from the mean.

use super::face::Face;

/// Changes a face by one standard deviation of one proportion.
pub(super) type Mode = fn(&mut Face);

/// The modes, in the order of a head's identity weights.
pub(super) const MODES: [Mode; 22] = [
    |f| f.width += 0.05,
    |f| f.length += 0.06,
    |f| f.forehead += 0.045,
    |f| f.slope += 0.5,
    |f| f.jaw += 0.5,
    |f| f.chin += 0.5,
    |f| f.cheek += 0.32,
    |f| f.cheekbone += 0.28,
    |f| f.sag += 0.6,
    |f| f.nose += 0.16,
    |f| f.nose_tip -= 0.25,
    |f| f.nose_width += 0.18,
    |f| f.bridge += 0.25,
    |f| f.eye_shift.x += 0.18,
    |f| {
        f.lids[0] += 0.08;
        f.lids[1] += 0.04;
    },
    |f| f.tilt += 0.07,
    |f| {
        f.ridge += 0.24;
        f.brow -= 0.14;
    },
    |f| f.brow += 0.2,
    |f| f.mouth += 0.22,
    |f| {
        f.roll = [f.roll[0] - 0.2, f.roll[1] - 0.2];
        f.lips = [f.lips[0] + 0.09, f.lips[1] + 0.09];
    },
    |f| f.roll[0] -= 0.2,
    |f| f.mouth_height += 0.22,
];
