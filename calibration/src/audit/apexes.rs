//! What the expressions of an audit are when they are fully there.
//!
//! Made of what a field takes for prototypes, or read from a file, such as `calibration maximise` writes;
//! gives FACS intensities for every expression and person.

use std::{collections::BTreeMap, fmt, path::Path};

use facs::{ActionUnit, Expression, FileError};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{
        MapAccess, SeqAccess, Visitor,
        value::{MapAccessDeserializer, SeqAccessDeserializer},
    },
};
use synth::{dataset::prototype, head::Actions};

use super::AuditError;

/// FACS intensity, 0 to 5, of every unit that takes part in an expression at its apex.
pub type Apex = BTreeMap<ActionUnit, f32>;

/// How people show an expression: in JSON and TOML one table, or a list of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Shown {
    /// All in the same way.
    Alike(Apex),
    /// Each in their own, in the order of the cast.
    Each(Vec<Apex>),
}

/// The apex of every expression that is audited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Apexes {
    /// Whose they are, where people have their own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub people: Option<Population>,
    /// By expression.
    #[serde(flatten)]
    pub shown: BTreeMap<Expression, Shown>,
}

/// What people are drawn from: the same people follow from the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Population {
    /// Of the cast.
    pub seed: u64,
    /// Names of the heads, in order.
    pub heads: Vec<String>,
}

impl fmt::Display for Population {
    fn fmt(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
        write!(
            formatter,
            "--seed {} --head {}",
            self.seed,
            self.heads.join(" --head ")
        )
    }
}

impl Apexes {
    /// The units that Du et al. 2014 find in most faces of an expression, all of one intensity.
    ///
    /// # Errors
    /// [`AuditError::People`] for an expression that they do not describe.
    pub fn prototypes(expressions: &[Expression], intensity: f32) -> Result<Self, AuditError> {
        let apex = |expression: &Expression| {
            let actions = prototype(*expression, intensity)?;
            let strength = |unit: ActionUnit| 5.0 * actions.right[unit.index()];
            let units = ActionUnit::ALL
                .into_iter()
                .map(|unit| (unit, strength(unit)));
            let apex = units.filter(|(_, strength)| *strength > 0.0).collect();
            Ok((*expression, Shown::Alike(apex)))
        };
        let shown: Result<_, AuditError> = expressions.iter().map(apex).collect();
        Ok(Self {
            people: None,
            shown: shown?,
        })
    }

    /// Reads a TOML file: a table per expression, `AU12 = 4.0` per unit, or one per expression and
    /// person.
    ///
    /// # Errors
    /// [`AuditError`], naming the file.
    pub fn load(path: &Path) -> Result<Self, AuditError> {
        let text = std::fs::read_to_string(path).map_err(FileError::io(path))?;
        toml::from_str(&text).map_err(|error| AuditError::Content {
            path: path.to_owned(),
            problem: error.to_string(),
        })
    }

    /// The expressions, in the order of the audit.
    pub fn expressions(&self) -> impl ExactSizeIterator<Item = Expression> + '_ {
        self.shown.keys().copied()
    }

    /// What the audit shows of one person, in the order of the audit.
    ///
    /// # Panics
    /// When each has their own and this one has none.
    pub fn of_person(&self, person: usize) -> impl Iterator<Item = (Expression, &Apex)> {
        let shown = self.shown.iter();
        shown.map(move |(expression, shown)| (*expression, shown.of_person(person)))
    }

    /// Those of some people.
    ///
    /// # Panics
    /// When each has their own and one of them has none.
    #[must_use]
    pub fn of_people(&self, people: &[usize]) -> Self {
        let of = |shown: &Shown| match shown {
            Shown::Alike(apex) => Shown::Alike(apex.clone()),
            Shown::Each(_) => {
                let apexes = people.iter().map(|person| shown.of_person(*person).clone());
                Shown::Each(apexes.collect())
            }
        };
        let each = self.shown.iter();
        Self {
            people: self.people.clone(),
            shown: each.map(|(name, shown)| (*name, of(shown))).collect(),
        }
    }

    /// # Errors
    /// [`AuditError::Design`] when they are those of other people or of fewer, or an intensity is none.
    pub(super) fn check(&self, people: &Population, count: usize) -> Result<(), AuditError> {
        if let Some(own) = &self.people
            && own != people
        {
            return Err(AuditError::Design {
                field: "the population",
                value: format!("{people:#}"),
                expected: format!("{own}, whose apexes these are"),
            });
        }
        for (expression, shown) in &self.shown {
            let apexes = match shown {
                Shown::Alike(apex) => std::slice::from_ref(apex),
                Shown::Each(apexes) => apexes,
            };
            if matches!(shown, Shown::Each(_)) && apexes.len() < count {
                return Err(AuditError::Design {
                    field: "identities",
                    value: count.to_string(),
                    expected: format!(
                        "{} or fewer: more have no apex of {expression}",
                        apexes.len()
                    ),
                });
            }
            let each = apexes.iter().enumerate();
            let each = each.flat_map(|(person, apex)| apex.iter().map(move |it| (person, it)));
            for (person, (unit, intensity)) in each {
                if !(0.0..=5.0).contains(intensity) {
                    return Err(AuditError::Design {
                        field: "an intensity",
                        value: format!("{intensity} ({unit} of {expression}, person {person})"),
                        expected: "0 to 5".to_owned(),
                    });
                }
            }
        }
        Ok(())
    }
}

impl Shown {
    /// # Panics
    /// When each has their own and this one has none.
    pub(super) fn of_person(&self, person: usize) -> &Apex {
        match self {
            Self::Alike(apex) => apex,
            Self::Each(apexes) => &apexes[person],
        }
    }
}

/// By hand, so that an error names the unit that is none.
impl<'de> Deserialize<'de> for Shown {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Tables;

        impl<'de> Visitor<'de> for Tables {
            type Value = Shown;

            fn expecting(&self, formatter: &mut fmt::Formatter) -> fmt::Result {
                formatter.write_str("a table of intensities, or one per person")
            }

            fn visit_map<A: MapAccess<'de>>(self, units: A) -> Result<Shown, A::Error> {
                Apex::deserialize(MapAccessDeserializer::new(units)).map(Shown::Alike)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, people: A) -> Result<Shown, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(people)).map(Shown::Each)
            }
        }

        deserializer.deserialize_any(Tables)
    }
}

/// Both sides at the intensities of an apex.
pub(crate) fn apex_actions(apex: &Apex) -> Actions {
    let mut strengths = [0.0; ActionUnit::COUNT];
    for (unit, intensity) in apex {
        strengths[unit.index()] = intensity / 5.0;
    }
    Actions::symmetric(strengths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_show_an_expression_alike_or_each_in_their_own_way() {
        let text = "[people]\nseed = 7\nheads = [\"built-in\"]\n\n[happiness]\nAU12 = 4.0\n\n\
                    [[sadness]]\nAU01 = 1.0\n\n[[sadness]]\nAU04 = 2.0\n";
        let apexes: Apexes = toml::from_str(text).unwrap();
        assert_eq!(toml::to_string(&apexes).unwrap(), text);
        let json = serde_json::to_string(&apexes).unwrap();
        assert_eq!(serde_json::from_str::<Apexes>(&json).unwrap(), apexes);

        let of = |apexes: &Apexes, person| {
            let shown = apexes.of_person(person);
            shown
                .map(|(_, apex)| apex.values().copied().collect())
                .collect::<Vec<Vec<f32>>>()
        };
        assert_eq!(of(&apexes, 0), [[4.0], [1.0]]);
        assert_eq!(of(&apexes, 1), [[4.0], [2.0]]);
        assert_eq!(of(&apexes.of_people(&[1]), 0), [[4.0], [2.0]]);

        let mut people = apexes.people.clone().unwrap();
        apexes.check(&people, 2).unwrap();
        insta::assert_snapshot!(apexes.check(&people, 3).unwrap_err(), @"identities is 3, expected 2 or fewer: more have no apex of sadness");
        people.seed = 8;
        insta::assert_snapshot!(apexes.check(&people, 2).unwrap_err(), @"the population is --seed 8 --head built-in, expected --seed 7 --head built-in, whose apexes these are");
    }

    #[test]
    fn errors_name_the_unit_and_the_person() {
        for (text, problem) in [
            ("[happiness]\nAU99 = 1.0", "AU99"),
            ("[[happiness]]\nAU99 = 1.0", "AU99"),
            ("happiness = 3", "a table of intensities, or one per person"),
            ("[joy]\nAU12 = 1.0", "joy"),
        ] {
            let error = toml::from_str::<Apexes>(text).unwrap_err().to_string();
            assert!(error.contains(problem), "{error}");
        }
        let apexes: Apexes = toml::from_str("[[happiness]]\nAU12 = 5.5").unwrap();
        let people = Population {
            seed: 1,
            heads: Vec::new(),
        };
        let error = apexes.check(&people, 1).unwrap_err().to_string();
        assert!(
            error.contains("5.5 (AU12 of happiness, person 0)"),
            "{error}"
        );
    }
}
