//! Heads as a whole: laws of the built-in head, loading of files made on the spot, the ICT head
//! where it is at hand.

use std::{collections::HashMap, fs, path::Path, sync::LazyLock};

use facs::{ActionUnit, Sidedness};
use glam::Vec3;
use proptest::prelude::*;

use super::*;

/// Made once: every test only reads it.
static BUILT_IN: LazyLock<Head> = LazyLock::new(Head::built_in);

fn shaped(head: &Head, identity: &[f32], actions: &Actions) -> Shape {
    let mut shape = Shape::default();
    head.shape(identity, actions, &mut shape);
    shape
}

fn furthest(a: &Shape, b: &Shape, on: impl Fn(Vec3) -> bool) -> f32 {
    let pairs = a
        .parts
        .iter()
        .zip(&b.parts)
        .flat_map(|(a, b)| a.positions.iter().zip(&b.positions));
    pairs
        .filter(|(a, _)| on(**a))
        .map(|(a, b)| a.distance(*b))
        .fold(0.0, f32::max)
}

fn key(p: Vec3) -> [i32; 3] {
    p.to_array().map(|v| (v * 500.0).round() as i32)
}

/// Whether two heads are the same but for their names.
pub(super) fn assert_same(a: &Head, b: &Head) {
    assert_eq!(a.targets, b.targets);
    assert_eq!(a.identity_modes, b.identity_modes);
    assert_eq!(a.copyright, b.copyright);
    assert_eq!(a.parts.len(), b.parts.len());
    for (a, b) in a.parts.iter().zip(&b.parts) {
        assert_eq!((&a.name, a.material), (&b.name, b.material));
        assert!(a.positions == b.positions, "positions of {}", a.name);
        assert!(a.uvs == b.uvs, "uvs of {}", a.name);
        assert!(a.triangles == b.triangles, "triangles of {}", a.name);
        assert!(a.weld == b.weld, "weld of {}", a.name);
        assert!(a.occlusion == b.occlusion, "occlusion of {}", a.name);
        assert!(a.targets == b.targets, "targets of {}", a.name);
        assert!(a.identity == b.identity, "identity modes of {}", a.name);
    }
    let without_source = |head: &Head| {
        let source = AnatomySource::Derived;
        let anatomy = head.anatomy.clone();
        format!("{:?}", Anatomy { source, ..anatomy })
    };
    assert_eq!(without_source(a), without_source(b));
}

#[test]
fn a_face_at_rest_is_the_base() {
    let head = &*BUILT_IN;
    let shape = shaped(head, &[], &Actions::default());
    for (part, shaped) in head.parts.iter().zip(&shape.parts) {
        assert_eq!(part.positions, shaped.positions, "{}", part.name);
        assert!(
            shaped
                .normals
                .iter()
                .all(|normal| (normal.length() - 1.0).abs() < 1e-3)
        );
    }
    let nose = shape.landmarks[2];
    assert!(nose.x.abs() < 1e-4 && shape.landmarks.iter().all(|landmark| landmark.z <= nose.z));
    assert!(shape.landmarks[0].x < 0.0 && shape.landmarks[1].x > 0.0);
    assert!(shape.landmarks[3].x < 0.0 && shape.landmarks[4].x > 0.0);
}

#[test]
fn every_array_of_a_part_agrees() {
    let head = &*BUILT_IN;
    assert!(head.unshown().is_empty());
    for part in &head.parts {
        let count = part.positions.len();
        assert_eq!(
            [part.uvs.len(), part.occlusion.len()],
            [count; 2],
            "{}",
            part.name
        );
        assert_eq!(
            [part.targets.len(), part.identity.len()],
            [head.targets.len(), head.identity_modes]
        );
        let indices = part
            .triangles
            .iter()
            .flatten()
            .chain(part.weld.iter().flatten());
        let targets = part.targets.iter().chain(&part.identity);
        let moved = targets.clone().flat_map(|target| &target.indices);
        assert!(
            indices.chain(moved).all(|index| (*index as usize) < count),
            "{}",
            part.name
        );
        assert!(
            targets
                .flat_map(|target| &target.deltas)
                .chain(&part.positions)
                .all(|p| p.is_finite()),
            "{}",
            part.name
        );
        assert!(
            part.occlusion.iter().all(|open| (0.0..=1.0).contains(open)),
            "{}",
            part.name
        );
    }
    for polygon in [
        &head.anatomy.lips,
        &head.anatomy.brow_left,
        &head.anatomy.brow_right,
    ] {
        assert!(
            polygon.len() > 10
                && polygon
                    .iter()
                    .all(|uv| (0.0..1.0).contains(&uv.x) && (0.0..1.0).contains(&uv.y))
        );
    }
}

#[test]
fn the_right_mirrors_the_left() {
    let head = &*BUILT_IN;
    let skin = head.skin();
    // Doubled vertices of a slit lie at the same place: compare what moves there as a whole.
    let motions = |target: &Target, sign: f32| {
        let mut sums: HashMap<[i32; 3], Vec3> = HashMap::new();
        for (index, delta) in target.indices.iter().zip(&target.deltas) {
            let mirror = Vec3::new(sign, 1.0, 1.0);
            *sums
                .entry(key(skin.positions[*index as usize] * mirror))
                .or_default() += *delta * mirror;
        }
        sums
    };
    for (index, name) in head
        .targets
        .iter()
        .enumerate()
        .filter(|(_, name)| name.ends_with("_L"))
    {
        let other = head
            .targets
            .iter()
            .position(|other| *other == name.replace("_L", "_R"))
            .expect("a right side");
        let (left, right) = (
            motions(&skin.targets[index], 1.0),
            motions(&skin.targets[other], -1.0),
        );
        let odd = left.iter().filter(|(at, motion)| {
            right
                .get(*at)
                .is_none_or(|other| other.distance(**motion) > 1e-3)
        });
        let odd: Vec<_> = odd.collect();
        assert!(
            odd.is_empty(),
            "{name} is not mirrored: {} of {}, {:?}",
            odd.len(),
            left.len(),
            &odd[..odd.len().min(5)]
        );
    }
}

#[test]
fn a_side_moves_only_its_side() {
    let head = &*BUILT_IN;
    let rest = shaped(head, &[], &Actions::default());
    for unit in ActionUnit::ALL {
        let left = shaped(head, &[], &Actions::only(unit, 1.0, 0.0));
        let both = shaped(head, &[], &Actions::only(unit, 1.0, 1.0));
        assert!(
            furthest(&rest, &left, |p| p.x > 0.0) > 0.1,
            "{unit} moves nothing"
        );
        assert!(
            furthest(&rest, &both, |p| p.x < 0.0) > 0.1,
            "{unit} does not move the right"
        );
        if unit.sidedness() == Sidedness::Lateral {
            assert!(
                furthest(&rest, &left, |p| p.x < -1.0) < 1e-3,
                "{unit} of the left moves the right"
            );
        }
    }
}

#[test]
fn units_do_what_facs_says() {
    let head = &*BUILT_IN;
    let rest = shaped(head, &[], &Actions::default());
    let corner =
        |unit| shaped(head, &[], &Actions::only(unit, 1.0, 1.0)).landmarks[4] - rest.landmarks[4];
    let smile = corner(ActionUnit::Au12);
    assert!(smile.x > 0.4 && smile.y > 0.4 && smile.z < -0.2, "{smile}");
    assert!(corner(ActionUnit::Au15).y < -0.4);
    let stretch = corner(ActionUnit::Au20);
    assert!(stretch.x > 0.5 && stretch.y.abs() < 0.3, "{stretch}");
    let gap = |shape: &Shape| {
        let at = |vertex: u32| shape.parts[0].positions[vertex as usize].y;
        head.anatomy.lid_pairs[1]
            .iter()
            .map(|[upper, lower]| at(*upper) - at(*lower))
            .sum::<f32>()
            / 2.0
    };
    let lids = |unit| gap(&shaped(head, &[], &Actions::only(unit, 1.0, 0.0)));
    let open = gap(&rest);
    assert!(lids(ActionUnit::Au05) > open + 0.1);
    assert!(lids(ActionUnit::Au07) < 0.7 * open && lids(ActionUnit::Au07) > 0.2 * open);
    assert!(lids(ActionUnit::Au43) < 0.05);
}

/// Share of an iris that looks ahead which the lids of the left eye cover.
fn iris_covered(head: &Head, shape: &Shape) -> f32 {
    let eye = &head.anatomy.eyes[1];
    let ball = &head.parts[eye.parts[0]];
    let from_middle = |uv: &Vec2| uv.distance(eye.iris_uv);
    let middle = (0..ball.uvs.len())
        .min_by(|a, b| from_middle(&ball.uvs[*a]).total_cmp(&from_middle(&ball.uvs[*b])))
        .unwrap();
    let rim = (0..ball.uvs.len())
        .min_by(|a, b| {
            let off = |index: usize| (from_middle(&ball.uvs[index]) - eye.iris_radius).abs();
            off(*a).total_cmp(&off(*b))
        })
        .unwrap();
    let width = ball.positions[rim].distance(ball.positions[middle]);
    let radius = width * eye.iris_radius / from_middle(&ball.uvs[rim]);
    assert!(
        (0.52..0.68).contains(&radius),
        "an iris of {radius} cm on {}",
        head.name
    );
    let lid = |lid: usize| {
        let pairs = &head.anatomy.lid_pairs[1];
        let sum: f32 = pairs
            .iter()
            .map(|pair| shape.parts[0].positions[pair[lid] as usize].y)
            .sum();
        sum / pairs.len() as f32
    };
    // Of a circle, what lies beyond a line at `height` radii from its middle.
    let beyond = |height: f32| {
        let height = height.clamp(-1.0, 1.0);
        (height.acos() - height * (1.0 - height * height).sqrt()) / std::f32::consts::PI
    };
    let [upper, lower] = [lid(0), lid(1)].map(|y| (y - ball.positions[middle].y) / radius);
    beyond(upper) + beyond(-lower)
}

#[test]
fn lids_at_rest_cover_a_little_of_the_iris() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ict/ict_head.glb");
    let mut heads = vec![Head::built_in()];
    if path.exists() {
        heads.push(Head::load(&path).unwrap());
    } else {
        println!("built-in head only: no ICT head at ../shared/data/ict/ict_head.glb");
    }
    for head in &heads {
        let covered = |actions| iris_covered(head, &shaped(head, &[], &actions));
        let rest = covered(Actions::default());
        assert!((0.08..0.35).contains(&rest), "{rest} on {}", head.name);
        let wide = covered(Actions::only(ActionUnit::Au05, 1.0, 1.0));
        assert!(wide < 0.6 * rest, "{wide} of {rest} on {}", head.name);
        let shut = covered(Actions::only(ActionUnit::Au43, 1.0, 1.0));
        assert!(shut > 0.9, "{shut} on {}", head.name);
    }
}

#[test]
fn eyes_turn_with_the_gaze() {
    let head = &*BUILT_IN;
    let gaze = Vec2::new(0.3, 0.0);
    let turned = shaped(
        head,
        &[],
        &Actions {
            gaze,
            ..Actions::default()
        },
    );
    for eye in &head.anatomy.eyes {
        let part = eye.parts[0];
        let pupil = turned.parts[part].positions[0] - head.parts[part].positions[0];
        assert!(
            pupil.x > 0.3,
            "a positive gaze looks to the subject's left: {pupil}"
        );
        let radii = turned.parts[part]
            .positions
            .iter()
            .map(|p| p.distance(eye.center));
        assert!(radii.fold(0.0, f32::max) < 1.15 * eye.radius);
    }
}

#[test]
fn a_frozen_left_half_rests_and_the_right_half_does_not_notice() {
    let head = &*BUILT_IN;
    let rest = shaped(head, &[], &Actions::default());
    for unit in [ActionUnit::Au12, ActionUnit::Au17, ActionUnit::Au26] {
        let whole = Actions::only(unit, 1.0, 1.0);
        let [full, half, none] =
            [1.0, 0.5, 0.0].map(|symmetry| shaped(head, &[], &whole.at(symmetry, 1.0)));
        assert_eq!(
            full.parts[0].positions,
            shaped(head, &[], &whole).parts[0].positions
        );
        assert!(furthest(&full, &none, |at| at.x < -0.5) < 1e-5, "{unit}");
        assert!(furthest(&rest, &none, |at| at.x > 0.5) < 1e-5, "{unit}");
        let (least, most) = (
            furthest(&half, &rest, |at| at.x > 0.5),
            furthest(&full, &rest, |at| at.x > 0.5),
        );
        assert!(
            (least / most - 0.5).abs() < 0.02,
            "{unit}: {least} of {most}"
        );
    }
    let shown = Actions::only(ActionUnit::Au12, 1.0, 0.8)
        .at(0.25, 0.5)
        .as_shown();
    let corner = ActionUnit::Au12.index();
    assert_eq!([shown.left[corner], shown.right[corner]], [0.125, 0.4]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn eyes_of_every_identity_can_close(weights in proptest::collection::vec(-1.6_f32..1.6, 22)) {
        let head = &*BUILT_IN;
        let shape = shaped(head, &weights, &Actions::only(ActionUnit::Au43, 1.0, 1.0));
        for pairs in &head.anatomy.lid_pairs {
            for [upper, lower] in pairs {
                let [upper, lower] = [upper, lower].map(|vertex| shape.parts[0].positions[*vertex as usize].y);
                prop_assert!(upper - lower < 0.12, "{} above {}", upper, lower);
            }
        }
    }
}

/// A binary glTF file: a square of skin in metres with a target per name, moved along +y.
fn tiny_glb(names: &[&str]) -> Vec<u8> {
    glb(tiny_gltf(names))
}

/// The description of that file, and its buffer.
fn tiny_gltf(names: &[&str]) -> (serde_json::Value, Vec<u8>) {
    // Two eyes, two mouth corners, a nose and a forehead that nothing moves.
    let vertices: [[f32; 3]; 7] = [
        [-0.03, 0.03, 0.09],
        [0.03, 0.03, 0.09],
        [-0.025, -0.035, 0.1],
        [0.025, -0.035, 0.1],
        [0.0, 0.0, 0.12],
        [0.0, 0.09, 0.09],
        [0.0, 0.09, 0.09],
    ];
    let moved = |name: &str| match name {
        "eyeBlinkRight" => Some(0),
        "eyeBlinkLeft" => Some(1),
        "mouthSmileRight" => Some(2),
        "mouthSmileLeft" => Some(3),
        _ => None,
    };
    let mut bin: Vec<u8> = Vec::new();
    let mut push = |values: &[[f32; 3]]| {
        let offset = bin.len();
        values
            .iter()
            .flatten()
            .for_each(|value| bin.extend(value.to_le_bytes()));
        (offset, bin.len() - offset)
    };
    let mut views = vec![push(&vertices)];
    for name in names {
        let mut deltas = [[0.0; 3]; 7];
        if let Some(vertex) = moved(name) {
            deltas[vertex][1] = 0.01;
        }
        views.push(push(&deltas));
    }
    let indices = bin.len();
    [0_u32, 2, 4, 4, 3, 1, 4, 1, 0, 0, 1, 5, 0, 1, 6]
        .iter()
        .for_each(|index| bin.extend(index.to_le_bytes()));
    views.push((indices, bin.len() - indices));
    let accessors: Vec<_> = (0..=names.len())
        .map(|view| serde_json::json!({"bufferView": view, "componentType": 5126, "count": 7, "type": "VEC3", "min": [-1, -1, -1], "max": [1, 1, 1]}))
        .chain([serde_json::json!({"bufferView": names.len() + 1, "componentType": 5125, "count": 15, "type": "SCALAR"})])
        .collect();
    let targets: Vec<_> = (1..=names.len())
        .map(|accessor| serde_json::json!({"POSITION": accessor}))
        .collect();
    let views: Vec<_> =
        views.iter().map(|(offset, length)| serde_json::json!({"buffer": 0, "byteOffset": offset, "byteLength": length})).collect();
    let json = serde_json::json!({
        "asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
        "meshes": [{"name": "face", "primitives": [{"attributes": {"POSITION": 0}, "indices": names.len() + 1, "targets": targets}],
            "extras": {"targetNames": names}}],
        "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": bin.len()}],
    });
    (json, bin)
}

/// A description and a buffer in one file.
fn glb((json, bin): (serde_json::Value, Vec<u8>)) -> Vec<u8> {
    let mut json = json.to_string().into_bytes();
    json.resize(json.len().next_multiple_of(4), b' ');
    let mut glb = b"glTF".to_vec();
    for word in [
        2,
        12 + 8 + json.len() + 8 + bin.len(),
        json.len(),
        0x4E4F_534A,
    ] {
        glb.extend((word as u32).to_le_bytes());
    }
    glb.extend(&json);
    for word in [bin.len(), 0x004E_4942] {
        glb.extend((word as u32).to_le_bytes());
    }
    glb.extend(&bin);
    glb
}

const TINY: [&str; 6] = [
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "mouthSmileLeft",
    "mouthSmileRight",
    "identity000",
    "tongueOut",
];

fn load(bytes: &[u8]) -> Result<Head, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.glb");
    fs::write(&path, bytes).expect("a file");
    Head::load(&path).map_err(|error| {
        error
            .to_string()
            .replace(&folder.path().display().to_string(), "DIR")
    })
}

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

/// What loading says of the tiny head after a change.
fn load_changed(change: impl Fn(&mut serde_json::Value, &mut Vec<u8>)) -> Result<Head, String> {
    let (mut json, mut bin) = tiny_gltf(&TINY);
    change(&mut json, &mut bin);
    load(&glb((json, bin)))
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

#[test]
fn the_ict_head_loads_with_its_sidecars() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/ict/ict_head.glb");
    if !path.exists() {
        println!("skipped: no ICT head at ../shared/data/ict/ict_head.glb");
        return;
    }
    let head = Head::load(&path).expect("the ICT head");
    assert_eq!(
        (head.parts.len(), head.targets.len(), head.identity_modes),
        (9, 55, 48)
    );
    assert_eq!(
        (head.skin().name.as_str(), head.unshown().len()),
        ("skin", 0)
    );
    let rest = shaped(&head, &[], &Actions::default());
    let expected = [
        [-3.2564, 3.4419, 9.2226],
        [3.2565, 3.4419, 9.2225],
        [0.0, 0.4059, 13.0691],
        [-2.5349, -3.5196, 10.1875],
    ];
    for (landmark, expected) in rest.landmarks.iter().zip(expected) {
        assert!(
            landmark.distance(expected.into()) < 0.1,
            "{landmark} is not at {expected:?}"
        );
    }
    for unit in ActionUnit::ALL {
        let left = shaped(&head, &[], &Actions::only(unit, 1.0, 0.0));
        assert!(
            furthest(&rest, &left, |p| p.x > 0.0) > 0.1,
            "{unit} moves nothing"
        );
    }
    let folder = tempfile::tempdir().expect("a folder");
    let copy = folder.path().join("copy.glb");
    head.save(&copy).expect("a file");
    assert_same(&head, &Head::load(&copy).expect("a head"));
    // Larger eyes need more lid.
    let gap = |identity: &[f32], unit: f32| {
        let shape = shaped(
            &head,
            identity,
            &Actions::only(ActionUnit::Au43, unit, unit),
        );
        let at = |vertex: u32| shape.parts[0].positions[vertex as usize];
        head.anatomy.lid_pairs[1]
            .iter()
            .map(|[upper, lower]| at(*upper).y - at(*lower).y)
            .fold(0.0, f32::max)
    };
    for mode in 0..8 {
        let mut identity = vec![0.0; 48];
        identity[mode] = 1.5;
        assert!(
            gap(&identity, 0.0) > 0.4 && gap(&identity, 1.0) < 0.12,
            "mode {mode}: {}",
            gap(&identity, 1.0)
        );
    }
}
