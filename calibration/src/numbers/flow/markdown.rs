//! The report, as Markdown.

use std::fmt::Write as _;

use super::{Calibrated, ExpressionFigures, Figures, Pair, Plan, UnitFit};
use crate::numbers::{limit::Limit, map::FittedMap};

/// The whole report.
pub(super) fn report(calibrated: &Calibrated) -> String {
    let (figures, fitted) = (&calibrated.figures, &calibrated.fitted);
    let mut text = format!("# Calibration of {}\n\n", calibrated.bundle.name);
    let affect = calibrated.bundle.models.iter();
    let calibration = affect.filter_map(|model| model.calibration.as_ref()).next();
    let data = calibration.map_or("", |calibration| &calibration.data);
    let _ = write!(
        text,
        "Fitted to {data}. All figures are of test faces, of subjects that nothing was fitted to. \
         ECE: expected calibration error, 15 bins of equal width; by chance: what it would be if every \
         probability were exactly true. In brackets: as it was.\n\n## Expression\n\n"
    );
    if let Some(expression) = &figures.expression {
        text += &expression_table(expression);
        text += &match &fitted.temperature {
            Ok(fitted) => format!("Temperature: {:.4}.\n\n", fitted.value),
            Err(error) => format!("No temperature: {error}.\n\n"),
        };
        text += &limits(expression, calibrated);
    } else {
        text += "No test face is labelled.\n\n";
    }
    text += "## Action units\n\n";
    text += &units(figures, &fitted.units);
    text += "![reliability of units](units.svg)\n\n\
             Grey: as it was. Blue: calibrated, with Wilson's 95 % intervals. On the diagonal what is said \
             comes true as often as it says.\n\n";
    text += &domains(figures);
    text += &quality(figures, &calibrated.plan);
    text
}

fn expression_table(expression: &ExpressionFigures) -> String {
    let mut text = format!(
        "{} faces, accuracy {:.3}.\n\n| figure | before | after |\n|---|---:|---:|\n",
        expression.faces, expression.accuracy
    );
    for (name, pair) in [
        ("ECE", expression.ece),
        ("MCE, the widest gap of a bin", expression.mce),
        ("classwise ECE", expression.classwise_ece),
        ("Brier score", expression.brier),
        ("log loss", expression.log_loss),
    ] {
        let _ = writeln!(text, "| {name} | {:.4} | {:.4} |", pair.before, pair.after);
    }
    let _ = write!(
        text,
        "| ECE by chance | | {:.4} |\n\n![reliability of the expression](expression.svg)\n\n",
        expression.ece_by_chance
    );
    text
}

fn limits(expression: &ExpressionFigures, calibrated: &Calibrated) -> String {
    let mut text = "Where the expression abstains below a confidence, so that at most a share of its answers is \
                    wrong (SGR, 95 % sure on the validation faces):\n\n\
                    | allowed | confidence | answered | wrong | answered in test | wrong in test |\n\
                    |---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for limit in &expression.limits {
        let _ = writeln!(
            text,
            "| {:.2} | {:.4} | {:.3} | {:.3} | {:.3} | {:.3} |",
            limit.risk,
            limit.fitted.least,
            limit.fitted.coverage,
            limit.fitted.risk,
            limit.test.coverage,
            limit.test.risk
        );
    }
    let cannot: Vec<String> = calibrated
        .fitted
        .limits
        .iter()
        .filter(|limit| limit.found.is_none())
        .map(|limit| format!("{:.2}", limit.risk))
        .collect();
    if !cannot.is_empty() {
        let _ = write!(text, "\nNo confidence is enough for {}.", cannot.join(", "));
    }
    let asked = calibrated.plan.expression_risk;
    let _ = match (asked, calibrated.fitted.abstain_below) {
        (None, _) => write!(
            text,
            "\nThe bundle has none of these limits: none was asked for.\n\n"
        ),
        (Some(risk), Some(least)) => {
            write!(text, "\nThe bundle has that of {risk:.2}: {least:.4}.\n\n")
        }
        (Some(risk), None) => write!(
            text,
            "\nThe bundle has no limit: {risk:.2} cannot be kept.\n\n"
        ),
    };
    text
}

fn units(figures: &Figures, fits: &[UnitFit]) -> String {
    let mut text = "| unit | active of | map | ECE | by chance | of equal mass | Brier score | log loss | threshold | F1 |\n\
                    |---|---:|---|---:|---:|---:|---:|---:|---:|---:|\n"
        .to_owned();
    for unit in &figures.units {
        let fit = fits.iter().find(|fit| fit.unit == unit.unit);
        let map = fit.map_or(String::new(), how);
        let _ = writeln!(
            text,
            "| {} | {} of {} | {map} | {} | {:.4} | {} | {} | {} | {:.3} ({:.3}) | {} |",
            unit.unit,
            unit.positives,
            unit.faces,
            both(unit.ece),
            unit.ece_by_chance,
            both(unit.mass_ece),
            both(unit.brier),
            both(unit.log_loss),
            unit.threshold.after,
            unit.threshold.before,
            both(unit.f1),
        );
    }
    let _ = writeln!(
        text,
        "| mean | | | {} | {:.4} | {} | {} | {} | | {} |\n",
        both(figures.mean(|unit| unit.ece)),
        figures
            .mean(|unit| Pair {
                before: 0.0,
                after: unit.ece_by_chance
            })
            .after,
        both(figures.mean(|unit| unit.mass_ece)),
        both(figures.mean(|unit| unit.brier)),
        both(figures.mean(|unit| unit.log_loss)),
        both(figures.mean(|unit| unit.f1)),
    );
    text
}

/// The method of a unit's map, or why there is none.
fn how(fit: &UnitFit) -> String {
    match &fit.map {
        Ok(FittedMap { method, .. }) => method.name().to_owned(),
        Err(error) => format!("none: {error}"),
    }
}

fn domains(figures: &Figures) -> String {
    if figures.domains.is_empty() {
        return String::new();
    }
    let mut text = "## By domain\n\n| domain | faces | mean ECE of units | ECE of the expression |\n|---|---:|---:|---:|\n"
        .to_owned();
    for domain in &figures.domains {
        let _ = writeln!(
            text,
            "| {} | {} | {} | {} |",
            domain.domain,
            domain.faces,
            both(domain.unit_ece),
            both(domain.expression_ece)
        );
    }
    text + "\n"
}

fn quality(figures: &Figures, plan: &Plan) -> String {
    if figures.quality.is_empty() {
        return String::new();
    }
    let (worse, whose) = (
        plan.worse,
        if plan.limit_quality {
            "The bundle has the stricter ones, and the daemon abstains beyond"
        } else {
            "For `[quality]` of the daemon, or for the bundle with `--limit-quality`"
        },
    );
    let mut text = format!(
        "## Pose and blur\n\nWhere the expected error passes {worse} times its mean (isotonic regression of the \
         error on validation faces); the mean error of test faces within and beyond. {whose}. \
         Crops do not tell the size that a face had.\n\n\
         | quantity | error of | allowed | limit | faces within | error within | beyond |\n\
         |---|---|---:|---:|---:|---:|---:|\n"
    );
    for row in &figures.quality {
        let (limit, coverage) = match row.limit {
            Limit::Nowhere => ("nowhere".into(), "all".into()),
            Limit::Everywhere => ("everywhere".into(), "none".into()),
            Limit::At { value, coverage } => (format!("{value:.1}"), format!("{coverage:.3}")),
        };
        let [within, beyond] = row
            .test
            .map(|error| error.map_or(String::new(), |error| format!("{error:.3}")));
        let _ = writeln!(
            text,
            "| {} | {} | {:.3} | {limit} | {coverage} | {within} | {beyond} |",
            row.quantity.name().replace('|', "\\|"),
            row.of,
            row.allowed
        );
    }
    text
}

fn both(pair: Pair<f64>) -> String {
    format!("{:.4} ({:.4})", pair.after, pair.before)
}
