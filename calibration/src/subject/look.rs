//! Ways to look at one face.
//!
//! Takes a [`Subject`]; gives one whose answer is those to all looks side by side ([`Looks`]): what is
//! to be made of them can be decided later, and as often as one likes.

use align::{Side, chimera};
use facs::{CropTemplate, Expression};

use super::{BATCH, Classify, Identity, Subject, SubjectError};

/// One way to look at a face.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The crop as it is.
    Whole,
    /// Its mirror image.
    Mirror,
    /// The [chimera](align::chimera) of a side: both sides show what that one does.
    Chimera(Side),
}

impl Look {
    /// Every look there is.
    pub const ALL: [Self; 4] = [
        Self::Whole,
        Self::Mirror,
        Self::Chimera(Side::Left),
        Self::Chimera(Side::Right),
    ];

    /// Appends what is seen of a crop.
    fn show(self, crop: &[u8], size: usize, out: &mut Vec<u8>) {
        let first = out.len();
        out.extend_from_slice(crop);
        match self {
            Self::Whole => {}
            Self::Mirror => mirror(crop, size, &mut out[first..]),
            Self::Chimera(side) => chimera(crop, size, side, &mut out[first..]),
        }
    }
}

/// A [`Subject`] whose answer is those to some looks, one after another; its classes are the subject's
/// as many times.
pub struct Looks<S> {
    inner: S,
    looks: &'static [Look],
    classes: Vec<Option<Expression>>,
}

impl<S: Subject> Looks<S> {
    /// These looks of `inner`.
    pub fn new(inner: S, looks: &'static [Look]) -> Self {
        let classes = inner.classes().repeat(looks.len());
        Self {
            inner,
            looks,
            classes,
        }
    }

    /// Which looks, in the order of their answers.
    pub const fn looks(&self) -> &'static [Look] {
        self.looks
    }
}

impl<S: Subject> Subject for Looks<S> {
    fn identity(&self) -> Identity {
        if self.looks == [Look::Whole] {
            return self.inner.identity();
        }
        changed(&self.inner.identity(), &format!("looks {:?}", self.looks))
    }

    fn classes(&self) -> &[Option<Expression>] {
        &self.classes
    }

    fn window(&self) -> CropTemplate {
        self.inner.window()
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        Ok(Box::new(Looking::new(&self.inner, self.looks)?))
    }
}

/// Gives the answers to some looks, look after look for each crop.
pub(super) struct Looking {
    inner: Box<dyn Classify>,
    looks: &'static [Look],
    size: usize,
    classes: usize,
    shown: Vec<u8>,
}

impl Looking {
    pub(super) fn new(
        subject: &impl Subject,
        looks: &'static [Look],
    ) -> Result<Self, SubjectError> {
        Ok(Self {
            inner: subject.classifier()?,
            looks,
            size: subject.window().size,
            classes: subject.classes().len(),
            shown: Vec::new(),
        })
    }

    /// How many classes one answer has.
    pub(super) const fn classes(&self) -> usize {
        self.classes
    }
}

impl Classify for Looking {
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError> {
        self.shown.clear();
        for crop in crops.chunks_exact(self.size * self.size * 3) {
            for look in self.looks {
                look.show(crop, self.size, &mut self.shown);
            }
        }
        // Not all at once: one thread does best with some pictures per call.
        for some in self.shown.chunks(BATCH * self.size * self.size * 3) {
            self.inner.classify(some, probabilities)?;
        }
        Ok(())
    }
}

/// The identity of a subject that is asked in another way.
pub(super) fn changed(identity: &Identity, how: &str) -> Identity {
    let Identity { name, sha256 } = identity;
    Identity {
        sha256: facs::sha256_hex(format!("{sha256} {how}").as_bytes()),
        name: format!("{name}, {how}"),
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
    use crate::subject::fuse::tests::FirstColumn;

    #[test]
    fn all_looks_stand_side_by_side() {
        let row = [[51; 12], [204; 12]].concat();
        let looks = Looks::new(FirstColumn, &Look::ALL);
        assert_eq!(looks.classes().len(), 8);
        let mut found = Vec::new();
        looks
            .classifier()
            .unwrap()
            .classify(&row.repeat(8), &mut found)
            .unwrap();
        let happy: Vec<f32> = found.chunks_exact(2).map(|answer| answer[1]).collect();
        // Whole, mirrored, what the left does, what the right does.
        assert_eq!(happy, [0.2, 0.8, 0.8, 0.2]);
    }
}
