//! Circumstances are as frequent as declared, switch edges, and are kept with the sample.

use facs::ActionUnit;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{samples, set};
use crate::causal::{CausalModel, FaceState};

/// Mean effect of a full smile on a unit in one kind of smile.
fn effect(smile: &str, unit: ActionUnit) -> f32 {
    let model = CausalModel::built_in().in_context("smile", smile).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let (low, high) = (set(ActionUnit::Au12, 0.0), set(ActionUnit::Au12, 4.0));
    let change = |_| {
        let [low, high] = model.counterfactual(&mut rng, &low, &high);
        high.intensity[unit.index()] - low.intensity[unit.index()]
    };
    (0..1500).map(change).sum::<f32>() / 1500.0
}

#[test]
fn the_kind_of_smile_switches_and_scales_edges() {
    let felt = effect("duchenne", ActionUnit::Au06);
    assert!(felt > 1.5, "a felt smile raises the cheeks: {felt}");
    assert_eq!(effect("social", ActionUnit::Au06), 0.0);
    let [open, closed] = ["duchenne", "social"].map(|smile| effect(smile, ActionUnit::Au25));
    assert!(open > 1.3 * closed && closed > 0.0, "{open} and {closed}");
}

#[test]
fn contexts_are_drawn_as_declared_and_decide_the_true_graph() {
    let model = CausalModel::built_in();
    let faces = samples(6000, &[]);
    for (index, context) in model.contexts().iter().enumerate() {
        for (value, (name, probability)) in context.values.iter().enumerate() {
            let with = |face: &&FaceState| face.contexts[index] == value;
            let share = faces.iter().filter(with).count() as f32 / 6000.0;
            assert!(
                (share - probability).abs() < 0.03,
                "{}={name}: {share}",
                context.name
            );
        }
    }
    for face in &faces[..50] {
        let names: Vec<(&str, &str)> = model.named_contexts(&face.contexts).collect();
        let social = names.contains(&("smile", "social"));
        let mut edges = model.graph_in(&face.contexts).au_au.edges.into_iter();
        let cheeks = edges.any(|edge| (edge.from, edge.to) == (ActionUnit::Au12, ActionUnit::Au06));
        assert_eq!(cheeks, !social, "{names:?}");
    }
}

#[test]
fn unknown_contexts_and_intentions_are_refused_by_name() {
    let model = CausalModel::built_in();
    let refusals = [
        model.in_context("weather", "rain").unwrap_err(),
        model.in_context("smile", "wry").unwrap_err(),
        model.with_intention("mischief").unwrap_err(),
    ];
    insta::assert_snapshot!(refusals.map(|refusal| refusal.to_string()).join("\n"), @r#"
    unknown context "weather": expected one of culture smile
    unknown value of the context "smile=wry": expected one of duchenne social
    unknown intention "mischief": expected one of anger contempt disgust fear happiness rest sadness speech surprise various
    "#);
}

#[test]
fn an_intention_that_drives_nothing_leaves_roots_independent() {
    let model = CausalModel::built_in().with_intention("various").unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let faces: Vec<FaceState> = (0..4000).map(|_| model.observe(&mut rng)).collect();
    let unit = |face: &FaceState, unit: ActionUnit| face.intensity[unit.index()];
    let mean = |of: &dyn Fn(&FaceState) -> f32| faces.iter().map(of).sum::<f32>() / 4000.0;
    // Neither has a cause, and no intention joins them.
    let (a, b) = (ActionUnit::Au01, ActionUnit::Au20);
    let (first, second) = (mean(&|face| unit(face, a)), mean(&|face| unit(face, b)));
    let covariance = mean(&|face| (unit(face, a) - first) * (unit(face, b) - second));
    let spread = mean(&|face| (unit(face, a) - first).powi(2))
        * mean(&|face| (unit(face, b) - second).powi(2));
    let correlation = covariance / spread.sqrt();
    assert!(correlation.abs() < 0.05, "{correlation}");
}
