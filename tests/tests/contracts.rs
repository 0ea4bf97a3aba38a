//! What ships keeps its word: the default bundle and the published documents.

use std::{
    fs,
    path::{Path, PathBuf},
};

use facs::{ActionUnit, Bundle, Expression, Role, sha256_hex};

/// Largest size of the default models together.
const BUNDLE_BYTES: u64 = 12 << 20;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

#[test]
fn the_default_bundle_is_whole_small_and_what_the_daemon_needs() {
    let folder = root().join("models/default");
    let bundle = Bundle::load(&folder).unwrap();
    let finder = bundle.model(Role::FaceFinder, &folder).unwrap();
    assert!(finder.score_threshold.is_some());
    let refiner = bundle.model(Role::FaceRefiner, &folder).unwrap();
    assert!(refiner.score_threshold.is_some());
    assert_eq!(refiner.input.width, refiner.input.height);
    let affect = bundle.model(Role::Affect, &folder).unwrap();
    assert_eq!(affect.action_units, ActionUnit::ALL);
    assert_eq!(affect.expressions, Expression::EIGHT);
    assert_eq!(affect.crop, Some(align::template(affect.input.width)));
    assert!(affect.global_graphs.is_some());
    let bytes: u64 = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().metadata().unwrap().len())
        .sum();
    assert!(bytes < BUNDLE_BYTES, "{bytes} bytes");
}

#[test]
fn the_default_models_come_from_the_recipes_that_ship() {
    let folder = root().join("models/default");
    for model in Bundle::load(&folder).unwrap().models {
        let recipe = root().join("trainer/recipes").join(&model.training.recipe);
        let text = fs::read(&recipe).unwrap();
        assert_eq!(
            sha256_hex(&text),
            model.training.recipe_sha256,
            "{} changed: train the bundle again",
            recipe.display()
        );
    }
}
