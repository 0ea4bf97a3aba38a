//! What a head consists of and what it can show, for people.
//!
//! Takes a [`Head`]; gives a [`Report`] that prints as tables.

use std::fmt;

use facs::ActionUnit;

use super::{AnatomySource, Head, Material, Target, names};

/// One mesh of a head in numbers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartReport {
    /// Name of the mesh.
    pub name: String,
    /// What it is made of.
    pub material: Material,
    /// Vertices, copies at seams included.
    pub vertices: usize,
    /// Triangles.
    pub triangles: usize,
    /// Expression targets that move it.
    pub expressions: usize,
    /// Identity modes that move it.
    pub identity_modes: usize,
}

/// What a head consists of and what it can show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Name of the head.
    pub name: String,
    /// Whose it is, where its file says so.
    pub copyright: Option<String>,
    /// Its meshes.
    pub parts: Vec<PartReport>,
    /// How many expression targets it has.
    pub targets: usize,
    /// How many identity modes it has.
    pub identity_modes: usize,
    /// ARKit's shapes that are missing; none for a head whose targets are the action units.
    pub missing: Option<Vec<String>>,
    /// Action units that it shows as they should be.
    pub shown: Vec<ActionUnit>,
    /// Action units that it shows in part, with the shapes that are missing.
    pub partly: Vec<(ActionUnit, Vec<String>)>,
    /// Action units that it cannot show.
    pub unshown: Vec<ActionUnit>,
    /// What tells where its features are.
    pub anatomy: AnatomySource,
    /// Whether lips and brows can be painted.
    pub paints: bool,
}

impl Head {
    /// What the head consists of and what it can show.
    #[must_use]
    pub fn report(&self) -> Report {
        let moved = |targets: &[Target]| {
            let moves = |target: &&Target| !target.indices.is_empty();
            targets.iter().filter(moves).count()
        };
        let parts = self.parts.iter().map(|part| PartReport {
            name: part.name.clone(),
            material: part.material,
            vertices: part.positions.len(),
            triangles: part.triangles.len(),
            expressions: moved(&part.targets),
            identity_modes: moved(&part.identity),
        });
        let unshown = self.unshown();
        let lacks = |unit: &ActionUnit| !self.rig.lacking(*unit).is_empty();
        let (partly, shown) = ActionUnit::ALL
            .into_iter()
            .filter(|unit| !unshown.contains(unit))
            .partition::<Vec<_>, _>(lacks);
        Report {
            name: self.name.clone(),
            copyright: self.copyright.clone(),
            parts: parts.collect(),
            targets: self.targets.len(),
            identity_modes: self.identity_modes,
            missing: (self.anatomy.source != AnatomySource::BuiltIn)
                .then(|| names::missing(&self.targets)),
            shown,
            partly: partly
                .into_iter()
                .map(|unit| (unit, self.rig.lacking(unit).to_vec()))
                .collect(),
            unshown,
            anatomy: self.anatomy.source,
            paints: !self.anatomy.lips.is_empty() && !self.anatomy.brow_left.is_empty(),
        }
    }
}

impl Report {
    /// Vertices of all parts.
    #[must_use]
    pub fn vertices(&self) -> usize {
        self.parts.iter().map(|part| part.vertices).sum()
    }

    /// Triangles of all parts.
    #[must_use]
    pub fn triangles(&self) -> usize {
        self.parts.iter().map(|part| part.triangles).sum()
    }

    /// What tells where the features are, in words.
    #[must_use]
    pub const fn anatomy_source(&self) -> &'static str {
        match self.anatomy {
            AnatomySource::BuiltIn => "built in",
            AnatomySource::Carried => "carried in the file",
            AnatomySource::Sidecar => "landmarks.json beside the file",
            AnatomySource::Derived => "derived from the targets",
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.name)?;
        let line = |f: &mut fmt::Formatter<'_>, name: &str, material: &str, numbers: [usize; 4]| {
            let [vertices, triangles, expressions, modes] = numbers;
            writeln!(
                f,
                "  {name:<16} {material:<8} {vertices:>8} {triangles:>9} {expressions:>11} {modes:>8}"
            )
        };
        writeln!(
            f,
            "  {:<16} {:<8} {:>8} {:>9} {:>11} {:>8}",
            "part", "material", "vertices", "triangles", "expressions", "identity"
        )?;
        for part in &self.parts {
            let numbers = [
                part.vertices,
                part.triangles,
                part.expressions,
                part.identity_modes,
            ];
            line(f, &part.name, name_of(part.material), numbers)?;
        }
        let sums = [
            self.vertices(),
            self.triangles(),
            self.targets,
            self.identity_modes,
        ];
        line(f, "all", "", sums)?;
        match &self.missing {
            None => writeln!(f, "shapes   one per action unit and side")?,
            Some(missing) => {
                let (found, used) = (names::USED - missing.len(), names::USED);
                write!(
                    f,
                    "shapes   {found} of the {used} of ARKit that action units use"
                )?;
                match missing.is_empty() {
                    true => writeln!(f)?,
                    false => writeln!(f, ", missing: {}", missing.join(" "))?,
                }
            }
        }
        writeln!(f, "shows    {}", codes(&self.shown))?;
        for (unit, lacks) in &self.partly {
            writeln!(f, "in part  {unit}, for lack of {}", lacks.join(" "))?;
        }
        if !self.unshown.is_empty() {
            writeln!(f, "cannot   {}", codes(&self.unshown))?;
        }
        write!(f, "anatomy  {}", self.anatomy_source())?;
        match self.paints {
            true => writeln!(f)?,
            false => writeln!(f, "; lips and brows are not painted")?,
        }
        match &self.copyright {
            Some(copyright) => writeln!(f, "rights   {copyright}"),
            None => Ok(()),
        }
    }
}

const fn name_of(material: Material) -> &'static str {
    match material {
        Material::Skin => "skin",
        Material::Eyeball => "eyeball",
        Material::Lashes => "lashes",
        Material::Teeth => "teeth",
        Material::Mouth => "mouth",
    }
}

/// Action units in a row.
fn codes(units: &[ActionUnit]) -> String {
    if units.is_empty() {
        return "no action unit".into();
    }
    if units.len() == ActionUnit::COUNT {
        return format!("all {} action units", ActionUnit::COUNT);
    }
    let codes: Vec<&str> = units.iter().map(|unit| unit.code()).collect();
    codes.join(" ")
}
