//! The report and the line for a model card, as Markdown.

use std::fmt::Write as _;

use super::Report;
use crate::audit::{ExpressionFigures, Figures, Verdict};

/// Mean accuracy of the paper's 17 classifiers on `happy`, at a symmetry of 0, a half and 1 (Table 4).
const PAPER: [f64; 3] = [0.4091, 0.6403, 0.8985];

/// Of a table of figures.
const HEAD: &str = "\
| expression | impact score | over people | significant | activation | accuracy at s = 0 | at 0.5 | at 1 |
|---|---:|---:|---:|---:|---:|---:|---:|
";

/// The whole report.
pub(super) fn report(report: &Report<'_>) -> String {
    let figures = report.figures;
    let design = &figures.design;
    let mut text = format!("# Facial symmetry and {}\n\n", figures.subject.name);
    if let Some(verdict) = report.verdict {
        text += &judged(verdict);
    }
    let _ = write!(
        text,
        "{} people x {} steps of symmetry x {} steps of time x {} expressions; the subject's {} side \
         ({}) falls short. Only the face moves: person, light, camera and crop stay \
         (B\u{fc}chner et al., Facing Asymmetry, 2024).\n\n{HEAD}",
        design.identities,
        design.symmetries,
        design.times,
        figures.expressions.len(),
        name(&design.side),
        name(&design.region),
    );
    for row in &figures.expressions {
        text += &table_row(row);
    }
    if let Some(before) = report.before {
        let _ = write!(
            text,
            "\nThe same faces by one look, {}:\n\n{HEAD}",
            before.subject.name
        );
        for row in &before.expressions {
            text += &table_row(row);
        }
    }
    let [zero, half, one] = PAPER;
    let _ = write!(
        text,
        "\nImpact score: mean gradient of the expression's probability along symmetry (Eq. 6 and 7), \
         probability per unit of symmetry; above 0 the classifier is surer of symmetric faces. \
         Significant: share of people, permutation test with {} permutations, Holm-Bonferroni over \
         people, level {}. Activation: mean probability at the apex of a symmetric face. Accuracy: \
         share of people in whom it is the surest class at the apex, with its {:.0} % interval. The \
         paper's 17 classifiers reach {zero:.2}, {half:.2} and {one:.2} on happy.\n\n\
         ![probability at the apex](curves.svg)\n\n\
         ![mean probability over symmetry and time](surfaces.svg)\n\n\
         ![impact score of every person](scores.svg)\n\n\
         ## Faces\n\nThe first person at the apex, from s = 0 to s = 1:\n\n![faces](faces.png)\n\n\
         ## Where it looks\n\nBy how much the probability of a class falls when a grey square covers \
         the place (red: it falls, blue: it rises). Rows: {}. In each the face at s = 0 with the map \
         of the shown expression and of the surest class, then the same at s = 1.\n\n\
         ![saliency](saliency.png)\n",
        figures.testing.permutations,
        figures.testing.alpha,
        100.0 * figures.testing.confidence,
        expressions(figures),
    );
    text
}

/// One line for a model card.
pub(super) fn model_card(figures: &Figures, verdict: Option<&Verdict>) -> String {
    let worst = figures
        .expressions
        .iter()
        .max_by(|a, b| a.score.abs().total_cmp(&b.score.abs()));
    let worst = worst.map_or(String::new(), |worst| {
        format!(
            ", largest impact score {:+.3} ({})",
            worst.score, worst.expression
        )
    });
    let least = figures
        .expressions
        .iter()
        .min_by(|a, b| a.accuracy[0].share.total_cmp(&b.accuracy[0].share));
    let least = least.map_or(String::new(), |least| {
        let share = least.accuracy[0].share;
        format!(
            ", accuracy with one side at rest {share:.2} or more ({})",
            least.expression
        )
    });
    let verdict = match verdict {
        None => "",
        Some(verdict) if verdict.passed => ", policy holds",
        Some(_) => ", policy broken",
    };
    let people = figures.design.identities;
    format!("- Facial symmetry ({people} synthetic people){worst}{least}{verdict}\n")
}

fn judged(verdict: &Verdict) -> String {
    if verdict.passed {
        return "**The policy holds.**\n\n".to_owned();
    }
    let mut text = "**The policy is broken.**\n\n".to_owned();
    for breach in &verdict.breaches {
        let _ = writeln!(
            text,
            "- {}: {} is {}, found {:.4}",
            breach.expression, breach.limit, breach.allowed, breach.found
        );
    }
    text + "\n"
}

fn table_row(row: &ExpressionFigures) -> String {
    let accuracies = row.accuracy.iter().map(|accuracy| {
        format!(
            "{:.3} ({:.2}-{:.2})",
            accuracy.share, accuracy.low, accuracy.high
        )
    });
    let accuracies: Vec<_> = accuracies.collect();
    format!(
        "| {} | {:+.4} | \u{b1} {:.4} | {:.3} | {:.3} | {} |\n",
        row.expression,
        row.score,
        row.deviation,
        row.significant,
        row.activation,
        accuracies.join(" | ")
    )
}

fn expressions(figures: &Figures) -> String {
    let names = figures.expressions.iter().map(|row| row.expression.name());
    names.collect::<Vec<_>>().join(", ")
}

/// What serde calls a value.
fn name(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).expect("a name serialises");
    value.as_str().unwrap_or_default().to_owned()
}
