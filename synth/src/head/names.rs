//! Names of morph targets and what a mesh is made of, as files spell them.
//!
//! Takes the names in a glTF file; gives the internal spelling (`mouthSmile_L`, `jawOpen`) and the
//! [`Material`].

use super::Material;

/// The expression shapes of ARKit, without their side.
const SIDED: [&str; 16] = [
    "browDown",
    "browOuterUp",
    "cheekSquint",
    "eyeBlink",
    "eyeLookDown",
    "eyeLookIn",
    "eyeLookOut",
    "eyeLookUp",
    "eyeSquint",
    "eyeWide",
    "mouthDimple",
    "mouthFrown",
    "mouthLowerDown",
    "mouthPress",
    "mouthSmile",
    "mouthStretch",
];
const EITHER: [&str; 5] = [
    "browInnerUp",
    "cheekPuff",
    "cheekRaiser",
    "mouthUpperUp",
    "noseSneer",
];
const CENTRAL: [&str; 13] = [
    "jawForward",
    "jawLeft",
    "jawOpen",
    "jawRight",
    "mouthClose",
    "mouthFunnel",
    "mouthLeft",
    "mouthPucker",
    "mouthRight",
    "mouthRollLower",
    "mouthRollUpper",
    "mouthShrugLower",
    "mouthShrugUpper",
];

/// Whether a shape belongs to one side, and which part of its name says so.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
}

/// The internal name of an ARKit shape (`mouthSmile_L` for `mouthSmileLeft`, `mouthSmile_L` or
/// `MouthSmile_Left`), or none when it is not one.
pub(super) fn canonical(name: &str) -> Option<String> {
    let name = name.rsplit(['.', ':']).next().unwrap_or(name);
    let mut letters = name.chars();
    let name: String = letters.next()?.to_lowercase().chain(letters).collect();
    if CENTRAL.contains(&name.as_str()) {
        return Some(name);
    }
    let (stem, side) = [
        ("_left", Side::Left),
        ("_right", Side::Right),
        ("_Left", Side::Left),
        ("_Right", Side::Right),
    ]
    .into_iter()
    .chain([
        ("Left", Side::Left),
        ("Right", Side::Right),
        ("_L", Side::Left),
        ("_R", Side::Right),
    ])
    .find_map(|(suffix, side)| name.strip_suffix(suffix).map(|stem| (stem, Some(side))))
    .unwrap_or((&name, None));
    match side {
        Some(side) if SIDED.contains(&stem) || EITHER.contains(&stem) => Some(format!(
            "{stem}_{}",
            if side == Side::Left { 'L' } else { 'R' }
        )),
        None if EITHER.contains(&stem) => Some(stem.to_owned()),
        _ => None,
    }
}

/// ARKit's shapes that a head could use and that none of `targets` is, as ARKit spells them. Its
/// 52nd, `tongueOut`, is part of no action unit here.
pub(super) fn missing(targets: &[String]) -> Vec<String> {
    let has = |name: String| targets.contains(&name);
    let sided = SIDED.into_iter().chain(["mouthUpperUp", "noseSneer"]);
    let sided = sided.flat_map(|stem| {
        [("_L", "Left"), ("_R", "Right")]
            .into_iter()
            .filter(move |(suffix, _)| !has(format!("{stem}{suffix}")))
            .map(move |(_, side)| format!("{stem}{side}"))
    });
    // ARKit has these without sides, other rigs with them.
    let either = ["browInnerUp", "cheekPuff"].into_iter().filter(|stem| {
        !has((*stem).to_owned()) && !["_L", "_R"].iter().all(|side| has(format!("{stem}{side}")))
    });
    let central = CENTRAL.into_iter().filter(|name| !has((*name).to_owned()));
    let mut names: Vec<String> = sided
        .chain(either.map(str::to_owned))
        .chain(central.map(str::to_owned))
        .collect();
    names.sort_unstable();
    names
}

/// How many shapes [`missing`] looks for.
pub(super) const USED: usize = 51;

/// The number of an identity mode named `identityNNN`.
pub(super) fn identity_mode(name: &str) -> Option<usize> {
    name.strip_prefix("identity")?
        .trim_start_matches('_')
        .parse()
        .ok()
}

/// What a mesh is made of, judged by the names of the mesh and of its material.
pub(super) fn material(mesh: &str, material: &str) -> Material {
    let text = format!("{mesh} {material}").to_lowercase();
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if has(&["lash"]) {
        Material::Lashes
    } else if has(&[
        "socket",
        "gum",
        "tongue",
        "cavity",
        "occlusion",
        "lacrimal",
        "caruncle",
    ]) {
        Material::Mouth
    } else if has(&["teeth", "tooth"]) {
        Material::Teeth
    } else if has(&[
        "eyeball", "iris", "sclera", "cornea", "eyeleft", "eyeright", "eye_l", "eye_r",
    ]) {
        Material::Eyeball
    } else if has(&["mouth", "inner"]) {
        Material::Mouth
    } else {
        Material::Skin
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_head_lacks_is_named_as_arkit_does() {
        assert_eq!(missing(&[]).len(), USED);
        let names = [
            "mouthSmile_L",
            "browInnerUp_L",
            "browInnerUp_R",
            "cheekPuff",
            "jawOpen",
        ];
        let lacks = missing(&names.map(str::to_owned));
        assert_eq!(lacks.len(), USED - 4);
        for name in ["mouthSmileRight", "noseSneerLeft", "mouthClose"] {
            assert!(lacks.iter().any(|lack| lack == name), "{name}");
        }
    }

    #[test]
    fn spellings_of_files_become_one() {
        for name in [
            "mouthSmileLeft",
            "mouthSmile_L",
            "MouthSmile_Left",
            "Face.mouthSmileLeft",
        ] {
            assert_eq!(canonical(name).as_deref(), Some("mouthSmile_L"), "{name}");
        }
        assert_eq!(canonical("browInnerUp").as_deref(), Some("browInnerUp"));
        assert_eq!(canonical("browInnerUp_R").as_deref(), Some("browInnerUp_R"));
        assert_eq!(canonical("jawLeft").as_deref(), Some("jawLeft"));
        assert_eq!(canonical("mouthRight").as_deref(), Some("mouthRight"));
        for name in ["tongueOut", "mouthSmile", "jaw", "", "identity004"] {
            assert_eq!(canonical(name), None, "{name}");
        }
    }

    #[test]
    fn meshes_are_told_apart_by_name() {
        assert_eq!(identity_mode("identity047"), Some(47));
        assert_eq!(identity_mode("jawOpen"), None);
        assert_eq!(material("eyelashes_l", "eyelashes"), Material::Lashes);
        assert_eq!(material("eye_sockets", ""), Material::Mouth);
        assert_eq!(material("eyeball_l", "eyeball"), Material::Eyeball);
        assert_eq!(material("gums_tongue", ""), Material::Mouth);
        assert_eq!(material("teeth", ""), Material::Teeth);
        assert_eq!(material("mesh_2", "head"), Material::Skin);
    }
}
