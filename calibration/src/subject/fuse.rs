//! Several looks at one face, made into one answer.
//!
//! Takes a [`Subject`]; gives one that looks at every crop more than once: at its mirror image, or
//! at both [chimeras](align::chimera), the faces whose sides show what one side does.

use align::{Side, chimera};
use facs::{CropTemplate, Expression};
use serde::{Deserialize, Serialize};

use super::{Classify, Identity, Subject, SubjectError};

/// Which looks, and how they become one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
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
    /// do not: `a * whole + (1 - a) * stronger`, where `1 - a` is the total variation distance
    /// between what is said of either side.
    Agreement,
}

impl Fusion {
    /// Looks at each face.
    const fn looks(self) -> usize {
        match self {
            Self::None => 1,
            Self::Mirror | Self::Chimeras | Self::Stronger => 2,
            Self::StrongerAndWhole | Self::Agreement => 3,
        }
    }
}

/// A [`Subject`] that looks more than once.
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
        let Identity { name, sha256 } = self.inner.identity();
        if self.fusion == Fusion::None {
            return Identity { name, sha256 };
        }
        let how = format!("{:?}", self.fusion);
        Identity {
            sha256: facs::sha256_hex(format!("{sha256} {how}").as_bytes()),
            name: format!("{name}, fusion {how}"),
        }
    }

    fn classes(&self) -> &[Option<Expression>] {
        self.inner.classes()
    }

    fn window(&self) -> CropTemplate {
        self.inner.window()
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        let inner = self.inner.classifier()?;
        if self.fusion == Fusion::None {
            return Ok(inner);
        }
        let neutral = |class: &Option<Expression>| *class == Some(Expression::Neutral);
        Ok(Box::new(FusedClassifier {
            inner,
            fusion: self.fusion,
            size: self.window().size,
            classes: self.classes().len(),
            neutral: self.classes().iter().position(neutral),
            looks: Vec::new(),
            answers: Vec::new(),
        }))
    }
}

struct FusedClassifier {
    inner: Box<dyn Classify>,
    fusion: Fusion,
    size: usize,
    classes: usize,
    neutral: Option<usize>,
    looks: Vec<u8>,
    answers: Vec<f32>,
}

impl FusedClassifier {
    /// Puts the looks at one crop after one another.
    fn look(&mut self, crop: &[u8]) {
        let (size, bytes) = (self.size, crop.len());
        let first = self.looks.len();
        self.looks.resize(first + self.fusion.looks() * bytes, 0);
        let (one, rest) = self.looks[first..].split_at_mut(bytes);
        match self.fusion {
            Fusion::None => one.copy_from_slice(crop),
            Fusion::Mirror => {
                one.copy_from_slice(crop);
                mirror(crop, size, rest);
            }
            Fusion::Chimeras | Fusion::Stronger | Fusion::StrongerAndWhole | Fusion::Agreement => {
                chimera(crop, size, Side::Left, one);
                let (right, whole) = rest.split_at_mut(bytes);
                chimera(crop, size, Side::Right, right);
                if !whole.is_empty() {
                    whole.copy_from_slice(crop);
                }
            }
        }
    }

    /// One answer of several.
    fn fuse(&self, answers: &[f32], fused: &mut Vec<f32>) {
        let (one, rest) = answers.split_at(self.classes);
        let (two, whole) = rest.split_at(self.classes.min(rest.len()));
        let mix = |one: &[f32], two: &[f32], share: f32, fused: &mut Vec<f32>| {
            let pairs = one.iter().zip(two);
            fused.extend(pairs.map(|(one, two)| one * share + two * (1.0 - share)));
        };
        // Without a class for neutral the surer side is the stronger one.
        let strength = |answer: &[f32]| {
            let surest = || answer.iter().copied().fold(0.0, f32::max);
            self.neutral
                .map_or_else(surest, |neutral| 1.0 - answer[neutral])
        };
        let stronger = || {
            if strength(one) >= strength(two) {
                one
            } else {
                two
            }
        };
        match self.fusion {
            Fusion::None => fused.extend_from_slice(one),
            Fusion::Mirror | Fusion::Chimeras => mix(one, two, 0.5, fused),
            Fusion::Stronger => fused.extend_from_slice(stronger()),
            Fusion::StrongerAndWhole => mix(stronger(), whole, 0.5, fused),
            Fusion::Agreement => {
                let apart = one.iter().zip(two).map(|(one, two)| (one - two).abs());
                mix(stronger(), whole, apart.sum::<f32>() / 2.0, fused);
            }
        }
    }
}

impl Classify for FusedClassifier {
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError> {
        self.looks.clear();
        self.answers.clear();
        for crop in crops.chunks_exact(self.size * self.size * 3) {
            self.look(crop);
        }
        self.inner.classify(&self.looks, &mut self.answers)?;
        for answers in self
            .answers
            .chunks_exact(self.fusion.looks() * self.classes)
        {
            self.fuse(answers, probabilities);
        }
        Ok(())
    }
}

fn mirror(crop: &[u8], size: usize, out: &mut [u8]) {
    let rows = crop.chunks_exact(size * 3);
    for (row, out) in rows.zip(out.chunks_exact_mut(size * 3)) {
        for (pixel, out) in row.chunks_exact(3).rev().zip(out.chunks_exact_mut(3)) {
            out.copy_from_slice(pixel);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says how bright the crop's first column is: class 0 is neutral.
    struct FirstColumn;

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
