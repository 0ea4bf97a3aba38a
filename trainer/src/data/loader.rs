//! Batches in a fixed random order, made one step ahead on a thread of their own.
//!
//! The order and every augmentation follow from the seed, the epoch and the step alone, so that a
//! run that was interrupted goes on as if it had not been.

use std::{
    ops::Range,
    sync::mpsc::{Receiver, sync_channel},
    thread,
};

use rand::{SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;

/// Which samples make up which step.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchPlan {
    samples: Vec<usize>,
    batch: usize,
    seed: u64,
}

impl BatchPlan {
    /// Shuffles `samples` anew in every epoch and cuts them into batches; the last samples that do
    /// not fill a batch sit out that epoch.
    #[must_use]
    pub fn new(samples: Vec<usize>, batch: usize, seed: u64) -> Self {
        Self {
            batch: batch.clamp(1, samples.len().max(1)),
            samples,
            seed,
        }
    }

    /// Steps in one epoch.
    #[must_use]
    pub fn steps_per_epoch(&self) -> usize {
        self.samples.len() / self.batch
    }

    /// The samples of a step, counted from the start of training, and its source of randomness.
    fn step(
        &self,
        step: usize,
        epoch_order: &mut (usize, Vec<usize>),
    ) -> (Range<usize>, ChaCha8Rng) {
        let epoch = step / self.steps_per_epoch();
        if epoch_order.0 != epoch || epoch_order.1.is_empty() {
            let mut order = self.samples.clone();
            order.shuffle(&mut rng(self.seed, 0, epoch as u64));
            *epoch_order = (epoch, order);
        }
        let start = step % self.steps_per_epoch() * self.batch;
        (start..start + self.batch, rng(self.seed, 1, step as u64))
    }
}

fn rng(seed: u64, purpose: u64, number: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(purpose << 48 | number);
    rng
}

/// Batches of the steps asked for, in order.
pub struct Loader;

impl Loader {
    /// Runs `work` over the batches of `steps`, each made by `make` while the one before is used.
    ///
    /// # Errors
    /// What `work` returns, at its first error.
    pub fn run<Batch: Send, E>(
        plan: &BatchPlan,
        steps: Range<usize>,
        make: impl Fn(&[usize], &mut ChaCha8Rng) -> Batch + Send,
        mut work: impl FnMut(usize, Batch) -> Result<(), E>,
    ) -> Result<(), E> {
        thread::scope(|scope| {
            let (sender, receiver) = sync_channel(2);
            let numbers = steps.clone();
            thread::Builder::new()
                .name("batches".into())
                .spawn_scoped(scope, move || {
                    let mut order = (usize::MAX, Vec::new());
                    for step in numbers {
                        let (range, mut rng) = plan.step(step, &mut order);
                        // The receiver is gone when the work ended early.
                        if sender.send(make(&order.1[range], &mut rng)).is_err() {
                            return;
                        }
                    }
                })
                .expect("the system starts a thread");
            consume(receiver, steps, &mut work)
        })
    }
}

fn consume<Batch, E>(
    receiver: Receiver<Batch>,
    steps: Range<usize>,
    work: &mut impl FnMut(usize, Batch) -> Result<(), E>,
) -> Result<(), E> {
    steps
        .zip(receiver)
        .try_for_each(|(step, batch)| work(step, batch))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    fn drawn(plan: &BatchPlan, steps: Range<usize>) -> Vec<(Vec<usize>, u32)> {
        let mut batches = Vec::new();
        Loader::run(
            plan,
            steps,
            |samples, rng| (samples.to_vec(), rng.random()),
            |_, batch| {
                batches.push(batch);
                Ok::<(), ()>(())
            },
        )
        .unwrap();
        batches
    }

    #[test]
    fn an_epoch_visits_every_sample_once() {
        let plan = BatchPlan::new((0..12).collect(), 4, 7);
        let mut seen: Vec<usize> = drawn(&plan, 0..3)
            .into_iter()
            .flat_map(|(samples, _)| samples)
            .collect();
        assert_ne!(seen, (0..12).collect::<Vec<_>>());
        seen.sort_unstable();
        assert_eq!(seen, (0..12).collect::<Vec<_>>());
    }

    #[test]
    fn going_on_at_a_step_gives_the_batches_of_an_unbroken_run() {
        let plan = BatchPlan::new((0..10).collect(), 3, 7);
        let whole = drawn(&plan, 0..8);
        assert_eq!(whole[5..], drawn(&plan, 5..8));
        assert_ne!(whole[0], whole[3], "epochs differ");
    }

    #[test]
    fn an_error_ends_the_work() {
        let plan = BatchPlan::new((0..10).collect(), 1, 7);
        let result = Loader::run(
            &plan,
            0..10,
            |_, _| (),
            |step, ()| if step == 3 { Err(step) } else { Ok(()) },
        );
        assert_eq!(result, Err(3));
    }
}
