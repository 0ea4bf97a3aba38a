//! `synth interventions`: pictures in which one thing changes and nothing else.

use align::Side;
use clap::{Args, ValueEnum};
use facs::{ActionUnit, DatasetKind, Expression};
use serde_json::{Value, json};

use super::{
    End,
    data::{Common, Share, finish, people},
    model::ModelArgs,
};
use crate::{
    dataset::{PairPlan, Pairs, Plan, Symmetry, SymmetryGrid},
    head::Region,
};

/// As many as in the paper.
const IDENTITIES: usize = 200;

#[derive(Args)]
#[command(after_help = "Examples:
  synth interventions --what symmetry --out data/symmetry
  synth interventions --what symmetry --steps 10 --times 90 --identities 200 --expression happiness --out data/happy
  synth interventions --what au --out data/pairs
  synth interventions --what au --unit AU12 --from 0 --to 4 --effects --out data/smiles
  synth interventions --what au --out data/pairs --shard 3/8   # one of eight jobs, 0/8 to 7/8
  synth interventions --what au --out data/pairs --join        # when all of them are done
A run that was stopped goes on when it is started again with the same arguments.
The folder is a data set: samples.jsonl is the manifest, `provenance` tells of every image its group
and what was done. Images of one group share person, shot and all chance.
symmetry: s scales everything on the left half of the face, t the whole expression (Eq. 2 and 3 of
Facing Asymmetry); the crop is aligned by the face at rest. au: pairs, first at --from, then at --to.")]
pub(super) struct Interventions {
    /// What changes.
    #[arg(long, value_enum)]
    what: What,
    /// How many different persons.
    #[arg(long, value_name = "N", default_value_t = IDENTITIES)]
    identities: usize,
    /// Side of a crop in pixels.
    #[arg(long, default_value_t = 112)]
    size: usize,
    #[command(flatten)]
    common: Common,
    #[command(flatten)]
    share: Share,
    #[command(flatten)]
    symmetry: SymmetryArgs,
    #[command(flatten)]
    pairs: PairArgs,
}

/// What changes.
#[derive(Clone, Copy, ValueEnum)]
enum What {
    /// Symmetry and time of posed expressions.
    Symmetry,
    /// One action unit, in counterfactual pairs.
    Au,
}

#[derive(Args)]
#[command(next_help_heading = "With --what symmetry")]
struct SymmetryArgs {
    /// Steps of symmetry from 0 (the left half rests) to 1.
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..=1000))]
    steps: u16,
    /// Steps of time towards the apex, which is always the last one.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    times: u16,
    /// An expression; the six basic ones by default. May be repeated.
    #[arg(long = "expression", value_name = "NAME")]
    expressions: Vec<Expression>,
    /// FACS intensity of the units at the apex.
    #[arg(long, default_value_t = 4.0)]
    intensity: f32,
    /// The side that falls short, the subject's.
    #[arg(long, value_name = "left|right", default_value = "left")]
    side: Side,
    /// The part of it that does.
    #[arg(long, value_enum, default_value_t = Region::Face)]
    region: Region,
    /// A shot of its own for every person instead of the plain one.
    #[arg(long)]
    varied: bool,
}

#[derive(Args)]
#[command(next_help_heading = "With --what au")]
struct PairArgs {
    /// A unit that differs; all by default. May be repeated.
    #[arg(long = "unit", value_name = "UNIT")]
    units: Vec<ActionUnit>,
    /// FACS intensity in the first image of a pair.
    #[arg(long, default_value_t = 0.0)]
    from: f32,
    /// FACS intensity in the second image of a pair.
    #[arg(long, default_value_t = 4.0)]
    to: f32,
    /// Lets the effects of the unit follow it, as the causal model says.
    #[arg(long)]
    effects: bool,
    #[command(flatten)]
    model: ModelArgs,
}

impl Interventions {
    pub(super) fn run(&self) -> anyhow::Result<End> {
        match self.what {
            What::Symmetry => self.symmetry(),
            What::Au => self.pairs(),
        }
    }

    fn symmetry(&self) -> anyhow::Result<End> {
        let SymmetryArgs {
            steps,
            times,
            ref expressions,
            intensity,
            side,
            region,
            varied,
        } = self.symmetry;
        within("--intensity", intensity)?;
        let times = usize::from(times);
        let grid = SymmetryGrid {
            expressions: if expressions.is_empty() {
                Expression::EIGHT[1..7].to_vec()
            } else {
                expressions.clone()
            },
            times: (1..=times).map(|step| step as f32 / times as f32).collect(),
            symmetries: SymmetryGrid::steps(usize::from(steps)),
            intensity,
            side,
            region,
            varied,
        };
        let changed = json!({
            "expressions": grid.expressions,
            "times": times,
            "steps": steps,
            "intensity": intensity,
            "side": side,
            "region": region,
            "varied": varied,
        });
        let cast = self.common.cast(self.identities)?;
        let people = people(&cast);
        let source = Symmetry::new(cast, grid, self.size)?;
        let plan = self.plan("symmetry", source.images(), people, &changed);
        finish(&plan, &source, self.common.out(), &self.share)
    }

    fn pairs(&self) -> anyhow::Result<End> {
        let PairArgs {
            ref units,
            from,
            to,
            effects,
            ref model,
        } = self.pairs;
        within("--from", from)?;
        within("--to", to)?;
        let pairs = PairPlan {
            units: if units.is_empty() {
                ActionUnit::ALL.to_vec()
            } else {
                units.clone()
            },
            levels: [from, to],
            effects,
        };
        let changed = json!({
            "units": pairs.units,
            "levels": pairs.levels,
            "effects": effects,
            "model": model.describe()?,
        });
        let cast = self.common.cast(self.identities)?;
        let people = people(&cast);
        let source = Pairs::new(cast, model.load()?, pairs, self.size)?;
        let plan = self.plan("au", source.images(), people, &changed);
        finish(&plan, &source, self.common.out(), &self.share)
    }

    fn plan(&self, what: &str, images: usize, people: Value, changed: &Value) -> Plan {
        let size = (self.size, self.size);
        let changes = json!({ "what": what, "changed": changed });
        self.common
            .plan(DatasetKind::Crops, size, images, people, changes)
    }
}

fn within(name: &str, intensity: f32) -> anyhow::Result<()> {
    anyhow::ensure!(
        (0.0..=5.0).contains(&intensity),
        "{name} is {intensity}, expected 0 to 5"
    );
    Ok(())
}
