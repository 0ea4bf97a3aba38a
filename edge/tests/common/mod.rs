//! What the tests share: the fixture bundle, small videos made on the spot, and reading records.

#![allow(
    dead_code,
    clippy::unwrap_used,
    reason = "each test binary uses a part of it, and a failure here is a failed test"
)]

pub(crate) mod brokers;
pub(crate) mod ledger;
pub(crate) mod process;

use std::{
    fs,
    path::{Path, PathBuf},
};

use facs::{Bundle, ImageInput, Model, Record, Role, sha256_hex};
use gstreamer::{self as gst, prelude::*};

/// Frames of [`video`].
pub(crate) const FRAMES: usize = 40;

/// Side of the fixture refiner's window.
pub(crate) const WINDOW: usize = 48;

/// The fixture bundle: two faces in every frame.
pub(crate) fn bundle() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/bundle")
}

/// A copy of the fixture bundle that may be spoilt.
pub(crate) fn bundle_copy(folder: &Path) -> PathBuf {
    let copy = folder.join("bundle");
    fs::create_dir_all(&copy).unwrap();
    for entry in fs::read_dir(bundle()).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.join(entry.file_name())).unwrap();
    }
    copy
}

/// A copy of the fixture bundle whose affect model is described in another way.
pub(crate) fn bundle_with(folder: &Path, change: impl FnOnce(&mut Model)) -> PathBuf {
    let copy = bundle_copy(folder);
    let mut bundle = Bundle::load(&copy).unwrap();
    let mut model = bundle.model(Role::Affect, &copy).unwrap().clone();
    change(&mut model);
    model.sha256 = sha256_hex(&fs::read(copy.join(&model.file)).unwrap());
    bundle.insert(model);
    bundle.save(&copy).unwrap();
    copy
}

/// A copy of the fixture bundle whose affect model is another file of it.
pub(crate) fn bundle_with_affect(folder: &Path, file: &str) -> PathBuf {
    bundle_with(folder, |model| model.file = file.into())
}

/// A copy of the fixture bundle with a refiner, which is another file of it.
pub(crate) fn bundle_with_refiner(folder: &Path, file: &str, side: usize) -> PathBuf {
    let copy = bundle_copy(folder);
    let mut bundle = Bundle::load(&copy).unwrap();
    let mut model = bundle.model(Role::FaceFinder, &copy).unwrap().clone();
    model.role = Role::FaceRefiner;
    model.file = file.into();
    model.sha256 = sha256_hex(&fs::read(copy.join(file)).unwrap());
    model.input = ImageInput {
        width: side,
        height: WINDOW,
    };
    // The first face of the test pattern has little red about it.
    model.score_threshold = Some(0.1);
    bundle.insert(model);
    bundle.save(&copy).unwrap();
    copy
}

/// A moving ball, [`FRAMES`] frames of Motion JPEG: `.mkv`, or `.mov` with its index in front.
/// The width is no multiple of four, so that rows are padded.
pub(crate) fn video(folder: &Path, name: &str) -> PathBuf {
    gst::init().unwrap();
    let path = folder.join(name);
    let muxer = if name.ends_with(".mov") {
        "qtmux faststart=true"
    } else {
        "matroskamux"
    };
    let line = format!(
        "videotestsrc num-buffers={FRAMES} pattern=ball ! \
         video/x-raw,width=322,height=180,framerate=25/1 ! videoconvert ! jpegenc ! {muxer} ! \
         filesink location={}",
        path.display()
    );
    let pipeline = gst::parse::launch(&line).unwrap();
    pipeline.set_state(gst::State::Playing).unwrap();
    let bus = pipeline.bus().unwrap();
    let patience = gst::ClockTime::from_seconds(20);
    let kinds = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(patience, &kinds).unwrap();
    assert_eq!(message.type_(), gst::MessageType::Eos, "{message:?}");
    pipeline.set_state(gst::State::Null).unwrap();
    path
}

/// The first `share` of a file, as another file.
pub(crate) fn cut(path: &Path, share: f64) -> PathBuf {
    let bytes = fs::read(path).unwrap();
    let cut = path.with_file_name(format!("cut-{}", path.file_name().unwrap().display()));
    fs::write(&cut, &bytes[..(bytes.len() as f64 * share) as usize]).unwrap();
    cut
}

/// Every line of a file as a record.
pub(crate) fn records(path: &Path) -> Vec<Record> {
    let text = fs::read_to_string(path).unwrap();
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line is complete"
    );
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
