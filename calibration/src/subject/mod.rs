//! What is audited: any expression classifier.
//!
//! Takes a bundle, or the [`Description`] of anybody's ONNX model; gives a [`Subject`], from which
//! every thread makes a [`Classify`] of its own. Crops enter as RGB bytes, one probability per class
//! leaves.

mod description;
mod error;
mod fuse;
mod look;
mod onnx;
mod prepare;

use std::path::{Path, PathBuf};

use facs::{Bundle, Calibration, CropTemplate, Expression, FileError, Role};

pub use description::{Activation, Colour, Description, ElementType, Layout};
pub use error::SubjectError;
pub use fuse::{Fused, Fusion, disagreement, neutral};
pub use look::{Look, Looks};
pub use onnx::{Images, Onnx, Rows};

use prepare::{Prepare, softmax};

/// Pictures per call of a model: what one thread does best at.
pub(crate) const BATCH: usize = 8;

/// An expression classifier.
pub trait Subject: Sync {
    /// What is said about it in reports: a name, and what its answers follow from.
    fn identity(&self) -> Identity;

    /// Which expression each class stands for; none for classes that are not audited.
    fn classes(&self) -> &[Option<Expression>];

    /// The crops that it takes.
    fn window(&self) -> CropTemplate;

    /// One more of it: one per thread.
    ///
    /// # Errors
    /// [`SubjectError`] when it cannot start.
    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError>;
}

impl<S: Subject + ?Sized> Subject for &S {
    fn identity(&self) -> Identity {
        (**self).identity()
    }

    fn classes(&self) -> &[Option<Expression>] {
        (**self).classes()
    }

    fn window(&self) -> CropTemplate {
        (**self).window()
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        (**self).classifier()
    }
}

/// A classifier at work.
pub trait Classify: Send {
    /// Appends the probabilities of every class for each of the `crops` (`[N, S, S, 3]` RGB, `S` the
    /// side of the window) to `probabilities`, `[N, K]`.
    ///
    /// # Errors
    /// [`SubjectError`] when the model fails or gives anything but probabilities.
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError>;
}

/// Which classifier it is.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Identity {
    /// For people.
    pub name: String,
    /// Changes with anything that its answers depend on.
    pub sha256: String,
}

/// A classifier in an ONNX file.
#[derive(Clone, Debug)]
pub struct OnnxSubject {
    identity: Identity,
    file: PathBuf,
    description: Description,
    classes: Vec<Option<Expression>>,
    /// What a bundle says of its probabilities.
    calibration: Option<Calibration>,
    /// And of the halves of faces.
    fusion: Fusion,
}

impl OnnxSubject {
    /// A bundle's folder, or a description (`.toml`). A bundle answers with its calibration and by
    /// one look; the daemon may look at halves, too: [`Self::fusion`].
    ///
    /// # Errors
    /// [`SubjectError`], naming the file and the field.
    pub fn open(path: &Path) -> Result<Self, SubjectError> {
        if path.is_dir() {
            Self::of_bundle(path)
        } else {
            Self::described(path)
        }
    }

    /// How many looks make an answer of the daemon: what the bundle says. The subject itself looks once.
    #[must_use]
    pub const fn fusion(&self) -> Fusion {
        self.fusion
    }

    fn of_bundle(folder: &Path) -> Result<Self, SubjectError> {
        let bundle = Bundle::load(folder)?;
        let model = bundle.model(Role::Affect, folder)?;
        let crop = model.crop.ok_or_else(|| SubjectError::Field {
            path: folder.join("bundle.json"),
            field: "crop",
            problem: "the affect model has none".to_owned(),
        })?;
        let classes = model.expressions.iter().map(|class| Some(*class)).collect();
        let calibration = model.calibration.clone();
        let temperature = calibration
            .as_ref()
            .and_then(|it| it.expression_temperature);
        Ok(Self {
            identity: Identity {
                name: bundle.name.clone(),
                sha256: temperature.map_or_else(
                    || model.sha256.clone(),
                    |it| facs::sha256_hex(format!("{} temperature {it}", model.sha256).as_bytes()),
                ),
            },
            file: folder.join(&model.file),
            description: Description::of_ours(crop),
            classes,
            calibration,
            fusion: model.expression_fusion.map_or(Fusion::None, Fusion::from),
        })
    }

    fn described(path: &Path) -> Result<Self, SubjectError> {
        let description = Description::load(path)?;
        let classes = description.classes(path)?;
        let folder = path.parent().unwrap_or_else(|| Path::new(""));
        let file = folder.join(&description.model);
        let read = |path: &Path| std::fs::read(path).map_err(FileError::io(path));
        let mut bytes = read(&file)?;
        bytes.extend(read(path)?);
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let subject = Self {
            identity: Identity {
                name: name.into_owned(),
                sha256: facs::sha256_hex(&bytes),
            },
            file,
            description,
            classes,
            calibration: None,
            fusion: Fusion::None,
        };
        // A wrong description is told now and not after the first pictures.
        subject.classifier()?;
        Ok(subject)
    }
}

impl Subject for OnnxSubject {
    fn identity(&self) -> Identity {
        self.identity.clone()
    }

    fn classes(&self) -> &[Option<Expression>] {
        &self.classes
    }

    fn window(&self) -> CropTemplate {
        self.description.crop.template(self.description.input.size)
    }

    fn classifier(&self) -> Result<Box<dyn Classify>, SubjectError> {
        let mut classifier = OnnxClassifier {
            onnx: Onnx::open(&self.file)?,
            prepare: Prepare::new(&self.description.input),
            description: self.description.clone(),
            classes: self.classes.len(),
            calibration: self.calibration.clone(),
        };
        let size = self.description.input.size;
        let blank = vec![128; size * size * 3];
        classifier.classify(&blank, &mut Vec::new())?;
        Ok(Box::new(classifier))
    }
}

/// One session of an [`OnnxSubject`].
struct OnnxClassifier {
    onnx: Onnx,
    prepare: Prepare,
    description: Description,
    classes: usize,
    calibration: Option<Calibration>,
}

impl Classify for OnnxClassifier {
    fn classify(&mut self, crops: &[u8], probabilities: &mut Vec<f32>) -> Result<(), SubjectError> {
        let input = self.prepare.fill(crops);
        let first = probabilities.len();
        let wanted = Rows {
            name: self.description.output.name.as_deref(),
            columns: self.classes,
            into: probabilities,
        };
        self.onnx.run(input, &mut [wanted])?;
        for row in probabilities[first..].chunks_exact_mut(self.classes) {
            if self.description.output.activation == Activation::Logits {
                softmax(row);
            }
            let sum: f32 = row.iter().sum();
            let sound = row.iter().all(|p| (0.0..=1.0 + 1e-3).contains(p));
            if !(sound && (sum - 1.0).abs() < 0.02) {
                return Err(SubjectError::Probabilities {
                    path: self.onnx.path().to_owned(),
                    row: row.to_vec(),
                });
            }
            if let Some(calibration) = &self.calibration {
                calibration.apply(&[], &mut [], row);
            }
        }
        Ok(())
    }
}
