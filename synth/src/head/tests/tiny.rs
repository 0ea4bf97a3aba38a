//! The smallest head that can be loaded, made here: seven vertices and the targets that are asked for.

use std::fs;

use super::super::Head;

pub(super) const TINY: [&str; 6] = [
    "eyeBlinkLeft",
    "eyeBlinkRight",
    "mouthSmileLeft",
    "mouthSmileRight",
    "identity000",
    "tongueOut",
];

/// A binary glTF file: a square of skin in metres with a target per name, moved along +y.
pub(super) fn tiny_glb(names: &[&str]) -> Vec<u8> {
    glb(tiny_gltf(names))
}

/// The description of that file, and its buffer.
pub(super) fn tiny_gltf(names: &[&str]) -> (serde_json::Value, Vec<u8>) {
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
pub(super) fn glb((json, bin): (serde_json::Value, Vec<u8>)) -> Vec<u8> {
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

pub(super) fn load(bytes: &[u8]) -> Result<Head, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("tiny.glb");
    fs::write(&path, bytes).expect("a file");
    Head::load(&path).map_err(|error| {
        error
            .to_string()
            .replace(&folder.path().display().to_string(), "DIR")
    })
}

/// What loading says of the tiny head after a change.
pub(super) fn load_changed(
    change: impl Fn(&mut serde_json::Value, &mut Vec<u8>),
) -> Result<Head, String> {
    let (mut json, mut bin) = tiny_gltf(&TINY);
    change(&mut json, &mut bin);
    load(&glb((json, bin)))
}
