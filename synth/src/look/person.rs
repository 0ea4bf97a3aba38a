//! One person: a head, a skin, eyes, hair, clothes, glasses.
//!
//! Takes chance and a [`Studio`]; gives a [`Person`] that can enter a scene in any pose with any
//! face. Drawing a person is dear (its skin is painted); let many pictures share one.

use std::ops::Range;

use facs::ActionUnit;
use glam::{Affine3A, Quat, Vec2, Vec3};
use rand::{Rng, RngExt};

use super::{
    Studio, colour,
    crease::Folds,
    dice::{between, chance, normal},
    hair::{self, Cut, Skull},
    hand::Hand,
    skin::{Canvas, Complexion},
    solid::Solid,
    studio::Measure,
    wear::{Clothes, Glasses},
};
use crate::{
    head::{Actions, Material, Shape},
    render::{Scene, Surface, Triangle, Vertex},
};

/// What one person looks like.
#[derive(Clone, Debug)]
pub struct Person {
    pub(super) head: usize,
    pub(super) identity: Vec<f32>,
    pub(super) complexion: Complexion,
    canvas: Canvas,
    measure: Measure,
    eyes: EyeLook,
    lashes: f32,
    teeth: Vec3,
    hair: Option<(Solid, f32, u32)>,
    clothes: Clothes,
    glasses: Option<Glasses>,
    face_center: Vec3,
}

#[derive(Clone, Debug)]
struct EyeLook {
    sclera: Vec3,
    iris: Vec3,
    iris_size: f32,
    pupil: f32,
}

/// Where a person is and which way it looks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pose {
    pub(super) rotation: Quat,
    /// Of the middle of the face.
    pub(super) position: Vec3,
}

/// What a person left in a scene.
pub(super) struct Presence {
    /// In the world: right eye, left eye, nose tip, mouth right, mouth left.
    pub(super) landmarks: [Vec3; 5],
    /// Triangles of the head without hair.
    pub(super) head: Range<usize>,
    /// Vertices of the scene that the box of the face encloses.
    pub(super) in_box: Vec<u32>,
    /// Head space to world.
    pub(super) world: Affine3A,
}

impl Person {
    /// Draws a person from the heads of a studio.
    pub fn draw(rng: &mut impl Rng, studio: &Studio) -> Self {
        let head = rng.random_range(0..studio.atlases.len());
        Self::of_head(rng, studio, head)
    }

    /// Draws a person with one of the heads of a studio.
    ///
    /// # Panics
    /// When the studio has no head of this index.
    pub fn of_head(rng: &mut impl Rng, studio: &Studio, head: usize) -> Self {
        let modes = studio.atlases[head].head.identity_modes;
        let identity = (0..modes)
            .map(|_| normal(rng, 0.8).clamp(-2.0, 2.0))
            .collect();
        let mut complexion = Complexion::draw(rng);
        let cut = Cut::draw(rng, complexion.hairline);
        if cut.is_none() {
            complexion.scalp = between(rng, 0.0, 0.5);
        }
        let eyes = EyeLook {
            sclera: Vec3::new(0.66, 0.62, 0.60) * between(rng, 0.7, 1.1),
            iris: colour::iris(rng, complexion.skin),
            iris_size: between(rng, 0.93, 1.08),
            pupil: between(rng, 0.75, 1.5),
        };
        let teeth = Vec3::new(0.80, 0.75, 0.66) * between(rng, 0.7, 1.1);
        let teeth = teeth * Vec3::new(1.0, between(rng, 0.94, 1.02), between(rng, 0.8, 1.05));
        let lashes = between(rng, 0.5, 1.4);
        let clothes = Clothes::draw(rng);
        let glasses = chance(rng, 0.2).then(|| Glasses::draw(rng));
        let gloss = between(rng, 0.03, 0.25);
        Self::made(studio, head, identity, complexion, cut, gloss, rng.random())
            .dressed(eyes, lashes, teeth, clothes, glasses)
    }

    /// The mean person of one head, bald and without make-up: for sheets that show what muscles do.
    ///
    /// # Panics
    /// When the studio has no head of this index.
    pub fn plain(studio: &Studio, head: usize, rng: &mut impl Rng) -> Self {
        let eyes = EyeLook {
            sclera: Vec3::new(0.78, 0.75, 0.72),
            iris: colour::srgb(92, 76, 52),
            iris_size: 1.0,
            pupil: 1.0,
        };
        let teeth = Vec3::new(0.78, 0.73, 0.65);
        let mut complexion = Complexion::plain();
        complexion.scalp = 0.4;
        Self::made(studio, head, Vec::new(), complexion, None, 0.1, 0).dressed(
            eyes,
            0.6,
            teeth,
            Clothes::draw(rng),
            None,
        )
    }

    fn made(
        studio: &Studio,
        head: usize,
        identity: Vec<f32>,
        complexion: Complexion,
        cut: Option<Cut>,
        gloss: f32,
        seed: u32,
    ) -> Self {
        let atlas = &studio.atlases[head];
        let mut neutral = Shape::default();
        atlas
            .head
            .shape(&identity, &Actions::default(), &mut neutral);
        let measure = Measure::of(&neutral.landmarks);
        let hair = cut.map(|cut| {
            let skull = Skull::measure(&neutral.parts[0].positions, &measure);
            let mut solid = cut.grow(&skull, &measure);
            for vertex in &mut solid.vertices {
                vertex.tint.x = cut.ragged;
            }
            (solid, gloss, seed)
        });
        Self {
            canvas: Canvas::paint(atlas, &complexion),
            measure,
            eyes: EyeLook {
                sclera: Vec3::ONE,
                iris: Vec3::ONE,
                iris_size: 1.0,
                pupil: 1.0,
            },
            lashes: 0.5,
            teeth: Vec3::ONE,
            hair,
            clothes: Clothes::plain(),
            glasses: None,
            face_center: atlas.head.anatomy.face_center,
            head,
            identity,
            complexion,
        }
    }

    fn dressed(
        self,
        eyes: EyeLook,
        lashes: f32,
        teeth: Vec3,
        clothes: Clothes,
        glasses: Option<Glasses>,
    ) -> Self {
        Self {
            eyes,
            lashes,
            teeth,
            clothes,
            glasses,
            ..self
        }
    }

    /// Index of its head in the studio.
    #[must_use]
    pub const fn head(&self) -> usize {
        self.head
    }

    /// Weights of its identity modes.
    #[must_use]
    pub fn identity(&self) -> &[f32] {
        &self.identity
    }

    /// Puts the person into a scene; `eye_pixels` is about how far apart its eyes will be.
    pub(super) fn enter(
        &self,
        studio: &Studio,
        scene: &mut Scene,
        actions: &Actions,
        pose: &Pose,
        owner: u8,
        eye_pixels: f32,
        shape: &mut Shape,
    ) -> Presence {
        let atlas = &studio.atlases[self.head];
        atlas.head.shape(&self.identity, actions, shape);
        let world = Affine3A::from_rotation_translation(pose.rotation, pose.position)
            * Affine3A::from_translation(-self.face_center);
        let texture = scene.textures.len();
        scene.textures.push(
            self.canvas
                .dress(&Folds::of(actions, self.complexion.age), eye_pixels),
        );
        let first = scene.triangles.len();
        let mut in_box = Vec::new();
        for index in 0..atlas.head.parts.len() {
            let start = scene.vertices.len() as u32;
            self.add_part(studio, scene, shape, index, owner, texture, actions, &world);
            if index == 0 {
                in_box = atlas.in_box.iter().map(|vertex| start + vertex).collect();
            }
        }
        let head = first..scene.triangles.len();
        self.add_hair_and_things(scene, shape, owner, &world);
        self.add_clothes(scene, owner, pose, &world);
        let landmarks = shape
            .landmarks
            .map(|landmark| world.transform_point3(landmark));
        Presence {
            landmarks,
            head,
            in_box,
            world,
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one call site; all of them vary")]
    fn add_part(
        &self,
        studio: &Studio,
        scene: &mut Scene,
        shape: &Shape,
        index: usize,
        owner: u8,
        texture: usize,
        actions: &Actions,
        world: &Affine3A,
    ) {
        let atlas = &studio.atlases[self.head];
        let (part, shaped) = (&atlas.head.parts[index], &shape.parts[index]);
        let surface = scene.add_surface(self.surface(studio, index, texture));
        let skin = index == 0;
        let open = actions.left[ActionUnit::Au26.index()]
            .max(0.6 * actions.left[ActionUnit::Au25.index()]);
        let tint = match part.material {
            Material::Teeth => self.teeth,
            Material::Mouth => Vec3::new(0.30, 0.075, 0.07),
            _ => Vec3::ZERO,
        };
        let first = scene.vertices.len() as u32;
        scene
            .vertices
            .extend((0..shaped.positions.len()).map(|vertex| {
                let rest = part.occlusion.get(vertex).copied().unwrap_or(1.0);
                let (tint, occlusion) = match part.material {
                    Material::Skin if skin => {
                        let scalp = hair::scalp(atlas.face[vertex], self.complexion.hairline)
                            * self.complexion.scalp;
                        (Vec3::new(scalp, 0.0, 0.0), rest)
                    }
                    Material::Teeth => (tint, 0.30 + 0.25 * open + 0.45 * rest),
                    Material::Mouth => (tint, 0.06 + 0.12 * open + 0.6 * rest),
                    _ => (tint, rest),
                };
                Vertex {
                    position: world.transform_point3(if skin {
                        self.measure.necked(shaped.positions[vertex])
                    } else {
                        shaped.positions[vertex]
                    }),
                    normal: world.transform_vector3(shaped.normals[vertex]),
                    uv: part.uvs.get(vertex).copied().unwrap_or_default(),
                    tint,
                    occlusion,
                }
            }));
        let of_face = atlas.is_face(index);
        for (number, corners) in part.triangles.iter().enumerate() {
            let (kept, face) = if skin {
                atlas.triangles[number]
            } else {
                (true, of_face)
            };
            if kept {
                let vertices = corners.map(|corner| first + corner);
                scene.triangles.push(Triangle {
                    vertices,
                    surface,
                    owner,
                    face,
                });
            }
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

    fn add_hair_and_things(&self, scene: &mut Scene, shape: &Shape, owner: u8, world: &Affine3A) {
        if let Some((hair, gloss, seed)) = &self.hair {
            let colour = self.complexion.hair;
            let surface = scene.add_surface(Surface::Hair {
                dark: colour * 0.4,
                light: colour * 1.5,
                gloss: gloss * (0.25 + 2.0 * colour::luma(colour)),
                ragged: hair.vertices[0].tint.x,
                seed: *seed,
            });
            hair.clone().moved(world).add_to(scene, surface, owner);
        }
        if let Some(glasses) = &self.glasses {
            let frames = glasses.wear(&shape.landmarks, &self.measure);
            let tinted = |coverage, two_sided| Surface::Tinted {
                gloss: 0.6,
                shininess: 60.0,
                wrap: Vec3::ZERO,
                grain: 0.0,
                coverage,
                two_sided,
            };
            let surface = scene.add_surface(tinted(0b1111, false));
            frames.rims.moved(world).add_to(scene, surface, owner);
            if let Some((lenses, coverage)) = frames.lenses {
                let surface = scene.add_surface(tinted(coverage, true));
                lenses.moved(world).add_to(scene, surface, owner);
            }
        }
    }

    fn add_clothes(&self, scene: &mut Scene, owner: u8, pose: &Pose, world: &Affine3A) {
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
        torso
            .moved(&Affine3A::from_rotation_translation(turn, neck))
            .add_to(scene, surface, owner);
    }

    /// Lays the person's own hand over its face.
    pub(super) fn cover(
        &self,
        rng: &mut impl Rng,
        scene: &mut Scene,
        nose: Vec3,
        owner: u8,
        world: &Affine3A,
    ) {
        let hand = Hand::over_face(rng, self.complexion.skin, &self.measure, nose).moved(world);
        add_hand(scene, &hand, owner);
    }
}

/// Puts a hand into a scene.
pub(super) fn add_hand(scene: &mut Scene, hand: &Hand, owner: u8) {
    let flesh = scene.add_surface(Surface::Tinted {
        gloss: 0.12,
        shininess: 14.0,
        wrap: Vec3::new(0.34, 0.17, 0.11),
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
