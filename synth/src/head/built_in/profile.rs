//! The mean head in numbers: curves along its height and the hills of its face, in centimetres.

use super::curve::Curve;

/// Half width of the head by height.
pub(super) const HALF_WIDTH: Curve = Curve(&[
    (-17.0, 12.5),
    (-15.5, 11.0),
    (-14.0, 7.2),
    (-12.5, 5.0),
    (-11.0, 4.55),
    (-10.0, 4.5),
    (-8.4, 4.8),
    (-7.5, 5.2),
    (-6.5, 5.5),
    (-5.0, 5.75),
    (-3.6, 6.0),
    (-2.0, 6.35),
    (0.0, 6.65),
    (2.0, 6.85),
    (4.0, 6.95),
    (6.0, 7.1),
    (8.0, 7.15),
    (10.0, 6.8),
    (12.0, 5.7),
    (13.4, 4.2),
    (14.2, 2.4),
    (14.5, 0.6),
]);
/// Midline of the face without nose, lips and chin.
pub(super) const FRONT: Curve = Curve(&[
    (-17.0, 6.5),
    (-14.0, 5.0),
    (-12.0, 4.6),
    (-10.0, 5.0),
    (-9.0, 6.1),
    (-8.4, 7.4),
    (-7.9, 8.6),
    (-7.4, 9.3),
    (-6.6, 9.6),
    (-5.0, 9.6),
    (-4.0, 9.9),
    (-2.0, 10.0),
    (0.0, 9.75),
    (2.0, 9.55),
    (4.0, 9.45),
    (5.0, 9.55),
    (6.0, 9.65),
    (8.0, 9.4),
    (10.0, 8.5),
    (12.0, 6.7),
    (13.4, 4.6),
    (14.2, 2.6),
    (14.5, 0.7),
]);
/// Midline of the back of head and neck.
pub(super) const BACK: Curve = Curve(&[
    (-17.0, -6.8),
    (-12.0, -5.4),
    (-9.0, -5.6),
    (-5.0, -6.4),
    (-2.0, -7.6),
    (2.0, -8.9),
    (6.0, -9.4),
    (10.0, -8.6),
    (12.0, -6.9),
    (13.4, -4.8),
    (14.2, -2.6),
    (14.5, -0.7),
]);
/// Exponent of the horizontal section: 2 is an ellipse, less is more pointed.
pub(super) const SECTION: Curve = Curve(&[
    (-17.0, 2.0),
    (-9.0, 1.85),
    (-7.0, 1.75),
    (-4.0, 1.9),
    (0.0, 2.05),
    (4.0, 2.1),
    (6.0, 2.2),
    (10.0, 2.1),
    (14.5, 2.0),
]);
/// How far the jaw line rises from the chin to the ear.
pub(super) const JAW_RISE: Curve = Curve(&[
    (-17.0, 0.0),
    (-12.0, 0.0),
    (-10.0, 1.1),
    (-8.4, 2.2),
    (-7.5, 2.5),
    (-6.5, 2.2),
    (-5.0, 1.5),
    (-3.6, 0.9),
    (-2.0, 0.45),
    (0.0, 0.15),
    (2.0, 0.0),
    (14.5, 0.0),
]);
/// Projection of the nose along its ridge.
pub(super) const NOSE: Curve = Curve(&[
    (-1.6, 0.0),
    (-1.2, 0.15),
    (-0.85, 0.8),
    (-0.45, 1.8),
    (-0.05, 2.3),
    (0.35, 2.4),
    (0.9, 2.1),
    (1.8, 1.45),
    (2.8, 0.85),
    (3.6, 0.42),
    (4.2, 0.28),
    (5.0, 0.14),
    (6.0, 0.0),
]);
/// Half width of the ridge of the nose.
pub(super) const NOSE_HALF_WIDTH: Curve = Curve(&[
    (-1.6, 1.0),
    (0.0, 0.95),
    (0.8, 0.85),
    (1.8, 0.72),
    (3.2, 0.7),
    (5.0, 1.0),
]);

/// A soft hill or hollow of the face: centre, radii, height.
pub(super) struct Hill {
    pub(super) at: [f32; 2],
    pub(super) radius: [f32; 2],
    pub(super) height: f32,
}

const fn hill(x: f32, y: f32, rx: f32, ry: f32, height: f32) -> Hill {
    Hill {
        at: [x, y],
        radius: [rx, ry],
        height,
    }
}

/// What makes a face out of the head, from brow to chin; the left half, the right mirrors it.
pub(super) const HILLS: [Hill; 17] = [
    hill(0.0, 5.3, 1.0, 0.7, 0.16),     // glabella
    hill(2.4, 5.25, 1.7, 0.55, 0.32),   // brow ridge
    hill(4.6, 5.1, 1.2, 0.6, 0.34),     // its outer end
    hill(3.2, 3.3, 1.7, 0.95, -0.75),   // eye socket
    hill(1.95, 3.6, 0.5, 0.8, -0.55),   // inner corner of the socket
    hill(0.0, 0.2, 1.5, 1.1, 0.3),      // base of the nose
    hill(1.3, -0.22, 0.42, 0.52, 0.95), // wing of the nose
    hill(0.6, -0.8, 0.24, 0.18, -0.5),  // nostril
    hill(1.9, -0.4, 0.32, 0.7, -0.2),   // groove beside the wing
    hill(4.0, 0.6, 1.4, 1.3, 0.5),      // cheek
    hill(5.3, 1.3, 1.2, 0.9, 0.45),     // cheekbone
    hill(0.0, -2.9, 2.0, 1.6, 0.5),     // muzzle
    hill(0.0, -2.0, 0.22, 0.6, -0.08),  // philtrum
    hill(4.4, -2.6, 1.3, 1.5, -0.3),    // hollow of the cheek
    hill(0.0, -5.2, 1.5, 0.5, -0.38),   // fold under the lip
    hill(0.0, -6.75, 1.3, 0.9, 0.85),   // chin
    hill(3.4, -5.6, 1.2, 1.4, 0.12),    // side of the jaw
];
