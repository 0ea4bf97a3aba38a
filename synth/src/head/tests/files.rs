//! Reading and writing files: what is understood, what is refused and how, what comes back.

use std::{fs, path::Path};

use facs::ActionUnit;
use glam::Vec3;

use super::{
    super::*,
    BUILT_IN, assert_same, shaped,
    tiny::{TINY, load, load_changed, tiny_glb, tiny_gltf},
};

#[test]
fn a_file_without_sidecars_is_understood_from_its_targets() {
    let head = load(&tiny_glb(&TINY)).expect("a head");
    assert_eq!(
        head.targets,
        ["eyeBlink_L", "eyeBlink_R", "mouthSmile_L", "mouthSmile_R"]
    );
    assert_eq!((head.identity_modes, head.name.as_str()), (1, "tiny"));
    assert_eq!(head.skin().weld, [[6, 5]]);
    let rest = shaped(&head, &[0.5], &Actions::default());
    let near = |a: Vec3, b: [f32; 3]| a.distance(b.into()) < 1e-4;
    assert!(
        near(rest.landmarks[0], [-3.0, 3.0, 9.0]) && near(rest.landmarks[1], [3.0, 3.0, 9.0]),
        "{:?}",
        rest.landmarks
    );
    assert!(
        near(rest.landmarks[2], [0.0, 0.0, 12.0]) && near(rest.landmarks[4], [2.5, -3.5, 10.0]),
        "{:?}",
        rest.landmarks
    );
    let smile = shaped(&head, &[], &Actions::only(ActionUnit::Au12, 0.5, 0.0));
    assert!(
        near(smile.landmarks[4], [2.5, -3.0, 10.0]) && near(smile.landmarks[3], [-2.5, -3.5, 10.0])
    );
    assert!(
        head.unshown().contains(&ActionUnit::Au26) && !head.unshown().contains(&ActionUnit::Au43)
    );
}

#[test]
fn errors_name_the_file_and_what_is_missing() {
    let whole = tiny_glb(&TINY);
    let errors = [
        load(&whole[..whole.len() - 40]),
        load(&whole[..30]),
        load(b"not a head"),
        load(&tiny_glb(&["tongueOut", "grin"])),
        load(&tiny_glb(&["mouthSmileLeft", "mouthSmileRight"])),
    ]
    .map(|result| result.err().unwrap_or_else(|| "no error".into()));
    insta::assert_snapshot!(errors.join("\n"), @r#"
    DIR/tiny.glb: not a whole glTF 2.0 file: cut short, 2168 of 2208 bytes are there
    DIR/tiny.glb: not a whole glTF 2.0 file: cut short, 30 of 2208 bytes are there
    DIR/tiny.glb: not a whole glTF 2.0 file: it does not start with "glTF"
    DIR/tiny.glb: none of the 2 morph targets has an ARKit name such as jawOpen or mouthSmileLeft
    DIR/tiny.glb: cannot locate the eyes: targets eyeBlinkLeft and eyeBlinkRight that move the skin
    "#);
    assert!(
        Head::load(Path::new("nowhere/head.glb"))
            .is_err_and(|error| error.to_string().contains("nowhere/head.glb"))
    );
}

#[test]
fn broken_meshes_are_errors_that_name_the_fault() {
    let errors = [
        load_changed(|json, _| json["accessors"][2]["count"] = 700.into()),
        load_changed(|json, _| json["bufferViews"][1]["byteLength"] = 99_999.into()),
        load_changed(|json, _| json["accessors"][0]["componentType"] = 5123.into()),
        load_changed(|json, _| json["meshes"][0]["primitives"][0]["mode"] = 1.into()),
        load_changed(|json, _| json["extensionsRequired"] = ["KHR_draco_mesh_compression"].into()),
        load_changed(|_, bin| bin[..4].copy_from_slice(&f32::NAN.to_le_bytes())),
        load_changed(|json, _| json["extras"] = serde_json::json!({"mien_head": {"landmarks": 1}})),
    ]
    .map(|result| result.err().unwrap_or_else(|| "no error".into()));
    insta::assert_snapshot!(errors.join("\n"), @r#"
    DIR/tiny.glb: not a whole glTF 2.0 file: accessor 2 ends at byte 8400 of the 84 of its view
    DIR/tiny.glb: not a whole glTF 2.0 file: buffer view 1 ends at byte 100083 of 648
    DIR/tiny.glb: not a whole glTF 2.0 file: accessor 0 holds positions as U16 Vec3, expected three 32-bit floats (export without quantisation)
    DIR/tiny.glb: mesh "face" has no triangles: it is made of points, lines or strips
    DIR/tiny.glb: not a whole glTF 2.0 file: invalid glTF: extensionsRequired[0] = "KHR_draco_mesh_compression": Unsupported extension: export it again without compression and other extensions
    DIR/tiny.glb: mesh "face" has no finite positions: some are NaN or infinite
    DIR/tiny.glb: extras "mien_head": invalid type: integer `1`, expected struct RawLandmarks
    "#);
}

#[test]
fn a_file_with_its_buffer_beside_it_becomes_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let [loose, whole] = ["tiny.gltf", "whole.glb"].map(|name| folder.path().join(name));
    let (mut json, bin) = tiny_gltf(&TINY);
    json["buffers"][0]["uri"] = "tiny.bin".into();
    fs::write(&loose, json.to_string()).expect("a file");
    let error = Head::load(&loose).expect_err("no buffer").to_string();
    assert!(error.contains("tiny.gltf"), "{error}");
    fs::write(folder.path().join("tiny.bin"), &bin).expect("a file");
    let head = Head::load(&loose).expect("a head");
    assert_same(&head, &load(&tiny_glb(&TINY)).expect("a head"));
    head.save(&whole).expect("a file");
    assert_same(&head, &Head::load(&whole).expect("a head"));
}

#[test]
fn a_head_names_every_file_that_it_was_read_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.gltf");
    let (mut json, mut bin) = tiny_gltf(&TINY);
    json["buffers"][0]["uri"] = "tiny.bin".into();
    fs::write(&path, json.to_string()).expect("a file");
    let files = |bin: &[u8]| {
        fs::write(folder.path().join("tiny.bin"), bin).expect("a file");
        Head::load(&path).expect("a head").files
    };
    let plain = files(&bin);
    let names = |files: &[HeadFile]| {
        let names: Vec<_> = files.iter().map(|file| file.name.clone()).collect();
        names.join(" ")
    };
    assert_eq!(names(&plain), "tiny.gltf tiny.bin");
    assert_eq!(plain[1].sha256, facs::sha256_hex(&bin));
    bin[0] ^= 1;
    let moved = files(&bin);
    assert_eq!(plain[0], moved[0]);
    assert_ne!(plain[1], moved[1]);
    fs::write(folder.path().join("au_to_shapes.json"), r#"{"aus": {}}"#).expect("a file");
    assert_eq!(names(&files(&bin)), "tiny.gltf tiny.bin au_to_shapes.json");
    assert_eq!(
        names(&load(&tiny_glb(&TINY)).expect("a head").files),
        "tiny.glb"
    );
    assert_eq!(BUILT_IN.files, []);
}

#[test]
fn unit_and_facing_are_made_out_once() {
    // The tiny head in millimetres that are taken for metres, looking back.
    let head = load_changed(|json, _| {
        json["nodes"][0]["scale"] = [1000.0, 1000.0, 1000.0].into();
        json["nodes"][0]["rotation"] = [0.0, 1.0, 0.0, 0.0].into();
    });
    let head = head.expect("a head");
    let eyes = head.anatomy.eyes.each_ref().map(|eye| eye.center.x);
    assert!((eyes[1] - eyes[0] - 6.3).abs() < 1e-3, "{eyes:?}");
    assert!(head.parts[0].positions[4].z > 0.0);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("head.glb");
    head.save(&path).expect("a file");
    assert_same(&head, &Head::load(&path).expect("a head"));
}

#[test]
fn a_report_tells_what_a_head_can_show() {
    let head = load(&tiny_glb(&TINY)).expect("a head");
    insta::assert_snapshot!(head.report(), @r"
    tiny
      part             material vertices triangles expressions identity
      face             skin            7         5           4        0
      all                              7         5           4        1
    shapes   4 of the 51 of ARKit that action units use, missing: browDownLeft browDownRight browInnerUp browOuterUpLeft browOuterUpRight cheekPuff cheekSquintLeft cheekSquintRight eyeLookDownLeft eyeLookDownRight eyeLookInLeft eyeLookInRight eyeLookOutLeft eyeLookOutRight eyeLookUpLeft eyeLookUpRight eyeSquintLeft eyeSquintRight eyeWideLeft eyeWideRight jawForward jawLeft jawOpen jawRight mouthClose mouthDimpleLeft mouthDimpleRight mouthFrownLeft mouthFrownRight mouthFunnel mouthLeft mouthLowerDownLeft mouthLowerDownRight mouthPressLeft mouthPressRight mouthPucker mouthRight mouthRollLower mouthRollUpper mouthShrugLower mouthShrugUpper mouthStretchLeft mouthStretchRight mouthUpperUpLeft mouthUpperUpRight noseSneerLeft noseSneerRight
    shows    AU12
    in part  AU07, for lack of eyeSquint_L eyeSquint_R
    in part  AU43, for lack of eyeSquint_L eyeSquint_R
    cannot   AU01 AU02 AU04 AU05 AU06 AU09 AU10 AU11 AU14 AU15 AU17 AU20 AU23 AU24 AU25 AU26 AU28
    anatomy  derived from the targets; lips and brows are not painted
    ");
    let whole = BUILT_IN.report();
    assert!(whole.partly.is_empty() && whole.paints);
    assert_eq!(
        (whole.shown.len(), whole.missing),
        (ActionUnit::COUNT, None)
    );
}

#[test]
fn the_built_in_head_is_no_file() {
    let error = BUILT_IN
        .save(Path::new("nowhere.glb"))
        .expect_err("an error");
    insta::assert_snapshot!(error, @r#"built-in cannot be written: its target "AU01_L" has no ARKit name"#);
}

#[test]
fn a_sidecar_that_does_not_fit_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.glb");
    fs::write(&path, tiny_glb(&TINY)).expect("a file");
    fs::write(
        folder.path().join("au_to_shapes.json"),
        r#"{"aus": {"AU12": {"left": {}}}}"#,
    )
    .expect("a file");
    let error = Head::load(&path)
        .expect_err("a sidecar without sides")
        .to_string();
    assert!(
        error.contains("au_to_shapes.json") && error.contains("right"),
        "{error}"
    );
}
