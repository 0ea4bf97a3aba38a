//! The estimate against graphs that are known because the test draws from them.

use std::collections::BTreeMap;

use facs::{ActionUnit, Expression, Graph};
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Normal};

use super::*;

const UNITS: [ActionUnit; 5] = [
    ActionUnit::Au04,
    ActionUnit::Au06,
    ActionUnit::Au12,
    ActionUnit::Au15,
    ActionUnit::Au25,
];
/// From, to (places in `UNITS`, causes first), weight.
const EDGES: [(usize, usize, f64); 5] = [
    (2, 1, 0.6),
    (2, 3, -0.6),
    (0, 3, 0.4),
    (2, 4, 0.4),
    (3, 4, 0.3),
];

fn normal(deviation: f64, rng: &mut impl Rng) -> f64 {
    Normal::new(0.0, deviation).unwrap().sample(rng)
}

/// Levels by the equations of the model, causes first: a third of the units act on their own.
fn face(shared: f64, rng: &mut impl Rng) -> [f32; 5] {
    let mut levels = [0.0_f32; 5];
    for unit in [0, 2, 1, 3, 4] {
        let mut drive = shared + normal(0.35, rng);
        if rng.random_bool(0.35) {
            drive += rng.random_range(1.0..5.0);
        }
        for (from, to, weight) in EDGES {
            if to == unit {
                drive += weight * f64::from(levels[from]);
            }
        }
        levels[unit] = drive.round().clamp(0.0, 5.0) as f32;
    }
    levels
}

fn draw(rows: usize, seed: u64) -> Vec<[f32; 5]> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..rows).map(|_| face(0.0, &mut rng)).collect()
}

/// A table of the columns `order`, rows in reverse when `reversed`.
fn table(faces: &[[f32; 5]], order: [usize; 5], reversed: bool) -> LevelTable {
    let mut table = LevelTable::new(Scale::Levels, &order.map(|unit| UNITS[unit])).unwrap();
    let mut faces = faces.to_vec();
    if reversed {
        faces.reverse();
    }
    for face in faces {
        table
            .push(&order.map(|unit| face[unit]), &[], None)
            .unwrap();
    }
    table
}

fn settings(intentions: usize) -> StructureSettings {
    StructureSettings {
        intentions,
        ..Default::default()
    }
}

fn estimate(table: &LevelTable, intentions: usize) -> Graph<ActionUnit, ActionUnit> {
    au_graph(table, &settings(intentions), &mut |_| {}).unwrap()
}

fn weights(graph: &Graph<ActionUnit, ActionUnit>) -> BTreeMap<(ActionUnit, ActionUnit), f64> {
    let weight = |edge: &facs::AuEdge| ((edge.from, edge.to), edge.weight.get().into());
    graph.edges.iter().map(weight).collect()
}

fn truth() -> BTreeMap<(ActionUnit, ActionUnit), f64> {
    EDGES
        .map(|(from, to, weight)| ((UNITS[from], UNITS[to]), weight))
        .into()
}

fn assert_close(
    found: &BTreeMap<(ActionUnit, ActionUnit), f64>,
    expected: &BTreeMap<(ActionUnit, ActionUnit), f64>,
    tolerance: f64,
) {
    assert!(
        found.keys().eq(expected.keys()),
        "{found:?} is not {expected:?}"
    );
    for (edge, weight) in expected {
        assert!(
            (found[edge] - weight).abs() < tolerance,
            "{edge:?}: {} is not {weight}",
            found[edge]
        );
    }
}

#[test]
fn observation_alone_finds_every_edge_its_direction_and_its_weight() {
    let graph = estimate(&table(&draw(3000, 1), [0, 1, 2, 3, 4], false), 1);
    assert_close(&weights(&graph), &truth(), 0.1);
}

#[test]
fn the_order_of_columns_and_rows_does_not_matter() {
    let faces = draw(1500, 2);
    let straight = weights(&estimate(&table(&faces, [0, 1, 2, 3, 4], false), 3));
    let turned = weights(&estimate(&table(&faces, [4, 2, 0, 3, 1], true), 3));
    assert!(!straight.is_empty());
    assert_close(&straight, &turned, 0.01);
}

/// Half of the faces smile with open lips and raised cheeks, for no unit's sake.
#[test]
fn a_hidden_intention_is_no_edge() {
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    let units = [
        ActionUnit::Au01,
        ActionUnit::Au12,
        ActionUnit::Au25,
        ActionUnit::Au26,
    ];
    let mut table = LevelTable::new(Scale::Levels, &units).unwrap();
    for _ in 0..3000 {
        let shared = if rng.random_bool(0.5) { 3.0 } else { 0.0 };
        let level =
            |rng: &mut ChaCha8Rng| (shared + normal(0.7, rng)).round().clamp(0.0, 5.0) as f32;
        let levels: [f32; 4] = std::array::from_fn(|_| level(&mut rng));
        table.push(&levels, &[], None).unwrap();
    }
    assert!(
        !estimate(&table, 1).edges.is_empty(),
        "without intentions, edges must explain it"
    );
    let graph = estimate(&table, 2);
    assert!(graph.edges.is_empty(), "{:?}", graph.edges);
}

/// Two units with one joint normal distribution that is the same when they change places: observation
/// cannot orient it.
#[test]
fn setting_units_orients_what_observation_cannot() {
    for (cause, effect) in [(0, 1), (1, 0)] {
        let mut rng = ChaCha8Rng::seed_from_u64(4);
        let units = [ActionUnit::Au01, ActionUnit::Au02];
        let mut table = LevelTable::new(Scale::Scores, &units).unwrap();
        for row in 0..2000 {
            let set = match row % 10 {
                0 => Some(cause),
                1 => Some(effect),
                _ => None,
            };
            let outside = if rng.random_bool(0.5) { 1.0 } else { 4.0 };
            let mut levels = [0.0; 2];
            levels[cause] = 2.5 + normal(0.75, &mut rng);
            if set == Some(cause) {
                levels[cause] = outside;
            }
            levels[effect] = 1.0 + 0.6 * levels[cause] + normal(0.6, &mut rng);
            if set == Some(effect) {
                levels[effect] = outside;
            }
            let levels = levels.map(|level| level.clamp(0.0, 5.0) as f32);
            let set: Vec<ActionUnit> = set.map(|unit| units[unit]).into_iter().collect();
            table.push(&levels, &set, None).unwrap();
        }
        let found = weights(&estimate(&table, 1));
        let edges: Vec<_> = found.keys().copied().collect();
        assert_eq!(edges, [(units[cause], units[effect])], "{found:?}");
        assert!(found[&edges[0]] > 0.2, "{found:?}");
    }
}

#[test]
fn a_unit_that_never_changes_has_no_edge_and_disturbs_none() {
    let units = [
        UNITS[0],
        UNITS[1],
        UNITS[2],
        UNITS[3],
        UNITS[4],
        ActionUnit::Au28,
        ActionUnit::Au43,
    ];
    let mut table = LevelTable::new(Scale::Levels, &units).unwrap();
    for (row, face) in draw(3000, 1).into_iter().enumerate() {
        let levels = [face[0], face[1], face[2], face[3], face[4], 0.0, 5.0];
        let shown = [Expression::Happiness, Expression::Neutral][row % 2];
        table.push(&levels, &[], Some(shown)).unwrap();
    }
    assert_close(&weights(&estimate(&table, 1)), &truth(), 0.1);
    let shown = expression_graph(&table, &settings(1)).unwrap();
    assert!(
        shown.edges.iter().all(|edge| UNITS.contains(&edge.from)),
        "{:?}",
        shown.edges
    );
}

#[test]
fn too_few_rows_are_refused() {
    let error = au_graph(
        &table(&draw(150, 1), [0, 1, 2, 3, 4], false),
        &settings(1),
        &mut |_| {},
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "150 rows in the table, too few to tell causes apart; at least 200 are needed"
    );
}

#[test]
fn a_setting_out_of_range_is_refused_by_name() {
    let error = au_graph(
        &table(&draw(250, 1), [0, 1, 2, 3, 4], false),
        &settings(0),
        &mut |_| {},
    );
    assert_eq!(
        error.unwrap_err().to_string(),
        "setting `intentions` is 0, but should be from 1 to 64"
    );
}

/// Log-odds per level of a known softmax; every unit leaves the median of four expressions alone.
const EVIDENCE: [(usize, Expression, f64); 5] = [
    (2, Expression::Happiness, 1.5),
    (0, Expression::Anger, 1.2),
    (3, Expression::Sadness, 1.4),
    (0, Expression::Happiness, -0.9),
    (4, Expression::Anger, -0.6),
];

#[test]
fn expressions_have_the_weights_they_were_drawn_with() {
    let shown = [
        Expression::Neutral,
        Expression::Happiness,
        Expression::Sadness,
        Expression::Anger,
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut table = LevelTable::new(Scale::Levels, &UNITS).unwrap();
    for face in draw(4000, 6) {
        let evidence = shown.map(|expression| {
            let of = |&(unit, to, weight): &(usize, Expression, f64)| {
                if to == expression {
                    weight * f64::from(face[unit])
                } else {
                    0.0
                }
            };
            let bias = if expression == Expression::Neutral {
                2.0
            } else {
                0.0
            };
            // The largest of evidence and Gumbel noise is drawn by softmax.
            let noise = -(-rng.random_range(f64::MIN_POSITIVE..1.0).ln()).ln();
            bias + EVIDENCE.iter().map(of).sum::<f64>() + noise
        });
        let best = (0..4).reduce(|a, b| if evidence[b] > evidence[a] { b } else { a });
        table.push(&face, &[], Some(shown[best.unwrap()])).unwrap();
    }
    let graph = expression_graph(&table, &settings(1)).unwrap();
    assert_eq!(graph.edges.len(), EVIDENCE.len(), "{:?}", graph.edges);
    for (unit, to, log_odds) in EVIDENCE {
        let edge = graph
            .edges
            .iter()
            .find(|edge| edge.from == UNITS[unit] && edge.to == to)
            .unwrap();
        let found = 2.0 * f64::from(edge.weight.get()).atanh();
        assert!(
            (found - log_odds).abs() < 0.25,
            "{edge}: {found} is not {log_odds}"
        );
    }
}
