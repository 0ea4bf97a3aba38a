//! Arguments that choose and change the causal model.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use serde_json::{Value, json};

use crate::{
    causal::{CausalModel, Confound, ON, Rates},
    dataset::{Coder, Flip},
};

/// Where the causal model comes from.
#[derive(Args)]
pub(super) struct ModelFile {
    /// Causal model in TOML instead of the built-in one.
    #[arg(long, value_name = "FILE")]
    model: Option<PathBuf>,
}

/// The causal model and what is changed about it.
#[derive(Args)]
pub(super) struct ModelArgs {
    #[command(flatten)]
    file: ModelFile,
    /// Only samples in this context, such as smile=social. May be repeated.
    #[arg(long = "context", value_name = "NAME=VALUE")]
    contexts: Vec<String>,
    /// Only samples with this intention; `various` drives no unit and leaves no hidden cause.
    #[arg(long, value_name = "NAME")]
    intention: Option<String>,
    /// Base rates like those of a data set: bp4d or disfa.
    #[arg(long, value_name = "SET")]
    rates: Option<String>,
    /// Ties a unit to what does not cause it: identity (skin tone), light (softness) or camera
    /// (exposure), with a strength from 0 to 1. May be repeated.
    #[arg(long = "confound", value_name = "FACTOR:UNIT=STRENGTH")]
    confounds: Vec<Confound>,
}

/// How labels are written.
#[derive(Args)]
pub(super) struct CoderArgs {
    /// How often labels are wrong: 0.05 for all units, AU12=0.1 for one. May be repeated.
    #[arg(long = "flip", value_name = "[UNIT=]RATE")]
    flips: Vec<Flip>,
    /// How far coders are from the true intensity, in points (standard deviation); they write whole
    /// levels then.
    #[arg(long, value_name = "POINTS", default_value_t = 0.0)]
    disagreement: f32,
}

impl ModelFile {
    pub(super) fn load(&self) -> anyhow::Result<CausalModel> {
        Ok(match &self.model {
            None => CausalModel::built_in().clone(),
            Some(path) => CausalModel::load(path)?,
        })
    }

    /// What data sets tell of it.
    pub(super) fn describe(&self) -> anyhow::Result<Value> {
        let (name, sha256) = match &self.model {
            Some(path) => {
                let bytes = std::fs::read(path)
                    .with_context(|| format!("cannot read {}", path.display()))?;
                let name = path.file_name().unwrap_or_default();
                (name.to_string_lossy(), facs::sha256_hex(&bytes))
            }
            None => {
                let text = CausalModel::built_in_text();
                ("built-in".into(), facs::sha256_hex(text.as_bytes()))
            }
        };
        Ok(json!({ "name": name, "sha256": sha256 }))
    }
}

impl ModelArgs {
    pub(super) fn load(&self) -> anyhow::Result<CausalModel> {
        let mut model = self.file.load()?;
        for context in &self.contexts {
            let (name, value) = context.split_once('=').unwrap_or((context, ""));
            model = model.in_context(name, value)?;
        }
        if let Some(intention) = &self.intention {
            model = model.with_intention(intention)?;
        }
        let rates = self.rates()?;
        if rates.is_some() || !self.confounds.is_empty() {
            model = model.calibrated(rates, &self.confounds)?;
        }
        Ok(model)
    }

    fn rates(&self) -> anyhow::Result<Option<&'static Rates>> {
        Ok(self.rates.as_deref().map(Rates::of).transpose()?)
    }

    /// Least intensity that counts as active.
    pub(super) fn threshold(&self) -> anyhow::Result<f32> {
        Ok(self.rates()?.map_or(ON, |rates| rates.threshold))
    }

    /// What data sets tell of it.
    pub(super) fn describe(&self) -> anyhow::Result<Value> {
        let confound = |confound: &Confound| {
            let Confound {
                factor,
                unit,
                strength,
            } = confound;
            format!("{factor}:{unit}={strength}")
        };
        Ok(json!({
            "file": self.file.describe()?,
            "contexts": self.contexts,
            "intention": self.intention,
            "rates": self.rates,
            "confounds": self.confounds.iter().map(confound).collect::<Vec<_>>(),
        }))
    }
}

impl CoderArgs {
    /// Who labels samples of a model.
    pub(super) fn coder(&self, model: &ModelArgs) -> anyhow::Result<Coder> {
        anyhow::ensure!(
            (0.0..=5.0).contains(&self.disagreement),
            "--disagreement is {}, expected 0 to 5",
            self.disagreement
        );
        let coder = Coder {
            disagreement: self.disagreement,
            threshold: model.threshold()?,
            ..Coder::default()
        };
        Ok(coder.flipping(&self.flips))
    }

    /// What data sets tell of it.
    pub(super) fn describe(&self) -> Value {
        let flip = |flip: &Flip| match flip.unit {
            Some(unit) => format!("{unit}={}", flip.rate),
            None => flip.rate.to_string(),
        };
        let flips: Vec<String> = self.flips.iter().map(flip).collect();
        json!({ "flips": flips, "disagreement": self.disagreement.to_string() })
    }
}
