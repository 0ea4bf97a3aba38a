//! A run that is stopped and goes on gives what an unbroken run gives, bit for bit.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use burn::tensor::Device;
use common::{SIZE, recipe, write_data};
use facs::DatasetKind;
use rand_chacha::ChaCha8Rng;
use trainer::{
    affect::{AffectBatch, AffectNetwork, AffectTask},
    data::Images,
    recipe::ModelSettings,
    run_dir::RunDir,
    task::{Evaluation, Loss, Task},
    train::{Outcome, evaluate, train},
};

/// The affect task, asking to stop once it has seen some batches.
struct Stopping<'a> {
    inner: &'a AffectTask,
    stop: &'a AtomicBool,
    after: usize,
    seen: std::sync::atomic::AtomicUsize,
}

impl Task for Stopping<'_> {
    type Network = AffectNetwork;
    type Batch = AffectBatch;

    fn network(&self, device: &Device) -> AffectNetwork {
        self.inner.network(device)
    }
    fn batch(
        &self,
        images: &Images,
        samples: &[usize],
        augment: Option<&mut ChaCha8Rng>,
    ) -> AffectBatch {
        self.inner.batch(images, samples, augment)
    }
    fn loss(&self, network: &AffectNetwork, batch: &AffectBatch, device: &Device) -> Loss {
        if self.seen.fetch_add(1, Ordering::Relaxed) + 1 == self.after {
            self.stop.store(true, Ordering::Relaxed);
        }
        self.inner.loss(network, batch, device)
    }
    fn evaluate(
        &self,
        network: &AffectNetwork,
        images: &Images,
        choose: &[usize],
        report: &[usize],
        device: &Device,
    ) -> Evaluation {
        self.inner.evaluate(network, images, choose, report, device)
    }
}

/// Everything a run leaves that does not depend on the clock.
fn trace(
    run: &Path,
    network: &AffectNetwork,
    images: &Images,
    task: &AffectTask,
) -> (Vec<String>, Vec<f32>) {
    let metrics = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let lines = metrics
        .lines()
        .filter(|line| line.contains("\"validation\""))
        .map(str::to_owned)
        .collect();
    let batch = task.batch(images, &[0, 1, 2], None);
    let embedding = batch.input.embedding(network, &Device::flex());
    let output = network.state(embedding).output();
    (lines, output.au_prob.into_data().iter::<f32>().collect())
}

#[test]
fn going_on_after_a_stop_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_data(&data, &["drawn"]);
    let (recipe, text) = recipe(&data);
    let ModelSettings::Affect(settings) = recipe.model.clone() else {
        panic!("affect")
    };
    let task = AffectTask {
        settings,
        embeddings: None,
        graphs: None,
    };
    let images = Images::load(&recipe.data.folders, DatasetKind::Crops, SIZE, SIZE).unwrap();
    let device = Device::flex();
    let load = |run: &RunDir| {
        use burn::module::Module;
        task.network(&device)
            .load_record(run.load_weights().unwrap())
    };

    let path = folder.path().join("whole");
    let run = RunDir::create(&path, &text).unwrap();
    let Outcome::Finished(whole) = train(
        &task,
        &recipe,
        &images,
        &run,
        &device,
        &AtomicBool::new(false),
    )
    .unwrap() else {
        panic!("nothing asked it to stop")
    };
    assert!(whole.metrics["au_f1_mean"] > 0.9, "it learns: {whole:?}");
    assert_eq!(
        evaluate(&task, &recipe, &images, &run, &device).unwrap(),
        whole
    );
    let unbroken = trace(&path, &load(&run), &images, &task);

    let path = folder.path().join("broken");
    let run = RunDir::create(&path, &text).unwrap();
    let mut stops = 0;
    loop {
        let stop = AtomicBool::new(false);
        let stopping = Stopping {
            inner: &task,
            stop: &stop,
            after: 7,
            seen: 0.into(),
        };
        match train(&stopping, &recipe, &images, &run, &device, &stop).unwrap() {
            Outcome::Interrupted { step } => {
                stops += 1;
                assert_eq!(step, stops * 7);
            }
            Outcome::Finished(figures) => {
                assert_eq!(figures, whole);
                break;
            }
        }
    }
    assert_eq!(stops, 2);
    assert_eq!(trace(&path, &load(&run), &images, &task), unbroken);
}

#[test]
fn a_run_folder_keeps_to_its_recipe() {
    let folder = tempfile::tempdir().unwrap();
    RunDir::create(folder.path(), "seed = 1\n").unwrap();
    RunDir::create(folder.path(), "seed = 1\n").unwrap();
    let error = RunDir::create(folder.path(), "seed = 2\n")
        .unwrap_err()
        .to_string();
    assert!(error.contains("another recipe"), "{error}");
}
