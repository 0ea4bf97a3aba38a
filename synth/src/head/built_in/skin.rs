//! The skin of the built-in head: where its sites are, at rest and in motion.

use glam::{Vec2, Vec3};

use super::{
    curve::{bump, smooth},
    ears::Ear,
    face::{EYE_B, Face, lip_span},
    muscles::Motion,
    site::{Fold, MOUTH_B, Sheet, Site},
};

/// The sheet of the face with the ears.
pub(super) struct Skin {
    /// Face, back of the head, neck, shoulders.
    pub(super) sheet: Sheet,
    /// The left ear; the right one mirrors it.
    ear: Ear,
}

/// Where a site of the left half (or, mirrored, of the right) is while both sides do `motion`.
pub(super) fn skin_point(face: &Face, site: Site, motion: Option<Motion>) -> Vec3 {
    let Some(motion) = motion else {
        return face.at(site);
    };
    // What pulls the midline aside on one half pulls it back on the other.
    let side = if site.a == 0.0 { 0.0 } else { site.a.signum() };
    let left = Site {
        a: site.a.abs(),
        ..site
    };
    let fold = match site.fold {
        Fold::None => Fold::None,
        Fold::Upper(_) => Fold::Upper(0),
        Fold::Lower(_) => Fold::Lower(0),
    };
    let margin = face.at(Site { fold, ..left });
    let moved = motion.contract(face).at(left) + motion.pull(left, margin);
    let moved = if site.depth() == 0 {
        face.clear_of_eye(moved)
    } else {
        moved
    };
    moved * Vec3::new(side, 1.0, 1.0)
}

impl Skin {
    /// Builds the skin.
    pub(super) fn new() -> Self {
        Self {
            sheet: Sheet::new(),
            ear: Ear::new(),
        }
    }

    /// Vertices in a face, at rest or while both sides do `motion`.
    pub(super) fn positions(&self, face: &Face, motion: Option<Motion>) -> Vec<Vec3> {
        let mut positions: Vec<Vec3> = self
            .sheet
            .sites
            .iter()
            .map(|site| skin_point(face, *site, motion))
            .collect();
        let left: Vec<Vec3> = self
            .ear
            .positions
            .iter()
            .map(|p| *p + face.stretch(*p))
            .collect();
        positions.extend(&left);
        positions.extend(left.iter().map(|p| Vec3::new(-p.x, p.y, p.z)));
        positions
    }

    /// One per vertex.
    pub(super) fn uvs(&self, face: &Face) -> Vec<Vec2> {
        let sheet = self.sheet.sites.iter().map(|site| site.uv(face));
        sheet
            .chain(self.ear.uvs.iter().copied())
            .chain(self.ear.uvs.iter().copied())
            .collect()
    }

    /// Ears included; the right one with its winding turned.
    pub(super) fn triangles(&self) -> Vec<[u32; 3]> {
        let left = self.sheet.sites.len() as u32;
        let right = left + self.ear.positions.len() as u32;
        let mut triangles = self.sheet.triangles.clone();
        triangles.extend(
            self.ear
                .triangles
                .iter()
                .map(|triangle| triangle.map(|index| index + left)),
        );
        triangles.extend(
            self.ear
                .triangles
                .iter()
                .map(|[a, b, c]| [a + right, c + right, b + right]),
        );
        triangles
    }

    /// Ambient light that reaches each vertex.
    pub(super) fn occlusion(&self, face: &Face) -> Vec<f32> {
        let sheet = self
            .sheet
            .sites
            .iter()
            .map(|site| site_occlusion(*site, face.at(*site)));
        sheet
            .chain(self.ear.occlusion.iter().copied())
            .chain(self.ear.occlusion.iter().copied())
            .collect()
    }
}

/// Nostrils, folds, the slit between the lips, the corners of the eyes and the throat are dark.
fn site_occlusion(site: Site, p: Vec3) -> f32 {
    let x = p.x.abs();
    let inside = match site.depth() {
        0 => 1.0,
        _ if site.b > 0.0 => 0.45,
        1 => 0.6,
        2 => 0.3,
        _ => 0.12,
    };
    let nostril = 1.0 - 0.8 * bump(x, p.y, [0.62, -0.82], [0.24, 0.16]);
    let under_nose = 1.0 - 0.15 * bump(x, p.y, [0.3, -1.1], [1.1, 0.4]);
    let slit = 1.0 - 0.45 * lip_span(site.a).sqrt() * if site.b == MOUTH_B { 1.0 } else { 0.0 };
    let corner = 1.0 - 0.3 * bump(x, p.y, [2.65, MOUTH_B], [0.35, 0.3]);
    let socket = 1.0
        - 0.3 * bump(x, p.y, [2.0, EYE_B + 0.5], [0.6, 0.9])
        - 0.15 * bump(x, p.y, [3.4, EYE_B + 1.1], [1.5, 0.4]);
    let throat = 1.0
        - 0.45
            * smooth((-7.6 - site.b) / 1.0)
            * (1.0 - smooth((-10.0 - site.b) / 3.0))
            * smooth((p.z + 4.0) / 6.0);
    (inside * nostril * under_nose * slit * corner * socket * throat).clamp(0.0, 1.0)
}
