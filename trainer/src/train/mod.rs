//! The training loop, one for all models: recipe -> images -> batches -> loss -> step ->
//! checkpoint -> figures. It reads as the flow; the phases have files of their own.

mod plot;
mod reporter;

use std::{
    ops::ControlFlow,
    sync::atomic::{AtomicBool, Ordering},
};

use anyhow::{Context, Result, bail};
use burn::{
    grad_clipping::GradientClippingConfig,
    module::Module,
    optim::{AdamWConfig, GradientsParams, ModuleOptimizer},
    tensor::Device,
};

use crate::{
    data::{BatchPlan, Images, Loader, Parts},
    recipe::{Recipe, TrainingSettings},
    run_dir::{MetricsLine, MetricsLog, Progress, RunDir},
    task::{Evaluation, Task},
};

use reporter::Reporter;

/// How a call of [`train`] ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// All steps are done: the figures on the test part.
    Finished(Evaluation),
    /// Stopped on request at a checkpoint; the same call goes on from it.
    Interrupted {
        /// Steps done.
        step: usize,
    },
}

/// Trains until the recipe is done or `stop` is set, from the run folder's checkpoint if it has one.
///
/// # Errors
/// When data is missing, a loss is not a number, or the run folder cannot be written.
pub fn train<T: Task>(
    task: &T,
    recipe: &Recipe,
    images: &Images,
    run: &RunDir,
    device: &Device,
    stop: &AtomicBool,
) -> Result<Outcome> {
    let settings = &recipe.training;
    let parts = Parts::new(images, &recipe.data, recipe.seed)?;
    let plan = BatchPlan::new(parts.train.clone(), settings.batch, recipe.seed);
    let total = settings.steps(plan.steps_per_epoch());

    let learner = device.clone().autodiff();
    learner.seed(recipe.seed);
    let (network, optimizer, progress) =
        run.load_checkpoint(network(task, settings, &learner)?, optimizer(settings))?;
    let mut session = Session {
        network: Some(network.train()),
        optimizer,
        run,
        log: run.open_metrics(progress)?,
    };
    let mut reporter = Reporter::new(progress.step, total, settings.batch);

    let make = |samples: &[usize], rng: &mut rand_chacha::ChaCha8Rng| {
        task.batch(images, samples, Some(rng))
    };
    let walked = Loader::run(&plan, progress.step..total, make, |step, batch| {
        let broke = |error| ControlFlow::Break(Err(error));
        let rate = settings.learning_rate_at(step, total);
        let loss = match session.step(task, &batch, rate, &learner) {
            Ok(loss) => loss,
            Err(error) => return Err(broke(error.context(format!("step {step}")))),
        };
        let done = step + 1;
        reporter.step(loss, rate);
        session
            .after_step(
                task,
                images,
                &parts.validation,
                settings,
                &plan,
                done,
                total,
                &mut reporter,
                device,
            )
            .map_err(broke)?;
        if stop.load(Ordering::Relaxed) && done < total {
            let saved = session
                .checkpoint(done)
                .map(|()| Outcome::Interrupted { step: done });
            return Err(ControlFlow::Break(saved));
        }
        Ok(())
    });
    reporter.finish();
    match walked {
        Err(ControlFlow::Break(outcome)) => outcome,
        Err(ControlFlow::Continue(())) | Ok(()) => session.finish(task, images, &parts, device),
    }
}

/// What changes while a run goes on.
struct Session<'a, N: Module> {
    /// `None` only while the optimizer holds it.
    network: Option<N>,
    optimizer: ModuleOptimizer,
    run: &'a RunDir,
    log: MetricsLog,
}

impl<N: Module + 'static> Session<'_, N> {
    fn network(&self) -> &N {
        self.network
            .as_ref()
            .expect("the network is here between steps")
    }

    fn step<T: Task<Network = N>>(
        &mut self,
        task: &T,
        batch: &T::Batch,
        rate: f64,
        device: &Device,
    ) -> Result<Vec<(&'static str, f64)>> {
        let network = self
            .network
            .take()
            .expect("the network is here between steps");
        let loss = task.loss(&network, batch, device);
        let total = scalar(loss.total.clone());
        let mut parts = vec![("loss", total)];
        parts.extend(
            loss.parts
                .into_iter()
                .map(|(name, part)| (name, scalar(part))),
        );
        if !total.is_finite() {
            bail!("the loss is {total} ({parts:?}): lower training.learning_rate");
        }
        let gradients = GradientsParams::from_grads(loss.total.backward(), &network);
        self.network = Some(self.optimizer.step(rate, network, gradients));
        Ok(parts)
    }

    /// Logs, checkpoints and evaluates where it is time to.
    #[expect(
        clippy::too_many_arguments,
        reason = "one caller: the loop's whole state"
    )]
    fn after_step<T: Task<Network = N>>(
        &mut self,
        task: &T,
        images: &Images,
        validation: &[usize],
        settings: &TrainingSettings,
        plan: &BatchPlan,
        done: usize,
        total: usize,
        reporter: &mut Reporter,
        device: &Device,
    ) -> Result<()> {
        if let Some(values) = reporter.due(done, total) {
            self.log.push(MetricsLine {
                step: done,
                part: "train".into(),
                values,
            })?;
        }
        if done.is_multiple_of(plan.steps_per_epoch() * settings.evaluate_epochs) {
            let figures = task.evaluate(
                &self.network().valid(),
                images,
                validation,
                validation,
                &device.clone().inner(),
            );
            reporter.evaluation(done, &figures);
            self.log.push(MetricsLine {
                step: done,
                part: "validation".into(),
                values: figures.metrics,
            })?;
            plot::draw(self.log.lines(), &self.run.file("plot.svg"))?;
        }
        if done.is_multiple_of(settings.checkpoint_steps) && done < total {
            self.checkpoint(done)?;
        }
        Ok(())
    }

    fn checkpoint(&self, step: usize) -> Result<()> {
        self.run
            .save_checkpoint(self.network(), &self.optimizer, Progress { step })
    }

    fn finish<T: Task<Network = N>>(
        self,
        task: &T,
        images: &Images,
        parts: &Parts,
        device: &Device,
    ) -> Result<Outcome> {
        let network = self.network().valid();
        self.run.save_weights(&network)?;
        let device = device.clone().inner();
        let report = task.evaluate(&network, images, &parts.validation, &parts.test, &device);
        self.run.save_json("report.json", &report)?;
        plot::draw(self.log.lines(), &self.run.file("plot.svg"))?;
        Ok(Outcome::Finished(report))
    }
}

/// A network as drawn, or with what it shares with the run that the recipe starts from.
fn network<T: Task>(task: &T, settings: &TrainingSettings, device: &Device) -> Result<T::Network> {
    let network = task.network(device);
    let Some(start) = &settings.start else {
        return Ok(task.give(network));
    };
    let (run, _) = RunDir::open(start).context("training.start")?;
    // Parameters that one of the two lacks are no fault; one of another shape is.
    let weights = run.load_weights().context("training.start")?;
    let network = network
        .try_load_record(weights.allow_partial(true).allow_unused(true))
        .with_context(|| format!("training.start: {} does not fit", start.display()))?;
    Ok(task.give(network))
}

fn optimizer(settings: &TrainingSettings) -> ModuleOptimizer {
    AdamWConfig::new()
        .with_weight_decay(settings.weight_decay)
        // Gradients of single weights are often below 1e-6: a larger epsilon would stall them.
        .with_epsilon(1e-8)
        .with_grad_clipping(Some(GradientClippingConfig::Norm(settings.gradient_norm)))
        .init()
}

fn scalar(value: burn::tensor::Tensor<1>) -> f64 {
    f64::from(value.into_scalar::<f32>())
}

/// Evaluates a finished run again and renews its `report.json`.
///
/// # Errors
/// When the run has no weights, the data has no test part, or the report cannot be written.
pub fn evaluate<T: Task>(
    task: &T,
    recipe: &Recipe,
    images: &Images,
    run: &RunDir,
    device: &Device,
) -> Result<Evaluation> {
    let network = finished(task, run, device)?;
    let parts = Parts::new(images, &recipe.data, recipe.seed)?;
    let report = task.evaluate(&network, images, &parts.validation, &parts.test, device);
    run.save_json("report.json", &report)?;
    Ok(report)
}

/// Figures of a finished run on the test part of other data: the images from number `own` on. The
/// thresholds are those that are best on the validation part of the run's own images before them.
///
/// # Errors
/// When the run has no weights, or the data lack a part.
pub fn evaluate_on_other<T: Task>(
    task: &T,
    recipe: &Recipe,
    images: &Images,
    own: usize,
    run: &RunDir,
    device: &Device,
) -> Result<Evaluation> {
    let network = finished(task, run, device)?;
    let mut parts = Parts::new(images, &recipe.data, recipe.seed)?;
    parts.validation.retain(|&index| index < own);
    parts.test.retain(|&index| index >= own);
    if parts.test.is_empty() {
        bail!("--data: no sample is of the test part");
    }
    Ok(task.evaluate(&network, images, &parts.validation, &parts.test, device))
}

fn finished<T: Task>(task: &T, run: &RunDir, device: &Device) -> Result<T::Network> {
    task.network(device)
        .try_load_record(run.load_weights()?)
        .context("weights.bpk does not fit the recipe")
}
