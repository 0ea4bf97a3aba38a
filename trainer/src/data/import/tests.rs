//! Imports of tiny trees: landmarks of the set, of a file and of a finder; stop and go on.

use std::{fs, path::Path, sync::atomic::AtomicBool};

use align::RgbView;
use facs::{BoundingBox, Dataset, Expression, Landmarks5, Sample, Split};

use super::{
    Faces, FindFace, FinderError, FoundFace, ImportError, ImportPlan, Imported, LandmarkFile,
    OnnxFaceFinder, import, pictures,
};
use crate::data::sets::{
    Contents, Options, Set,
    tests::trees::{Tree, sound},
};

const FACE: Landmarks5 = Landmarks5 {
    right_eye: [18.0, 10.0],
    left_eye: [30.0, 10.0],
    nose: [24.0, 16.0],
    mouth_right: [20.0, 22.0],
    mouth_left: [28.0, 22.0],
};

/// Finds the same face in every picture but the grey ones.
struct OneFace;

impl FindFace for OneFace {
    fn find(&mut self, picture: &RgbView<'_>) -> Result<Vec<FoundFace>, FinderError> {
        let grey = picture.row(0)[..3] == [128; 3];
        let face = FoundFace {
            bounding_box: BoundingBox {
                x: 12.0,
                y: 4.0,
                width: 24.0,
                height: 24.0,
            },
            landmarks: FACE,
            score: 0.9,
        };
        Ok(if grey { Vec::new() } else { vec![face] })
    }
}

fn read(set: Set, tree: &Tree) -> Contents {
    set.read(tree.root(), Options::default()).unwrap()
}

fn plan(seed: u64) -> ImportPlan {
    ImportPlan {
        size: 16,
        shard_pictures: 2,
        origin: serde_json::json!({ "seed": seed }),
    }
}

fn run(
    contents: &Contents,
    tree: &Tree,
    faces: Faces,
    folder: &Path,
    stop_after: usize,
) -> Result<Imported, ImportError> {
    let pictures = pictures(contents, tree.root(), 2)?;
    let (stop, mut faces) = (AtomicBool::new(false), faces);
    let progress =
        |done: usize| stop.store(done >= stop_after, std::sync::atomic::Ordering::Relaxed);
    import(
        contents,
        &pictures,
        &plan(1),
        &mut faces,
        folder,
        progress,
        &stop,
    )
}

fn finder() -> Faces {
    Faces::new(None).with_finder(Box::new(OneFace))
}

fn load(folder: &Path) -> Vec<Sample> {
    Dataset::load(folder).unwrap().1
}

#[test]
fn labelled_pictures_become_aligned_crops() {
    let (tree, out) = (sound(Set::RafDb), tempfile::tempdir().unwrap());
    let imported = run(&read(Set::RafDb, &tree), &tree, finder(), out.path(), 99).unwrap();
    assert_eq!(
        (imported.complete, imported.crops, imported.examples.len()),
        (true, 3, 0)
    );
    let samples = load(out.path());
    let told: Vec<_> = samples
        .iter()
        .map(|sample| {
            (
                sample.image,
                sample.subject.as_str(),
                sample.split,
                sample.expression,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            (
                0,
                "raf-db-train_00001",
                Split::Train,
                Some(Expression::Sadness)
            ),
            (
                1,
                "raf-db-train_00002",
                Split::Train,
                Some(Expression::Neutral)
            ),
            (
                2,
                "raf-db-test_0001",
                Split::Test,
                Some(Expression::Happiness)
            ),
        ]
    );
    let template = align::template(16).landmarks.to_array();
    for (found, wanted) in samples[0].faces[0]
        .landmarks
        .to_array()
        .iter()
        .zip(template)
    {
        let distance = (found[0] - wanted[0]).hypot(found[1] - wanted[1]);
        assert!(distance < 1.5, "{found:?} {wanted:?}");
    }
    let shard = fs::read(out.path().join("shard-00001.rgb")).unwrap();
    assert_eq!(
        shard.len(),
        16 * 16 * 3,
        "two pictures in the first shard, one in the second"
    );
    let names = fs::read_dir(out.path()).unwrap().count();
    assert_eq!(names, 4, "two shards, header and samples");
}

#[test]
fn an_import_that_was_stopped_ends_like_one_that_was_not() {
    let tree = sound(Set::Bp4d);
    let contents = read(Set::Bp4d, &tree);
    let [straight, resumed] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    assert!(
        run(&contents, &tree, finder(), straight.path(), 99)
            .unwrap()
            .complete
    );
    let stopped = run(&contents, &tree, finder(), resumed.path(), 2).unwrap();
    assert_eq!((stopped.complete, stopped.crops), (false, 2));
    assert!(!resumed.path().join("dataset.json").exists());
    assert!(
        run(&contents, &tree, finder(), resumed.path(), 99)
            .unwrap()
            .complete
    );
    for file in [
        "dataset.json",
        "samples.jsonl",
        "shard-00000.rgb",
        "shard-00001.rgb",
    ] {
        let [a, b] =
            [&straight, &resumed].map(|folder| fs::read(folder.path().join(file)).unwrap());
        assert_eq!(a, b, "{file}");
    }
    let again = run(&contents, &tree, Faces::new(None), resumed.path(), 99).unwrap();
    assert_eq!(
        (again.complete, again.crops),
        (true, 4),
        "nothing left to do"
    );
}

#[test]
fn pictures_without_a_face_and_broken_ones_are_left_out_and_counted() {
    let tree = sound(Set::Bp4d);
    let grey = image::RgbImage::from_pixel(48, 32, image::Rgb([128; 3]));
    grey.save(tree.root().join("F001/T1/2440.jpg")).unwrap();
    tree.text("F001/T1/2441.jpg", "no picture");
    let out = tempfile::tempdir().unwrap();
    let imported = run(&read(Set::Bp4d, &tree), &tree, finder(), out.path(), 99).unwrap();
    assert_eq!(
        (imported.crops, imported.without_face, imported.unreadable),
        (2, 1, 1)
    );
    assert!(imported.examples[0].ends_with("F001/T1/2440.jpg: no face was found"));
    assert!(
        imported.examples[1].contains("F001/T1/2441.jpg: "),
        "{:?}",
        imported.examples
    );
    assert_eq!(
        load(out.path())
            .iter()
            .map(|sample| sample.image)
            .collect::<Vec<_>>(),
        [0, 1]
    );
}

#[test]
fn landmarks_of_a_file_need_no_finder() {
    let tree = sound(Set::Bp4d);
    let contents = read(Set::Bp4d, &tree);
    let face = serde_json::to_string(&FACE).unwrap();
    let lines: Vec<String> = contents
        .rows
        .iter()
        .map(|row| {
            let crate::data::sets::Media::Image(path) = &row.media else {
                panic!("{row:?}");
            };
            let file = path
                .strip_prefix(tree.root())
                .unwrap()
                .display()
                .to_string();
            format!("{{\"file\": {file:?}, \"landmarks\": {face}}}\n")
        })
        .collect();
    tree.text("landmarks.jsonl", &lines.concat());
    let load = || LandmarkFile::load(&tree.root().join("landmarks.jsonl"), tree.root());
    let out = tempfile::tempdir().unwrap();
    let faces = Faces::new(Some(load().unwrap()));
    assert_eq!(
        run(&contents, &tree, faces, out.path(), 99).unwrap().crops,
        4
    );

    tree.edit("landmarks.jsonl", "right_eye", "first_eye");
    let error = load().unwrap_err().to_string();
    assert!(error.contains("landmarks.jsonl:1: "), "{error}");
    let error = run(
        &contents,
        &tree,
        Faces::new(None),
        &out.path().join("new"),
        99,
    )
    .unwrap_err();
    assert!(matches!(error, ImportError::NoFinder { .. }), "{error}");
}

#[test]
fn of_a_clip_some_frames_are_taken() {
    let (tree, out) = (sound(Set::Ferv39k), tempfile::tempdir().unwrap());
    tree.picture("2_ClipsforFaceCrop/Action/Happy/0001/02.jpg");
    let imported = run(&read(Set::Ferv39k, &tree), &tree, finder(), out.path(), 99).unwrap();
    assert_eq!(imported.crops, 6, "two of each clip");
}

#[test]
fn videos_are_to_be_taken_apart_first() {
    let tree = sound(Set::Disfa);
    let error = pictures(&read(Set::Disfa, &tree), tree.root(), 1).unwrap_err();
    let error = error
        .to_string()
        .replace(&tree.root().display().to_string(), "DIR");
    insta::assert_snapshot!(error, @r#"
    3 rows are frames of video files, 1 of them: extract the frames first, with ffmpeg:
    for video in 'DIR/Videos_LeftCamera'/*.avi; do frames='DIR/frames'/"$(basename "$video" .avi)"; mkdir -p "$frames"; ffmpeg -nostdin -loglevel error -i "$video" -fps_mode passthrough -q:v 2 "$frames/%05d.jpg"; done
    "#);
}

#[test]
fn a_folder_with_another_data_set_is_left_alone() {
    let (tree, out) = (sound(Set::RafDb), tempfile::tempdir().unwrap());
    let contents = read(Set::RafDb, &tree);
    run(&contents, &tree, finder(), out.path(), 99).unwrap();
    let (stop, mut faces) = (AtomicBool::new(false), finder());
    let pictures = pictures(&contents, tree.root(), 1).unwrap();
    let error = import(
        &contents,
        &pictures,
        &plan(2),
        &mut faces,
        out.path(),
        |_| (),
        &stop,
    );
    assert!(matches!(error, Err(ImportError::OtherSettings { .. })));
    assert_eq!(load(out.path()).len(), 3);
}

#[test]
fn our_own_finder_gives_faces_in_pixels_of_the_picture() {
    // Sees the same two faces in every input of 192 by 112: at (40, 20) to (88, 76) and (120, 30) to (160, 76).
    let bundle = Path::new(env!("CARGO_MANIFEST_DIR")).join("../edge/tests/fixtures/bundle");
    let mut finder = OnnxFaceFinder::open(&bundle).unwrap();
    let picture = vec![90_u8; 384 * 224 * 3];
    let view = RgbView::new(&picture, 384, 224, 384 * 3).unwrap();
    let mut found = finder.find(&view).unwrap();
    found.sort_by(|a, b| a.bounding_box.x.total_cmp(&b.bounding_box.x));
    assert_eq!(found.len(), 2);
    let place = found[1].bounding_box;
    assert!(
        (place.x - 240.0).abs() < 1e-3 && (place.width - 80.0).abs() < 1e-3,
        "{place:?}"
    );
    assert!(found[0].landmarks.right_eye[0] < found[0].landmarks.left_eye[0]);

    let error = OnnxFaceFinder::open(Path::new("nowhere"))
        .err()
        .unwrap()
        .to_string();
    assert!(error.contains("bundle.json"), "{error}");
}
