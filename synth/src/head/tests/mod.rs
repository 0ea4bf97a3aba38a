//! Heads as a whole: laws of the built-in head, loading of files made on the spot, the ICT head
//! where it is at hand.

use std::sync::LazyLock;

use glam::Vec3;

use super::*;

mod files;
mod ict;
mod meshes;
mod tiny;
mod units;

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

/// Whether two heads are the same but for their names.
pub(in crate::head) fn assert_same(a: &Head, b: &Head) {
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
