//! Data sets as a whole: the same bytes on any number of threads, labels, persons, heads.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::atomic::AtomicBool,
};

use facs::{ActionUnit, Dataset, DatasetKind, Sample, Split};

use super::{Cast, Coder, Crops, Outcome, Plan, Scenes, Source, generate};
use crate::{
    causal::{CausalModel, Confound},
    head::Head,
};

fn cast(persons: usize) -> Cast {
    Cast::new(vec![Head::built_in()], persons, 5).unwrap()
}

fn make(
    kind: DatasetKind,
    source: &impl Source,
    (width, height): (usize, usize),
    images: usize,
    threads: usize,
) -> (tempfile::TempDir, Vec<Sample>) {
    let folder = tempfile::tempdir().unwrap();
    let origin = serde_json::json!({});
    let plan = Plan {
        kind,
        width,
        height,
        images,
        shard_images: 20,
        origin,
    };
    let stop = AtomicBool::new(false);
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .unwrap();
    let end = pool
        .install(|| generate(&plan, source, folder.path(), |_| (), &stop))
        .unwrap();
    assert_eq!(end, Outcome::Complete);
    let (_, samples) = Dataset::load(folder.path()).unwrap();
    (folder, samples)
}

fn bytes(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
    files
        .map(|path| (name(&path), std::fs::read(&path).unwrap()))
        .collect()
}

#[test]
fn crops_do_not_depend_on_the_number_of_threads() {
    let source = Crops::new(cast(4), CausalModel::built_in().clone(), 48);
    let (one, samples) = make(DatasetKind::Crops, &source, (48, 48), 50, 1);
    let (three, _) = make(DatasetKind::Crops, &source, (48, 48), 50, 3);
    assert_eq!(bytes(one.path()), bytes(three.path()));
    assert!(
        samples
            .iter()
            .enumerate()
            .all(|(index, sample)| sample.image == index)
    );
}

#[test]
fn scenes_do_not_depend_on_the_number_of_threads() {
    let source = Scenes::new(cast(4), CausalModel::built_in().clone(), [64, 48]);
    let (one, samples) = make(DatasetKind::Scenes, &source, (64, 48), 36, 1);
    let (three, _) = make(DatasetKind::Scenes, &source, (64, 48), 36, 3);
    assert_eq!(bytes(one.path()), bytes(three.path()));
    assert!(samples.iter().any(|sample| !sample.faces.is_empty()));
}

#[test]
fn a_crop_has_its_labels_and_its_landmarks_near_the_template() {
    let source = Crops::new(cast(4), CausalModel::built_in().clone(), 48);
    let mut pixels = vec![0; 16 * 48 * 48 * 3];
    let samples = source.draw(0..16, &mut pixels);
    let template = align::template(48).landmarks.to_array();
    for sample in &samples {
        assert_eq!(sample.action_units.len(), ActionUnit::COUNT);
        assert!(sample.expression.is_some());
        for (found, wanted) in sample.faces[0].landmarks.to_array().iter().zip(template) {
            let away = (found[0] - wanted[0]).hypot(found[1] - wanted[1]);
            assert!(away < 14.0, "image {}: {away} pixels", sample.image);
        }
    }
    assert!(
        pixels
            .chunks(48 * 48 * 3)
            .all(|image| image.iter().collect::<BTreeSet<_>>().len() > 16)
    );
}

#[test]
fn confounding_ties_pictures_to_labels_and_coders_leave_pictures_alone() {
    let light = |ties: &[&str], coder: Coder| {
        let ties: Vec<Confound> = ties.iter().map(|tie| tie.parse().unwrap()).collect();
        let model = CausalModel::built_in().calibrated(None, &ties).unwrap();
        let mut pixels = vec![0; 64 * 24 * 24 * 3];
        let samples = Crops::new(cast(4), model, 24)
            .labelled_by(coder)
            .draw(0..64, &mut pixels);
        (samples, pixels)
    };
    let on = |sample: &Sample| sample.action_units[&ActionUnit::Au25].on;
    let bright = |sample: &Sample| sample.provenance.as_ref().unwrap().nuisances["light"] >= 0.5;
    let (tied, _) = light(&["light:AU25=1"], Coder::default());
    assert!(tied.iter().any(on) && tied.iter().filter(|sample| on(sample)).all(bright));
    let (free, pixels) = light(&[], Coder::default());
    assert!(free.iter().any(|sample| on(sample) && !bright(sample)));
    let flips = ["0.5".parse().unwrap()];
    let (flipped, same) = light(&[], Coder::default().flipping(&flips));
    assert_eq!(pixels, same);
    assert_ne!(free, flipped);
}

#[test]
fn persons_stay_in_their_part_and_every_part_has_some() {
    let cast = cast(100);
    let mut parts: BTreeMap<Split, usize> = BTreeMap::new();
    for index in 0..100 {
        *parts.entry(cast.member(index).split).or_default() += 1;
    }
    assert_eq!(
        parts,
        [
            (Split::Train, 80),
            (Split::Validation, 10),
            (Split::Test, 10)
        ]
        .into()
    );
    assert_eq!(
        cast.member_of_block(7).subject,
        cast.member_of_block(107).subject
    );
    assert_eq!(
        cast.member_of_block(7).split,
        cast.member_of_block(107).split
    );
}

#[test]
fn heads_take_turns_and_have_different_names() {
    let mut other = Head::built_in();
    other.name = "other".into();
    let cast = Cast::new(vec![Head::built_in(), other], 40, 5).unwrap();
    for (index, name) in ["built-in", "other", "built-in", "other"]
        .into_iter()
        .enumerate()
    {
        assert_eq!(cast.member(index).head, name);
    }
    let test = (0..40)
        .map(|index| cast.member(index))
        .filter(|member| member.split == Split::Test);
    assert_eq!(
        test.map(|member| member.head)
            .collect::<BTreeSet<_>>()
            .len(),
        2
    );
    let twice = Cast::new(vec![Head::built_in(), Head::built_in()], 40, 5).unwrap_err();
    assert!(
        twice
            .to_string()
            .contains("two heads are called \"built-in\""),
        "{twice}"
    );
}
