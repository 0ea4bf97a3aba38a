//! The parts of CausalAffect in training: every row of the ablation, labels that are hidden, units
//! that were set, a frozen backbone, given graphs.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{path::Path, sync::atomic::AtomicBool};

use burn::{module::Module, tensor::Device};
use facs::{ActionUnit, DatasetKind, Provenance, Split};
use trainer::{
    ablation,
    affect::{AffectNetwork, AffectSettings, AffectTask, Embeddings, GivenGraphs},
    data::{Images, Supervision, hide_labels},
    recipe::{ModelSettings, Recipe},
    run_dir::RunDir,
    task::{Evaluation, Task},
    train::{Outcome, evaluate_on_other, train},
};

use common::{SIZE, recipe, write_data};

fn settings(recipe: &Recipe) -> AffectSettings {
    let ModelSettings::Affect(settings) = recipe.model.clone() else {
        panic!("affect")
    };
    settings
}

fn task(recipe: &Recipe) -> AffectTask {
    AffectTask {
        settings: settings(recipe),
        embeddings: None,
        graphs: None,
    }
}

fn images(recipe: &Recipe) -> Images {
    Images::load(&recipe.data.folders, DatasetKind::Crops, SIZE, SIZE).unwrap()
}

/// Trains to the end and gives the network.
fn fit(task: &AffectTask, recipe: &Recipe, images: &Images, run: &Path) -> AffectNetwork {
    let run = RunDir::create(run, &toml::to_string(recipe).unwrap()).unwrap();
    let device = Device::flex();
    let stop = AtomicBool::new(false);
    let outcome = train(task, recipe, images, &run, &device, &stop).unwrap();
    assert!(matches!(outcome, Outcome::Finished(_)));
    let network = task.settings.network().init(&device);
    network.load_record(run.load_weights().unwrap())
}

#[test]
fn every_row_of_the_ablation_has_the_losses_of_its_parts() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), &["drawn"]);
    let (recipe, _) = recipe(folder.path());
    let images = images(&recipe);
    let rows: Vec<usize> = (1..=15).collect();
    let device = Device::flex().autodiff();
    let mut lists = Vec::new();
    for run in ablation::runs(&recipe, &rows, &[1]).unwrap() {
        let task = task(&run.recipe);
        let network = task.network(&device);
        let loss = task.loss(&network, &task.batch(&images, &[0, 1, 2, 3], None), &device);
        assert!(loss.total.into_scalar::<f32>().is_finite());
        let names = loss.parts.iter().map(|&(name, _)| name);
        lists.push(format!(
            "{:2} {}",
            run.variant.row,
            names.collect::<Vec<_>>().join(" ")
        ));
    }
    insta::assert_snapshot!(lists.join("\n"), @r"
     1 au_feature expression
     2 au_feature bottleneck alignment decorrelation expression
     3 au_feature au_global expression_global acyclicity
     4 au_feature bottleneck alignment decorrelation au_global expression_global acyclicity
     5 au_feature au_global expression_global acyclicity au_consistency au_discrepancy expression_consistency expression_discrepancy
     6 au_feature bottleneck alignment decorrelation au_global expression_global acyclicity au_consistency au_discrepancy expression_consistency expression_discrepancy
     7 au_feature au_sample expression_sample sample_acyclicity
     8 au_feature bottleneck alignment decorrelation au_sample expression_sample sample_acyclicity
     9 au_feature au_sample expression_sample sample_acyclicity au_consistency au_discrepancy expression_consistency expression_discrepancy
    10 au_feature bottleneck alignment decorrelation au_sample expression_sample sample_acyclicity au_consistency au_discrepancy expression_consistency expression_discrepancy
    11 au_feature au_global au_sample expression_global expression_sample acyclicity sample_acyclicity
    12 au_feature bottleneck alignment decorrelation au_global au_sample expression_global expression_sample acyclicity sample_acyclicity
    13 au_feature au_global au_sample expression_global expression_sample acyclicity sample_acyclicity au_consistency au_discrepancy expression_consistency expression_discrepancy
    14 au_feature bottleneck alignment decorrelation au_global au_sample expression_global expression_sample au_consistency au_discrepancy expression_consistency expression_discrepancy
    15 au_feature bottleneck alignment decorrelation au_global au_sample expression_global expression_sample acyclicity sample_acyclicity au_consistency au_discrepancy expression_consistency expression_discrepancy
    ");
}

#[test]
fn groups_of_subjects_keep_their_labels_only_and_judges_keep_all() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), &["drawn"]);
    let (recipe, _) = recipe(folder.path());
    let group = |name: &str, share, units: &[ActionUnit], expression| Supervision {
        name: name.into(),
        share,
        action_units: units.to_vec(),
        expression,
    };
    let groups = [
        group("units", 2.0, &[ActionUnit::Au12], false),
        group("expressions", 1.0, &[], true),
    ];
    let hidden = |seed| {
        let mut images = images(&recipe);
        hide_labels(&mut images, &groups, seed);
        images
    };
    let images = hidden(4);
    let (mut units, mut expressions) = (0, 0);
    for sample in &images.samples {
        let labels = (!sample.action_units.is_empty(), sample.expression.is_some());
        if sample.split == Split::Train {
            assert!(labels.0 != labels.1, "one kind of label each");
            units += usize::from(labels.0);
            expressions += usize::from(labels.1);
        } else {
            assert_eq!(labels, (true, true));
        }
    }
    assert_eq!((units, expressions), (16, 8));
    assert_eq!(images.samples, hidden(4).samples);
    assert_ne!(images.samples, hidden(5).samples);
}

#[test]
fn a_run_is_judged_on_other_data_at_its_own_thresholds() {
    let folder = tempfile::tempdir().unwrap();
    let (own, other) = (folder.path().join("own"), folder.path().join("other"));
    write_data(&own, &["drawn"]);
    write_data(&other, &["elsewhere"]);
    let (recipe, _) = recipe(&own);
    let (mut all, device) = (images(&recipe), Device::flex());
    let path = folder.path().join("run");
    fit(&task(&recipe), &recipe, &all, &path);
    let (run, _) = RunDir::open(&path).unwrap();
    let before: Evaluation = run.load_json("report.json").unwrap();

    let count = all.samples.len();
    let more = Images::load(&[other], DatasetKind::Crops, SIZE, SIZE).unwrap();
    let pixels = more.pixels(7).to_vec();
    all.append_all(more);
    assert_eq!(all.pixels(count + 7), pixels);
    // Turned labels: what was right at home is wrong here.
    for sample in &mut all.samples[count..] {
        for label in sample.action_units.values_mut() {
            label.on = !label.on;
        }
    }
    let judged = evaluate_on_other(&task(&recipe), &recipe, &all, count, &run, &device).unwrap();
    assert_eq!(judged.thresholds, before.thresholds);
    assert!(before.metrics["au_f1_mean"] > 0.9 && judged.metrics["au_f1_mean"] < 0.1);
    let kept: Evaluation = run.load_json("report.json").unwrap();
    assert_eq!(kept, before);
}

#[test]
fn what_was_set_from_outside_teaches_no_causes() {
    let folder = tempfile::tempdir().unwrap();
    write_data(folder.path(), &["drawn"]);
    let (recipe, _) = recipe(folder.path());
    let mut images = images(&recipe);
    for sample in &mut images.samples {
        sample.provenance = Some(Provenance {
            done: [(ActionUnit::Au12.code().to_owned(), 4.0)].into(),
            ..Provenance::default()
        });
    }
    let task = task(&recipe);
    let device = Device::flex().autodiff();
    let network = task.network(&device);
    let batch = task.batch(&images, &[0, 1, 2, 3], None);
    let loss = task.loss(&network, &batch, &device);
    let part = |name| {
        let (_, part) = loss.parts.iter().find(|part| part.0 == name).unwrap();
        part.clone().into_scalar::<f32>()
    };
    // AU12 is the only label: its own feature still learns it, the graphs have nothing to explain.
    assert!(part("au_feature") > 0.0);
    assert_eq!((part("au_global"), part("au_sample")), (0.0, 0.0));
}

#[test]
fn a_frozen_backbone_stays_and_given_graphs_stay() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    write_data(&data, &["drawn"]);
    let (mut recipe, _) = recipe(&data);
    recipe.training.epochs = 1.0;
    let (images, device) = (images(&recipe), Device::flex());
    let start = folder.path().join("start");
    let before = fit(&task(&recipe), &recipe, &images, &start);

    let mut settings = settings(&recipe);
    settings.frozen_backbone = true;
    settings.graph = Some(folder.path().join("graph.json"));
    recipe.model = ModelSettings::Affect(settings.clone());
    recipe.training.start = Some(start.clone());
    let (run, _) = RunDir::open(&start).unwrap();
    let mut given = GivenGraphs {
        au: vec![0.0; 400],
        expression: vec![0.25; 40],
    };
    given.au[7] = -0.5;
    let embedded = || Embeddings::of(&images, &run, &settings, &device).unwrap();
    let task = AffectTask {
        settings: settings.clone(),
        embeddings: Some(embedded()),
        graphs: Some(given.clone()),
    };
    let after = fit(&task, &recipe, &images, &folder.path().join("heads"));

    let faces = self::task(&recipe).batch(&images, &[0, 5, 9], None).input;
    let values =
        |tensor: burn::tensor::Tensor<2>| tensor.into_data().iter::<f32>().collect::<Vec<_>>();
    let embeddings = values(faces.embedding(&before, &device));
    assert_eq!(embeddings, values(faces.embedding(&after, &device)));
    // Read back from the file as they were computed.
    let again = embedded();
    let kept: Vec<f32> = [0, 5, 9]
        .iter()
        .flat_map(|&image| again.get(image))
        .copied()
        .collect();
    let close = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(close(&kept, &embeddings));

    let (au, expression) = after.global_edges().unwrap();
    assert!(close(&values(au), &given.au) && close(&values(expression), &given.expression));
    let (moved, _) = before.global_edges().unwrap();
    assert!(!close(&values(moved), &given.au));
    let graphs = after
        .state(faces.embedding(&after, &device))
        .output()
        .au_graph;
    let edges: Vec<f32> = graphs.into_data().iter().collect();
    let there: Vec<usize> = (0..400).filter(|&edge| edges[edge] != 0.0).collect();
    assert_eq!(
        there,
        [7],
        "a sample weighs the given edges and has no others"
    );
    let probabilities = |network: &AffectNetwork| {
        values(
            network
                .state(faces.embedding(network, &device))
                .output()
                .au_prob,
        )
    };
    assert_ne!(probabilities(&before), probabilities(&after), "heads learn");
}
