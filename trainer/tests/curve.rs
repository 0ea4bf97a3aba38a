//! Parts of data sets as recipes ask for them, and curves over the amount of data.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod common;

use std::{collections::BTreeSet, fs, path::Path, sync::atomic::AtomicBool};

use burn::tensor::Device;
use facs::{DatasetKind, Split};
use trainer::{
    affect::AffectTask,
    curve,
    data::{Images, Parts, PartsError},
    recipe::{ModelSettings, Recipe},
    run_dir::RunDir,
    train::{Outcome, train},
};

use common::{SIZE, recipe, write_data};

fn two_domains(folder: &Path) -> (Images, Recipe) {
    let data = folder.join("data");
    write_data(&data, &["drawn", "carved"]);
    let (recipe, _) = recipe(&data);
    let images = Images::load(&recipe.data.folders, DatasetKind::Crops, SIZE, SIZE).unwrap();
    (images, recipe)
}

#[test]
fn a_recipe_learns_from_what_it_names_and_is_judged_on_all() {
    let folder = tempfile::tempdir().unwrap();
    let (images, mut recipe) = two_domains(folder.path());
    let of = |samples: &[usize]| -> BTreeSet<&str> {
        let domains = samples
            .iter()
            .map(|&index| images.samples[index].domain.as_str());
        domains.collect()
    };

    let all = Parts::new(&images, &recipe.data, 1).unwrap();
    assert_eq!(
        (all.train.len(), all.validation.len(), all.test.len()),
        (24, 8, 8)
    );
    assert!(
        all.test
            .iter()
            .all(|&index| images.samples[index].split == Split::Test)
    );

    recipe.data.domains = vec!["carved".into()];
    let parts = Parts::new(&images, &recipe.data, 1).unwrap();
    assert_eq!(of(&parts.train), ["carved"].into());
    assert_eq!(of(&parts.validation), ["carved"].into());
    assert_eq!(of(&parts.test), ["carved", "drawn"].into());

    recipe.data.subjects = Some(5);
    let few = Parts::new(&images, &recipe.data, 1).unwrap().train;
    recipe.data.subjects = Some(9);
    let more = Parts::new(&images, &recipe.data, 1).unwrap().train;
    assert_eq!((few.len(), more.len()), (5, 9));
    assert!(
        few.iter().all(|index| more.contains(index)),
        "few are among more"
    );
    let others = Parts::new(&images, &recipe.data, 2).unwrap().train;
    assert_ne!(more, others, "the seed draws");
}

#[test]
fn what_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let (images, mut recipe) = two_domains(folder.path());
    recipe.data.subjects = Some(25);
    let error = Parts::new(&images, &recipe.data, 1).unwrap_err();
    assert_eq!(
        error,
        PartsError::Subjects {
            asked: 25,
            there: 24
        }
    );
    recipe.data.domains = vec!["cast".into()];
    let error = Parts::new(&images, &recipe.data, 1)
        .unwrap_err()
        .to_string();
    assert_eq!(
        error,
        "data.domains: no sample is of \"cast\"; the data sets have [\"carved\", \"drawn\"]"
    );
    (recipe.data.domains, recipe.data.subjects) = (Vec::new(), None);
    let error = curve::amounts(&recipe, &images, &[3], None)
        .unwrap_err()
        .to_string();
    assert!(error.contains("less than a batch of 8"), "{error}");
}

#[test]
fn runs_of_a_curve_differ_in_the_amount_of_data_alone() {
    let folder = tempfile::tempdir().unwrap();
    let (images, mut recipe) = two_domains(folder.path());
    recipe.data.domains = vec!["carved".into()];
    let ModelSettings::Affect(settings) = recipe.model.clone() else {
        panic!("affect")
    };
    let task = AffectTask {
        settings,
        embeddings: None,
        graphs: None,
    };
    let amounts = curve::amounts(&recipe, &images, &[12, 8], Some(10)).unwrap();
    let mut points = Vec::new();
    for amount in &amounts {
        let text = toml::to_string(&amount.recipe).unwrap();
        assert_eq!(
            Recipe::parse(&text, Path::new("r.toml")).unwrap(),
            amount.recipe
        );
        let place = folder.path().join(amount.subjects.to_string());
        let run = RunDir::create(&place, &text).unwrap();
        let stop = AtomicBool::new(false);
        let outcome = train(&task, &amount.recipe, &images, &run, &Device::flex(), &stop).unwrap();
        let Outcome::Finished(figures) = outcome else {
            panic!("nothing asked it to stop")
        };
        assert!(run.is_finished());
        let log = fs::read_to_string(place.join("metrics.jsonl")).unwrap();
        assert!(
            log.lines().last().unwrap().starts_with("{\"step\":10,"),
            "{log}"
        );
        points.push(curve::Point::new(amount, figures));
    }
    assert_eq!(
        points.iter().map(|point| point.images).collect::<Vec<_>>(),
        [8, 12]
    );
    let names = curve::names(&points);
    assert!(names.contains(&"au_f1_mean/drawn".to_owned()), "{names:?}");
    assert!(!names.iter().any(|name| name.contains("AU12")), "{names:?}");

    curve::save(&points, folder.path()).unwrap();
    let svg = fs::read_to_string(folder.path().join("curve.svg")).unwrap();
    assert!(
        ["au_f1_mean", "carved", "drawn"]
            .iter()
            .all(|text| svg.contains(text))
    );
}
