//! The report, as Markdown.

use std::fmt::Write as _;

use super::{Change, Figures, QuantisedBundle, Speed};
use crate::numbers::flow::Pair;

/// The whole report.
pub(super) fn report(done: &QuantisedBundle, figures: &Figures, speeds: &[Speed]) -> String {
    let mut text = format!("# Quantisation of {}\n\n", done.bundle.name);
    if let Some(quantisation) = &done.model.quantisation {
        let (method, faces, data) = (&quantisation.method, quantisation.faces, &quantisation.data);
        let _ = write!(text, "{method}; ranges of {faces} faces of the {data}. ");
    }
    let _ = write!(
        text,
        "Figures are of {} test faces, which nothing was fitted to or measured on.\n\n\
         | figure | FP32 | INT8 |\n|---|---:|---:|\n",
        figures.faces
    );
    for (name, pair) in figures.pairs() {
        let _ = writeln!(
            text,
            "| {} | {:.4} | {:.4} |",
            label(name),
            pair.before,
            pair.after
        );
    }
    let Pair { before, after } = done.bytes;
    let _ = writeln!(text, "| size of the file, bytes | {before} | {after} |");
    for speed in speeds {
        let Pair { before, after } = speed.faces_per_sec;
        let batch = speed.batch;
        let _ = writeln!(
            text,
            "| faces/s, {batch} at once, one thread | {before:.0} | {after:.0} |"
        );
    }
    text += "\n";
    for speed in speeds {
        let [low, high] = speed.quartiles;
        let _ = writeln!(
            text,
            "{} at once: INT8 is {:.2} times as fast (median of {} times, quartiles {low:.2} and {high:.2}; each time the fastest of five calls in turn).\n",
            speed.batch, speed.ratio, speed.repeats
        );
    }
    text += &changes(figures);
    text += &units(figures);
    text += &layers(done);
    text
}

fn label(name: &str) -> &str {
    match name {
        "au_f1" => "action units: F1 at the threshold, mean",
        "au_ece" => "action units: expected calibration error, mean",
        "expression_accuracy" => "expression: accuracy",
        "expression_balanced_accuracy" => "expression: balanced accuracy",
        "expression_ece" => "expression: expected calibration error",
        other => other,
    }
}

fn changes(figures: &Figures) -> String {
    let mut text =
        "## What changes\n\n| of | mean change | largest |\n|---|---:|---:|\n".to_owned();
    for (of, Change { mean, largest }) in [
        ("a unit's probability", figures.unit_change),
        ("an expression's probability", figures.expression_change),
        ("an edge's weight", figures.edge_change),
    ] {
        let _ = writeln!(text, "| {of} | {mean:.4} | {largest:.4} |");
    }
    let _ = write!(
        text,
        "\nThe likeliest expression is another for {:.2} % of faces, {:.2} % of decisions about units are other ones.\n\n",
        100.0 * figures.labels_changed,
        100.0 * figures.decisions_changed
    );
    text
}

fn units(figures: &Figures) -> String {
    let mut text = "## Action units\n\n\
        | unit | active | F1, FP32 | INT8 | ECE, FP32 | INT8 |\n|---|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for unit in &figures.units {
        let _ = writeln!(
            text,
            "| {} | {} | {:.4} | {:.4} | {:.4} | {:.4} |",
            unit.unit,
            unit.positives,
            unit.f1.before,
            unit.f1.after,
            unit.ece.before,
            unit.ece.after
        );
    }
    text + "\n"
}

fn layers(done: &QuantisedBundle) -> String {
    let quantised = &done.quantised;
    let mut text = format!(
        "## Layers\n\n{} batch norms were folded into the layer before.\n\n\
         | node | weights | computes with |\n|---|---|---|\n",
        quantised.folded
    );
    let lists = [
        (&quantised.layers, "8-bit integers"),
        (&quantised.stayed, "floats"),
    ];
    for (list, with) in lists {
        for [node, weight] in list {
            let _ = writeln!(text, "| `{node}` | `{weight}` | {with} |");
        }
    }
    text += "\n| tensor | from | to | scale | code of 0 |\n|---|---:|---:|---:|---:|\n";
    for tensor in &quantised.tensors {
        let (range, grid) = (tensor.range, tensor.grid);
        let _ = writeln!(
            text,
            "| `{}` | {:.4} | {:.4} | {:.6} | {} |",
            tensor.name, range.low, range.high, grid.scale, grid.zero
        );
    }
    text
}
