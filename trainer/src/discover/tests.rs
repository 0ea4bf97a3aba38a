//! A tiny made-up graph from end to end.

use facs::{ActionUnit, Edge, Weight};
use synth::causal::CausalModel;

use super::*;

fn edge<T>(from: ActionUnit, to: T, weight: f32) -> Edge<ActionUnit, T> {
    Edge {
        from,
        to,
        weight: Weight::new(weight).unwrap(),
    }
}

const EXPRESSIONS: [Expression; 2] = [Expression::Happiness, Expression::Anxiety];

fn tiny(cut: Cut) -> Discovery {
    let mut graphs = Graphs::default();
    graphs.au_au.edges = vec![
        edge(ActionUnit::Au09, ActionUnit::Au10, 0.62),
        edge(ActionUnit::Au15, ActionUnit::Au12, -0.4),
        edge(ActionUnit::Au43, ActionUnit::Au28, 0.3),
        edge(ActionUnit::Au12, ActionUnit::Au06, -0.05),
    ];
    graphs.au_expression.edges = vec![
        edge(ActionUnit::Au12, Expression::Happiness, 0.8),
        edge(ActionUnit::Au04, Expression::Anxiety, 0.3),
        edge(ActionUnit::Au15, Expression::Happiness, -0.2),
    ];
    let truth = Truth::of(CausalModel::built_in(), &EXPRESSIONS);
    Discovery::of(graphs, &EXPRESSIONS, cut, Some(truth))
}

#[test]
fn a_tiny_graph_is_told() {
    insta::assert_snapshot!(tiny(Cut::Least(0.1)), @"
    3 edges between action units and 3 towards expressions, of weight 0.1 or more

    AU09 -> AU10 +0.62  true, +0.60
    AU15 -| AU12 -0.40  true the other way, -0.60
    AU43 -> AU28 +0.30  not true
    AU12 -> happiness +0.80  true, +0.85
    AU04 -> anxiety +0.30
    AU15 -| happiness -0.20  true, -0.40

    units that show an expression, in six sources and here (* both name it)

    happiness
      ekman_1976     6 12*
      lucey_2010     6 12* 25
      karthick_2013  6 12* 25
      du_2014        6 12* 25
      clark_2020     6 12*
      causal_affect  6 7 11 12* 25
      this run       12*
      inhibits       15
    anxiety
      this run       4
      inhibits       -

                      named by any source      by more than half
                       recall   precision     recall   precision
    happiness            0.20        1.00       0.33        1.00
    all                  0.20        1.00       0.33        1.00

    against the true graph

    between action units
      directed F1 0.06 (by chance 0.01), precision 0.33, recall 0.03: 1 of 3 found are right, 31 are true
      skeleton F1 0.12 (by chance 0.03), precision 0.67, recall 0.06: 2 of 3 found are right, 31 are true
      SHD 31
      polarity 1.00 of the right edges have the right sign
      average precision 0.05 (by chance 0.08)
      best directed F1 0.11, of 4 edges of weight 0.050 or more: chosen on the truth, a bound and no result
    towards expressions
      directed F1 0.50 (by chance 0.15), precision 1.00, recall 0.33: 2 of 2 found are right, 6 are true
      SHD 4
      polarity 1.00 of the right edges have the right sign
      average precision 0.33 (by chance 0.30)
      best directed F1 0.50, of 2 edges of weight 0.200 or more: chosen on the truth, a bound and no result
    ");
}

#[test]
fn the_strongest_are_counted_per_graph() {
    let discovery = tiny(Cut::Strongest(1));
    assert_eq!(discovery.found.au_au.edges.len(), 1);
    assert_eq!(discovery.found.au_expression.edges.len(), 1);
}

#[test]
fn files_hold_what_was_found() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("new/folder");
    tiny(Cut::Least(0.1)).save(&out).unwrap();
    let read = |name: &str| fs::read_to_string(out.join(name)).unwrap();
    let json: serde_json::Value = serde_json::from_str(&read("discovery.json")).unwrap();
    assert_eq!(json["found"]["au_au"].as_array().unwrap().len(), 3);
    assert_eq!(json["all"]["au_au"].as_array().unwrap().len(), 4);
    assert_eq!(json["scores"]["au_au"]["score"]["directed"]["right"], 1);
    assert_eq!(read("graph.gml").matches("edge [").count(), 6);
    assert!(read("graph.svg").contains("true the other way, -0.60"));
    // The 31 true edges between units, and one in the legend.
    assert_eq!(read("au_au.svg").matches("class=\"known\"").count(), 32);
    assert!(read("au_expression.svg").contains("AU12 to happiness: +0.800"));
}
