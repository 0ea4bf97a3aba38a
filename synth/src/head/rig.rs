//! From action units to weights of morph targets, left and right separately.
//!
//! Takes a table of shapes per unit (the built-in `data/arkit.toml`, or what a head brings), binds
//! it to the targets that a head has, and gives one weight per target for a face's [`Actions`].

use std::collections::BTreeMap;

use facs::ActionUnit;
use serde::Deserialize;

use super::Actions;

/// Shapes by name and their weight at full strength.
pub(super) type Shapes = BTreeMap<String, f32>;

/// The shapes of one action unit.
#[derive(Clone, Debug, Default)]
pub(super) struct UnitShapes {
    /// Follow the subject's left strength.
    pub(super) left: Shapes,
    /// Follow the right strength.
    pub(super) right: Shapes,
    /// Follow the stronger side.
    pub(super) center: Shapes,
}

/// What moves a head, in names.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// By [`ActionUnit::index`].
    pub(super) units: [UnitShapes; ActionUnit::COUNT],
    /// What no table falls below, see [`Table::hold_least`].
    least: Vec<(ActionUnit, UnitShapes)>,
    /// Always added.
    pub(super) rest: Shapes,
    /// Eyeball turn in degrees at lid weight 1, by shape without side.
    pub(super) lids: Shapes,
    /// Largest weight by shape without side; `other` for the rest.
    pub(super) caps: Shapes,
}

/// The shapes of one action unit as files of this crate write them.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SidedShapes {
    #[serde(default)]
    sides: Shapes,
    #[serde(default)]
    center: Shapes,
}

impl From<SidedShapes> for UnitShapes {
    fn from(shapes: SidedShapes) -> Self {
        let sided = |suffix| {
            let named = |(name, weight): (&String, &f32)| (format!("{name}{suffix}"), *weight);
            shapes.sides.iter().map(named).collect()
        };
        Self {
            left: sided("_L"),
            right: sided("_R"),
            center: shapes.center,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTable {
    units: BTreeMap<ActionUnit, SidedShapes>,
    least: BTreeMap<ActionUnit, SidedShapes>,
    lids: Shapes,
    caps: Shapes,
}

impl Table {
    /// The table for heads with ARKit shapes.
    pub(super) fn arkit() -> Self {
        let raw: RawTable = toml::from_str(include_str!("../../data/arkit.toml"))
            .expect("data/arkit.toml is checked by a test");
        let mut units: [UnitShapes; ActionUnit::COUNT] = Default::default();
        for (unit, shapes) in raw.units {
            units[unit.index()] = shapes.into();
        }
        let least = raw.least.into_iter();
        Self {
            units,
            least: least.map(|(unit, shapes)| (unit, shapes.into())).collect(),
            rest: Shapes::new(),
            lids: raw.lids,
            caps: raw.caps,
        }
    }

    /// Raises weights that show too little; shapes that a unit does not use stay unused.
    pub(super) fn hold_least(&mut self) {
        for (unit, least) in &self.least {
            let unit = &mut self.units[unit.index()];
            for (shapes, least) in [
                (&mut unit.left, &least.left),
                (&mut unit.right, &least.right),
                (&mut unit.center, &least.center),
            ] {
                for (name, weight) in shapes {
                    *weight = weight.max(least.get(name).copied().unwrap_or(*weight));
                }
            }
        }
    }

    /// The table of a head whose targets are the action units themselves: `AU12_L` and `AU12_R`,
    /// or `AU26` where both sides can only act together.
    pub(super) fn direct(lids: Shapes, is_sided: impl Fn(ActionUnit) -> bool) -> Self {
        let one = |name: String| Shapes::from([(name, 1.0)]);
        let units = ActionUnit::ALL.map(|unit| {
            if is_sided(unit) {
                UnitShapes {
                    left: one(format!("{unit}_L")),
                    right: one(format!("{unit}_R")),
                    center: Shapes::new(),
                }
            } else {
                UnitShapes {
                    center: one(unit.to_string()),
                    ..UnitShapes::default()
                }
            }
        });
        Self {
            units,
            least: Vec::new(),
            rest: Shapes::new(),
            lids,
            caps: Shapes::from([("other".into(), 1.0)]),
        }
    }
}

/// What an identity changes about the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fit {
    /// How far the lids of the right and left eye travel, relative to the mean face.
    pub(super) lids: [f32; 2],
    /// Weight of `mouthClose` that brings the lips of the expressionless face together.
    pub(super) mouth_close: f32,
}

impl Default for Fit {
    fn default() -> Self {
        Self {
            lids: [1.0; 2],
            mouth_close: 0.0,
        }
    }
}

/// A weighted target.
type Term = (usize, f32);

#[derive(Clone, Debug, Default)]
struct UnitTerms {
    left: Vec<Term>,
    right: Vec<Term>,
    center: Vec<Term>,
    /// Shapes of the table that the head does not have.
    lacking: Vec<String>,
}

/// Lid targets of one eye with their eyeball turn in radians.
#[derive(Clone, Debug, Default)]
struct LidTerms {
    towards_left: Vec<Term>,
    towards_right: Vec<Term>,
    up: Vec<Term>,
    down: Vec<Term>,
}

/// A [`Table`] bound to the targets of a head.
#[derive(Clone, Debug)]
pub(super) struct Rig {
    units: Vec<UnitTerms>,
    rest: Vec<Term>,
    caps: Vec<f32>,
    lids: [LidTerms; 2],
    blinks: [Option<usize>; 2],
    close: Option<Close>,
    /// The target that purses the lips.
    pucker: Option<usize>,
}

/// `mouthClose` undoes `jawOpen`, up to a margin.
#[derive(Clone, Copy, Debug)]
struct Close {
    close: usize,
    jaw: usize,
    margin: f32,
}

impl Rig {
    /// Binds `table` to the targets named `names`; shapes that are not there are left out.
    pub(super) fn bind(table: &Table, names: &[String]) -> Self {
        let find = |name: &str| names.iter().position(|candidate| candidate == name);
        let terms = |shapes: &Shapes| -> Vec<Term> {
            shapes
                .iter()
                .filter_map(|(name, weight)| Some((find(name)?, *weight)))
                .collect()
        };
        let units = table
            .units
            .iter()
            .map(|unit| bind_unit(unit, names))
            .collect();
        let cap = |name: &str| {
            let stem = name
                .strip_suffix("_L")
                .or_else(|| name.strip_suffix("_R"))
                .unwrap_or(name);
            table
                .caps
                .get(stem)
                .or_else(|| table.caps.get("other"))
                .copied()
                .unwrap_or(f32::MAX)
        };
        let lids = ["_R", "_L"].map(|side| {
            let lid = |stem: &str| -> Vec<Term> {
                let degrees = table.lids.get(stem).copied();
                find(&format!("{stem}{side}"))
                    .zip(degrees)
                    .map(|(target, turn)| (target, turn.to_radians()))
                    .into_iter()
                    .collect()
            };
            let (inward, outward) = (lid("eyeLookIn"), lid("eyeLookOut"));
            let (towards_left, towards_right) = if side == "_L" {
                (outward, inward)
            } else {
                (inward, outward)
            };
            LidTerms {
                towards_left,
                towards_right,
                up: lid("eyeLookUp"),
                down: lid("eyeLookDown"),
            }
        });
        let blinks = ["_R", "_L"]
            .map(|side| find(&format!("eyeBlink{side}")).or_else(|| find(&format!("AU43{side}"))));
        let margin = table.caps.get("close_above_jaw").copied().unwrap_or(0.0);
        let close = find("mouthClose")
            .zip(find("jawOpen"))
            .map(|(close, jaw)| Close { close, jaw, margin });
        Self {
            units,
            rest: terms(&table.rest),
            caps: names.iter().map(|name| cap(name)).collect(),
            lids,
            blinks,
            close,
            pucker: find("mouthPucker"),
        }
    }

    /// Whether no target shows `unit`.
    pub(super) fn unit_is_empty(&self, unit: ActionUnit) -> bool {
        let terms = &self.units[unit.index()];
        terms.left.is_empty() && terms.right.is_empty() && terms.center.is_empty()
    }

    /// The shapes that should show `unit` and that the head does not have.
    pub(super) fn lacking(&self, unit: ActionUnit) -> &[String] {
        &self.units[unit.index()].lacking
    }

    /// The target that closes the lips and its effect, where there is one.
    pub(super) fn mouth_close(&self) -> Option<usize> {
        self.close.map(|close| close.close)
    }

    /// One weight per target.
    pub(super) fn weights(&self, actions: &Actions, fit: &Fit) -> Vec<f32> {
        let mut weights = vec![0.0_f32; self.caps.len()];
        let mut add = |terms: &[Term], strength: f32| {
            for &(target, weight) in terms {
                weights[target] += weight * strength;
            }
        };
        add(&self.rest, 1.0);
        for (unit, terms) in self.units.iter().enumerate() {
            let (left, right) = (actions.left[unit], actions.right[unit]);
            add(&terms.left, left);
            add(&terms.right, right);
            add(&terms.center, left.max(right));
        }
        if let Some(pucker) = self.pucker {
            weights[pucker] += actions.pucker;
        }
        for lids in &self.lids {
            for (terms, turn) in [
                (&lids.towards_left, actions.gaze.x),
                (&lids.towards_right, -actions.gaze.x),
                (&lids.up, actions.gaze.y),
                (&lids.down, -actions.gaze.y),
            ] {
                for &(target, full_turn) in terms {
                    weights[target] += turn.max(0.0) / full_turn;
                }
            }
        }
        for (weight, cap) in weights.iter_mut().zip(&self.caps) {
            *weight = weight.min(*cap);
        }
        for (blink, travel) in self.blinks.iter().zip(fit.lids) {
            if let Some(blink) = *blink {
                weights[blink] *= travel;
            }
        }
        if let Some(Close { close, jaw, margin }) = self.close {
            weights[close] = (weights[close] + fit.mouth_close).min(weights[jaw] + margin);
        }
        weights
    }
}

/// Binds one unit. A shape that the head has only without sides follows the stronger side.
fn bind_unit(unit: &UnitShapes, names: &[String]) -> UnitTerms {
    let find = |name: &str| names.iter().position(|candidate| candidate == name);
    let mut terms = UnitTerms::default();
    for (name, weight) in &unit.center {
        match find(name) {
            Some(target) => terms.center.push((target, *weight)),
            None => terms.lacking.push(name.clone()),
        }
    }
    for (shapes, side, suffix) in [
        (&unit.left, &mut terms.left, "_L"),
        (&unit.right, &mut terms.right, "_R"),
    ] {
        for (name, weight) in shapes {
            if let Some(target) = find(name) {
                side.push((target, *weight));
            } else if let Some(target) = name.strip_suffix(suffix).and_then(find) {
                if !terms.center.iter().any(|(known, _)| *known == target) {
                    terms.center.push((target, *weight));
                }
            } else {
                terms.lacking.push(name.clone());
            }
        }
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[&str]) -> Vec<String> {
        list.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn the_table_knows_every_unit() {
        let table = Table::arkit();
        for unit in ActionUnit::ALL {
            let shapes = &table.units[unit.index()];
            assert!(
                !shapes.left.is_empty() || !shapes.center.is_empty(),
                "{unit}"
            );
            for name in shapes
                .left
                .keys()
                .chain(shapes.right.keys())
                .chain(shapes.center.keys())
            {
                assert_eq!(
                    super::super::names::canonical(name).as_ref(),
                    Some(name),
                    "{unit}"
                );
            }
        }
    }

    #[test]
    fn sides_stay_apart_and_shapes_without_sides_follow_the_stronger() {
        let rig = Rig::bind(
            &Table::arkit(),
            &names(&["mouthSmile_L", "mouthSmile_R", "browInnerUp"]),
        );
        let mut actions = Actions::only(ActionUnit::Au12, 0.75, 0.25);
        actions.left[ActionUnit::Au01.index()] = 0.2;
        actions.right[ActionUnit::Au01.index()] = 0.6;
        assert_eq!(rig.weights(&actions, &Fit::default()), [0.75, 0.25, 0.6]);
        assert!(
            rig.lacking(ActionUnit::Au12).is_empty() && rig.lacking(ActionUnit::Au01).is_empty()
        );
        assert_eq!(rig.lacking(ActionUnit::Au26), ["jawOpen"]);
        assert!(rig.unit_is_empty(ActionUnit::Au26));
    }

    #[test]
    fn caps_hold_for_combinations() {
        let rig = Rig::bind(
            &Table::arkit(),
            &names(&["jawOpen", "mouthClose", "eyeBlink_R", "eyeBlink_L"]),
        );
        let fit = Fit {
            lids: [0.5, 1.0],
            mouth_close: 0.02,
        };
        let weights = rig.weights(&Actions::symmetric([1.0; ActionUnit::COUNT]), &fit);
        insta::assert_compact_debug_snapshot!(weights, @"[0.49, 0.24, 0.53, 1.06]");
    }

    #[test]
    fn lids_follow_the_gaze() {
        let rig = Rig::bind(
            &Table::arkit(),
            &names(&[
                "eyeLookOut_L",
                "eyeLookIn_R",
                "eyeLookIn_L",
                "eyeLookDown_R",
            ]),
        );
        let actions = Actions {
            gaze: glam::Vec2::new(8.0, -25.0_f32) * 1.0_f32.to_radians(),
            ..Actions::default()
        };
        let weights = rig.weights(&actions, &Fit::default());
        assert!(
            (weights[0] - 1.0).abs() < 1e-5 && (weights[1] - 8.0 / 7.0).abs() < 1e-5,
            "{weights:?}"
        );
        assert!(
            weights[2] == 0.0 && (weights[3] - 1.0).abs() < 1e-5,
            "{weights:?}"
        );
    }
}
