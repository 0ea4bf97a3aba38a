//! The faces of data sets: what a classifier says of each, and how asymmetric it is.
//!
//! Takes data sets of crops and a [`Subject`]; gives one [`Face`] per crop, and a table of them (CSV) that
//! [`Table`](super::Table) and others read:
//!
//! | column | what it is |
//! |---|---|
//! | `data`, `image`, `subject`, `domain` | which face: the folder's name, and the labels of the data set |
//! | `expression` | what it shows, where labelled |
//! | `says` | the surest class |
//! | `p_NAME`, `logit_NAME` | per class its probability and [log-odds](crate::statistics::log_odds); a class that is no expression is `class_3` |
//! | `mirror_distance`, `landmark_asymmetry`, `action_asymmetry` | see [`crate::asymmetry`] |
//! | `yaw`, `sharpness` | as the daemon measures them: what the first two answer to besides |
//!
//! What is not known is an empty cell.

use std::{num::NonZeroUsize, path::Path};

use align::{head_pose, sharpness};
use facs::{Expression, Sample, write_whole};

use super::{AssociationError, refit::Refit};
use crate::{
    asymmetry::{action_asymmetry, landmark_asymmetry, mirror_distance},
    data::{self, Batch, Data},
    statistics::log_odds,
    subject::{Classify, Subject},
};

/// One face.
#[derive(Clone, Debug, PartialEq)]
pub struct Face {
    /// Name of the data set.
    pub data: String,
    /// Number of the image.
    pub image: usize,
    /// Who it is.
    pub subject: String,
    /// Where it comes from.
    pub domain: String,
    /// What it shows, where labelled.
    pub expression: Option<Expression>,
    /// Of every class.
    pub probabilities: Vec<f32>,
    /// By its pixels.
    pub mirror_distance: f64,
    /// By its landmarks, where labelled.
    pub landmark_asymmetry: Option<f64>,
    /// By what its sides do, where coded.
    pub action_asymmetry: Option<f64>,
    /// As the daemon estimates it, in degrees, where landmarks are labelled.
    pub yaw: Option<f32>,
    /// As the daemon measures it.
    pub sharpness: f32,
}

/// Yaw in degrees as the daemon estimates it from landmarks; none where they are not labelled.
#[must_use]
pub fn yaw(sample: &Sample) -> Option<f32> {
    let face = sample.faces.first()?;
    Some(head_pose(&face.landmarks)?.yaw)
}

/// All faces of all data sets, in order. Asymmetry is measured in the crops as they are, the classifier
/// gets them in its own window. `progress` hears how many are done, from any thread.
///
/// # Errors
/// [`AssociationError`] when data cannot be read or the classifier fails.
pub fn read(
    subject: &dyn Subject,
    data: &[Data],
    threads: NonZeroUsize,
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Face>, AssociationError> {
    data::each(
        data,
        threads,
        progress,
        || Reader::new(subject),
        Reader::read,
    )
}

/// One thread's classifier and its buffers.
struct Reader<'a> {
    subject: &'a dyn Subject,
    classifier: Box<dyn Classify>,
    crops: Vec<u8>,
    probabilities: Vec<f32>,
}

impl<'a> Reader<'a> {
    fn new(subject: &'a dyn Subject) -> Result<Self, AssociationError> {
        Ok(Self {
            subject,
            classifier: subject.classifier()?,
            crops: Vec::new(),
            probabilities: Vec::new(),
        })
    }

    fn read(&mut self, batch: Batch<'_>) -> Result<Vec<Face>, AssociationError> {
        let size = batch.data.size();
        Refit::new(size, &self.subject.window())?.fill(batch.pixels, &mut self.crops);
        self.probabilities.clear();
        self.classifier
            .classify(&self.crops, &mut self.probabilities)?;
        let rows = self
            .probabilities
            .chunks_exact(self.subject.classes().len());
        let crops = batch.pixels.chunks_exact(size * size * 3);
        let faces = batch.samples.iter().zip(crops).zip(rows);
        let face = |((sample, crop), probabilities): ((&Sample, &[u8]), &[f32])| Face {
            data: batch.data.name(),
            image: sample.image,
            subject: sample.subject.clone(),
            domain: sample.domain.clone(),
            expression: sample.expression,
            probabilities: probabilities.to_vec(),
            mirror_distance: mirror_distance(crop, size),
            landmark_asymmetry: sample
                .faces
                .first()
                .and_then(|face| landmark_asymmetry(&face.landmarks)),
            action_asymmetry: action_asymmetry(&sample.action_units),
            yaw: yaw(sample),
            sharpness: sharpness(crop, size),
        };
        Ok(faces.map(face).collect())
    }
}

/// Writes the table; `classes` as the subject has them.
///
/// # Errors
/// [`AssociationError::File`], naming the file.
///
/// # Panics
/// When a face has other classes.
pub fn write(
    path: &Path,
    classes: &[Option<Expression>],
    faces: &[Face],
) -> Result<(), AssociationError> {
    let names: Vec<String> = classes.iter().enumerate().map(name).collect();
    let mut table = csv::Writer::from_writer(Vec::new());
    let mut put = |cells: Vec<String>| table.write_record(cells).expect("memory takes every row");
    put(header(&names));
    for face in faces {
        put(face.cells(&names));
    }
    let bytes = table.into_inner().expect("memory takes every row");
    Ok(write_whole(path, &bytes)?)
}

fn name((place, class): (usize, &Option<Expression>)) -> String {
    class.map_or_else(|| format!("class_{place}"), |class| class.name().to_owned())
}

fn header(names: &[String]) -> Vec<String> {
    let fixed = |names: &[&str]| {
        let names = names.iter().copied();
        names.map(str::to_owned).collect::<Vec<_>>()
    };
    let each = |kind| names.iter().map(move |name| format!("{kind}_{name}"));
    fixed(&["data", "image", "subject", "domain", "expression", "says"])
        .into_iter()
        .chain(each("p"))
        .chain(each("logit"))
        .chain(fixed(&[
            "mirror_distance",
            "landmark_asymmetry",
            "action_asymmetry",
            "yaw",
            "sharpness",
        ]))
        .collect()
}

impl Face {
    /// One row, in the order of [`header`].
    fn cells(&self, names: &[String]) -> Vec<String> {
        let said = &self.probabilities;
        assert_eq!(said.len(), names.len(), "classes of a face");
        let surest = (1..said.len()).fold(0, |best, class| {
            if said[class] > said[best] {
                class
            } else {
                best
            }
        });
        let number = |number: f64| (number as f32).to_string();
        let known = |value: Option<f64>| value.map_or_else(String::new, number);
        let expression = self.expression.map_or("", Expression::name);
        [
            self.data.clone(),
            self.image.to_string(),
            self.subject.clone(),
            self.domain.clone(),
            expression.to_owned(),
            names[surest].clone(),
        ]
        .into_iter()
        .chain(said.iter().map(f32::to_string))
        .chain(said.iter().map(|p| number(log_odds(*p))))
        .chain([
            number(self.mirror_distance),
            known(self.landmark_asymmetry),
            known(self.action_asymmetry),
            known(self.yaw.map(f64::from)),
            self.sharpness.to_string(),
        ])
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_known_is_an_empty_cell() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faces.csv");
        let known = Face {
            data: "crops".to_owned(),
            image: 7,
            subject: "p1, the first".to_owned(),
            domain: "built_in".to_owned(),
            expression: Some(Expression::Happiness),
            probabilities: vec![0.25, 0.75],
            mirror_distance: 0.125,
            landmark_asymmetry: Some(0.5),
            action_asymmetry: Some(0.0),
            yaw: Some(-3.5),
            sharpness: 310.0,
        };
        let unknown = Face {
            expression: None,
            probabilities: vec![1.0, 0.0],
            landmark_asymmetry: None,
            action_asymmetry: None,
            yaw: None,
            ..known.clone()
        };
        let classes = [Some(Expression::Happiness), None];
        write(&path, &classes, &[known, unknown]).unwrap();
        insta::assert_snapshot!(std::fs::read_to_string(path).unwrap(), @r#"
        data,image,subject,domain,expression,says,p_happiness,p_class_1,logit_happiness,logit_class_1,mirror_distance,landmark_asymmetry,action_asymmetry,yaw,sharpness
        crops,7,"p1, the first",built_in,happiness,class_1,0.25,0.75,-1.0986123,1.0986123,0.125,0.5,0,-3.5,310
        crops,7,"p1, the first",built_in,,happiness,1,0,13.81551,-13.81551,0.125,,,,310
        "#);
    }
}
