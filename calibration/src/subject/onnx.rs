//! One ONNX model in one session on one thread of the CPU.
//!
//! Takes a tensor of images; gives rows of numbers.

use std::path::{Path, PathBuf};

use ort::{
    session::{Session, builder::SessionBuilder},
    value::TensorRef,
};
use runtime::Runtime;

use super::SubjectError;

/// A session. Audits run one per thread: many small sessions do more than one large one.
#[derive(Debug)]
pub struct Onnx {
    session: Session,
    path: PathBuf,
}

/// A batch of images, ready for the model.
#[derive(Clone, Copy, Debug)]
pub enum Images<'a> {
    /// `[N, ...]` bytes.
    Bytes(&'a [usize], &'a [u8]),
    /// `[N, ...]` numbers.
    Floats(&'a [usize], &'a [f32]),
}

/// Where the numbers of one output go.
#[derive(Debug)]
pub struct Rows<'a> {
    /// The output; none for the first.
    pub name: Option<&'a str>,
    /// Numbers per image.
    pub columns: usize,
    /// Is appended to, `[N, columns]`.
    pub into: &'a mut Vec<f32>,
}

impl Images<'_> {
    fn shape(&self) -> &[usize] {
        let (Self::Bytes(shape, _) | Self::Floats(shape, _)) = self;
        shape
    }

    /// How many images.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shape().first().copied().unwrap_or(0)
    }

    /// Shows the images in order, at most `size` at a time; what `see` refuses ends it.
    ///
    /// # Errors
    /// Those of `see`.
    pub fn batches<E>(
        &self,
        size: usize,
        mut see: impl FnMut(Images<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut shape = self.shape().to_vec();
        let each: usize = shape.iter().skip(1).product();
        for first in (0..self.count()).step_by(size) {
            shape[0] = size.min(self.count() - first);
            let part = first * each..(first + shape[0]) * each;
            see(match self {
                Self::Bytes(_, bytes) => Images::Bytes(&shape, &bytes[part]),
                Self::Floats(_, floats) => Images::Floats(&shape, &floats[part]),
            })?;
        }
        Ok(())
    }
}

impl Onnx {
    /// Loads a model.
    ///
    /// # Errors
    /// [`SubjectError::Library`] and [`SubjectError::Model`].
    pub fn open(path: &Path) -> Result<Self, SubjectError> {
        Self::commit(path, |mut builder| builder.commit_from_file(path))
    }

    /// A model in memory, made of that in `path`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn of_bytes(path: &Path, bytes: &[u8]) -> Result<Self, SubjectError> {
        Self::commit(path, |mut builder| builder.commit_from_memory(bytes))
    }

    fn commit(
        path: &Path,
        commit: impl FnOnce(SessionBuilder) -> ort::Result<Session>,
    ) -> Result<Self, SubjectError> {
        let runtime = Runtime::load(None)?;
        let failed = |reason: String| SubjectError::Model {
            path: path.to_owned(),
            reason,
        };
        let builder = Session::builder(&runtime.environment)
            .map_err(|error| failed(error.to_string()))?
            .with_intra_threads(1)
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            session: commit(builder).map_err(|error| failed(error.to_string()))?,
            path: path.to_owned(),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Runs the model once, and appends what each wanted output says about every image.
    ///
    /// # Errors
    /// [`SubjectError::Run`] and [`SubjectError::Shape`].
    pub fn run(&mut self, images: Images<'_>, wanted: &mut [Rows<'_>]) -> Result<(), SubjectError> {
        let first = self.session.outputs().first();
        let first = first.map_or("", |output| output.name()).to_owned();
        let names: Vec<&str> = wanted.iter().map(|it| it.name.unwrap_or(&first)).collect();
        let path = self.path.clone();
        self.see(images, &names, |place, shape, values| {
            let Rows { columns, into, .. } = &mut wanted[place];
            if values.len() != images.count() * *columns {
                return Err(SubjectError::Shape {
                    path: path.clone(),
                    name: names[place].to_owned(),
                    found: shape.to_vec(),
                    images: images.count(),
                    classes: *columns,
                });
            }
            into.extend_from_slice(values);
            Ok(())
        })
    }

    /// Runs the model once, and shows each output called for: its place in `names`, its shape and its
    /// numbers. What `see` refuses ends it.
    ///
    /// # Errors
    /// [`SubjectError::Run`], and those of `see`.
    pub fn see<E: From<SubjectError>>(
        &mut self,
        images: Images<'_>,
        names: &[&str],
        mut see: impl FnMut(usize, &[i64], &[f32]) -> Result<(), E>,
    ) -> Result<(), E> {
        let path = &self.path;
        let failed = |error: ort::Error| SubjectError::Run {
            path: path.clone(),
            reason: error.to_string(),
        };
        let outputs = match images {
            Images::Bytes(shape, bytes) => {
                let tensor = TensorRef::from_array_view((shape, bytes)).map_err(failed)?;
                self.session.run(ort::inputs![tensor])
            }
            Images::Floats(shape, floats) => {
                let tensor = TensorRef::from_array_view((shape, floats)).map_err(failed)?;
                self.session.run(ort::inputs![tensor])
            }
        };
        let outputs = outputs.map_err(failed)?;
        for (place, name) in names.iter().enumerate() {
            let value = outputs.get(name).ok_or_else(|| SubjectError::Run {
                path: path.clone(),
                reason: format!("it has no output {name:?}"),
            })?;
            let (shape, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
            see(place, shape, values)?;
        }
        Ok(())
    }
}
