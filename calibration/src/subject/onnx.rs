//! One ONNX model in one session on one thread of the CPU.
//!
//! Takes a tensor of images; gives rows of numbers.

use std::path::{Path, PathBuf};

use ort::{session::Session, value::TensorRef};
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

impl Images<'_> {
    fn count(&self) -> usize {
        let (Self::Bytes(shape, _) | Self::Floats(shape, _)) = self;
        shape[0]
    }
}

impl Onnx {
    /// Loads a model.
    ///
    /// # Errors
    /// [`SubjectError::Library`] and [`SubjectError::Model`].
    pub fn open(path: &Path) -> Result<Self, SubjectError> {
        let runtime = Runtime::load(None)?;
        let failed = |reason: String| SubjectError::Model {
            path: path.to_owned(),
            reason,
        };
        let session = Session::builder(&runtime.environment)
            .map_err(|error| failed(error.to_string()))?
            .with_intra_threads(1)
            .map_err(|error| failed(error.to_string()))?
            .commit_from_file(path)
            .map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            session,
            path: path.to_owned(),
        })
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends what the output called `name`, or the first one, says about every image: `columns`
    /// numbers each.
    ///
    /// # Errors
    /// [`SubjectError::Run`] and [`SubjectError::Shape`].
    pub fn run(
        &mut self,
        images: Images<'_>,
        name: Option<&str>,
        columns: usize,
        rows: &mut Vec<f32>,
    ) -> Result<(), SubjectError> {
        let first = self.session.outputs().first();
        let name = name.or(first.map(|output| output.name())).unwrap_or("");
        let name = name.to_owned();
        let path = &self.path;
        let failed = |error: ort::Error| SubjectError::Run {
            path: path.clone(),
            reason: error.to_string(),
        };
        let count = images.count();
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
        let value = outputs.get(&name).ok_or_else(|| SubjectError::Run {
            path: path.clone(),
            reason: format!("it has no output {name:?}"),
        })?;
        let (shape, values) = value.try_extract_tensor::<f32>().map_err(failed)?;
        if values.len() != count * columns {
            return Err(SubjectError::Shape {
                path: path.clone(),
                name,
                found: shape.to_vec(),
                images: count,
                classes: columns,
            });
        }
        rows.extend_from_slice(values);
        Ok(())
    }
}
