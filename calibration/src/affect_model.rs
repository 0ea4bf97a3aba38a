//! The affect model of a bundle, and the bundle with another in its place.
//!
//! Takes a bundle's folder; gives the model that is to be [calibrated](crate::numbers::flow) or
//! [quantised](crate::quantise::flow), and writes what came of it. The bundle stays as it is.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use facs::{Bundle, BundleError, FileError, Model, Role};

/// A bundle's affect model.
#[derive(Clone, Debug)]
pub struct AffectModel {
    folder: PathBuf,
    bundle: Bundle,
    model: Model,
}

impl AffectModel {
    /// Reads and checks a bundle.
    ///
    /// # Errors
    /// [`BundleError`].
    pub fn open(folder: &Path) -> Result<Self, BundleError> {
        let bundle = Bundle::load(folder)?;
        let model = bundle.model(Role::Affect, folder)?.clone();
        Ok(Self {
            folder: folder.to_owned(),
            bundle,
            model,
        })
    }

    /// Its manifest.
    #[must_use]
    pub const fn manifest(&self) -> &Model {
        &self.model
    }

    /// Its file.
    #[must_use]
    pub fn file(&self) -> PathBuf {
        self.folder.join(&self.model.file)
    }

    /// The bundle's manifest with `model` in place of this one.
    #[must_use]
    pub fn replaced(&self, model: Model) -> Bundle {
        let mut bundle = self.bundle.clone();
        bundle.insert(model);
        bundle
    }

    /// Writes `bundle`, which is this one but for its affect model, into `folder`, which is made: the
    /// other models as they were, this one likewise or as `onnx`.
    ///
    /// # Errors
    /// [`FileError::Io`], naming the file; also when `folder` is that of the bundle itself.
    pub fn write(
        &self,
        folder: &Path,
        bundle: &Bundle,
        onnx: Option<&[u8]>,
    ) -> Result<(), FileError> {
        fs::create_dir_all(folder).map_err(FileError::io(folder))?;
        let same = |path: &Path| fs::canonicalize(path).map_err(FileError::io(path));
        if same(folder)? == same(&self.folder)? {
            let problem =
                "it would be written over the bundle that it is made of: choose another --out";
            return Err(FileError::io(folder)(io::Error::other(problem)));
        }
        for model in &bundle.models {
            let to = folder.join(&model.file);
            match onnx.filter(|_| model.role == Role::Affect) {
                Some(onnx) => fs::write(&to, onnx),
                None => {
                    let from = self.folder.join(&model.file);
                    let bytes = fs::read(&from).map_err(FileError::io(&from))?;
                    fs::write(&to, bytes)
                }
            }
            .map_err(FileError::io(&to))?;
        }
        let saved = bundle.save(folder);
        saved.map_err(FileError::io(&folder.join("bundle.json")))
    }
}
