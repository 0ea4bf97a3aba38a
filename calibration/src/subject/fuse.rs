//! Several looks at one face, made into one answer.
//!
//! Takes a [`Subject`]; gives one that looks at every crop more than once and makes one answer of what
//! it saw ([`Fusion`]).

use align::Side;
use facs::{CropTemplate, Expression, SideFusion};
use serde::{Deserialize, Serialize};

use super::{
    Classify, Identity, Look, Subject, SubjectError,
    look::{Looking, changed},
};

/// Which looks, and how they become one.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    clap::ValueEnum,
)]
#[serde(rename_all = "kebab-case")]
pub enum Fusion {
    /// The crop as it is.
    #[default]
    None,
    /// Mean of the crop and its mirror image.
    Mirror,
    /// Mean of the two chimeras.
    Chimeras,
    /// The chimera of the more expressive side: the one that is less neutral.
    Stronger,
    /// Mean of the crop and the chimera of the more expressive side.
    StrongerAndWhole,
    /// The crop as far as the chimeras agree, the chimera of the more expressive side as far as they
    /// do not: `a * whole + (1 - a) * stronger`, where `1 - a` is their [`disagreement`].
    Agreement,
    /// [`SideFusion::Rest`]: the crop, but as far as one side is at rest and the other is not, the
    /// chimera of the other.
    Rest,
}

impl Fusion {
    /// What it looks at, in the order that [`Self::fuse`] takes the answers in.
    #[must_use]
    pub const fn looks(self) -> &'static [Look] {
        const LEFT: Look = Look::Chimera(Side::Left);
        const RIGHT: Look = Look::Chimera(Side::Right);
        match self {
            Self::None => &[Look::Whole],
            Self::Mirror => &[Look::Whole, Look::Mirror],
            Self::Chimeras | Self::Stronger => &[LEFT, RIGHT],
            Self::StrongerAndWhole | Self::Agreement | Self::Rest => &[LEFT, RIGHT, Look::Whole],
        }
    }

    /// Appends one answer, made of those to its looks. `neutral`: the class of faces at rest; without
    /// one the surer side is the more expressive.
    ///
    /// # Panics
    /// When there are not as many answers as looks.
    pub fn fuse(self, answers: &[&[f32]], neutral: Option<usize>, fused: &mut Vec<f32>) {
        let mix = |one: &[f32], two: &[f32], share: f32, fused: &mut Vec<f32>| {
            let pairs = one.iter().zip(two);
            fused.extend(pairs.map(|(one, two)| one * share + two * (1.0 - share)));
        };
        let (one, two) = (answers[0], answers[answers.len().min(2) - 1]);
        match self {
            Self::None => fused.extend_from_slice(one),
            Self::Mirror | Self::Chimeras => mix(one, two, 0.5, fused),
            Self::Stronger => fused.extend_from_slice(stronger(one, two, neutral)),
            Self::StrongerAndWhole => mix(stronger(one, two, neutral), answers[2], 0.5, fused),
            Self::Agreement => {
                mix(
                    stronger(one, two, neutral),
                    answers[2],
                    disagreement(one, two),
                    fused,
                );
            }
            Self::Rest => {
                let first = fused.len();
                fused.extend_from_slice(answers[2]);
                SideFusion::Rest.fuse(&mut fused[first..], [one, two], neutral);
            }
        }
    }
}

impl From<SideFusion> for Fusion {
    fn from(fusion: SideFusion) -> Self {
        match fusion {
            SideFusion::Rest => Self::Rest,
        }
    }
}

/// How far two answers are apart, 0 to 1: their total variation distance.
#[must_use]
pub fn disagreement(one: &[f32], two: &[f32]) -> f32 {
    let apart = one.iter().zip(two).map(|(one, two)| (one - two).abs());
    apart.sum::<f32>() / 2.0
}

/// The more expressive of two answers; the first of equals.
fn stronger<'a>(one: &'a [f32], two: &'a [f32], neutral: Option<usize>) -> &'a [f32] {
    let strength = |answer: &[f32]| {
        let surest = || answer.iter().copied().fold(0.0, f32::max);
        neutral.map_or_else(surest, |neutral| 1.0 - answer[neutral])
    };
    if strength(one) >= strength(two) {
        one
    } else {
        two
    }
}

/// The class of faces at rest.
#[must_use]
pub fn neutral(classes: &[Option<Expression>]) -> Option<usize> {
    let neutral = |class: &Option<Expression>| *class == Some(Expression::Neutral);
    classes.iter().position(neutral)
}

/// A [`Subject`] that looks more than once and gives one answer.
pub struct Fused<S> {
    inner: S,
    fusion: Fusion,
}

impl<S: Subject> Fused<S> {
    /// `inner` with a fusion of its looks.
    pub const fn new(inner: S, fusion: Fusion) -> Self {
        Self { inner, fusion }
    }
}

impl<S: Subject> Subject for Fused<S> {
    fn identity(&self) -> Identity {
        if self.fusion == Fusion::None {
            return self.inner.identity();
        }
        changed(&self.inner.identity(), &format!("fusion {:?}", self.fusion))
    }

    fn classes(&self) -> &[Option<Expression>] {
        self.inner.classes()
    }

    fn window(&self) -> CropTemplate {
        self.inner.window()
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        if self.fusion == Fusion::None {
            return self.inner.classifier();
        }
        Ok(Box::new(FusedClassifier {
            looking: Looking::new(&self.inner, self.fusion.looks())?,
            fusion: self.fusion,
            neutral: neutral(self.classes()),
            answers: Vec::new(),
        }))
    }
}

struct FusedClassifier {
    looking: Looking,
    fusion: Fusion,
    neutral: Option<usize>,
    answers: Vec<f32>,
}

impl Classify for FusedClassifier {
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError> {
        self.answers.clear();
        self.looking.classify(crops, &mut self.answers)?;
        let (looks, classes) = (self.fusion.looks().len(), self.looking.classes());
        for answers in self.answers.chunks_exact(looks * classes) {
            let answers: Vec<&[f32]> = answers.chunks_exact(classes).collect();
            self.fusion.fuse(&answers, self.neutral, probabilities);
        }
        Ok(())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Says how bright the crop's first column is: class 0 is neutral.
    pub(in crate::subject) struct FirstColumn;

    impl Subject for FirstColumn {
        fn identity(&self) -> Identity {
            Identity {
                name: "first column".to_owned(),
                sha256: String::new(),
            }
        }

        fn classes(&self) -> &[Option<Expression>] {
            &[Some(Expression::Neutral), Some(Expression::Happiness)]
        }

        fn window(&self) -> CropTemplate {
            align::template(8)
        }

        fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
            Ok(Box::new(Self))
        }
    }

    impl Classify for FirstColumn {
        fn classify(&mut self, crops: &[u8], out: &mut Vec<f32>) -> Result<(), SubjectError> {
            for crop in crops.chunks_exact(8 * 8 * 3) {
                let happy = f32::from(crop[0]) / 255.0;
                out.extend([1.0 - happy, happy]);
            }
            Ok(())
        }
    }

    #[test]
    fn looks_become_one_answer() {
        // The subject's right half, which is on the left of the picture, shows 51; the other 204.
        let row = [[51; 12], [204; 12]].concat();
        let crops = row.repeat(16);
        for (fusion, wanted) in [
            (Fusion::None, 0.2),
            (Fusion::Mirror, 0.5),
            (Fusion::Chimeras, 0.5),
            (Fusion::Stronger, 0.8),
            (Fusion::StrongerAndWhole, 0.5),
            // The sides are 0.6 apart: 0.6 * 0.8 + 0.4 * 0.2.
            (Fusion::Agreement, 0.56),
            // And one is surer of rest by 0.6.
            (Fusion::Rest, 0.56),
        ] {
            let fused = Fused::new(FirstColumn, fusion);
            let mut found = Vec::new();
            fused
                .classifier()
                .unwrap()
                .classify(&crops, &mut found)
                .unwrap();
            assert_eq!(found.len(), 4, "{fusion:?}");
            assert!((found[3] - wanted).abs() < 1e-6, "{fusion:?}: {found:?}");
            assert_eq!(found[..2], found[2..]);
        }
    }
}
