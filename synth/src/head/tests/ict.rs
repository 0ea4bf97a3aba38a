//! The ICT head: what is known of it, what its units move, that its eyes close.

use facs::ActionUnit;

use super::{super::*, assert_same, furthest, shaped};

#[test]
fn the_ict_head_loads_with_its_sidecars() {
    let Some(head) = testing::ict() else { return };
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
