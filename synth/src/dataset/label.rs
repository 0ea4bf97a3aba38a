//! A face's state as the labels of a sample.

use std::collections::BTreeMap;

use facs::{ActionUnit, AuLabel, BoundingBox, FaceLabel, Landmarks5, Provenance};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::coder::Coder;
use crate::{
    causal::{CausalModel, FaceState, Factor},
    head::{Actions, Head},
    look::{Crop, Person},
};

/// Labels of all units that the head can show; the others are not labelled.
#[must_use]
pub fn action_units(
    face: &FaceState,
    head: &Head,
    coder: &Coder,
    rng: &mut impl Rng,
) -> BTreeMap<ActionUnit, AuLabel> {
    // Every unit draws, so that no head changes the labels of another.
    let labels = ActionUnit::ALL.map(|unit| (unit, coder.label(unit, face.sides(unit), rng)));
    shown_by(head, labels)
}

/// True labels of a face that no model brought about.
pub(super) fn posed(actions: &Actions, head: &Head) -> BTreeMap<ActionUnit, AuLabel> {
    let shown = actions.as_shown();
    let [left, right] = [shown.left, shown.right].map(|side| side.map(|unit| 5.0 * unit));
    labels_of_sides(&left, &right, head)
}

/// True labels of what both sides of a face do, FACS 0 to 5.
pub(crate) fn labels_of_sides(
    left: &[f32; ActionUnit::COUNT],
    right: &[f32; ActionUnit::COUNT],
    head: &Head,
) -> BTreeMap<ActionUnit, AuLabel> {
    let (coder, mut unused) = (Coder::default(), ChaCha8Rng::seed_from_u64(0));
    let labels = ActionUnit::ALL.map(|unit| {
        let [left, right] = [left, right].map(|side| side[unit.index()]);
        let truth = [left.max(right), left, right];
        (unit, coder.label(unit, truth, &mut unused))
    });
    shown_by(head, labels)
}

fn shown_by(
    head: &Head,
    labels: [(ActionUnit, AuLabel); ActionUnit::COUNT],
) -> BTreeMap<ActionUnit, AuLabel> {
    let unshown = head.unshown();
    let shown = |(unit, _): &(ActionUnit, AuLabel)| !unshown.contains(unit);
    labels.into_iter().filter(shown).collect()
}

/// How a sample of a causal model came about, and whom it shows.
#[must_use]
pub fn provenance(face: &FaceState, model: &CausalModel, person: &Person) -> Provenance {
    let owned = |(context, value): (&str, &str)| (context.to_owned(), value.to_owned());
    let rank = |factor: Factor| {
        (
            factor.name().to_owned(),
            hundredths(face.factors.rank(factor)),
        )
    };
    Provenance {
        contexts: model.named_contexts(&face.contexts).map(owned).collect(),
        nuisances: Factor::ALL.into_iter().map(rank).collect(),
        person: Some(person.traits()),
        ..Provenance::default()
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

/// The face of an aligned crop: its box is the whole image.
pub(super) fn face(crop: &Crop) -> FaceLabel {
    let side = crop.size as f32;
    FaceLabel {
        bounding_box: BoundingBox {
            x: 0.0,
            y: 0.0,
            width: side,
            height: side,
        },
        landmarks: rounded(&crop.landmarks),
        visible: hundredths(crop.visible),
    }
}

/// Landmarks, each coordinate to a hundredth of a pixel.
pub(crate) fn rounded(landmarks: &Landmarks5) -> Landmarks5 {
    landmarks.map(|point| point.map(hundredths))
}

/// A box, each number to a hundredth of a pixel.
pub(crate) fn rounded_box(bounding_box: &BoundingBox) -> BoundingBox {
    BoundingBox {
        x: hundredths(bounding_box.x),
        y: hundredths(bounding_box.y),
        width: hundredths(bounding_box.width),
        height: hundredths(bounding_box.height),
    }
}

/// Rounds to what a label is worth, which keeps the files short.
pub(crate) fn hundredths(value: f32) -> f32 {
    (value * 100.0).round() / 100.0
}
