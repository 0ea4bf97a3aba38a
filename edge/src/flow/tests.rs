//! The two halves, driven by hand.

use std::{path::Path, time::Duration};

use super::*;
use crate::{
    config::SourceSpec,
    source::{Item, Pipeline, Word},
};

/// The first frames of a source.
pub(super) fn frames(spec: &SourceSpec, settings: &Settings, count: usize) -> Vec<Frame> {
    let (sender, receiver) = channel();
    let deliver = move |frame| sender.send(frame).is_ok();
    let pipeline = Pipeline::open(spec, &settings.source, 0, deliver).unwrap();
    let frames = receiver.iter().take(count).collect();
    drop(pipeline);
    frames
}

#[test]
fn the_first_frame_counts_though_its_source_opens_in_the_same_round() {
    let settings = Settings::load(None).unwrap();
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bundle");
    let symmetries = |together: bool| -> Vec<Option<f32>> {
        let models = Models::open(&bundle, &settings).unwrap();
        let (mut find, mut read) = stages(models, 1, &settings).unwrap();
        let Ok(input) = "test:4".parse();
        let spec = SourceSpec::of_input(input, &settings.source);
        let frames = frames(&spec, &settings, 4);
        assert_eq!(frames.len(), 4);
        let mut taken = vec![(1, Item::Word(Word::Opened(spec.into())))];
        let mut symmetries = Vec::new();
        let mut output = |record: RecordRef<'_>, _: Option<&Frame>| {
            if let RecordRef::Frame(frame) = record {
                symmetries.extend(frame.faces.iter().map(|face| face.symmetry));
            }
            Ok(())
        };
        let mut round = Round::default();
        let mut play = |taken: &mut Vec<_>| {
            find.round(taken, Duration::ZERO, &mut round).unwrap();
            read.round(&mut round, &mut output).unwrap();
            round.clear();
        };
        if !together {
            play(&mut taken);
        }
        for frame in frames {
            taken.push((1, Item::Frame(frame, 0)));
            play(&mut taken);
        }
        symmetries
    };
    let apart = symmetries(false);
    assert_eq!(apart.iter().flatten().count(), 5, "{apart:?}");
    assert_eq!(symmetries(true), apart);
}
