//! A face's state as the labels of a sample.

use std::collections::BTreeMap;

use facs::{ActionUnit, AuLabel, Landmarks5, Sidedness};

use crate::{
    causal::FaceState,
    head::{Actions, Head},
};

/// Least FACS intensity of a unit that counts as active: a trace (A).
pub const ON: f32 = 1.0;

/// Labels of all units that the head can show; the others are not labelled.
#[must_use]
pub fn action_units(face: &FaceState, head: &Head) -> BTreeMap<ActionUnit, AuLabel> {
    labels_of_sides(&face.left, &face.right, head)
}

/// Labels of what both sides of a face do, FACS 0 to 5.
pub(crate) fn labels_of_sides(
    left: &[f32; ActionUnit::COUNT],
    right: &[f32; ActionUnit::COUNT],
    head: &Head,
) -> BTreeMap<ActionUnit, AuLabel> {
    let unshown = head.unshown();
    let shown = ActionUnit::ALL
        .into_iter()
        .filter(|unit| !unshown.contains(unit));
    let sides = |unit: ActionUnit| [left, right].map(|side| hundredths(side[unit.index()]));
    shown.map(|unit| (unit, label(unit, sides(unit)))).collect()
}

fn label(unit: ActionUnit, [left, right]: [f32; 2]) -> AuLabel {
    let lateral = unit.sidedness() == Sidedness::Lateral;
    let intensity = left.max(right);
    AuLabel {
        on: intensity >= ON,
        intensity: Some(intensity),
        left: lateral.then_some(left),
        right: lateral.then_some(right),
    }
}

/// What moves the head: FACS 0 to 5 becomes 0 to 1.
#[must_use]
pub fn actions(face: &FaceState) -> Actions {
    let [left, right] = [face.left, face.right].map(|side| side.map(|intensity| intensity / 5.0));
    Actions {
        left,
        right,
        ..Actions::default()
    }
}

/// Landmarks, each coordinate to a hundredth of a pixel.
pub(crate) fn rounded(landmarks: &Landmarks5) -> Landmarks5 {
    landmarks.map(|point| point.map(hundredths))
}

/// Rounds to what a label is worth, which keeps the files short.
pub(crate) fn hundredths(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}
