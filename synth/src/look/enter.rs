//! A person steps into a scene: head, hair, glasses, clothes, hand.
//!
//! Takes a [`Person`], what its face does and where it is; puts its triangles into the scene and
//! gives its [`Presence`].

use std::ops::Range;

use facs::ActionUnit;
use glam::{Affine3A, Quat, Vec2, Vec3};
use rand::Rng;

use super::{Person, Studio, colour, crease::Folds, hair, hand::Hand, lids::LidShade};
use crate::{
    head::{Actions, Material, Shape},
    render::{SKIN_WRAP, Scene, Surface, Triangle, Vertex},
};

/// Where a person is and which way it looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) rotation: Quat,
    /// Of the middle of the face.
    pub(super) position: Vec3,
}

impl Pose {
    /// By how many degrees the face looks past an eye, to its own left or (negative) right;
    /// beyond 90 the eye sees the back of the head.
    pub(super) fn yaw_seen_from(&self, eye: Vec3) -> f32 {
        let towards = self.rotation.inverse() * (eye - self.position);
        -towards.x.atan2(towards.z).to_degrees()
    }
}

/// What a person left in a scene.
pub(super) struct Presence {
    /// In the world: right eye, left eye, nose tip, mouth right, mouth left.
    pub(super) landmarks: [Vec3; 5],
    /// Triangles of the head without hair.
    pub(super) head: Range<usize>,
    /// Triangles of the head with hair.
    pub(super) head_and_hair: Range<usize>,
    /// Vertices of the scene that the box of the face encloses.
    pub(super) in_box: Vec<u32>,
    /// Head space to world.
    pub(super) world: Affine3A,
}

/// A scene that a person steps into.
pub(super) struct Stage<'a> {
    pub(super) studio: &'a Studio,
    pub(super) scene: &'a mut Scene,
    /// Takes the morphed head.
    pub(super) shape: &'a mut Shape,
    /// The number that the person's triangles carry.
    pub(super) owner: u8,
    /// About how far apart the eyes will be in the picture.
    pub(super) eye_pixels: f32,
}

impl Person {
    /// Head space to world.
    fn world(&self, pose: &Pose) -> Affine3A {
        Affine3A::from_rotation_translation(pose.rotation, pose.position)
            * Affine3A::from_translation(-self.face_center)
    }

    /// Puts the person into a scene.
    pub(super) fn enter(&self, stage: &mut Stage<'_>, actions: &Actions, pose: &Pose) -> Presence {
        let atlas = &stage.studio.atlases[self.head];
        atlas.head.pose(&self.rest, actions, stage.shape);
        let world = self.world(pose);
        let texture = stage.scene.textures.len();
        let folds = Folds::of(&actions.as_shown(), &self.complexion.lines);
        let skin = self
            .canvas
            .dress(atlas, &self.complexion, &folds, stage.eye_pixels);
        stage.scene.textures.push(skin);
        let first = stage.scene.triangles.len();
        let mut in_box = Vec::new();
        for index in 0..atlas.head.parts.len() {
            let start = stage.scene.vertices.len() as u32;
            self.add_part(stage, index, texture, actions, &world);
            if index == 0 {
                in_box = atlas.in_box.iter().map(|vertex| start + vertex).collect();
            }
        }
        let head = first..stage.scene.triangles.len();
        self.add_hair(stage, &world);
        let head_and_hair = first..stage.scene.triangles.len();
        self.add_mask_and_glasses(stage, &world);
        self.add_clothes(stage, pose, &world);
        let landmarks = stage
            .shape
            .landmarks
            .map(|landmark| world.transform_point3(landmark));
        Presence {
            landmarks,
            head,
            head_and_hair,
            in_box,
            world,
        }
    }

    fn add_part(
        &self,
        stage: &mut Stage<'_>,
        index: usize,
        texture: usize,
        actions: &Actions,
        world: &Affine3A,
    ) {
        let Stage {
            studio,
            scene,
            shape,
            owner,
            ..
        } = stage;
        let atlas = &studio.atlases[self.head];
        let (part, shaped) = (&atlas.head.parts[index], &shape.parts[index]);
        let surface = scene.add_surface(self.surface(studio, index, texture));
        let skin = index == 0;
        let open = openness(actions);
        let tongue = &atlas.tongue[index];
        let wet = (!tongue.is_empty()).then(|| scene.add_surface(self.tongue_surface()));
        let forward = |vertex: usize| tongue.get(vertex).copied().unwrap_or(0.0);
        let lids = LidShade::over(&atlas.head.anatomy, index, &shape.parts[0].positions);
        let first = scene.vertices.len() as u32;
        scene
            .vertices
            .extend((0..shaped.positions.len()).map(|vertex| {
                let rest = part.occlusion.get(vertex).copied().unwrap_or(1.0);
                let position = shaped.positions[vertex];
                let (tint, occlusion) = match part.material {
                    Material::Skin if skin => {
                        let scalp = hair::scalp(atlas.face[vertex], self.complexion.hairline)
                            * self.complexion.scalp;
                        (Vec3::new(scalp, 0.0, 0.0), rest)
                    }
                    Material::Eyeball => {
                        let light = |lids: LidShade| lids.light(position);
                        (Vec3::ZERO, rest * lids.map_or(1.0, light))
                    }
                    Material::Teeth | Material::Mouth => {
                        let teeth = part.material == Material::Teeth;
                        self.inside(teeth, forward(vertex), open, rest)
                    }
                    _ => (Vec3::ZERO, rest),
                };
                Vertex {
                    position: world.transform_point3(if skin {
                        self.measure.necked(position)
                    } else {
                        position + self.mouth.lift * (open * forward(vertex))
                    }),
                    normal: world.transform_vector3(shaped.normals[vertex]),
                    uv: part.uvs.get(vertex).copied().unwrap_or_default(),
                    tint,
                    occlusion,
                }
            }));
        let (triangles, of_face) = if skin {
            (&atlas.triangles, atlas.face_triangles)
        } else if atlas.is_face(index) {
            (&part.triangles, part.triangles.len())
        } else {
            (&part.triangles, 0)
        };
        let start = scene.triangles.len();
        scene
            .triangles
            .extend(triangles.iter().map(|corners| Triangle {
                vertices: corners.map(|corner| first + corner),
                surface: match wet {
                    Some(wet) if corners.iter().all(|at| forward(*at as usize) > 0.0) => wet,
                    _ => surface,
                },
                owner: *owner,
            }));
        scene.faces.push((*owner, start..start + of_face));
    }

    /// Colour and ambient light of a point in a mouth that is `open`: of the teeth, of the gums, or
    /// of the tongue where it is `forward`; `rest` arrives while the mouth is shut.
    fn inside(&self, teeth: bool, forward: f32, open: f32, rest: f32) -> (Vec3, f32) {
        match (teeth, forward) {
            (true, _) => (self.mouth.teeth, 0.40 + 0.30 * open + 0.45 * rest),
            (false, 0.0) => (self.mouth.gums, 0.06 + 0.12 * open + 0.6 * rest),
            (false, forward) => (
                self.mouth.tongue,
                0.08 + 0.45 * open * forward + 0.35 * rest,
            ),
        }
    }

    fn tongue_surface(&self) -> Surface {
        Surface::Tinted {
            gloss: 0.15 + 0.45 * self.mouth.wet,
            shininess: 45.0,
            wrap: Vec3::new(0.35, 0.15, 0.12),
            grain: 0.25,
            coverage: 0b1111,
            two_sided: true,
        }
    }

    fn surface(&self, studio: &Studio, index: usize, texture: usize) -> Surface {
        let head = &studio.atlases[self.head].head;
        let skin = self.complexion.skin;
        let tinted = |gloss, shininess, wrap, two_sided| Surface::Tinted {
            gloss,
            shininess,
            wrap,
            grain: 0.0,
            coverage: 0b1111,
            two_sided,
        };
        match head.parts[index].material {
            Material::Skin => Surface::Skin {
                texture,
                base: skin * 0.95,
                scalp: self.complexion.hair * 0.6,
                gloss: self.complexion.gloss,
            },
            Material::Eyeball => {
                let eye = head
                    .anatomy
                    .eyes
                    .iter()
                    .find(|eye| eye.parts.contains(&index));
                let (centre, radius, pupil) = eye.map_or((Vec2::splat(0.5), 0.118, 0.039), |eye| {
                    (eye.iris_uv, eye.iris_radius, eye.pupil_radius)
                });
                Surface::Eye {
                    sclera: self.eyes.sclera,
                    iris: self.eyes.iris,
                    centre,
                    radius: radius * self.eyes.iris_size,
                    pupil: pupil * self.eyes.pupil,
                }
            }
            Material::Lashes => Surface::Lashes {
                colour: self.complexion.hair * 0.25,
                density: self.lashes,
            },
            Material::Teeth => tinted(0.5, 60.0, Vec3::splat(0.3), false),
            Material::Mouth => tinted(0.15, 30.0, Vec3::splat(0.2), true),
        }
    }

    fn add_hair(&self, stage: &mut Stage<'_>, world: &Affine3A) {
        let colour = self.complexion.hair;
        if let Some((hair, gloss, seed)) = &self.hair {
            let surface = stage.scene.add_surface(Surface::Hair {
                dark: colour * 0.4,
                light: colour * 1.5,
                gloss: gloss * (0.25 + 2.0 * colour::luma(colour)),
                ragged: hair.vertices[0].tint.x,
                seed: *seed,
            });
            hair.add_moved_to(stage.scene, surface, stage.owner, world);
        }
        let (atlas, skin) = (&stage.studio.atlases[self.head], &stage.shape.parts[0]);
        let triangles = &atlas.head.skin().triangles;
        if let Some(beard) = self.complexion.beard.grow(skin, triangles, &atlas.face) {
            let surface = stage.scene.add_surface(Surface::Hair {
                dark: colour * 0.35,
                light: colour * 1.3,
                gloss: 0.1,
                ragged: 0.2,
                seed: 5,
            });
            beard.add_moved_to(stage.scene, surface, stage.owner, world);
        }
    }

    fn add_mask_and_glasses(&self, stage: &mut Stage<'_>, world: &Affine3A) {
        let Stage {
            scene,
            shape,
            owner,
            ..
        } = stage;
        let owner = *owner;
        let tinted = |gloss, shininess, coverage, two_sided| Surface::Tinted {
            gloss,
            shininess,
            wrap: Vec3::ZERO,
            grain: 0.0,
            coverage,
            two_sided,
        };
        if let Some(mask) = &self.mask {
            let surface = scene.add_surface(tinted(0.04, 8.0, 0b1111, false));
            let mask = mask.wear(&shape.parts[0].positions, &self.measure);
            mask.add_moved_to(scene, surface, owner, world);
        }
        if let Some(glasses) = &self.glasses {
            let frames = glasses.wear(&shape.landmarks, &self.measure);
            let surface = scene.add_surface(tinted(0.6, 60.0, 0b1111, false));
            frames.rims.add_moved_to(scene, surface, owner, world);
            if let Some((lenses, coverage)) = frames.lenses {
                let surface = scene.add_surface(tinted(0.6, 60.0, coverage, true));
                lenses.add_moved_to(scene, surface, owner, world);
            }
        }
    }

    fn add_clothes(&self, stage: &mut Stage<'_>, pose: &Pose, world: &Affine3A) {
        let Stage { scene, owner, .. } = stage;
        // Shoulders turn half as far as the head and stay upright.
        let forward = pose.rotation * Vec3::Z;
        let turn = Quat::from_rotation_y(forward.x.atan2(forward.z) * 0.5);
        let neck = world.transform_point3(self.measure.position(Vec3::new(0.0, -1.55, -2.3)));
        let torso = self.clothes.drape(Vec3::ZERO, self.complexion.skin);
        let surface = scene.add_surface(Surface::Tinted {
            gloss: 0.03,
            shininess: 8.0,
            wrap: Vec3::splat(0.1),
            grain: 0.25,
            coverage: 0b1111,
            two_sided: false,
        });
        let place = Affine3A::from_rotation_translation(turn, neck);
        torso.add_moved_to(scene, surface, *owner, &place);
    }

    /// Lays the person's own hand over the face that it has just shown in `world`.
    pub(super) fn cover(&self, rng: &mut impl Rng, stage: &mut Stage<'_>, world: &Affine3A) {
        let nose = stage.shape.landmarks[2];
        let hand = Hand::over_face(rng, self.complexion.skin, &self.measure, nose).moved(world);
        add_hand(stage.scene, &hand, stage.owner);
    }
}

/// How far the mouth is open, 0 to 1: on the side where it is more so.
fn openness(actions: &Actions) -> f32 {
    let most = |unit: ActionUnit| actions.left[unit.index()].max(actions.right[unit.index()]);
    most(ActionUnit::Au26).max(0.6 * most(ActionUnit::Au25))
}

/// Puts a hand into a scene.
pub(super) fn add_hand(scene: &mut Scene, hand: &Hand, owner: u8) {
    let flesh = scene.add_surface(Surface::Tinted {
        gloss: 0.12,
        shininess: 14.0,
        wrap: SKIN_WRAP,
        grain: 0.12,
        coverage: 0b1111,
        two_sided: false,
    });
    hand.flesh.add_to(scene, flesh, owner);
    let cloth = scene.add_surface(Surface::Tinted {
        gloss: 0.0,
        shininess: 8.0,
        wrap: Vec3::ZERO,
        grain: 0.2,
        coverage: 0b1111,
        two_sided: false,
    });
    hand.cloth.add_to(scene, cloth, owner);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mouth_that_opens_on_either_side_is_open() {
        let open = |unit, left, right| openness(&Actions::only(unit, left, right));
        for [left, right] in [[0.5, 0.0], [0.0, 0.5], [0.2, 0.5]] {
            assert_eq!(open(ActionUnit::Au26, left, right), 0.5);
            assert_eq!(open(ActionUnit::Au25, left, right), 0.3);
        }
        assert_eq!(open(ActionUnit::Au12, 1.0, 1.0), 0.0);
    }
}
