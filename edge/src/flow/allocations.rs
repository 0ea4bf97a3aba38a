//! What a warm flow takes from the allocator: as good as nothing.
//!
//! Counts on the thread that runs a stage, ONNX Runtime's own memory left out: that is C++.

use std::{path::Path, time::Duration};

use allocation_counter::measure;
use facs::{ActionUnit, Bundle, Calibration, ProbabilityMap, Role};

use super::{tests::frames, *};
use crate::{
    config::SourceSpec,
    source::{Item, Word},
};

const FRAMES: usize = 80;
/// Frames until every buffer has its size, and every face has had all its turns.
const WARM: usize = 50;
/// Allocations of a frame of 640 by 360 in which two faces are searched for, at the finder's input of 192 by 108:
/// fast_image_resize makes the coefficients of every column and row anew for each of three planes.
const SEARCH: u64 = 925;
/// Of one in which they are only followed.
const FOLLOW: u64 = 0;
/// In the second half, its JSON included: the labels of the stages that are timed, and the model's calls.
const READ: u64 = 16;

/// The fixture bundle, with a map for every unit.
fn calibrated_bundle(folder: &Path) {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bundle");
    let mut bundle = Bundle::load(&fixture).unwrap();
    for model in &bundle.models {
        std::fs::copy(fixture.join(&model.file), folder.join(&model.file)).unwrap();
    }
    let mut affect = bundle.model(Role::Affect, &fixture).unwrap().clone();
    let map = ProbabilityMap::new(vec![[0.1, 0.0], [0.5, 0.4], [0.9, 1.0]]).unwrap();
    affect.calibration = Some(Calibration {
        expression_temperature: Some(1.5),
        action_units: ActionUnit::ALL.map(|unit| (unit, map.clone())).into(),
        expression_abstain_below: Some(0.5),
        ..Calibration::default()
    });
    bundle.insert(affect);
    bundle.save(folder).unwrap();
}

#[test]
fn a_warm_flow_allocates_next_to_nothing() {
    let settings = Settings::load(None).unwrap();
    let folder = tempfile::tempdir().unwrap();
    calibrated_bundle(folder.path());
    let models = Models::open(folder.path(), &settings).unwrap();
    let (mut find, mut read) = stages(models, 1, &settings).unwrap();
    let Ok(input) = format!("test:{FRAMES}").parse();
    let spec = SourceSpec::of_input(input, &settings.source);
    let frames = frames(&spec, &settings, FRAMES);
    assert_eq!(frames.len(), FRAMES);

    let (mut round, mut json) = (Round::default(), Vec::new());
    let mut taken = vec![(1, Item::Word(Word::Opened(spec.into())))];
    let (mut in_find, mut in_read) = (Vec::new(), Vec::new());
    for frame in frames {
        taken.push((1, Item::Frame(frame, 0)));
        let found = measure(|| find.round(&mut taken, Duration::ZERO, &mut round).unwrap());
        // The records of this frame are longer than those before: room for what comes.
        json.reserve(1 << 16);
        let mut faces = 0;
        let was_read = measure(|| {
            let output = |record: RecordRef<'_>, _: Option<&Frame>| {
                if let RecordRef::Frame(frame) = record {
                    faces = frame.faces.len();
                }
                json.clear();
                serde_json::to_writer(&mut json, &record).map_err(Fault::Record)
            };
            read.round(&mut round, &mut { output }).unwrap();
        });
        assert_eq!(faces, 2);
        round.clear();
        in_find.push(found.count_total);
        in_read.push(was_read.count_total);
    }
    println!("find: {:?}\nread: {:?}", &in_find[WARM..], &in_read[WARM..]);
    let found = &in_find[WARM..];
    let most = |counts: &[u64]| counts.iter().copied().max().unwrap();
    let least = found.iter().copied().min().unwrap();
    assert!(most(found) <= SEARCH && least == FOLLOW, "{found:?}");
    assert!(most(&in_read[WARM..]) <= READ, "{in_read:?}");
}
