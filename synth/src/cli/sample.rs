//! `synth sample`: faces without pictures, as a table for methods of causal discovery.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::PathBuf,
    str::FromStr,
};

use anyhow::Context;
use clap::Args;
use facs::ActionUnit;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use super::{
    End,
    model::{CoderArgs, ModelArgs},
};
use crate::{
    causal::{CausalModel, FaceState, Factor, Intervention},
    dataset::Coder,
};

#[derive(Args)]
#[command(after_help = "Examples:
  synth sample --count 10000 --out faces.csv
  synth sample --count 10000 --intention various --out sufficient.csv   # no hidden common cause
  synth sample --count 10000 --do AU12=4 --context smile=social --out do.csv
  synth sample --count 10000 --rates bp4d --binary --flip 0.03 --out labels.csv
  synth sample --count 10000 --confound identity:AU12=0.8 --out biased.csv
Columns: one per action unit, the expression, the contexts, where the sample stands in identity,
light and camera (0 to 1), the intention. The same seed draws the same faces whatever is done to
them, so that two tables are counterfactuals of one another row by row.")]
pub(super) struct Sample {
    /// How many faces.
    #[arg(long, value_name = "N")]
    count: usize,
    /// Everything random follows from this number.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The table to write, or `-` for standard output.
    #[arg(long, value_name = "FILE.csv")]
    out: PathBuf,
    /// Sets a unit to an intensity (0 to 5) and cuts its causes. May be repeated.
    #[arg(long = "do", value_name = "UNIT=INTENSITY")]
    interventions: Vec<Do>,
    /// 1 for active and 0 for inactive units instead of intensities.
    #[arg(long)]
    binary: bool,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    coder: CoderArgs,
}

/// An intervention as an argument.
#[derive(Clone, Copy)]
struct Do(Intervention);

impl FromStr for Do {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || format!("{text:?}: write AU12=3, with an intensity from 0 to 5");
        let (unit, intensity) = text.split_once('=').ok_or_else(form)?;
        let unit: ActionUnit = unit.parse().ok().ok_or_else(form)?;
        let intensity: f32 = intensity.parse().ok().ok_or_else(form)?;
        if (0.0..=5.0).contains(&intensity) {
            Ok(Self(Intervention { unit, intensity }))
        } else {
            Err(form())
        }
    }
}

impl Sample {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        let model = self.model.load()?;
        let coder = self.coder.coder(&self.model)?;
        if self.out.as_os_str() == "-" {
            let mut out = BufWriter::new(io::stdout().lock());
            self.write(&model, &coder, &mut out)
                .context("cannot write to standard output")?;
        } else {
            let named = || format!("cannot write {}", self.out.display());
            let mut out = BufWriter::new(File::create(&self.out).with_context(named)?);
            self.write(&model, &coder, &mut out).with_context(named)?;
            eprintln!("{} faces in {}", self.count, self.out.display());
        }
        Ok(End::Done)
    }

    fn write(&self, model: &CausalModel, coder: &Coder, out: &mut impl Write) -> io::Result<()> {
        writeln!(out, "{}", header(model))?;
        let done: Vec<Intervention> = self.interventions.iter().map(|done| done.0).collect();
        let mut faces = ChaCha8Rng::seed_from_u64(self.seed);
        let mut errors = ChaCha8Rng::seed_from_u64(self.seed);
        errors.set_stream(1);
        for _ in 0..self.count {
            let face = model.observe_under(&mut faces, &done);
            let labels = ActionUnit::ALL.map(|unit| {
                let label = coder.label(unit, face.sides(unit), &mut errors);
                let intensity = label.intensity.unwrap_or_default();
                match self.binary {
                    true => u8::from(label.on).to_string(),
                    false => intensity.to_string(),
                }
            });
            writeln!(out, "{},{}", labels.join(","), row(&face, model))?;
        }
        out.flush()
    }
}

fn header(model: &CausalModel) -> String {
    let mut names: Vec<&str> = ActionUnit::ALL.iter().map(|unit| unit.code()).collect();
    names.push("expression");
    names.extend(model.contexts().iter().map(|context| context.name.as_str()));
    names.extend(Factor::ALL.map(Factor::name));
    names.push("intention");
    names.join(",")
}

/// What follows the units.
fn row(face: &FaceState, model: &CausalModel) -> String {
    let mut cells = vec![face.expression.name().to_owned()];
    let contexts = model.named_contexts(&face.contexts);
    cells.extend(contexts.map(|(_, value)| value.to_owned()));
    cells.extend(face.factors.0.map(|rank| format!("{rank:.3}")));
    cells.push(model.intent(face.intent).unwrap_or_default().to_owned());
    cells.join(",")
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Parser)]
    struct Program {
        #[command(flatten)]
        sample: Sample,
    }

    fn table(arguments: &[&str]) -> String {
        let arguments = ["synth", "--out", "-"].iter().chain(arguments);
        let sample = Program::parse_from(arguments).sample;
        let model = sample.model.load().unwrap();
        let coder = sample.coder.coder(&sample.model).unwrap();
        let mut out = Vec::new();
        sample.write(&model, &coder, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_table_has_a_column_per_unit_and_what_the_face_came_from() {
        insta::assert_snapshot!(table(&["--count", "3"]), @"
        AU01,AU02,AU04,AU05,AU06,AU07,AU09,AU10,AU11,AU12,AU14,AU15,AU17,AU20,AU23,AU24,AU25,AU26,AU28,AU43,expression,culture,smile,identity,light,camera,intention
        3.2,1.17,1.52,1.51,0,0,0,0,0.63,0,0,2.62,1.1,0,0,0,0,0,0,0,sadness,western,social,0.216,0.382,0.621,sadness
        0,4.77,0,0,0,0,0,0,0,0,0.55,0,0,0.54,0,0,0,1.68,0,4.97,surprise,western,duchenne,0.771,0.781,0.736,surprise
        0,4.34,0,0,1.67,0,0,0,0,0,0,0,0,0,0,0,0,0,1.03,2.86,surprise,eastern,social,0.082,0.406,0.830,various
        ");
    }

    #[test]
    fn what_is_done_to_a_unit_reaches_its_effects_alone() {
        let column = |text: &str, name: &str| -> Vec<String> {
            let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
            let index = lines
                .next()
                .unwrap()
                .iter()
                .position(|cell| *cell == name)
                .unwrap();
            lines.map(|cells| cells[index].to_owned()).collect()
        };
        let [plain, done] = [
            table(&["--count", "60"]),
            table(&["--count", "60", "--do", "AU12=4"]),
        ];
        assert!(column(&done, "AU12").iter().all(|cell| cell == "4"));
        for same in ["AU01", "AU43", "AU14", "identity", "intention", "culture"] {
            assert_eq!(column(&plain, same), column(&done, same), "{same}");
        }
        assert_ne!(column(&plain, "AU06"), column(&done, "AU06"));
        assert!("AU12=6".parse::<Do>().is_err() && "AU12".parse::<Do>().is_err());
    }
}
