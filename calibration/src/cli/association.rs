//! `calibration association`: do answers go with a feature?

use std::{fs, path::PathBuf};

use anyhow::Context;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::End;
use crate::{
    association::{Association as Found, Columns, Counts, Draw, Table},
    statistics::independence::vote::Vote,
};

#[derive(Args)]
#[command(after_help = "Examples:
  calibration faces --subject models/default --data data/crops --out faces.csv
  calibration association --table faces.csv --label expression --prediction logit_happiness \\
      --feature mirror_distance --feature landmark_asymmetry --one-per subject
  calibration association --table mine.csv --label shows --prediction happy --feature palsy --rows 2000 --out found.json

The table is a CSV file with a header and one row per face: what it shows, what the classifier said, and
numbers that the answers might go with; `calibration faces` writes one. A row with an empty cell in a column
that is asked for is left out. Tests take rows for independent: pictures of one person are not, --one-per
takes one of them. 1000 rows take seconds per feature, and the time grows with the cube. Three tests ask whether answer and feature are independent given
the label (conditional HSIC, CMIknn, FCIT, with the settings of Facing Asymmetry, C.2); two of three decide.
A yes says that they go together in these data, not that the feature is the cause: that is what
`calibration symmetry` is for.")]
pub(super) struct Association {
    /// The table (.csv).
    #[arg(long, value_name = "FILE")]
    table: PathBuf,
    /// Column with what the face shows.
    #[arg(long)]
    label: String,
    /// Column with what the classifier says. May be repeated: all of them together.
    #[arg(long = "prediction", value_name = "COLUMN", required = true)]
    predictions: Vec<String>,
    /// Column that is tested. May be repeated: each alone.
    #[arg(long = "feature", value_name = "COLUMN", required = true)]
    features: Vec<String>,
    /// At most so many rows, drawn by chance.
    #[arg(long, default_value_t = 1000)]
    rows: usize,
    /// Of rows that agree in this column only one, drawn by chance. May be repeated: that agree in all.
    #[arg(long, value_name = "COLUMN")]
    one_per: Vec<String>,
    /// A p-value below it is a vote.
    #[arg(long, default_value_t = 0.01)]
    alpha: f64,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The same as JSON.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

impl Association {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let columns = Columns {
            label: self.label.clone(),
            predictions: self.predictions.clone(),
            features: self.features.clone(),
        };
        let draw = Draw {
            rows: self.rows,
            one_per: self.one_per.clone(),
            seed: self.seed,
        };
        let table = Table::read(&self.table, &columns, &draw)?;
        let Counts {
            found,
            incomplete,
            drawn,
        } = table.counts();
        eprintln!(
            "{drawn} of {found} rows drawn; {incomplete} have an empty cell and are left out"
        );
        let vote = Vote {
            alpha: self.alpha,
            ..Vote::default()
        };
        let bar = ProgressBar::new(self.features.len() as u64).with_style(
            ProgressStyle::with_template("{bar:30} {pos}/{len} features, {elapsed}")?,
        );
        bar.tick();
        let found = table.test(&vote, self.seed, || bar.inc(1))?;
        bar.finish_and_clear();
        println!("feature             cHSIC p  CMIknn p    FCIT p  associated");
        for Found {
            feature,
            chsic_p,
            cmi_knn_p,
            fcit_p,
            associated,
            ..
        } in &found
        {
            let says = if *associated { "yes" } else { "no" };
            println!("{feature:18} {chsic_p:8.4}  {cmi_knn_p:8.4}  {fcit_p:8.4}  {says}");
        }
        if let Some(path) = &self.out {
            let json = serde_json::to_vec_pretty(&found)?;
            fs::write(path, json).with_context(|| format!("cannot write {}", path.display()))?;
        }
        Ok(End::Done)
    }
}
