//! Labelled faces on disk.
//!
//! Takes the folder of a data set of crops, as `synth crops` and `trainer data import` write it; gives the
//! labels of some of its parts, and their pixels.

mod batches;

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use facs::{Dataset, DatasetError, DatasetKind, FileError, Sample, Split, sha256_hex};

pub(crate) use batches::{Batch, each};

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DataError {
    /// It is refused.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// It is none of crops that the model takes.
    #[error("{}: {problem}", path.display())]
    Crops {
        /// The data set's folder.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// A file of it cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// A data set of crops.
#[derive(Clone, Debug)]
pub struct Data {
    folder: PathBuf,
    header: Dataset,
    sha256: String,
    samples: Vec<Sample>,
}

impl Data {
    /// Reads the labels of some parts.
    ///
    /// # Errors
    /// [`DataError`]; [`DataError::Crops`] when its images are no square crops.
    pub fn open(folder: &Path, parts: &[Split]) -> Result<Self, DataError> {
        let (header, mut samples) = Dataset::load(folder)?;
        let refuse = |problem| DataError::Crops {
            path: folder.to_owned(),
            problem,
        };
        if header.kind != DatasetKind::Crops {
            return Err(refuse("it holds whole scenes, not aligned faces".into()));
        }
        let (width, height) = (header.width, header.height);
        if width != height {
            return Err(refuse(format!(
                "its crops are {width}x{height}, not square"
            )));
        }
        let path = folder.join("dataset.json");
        let json = fs::read(&path).map_err(FileError::io(&path))?;
        samples.retain(|sample| parts.contains(&sample.split));
        samples.sort_by_key(|sample| sample.image);
        Ok(Self {
            folder: folder.to_owned(),
            header,
            sha256: sha256_hex(&json),
            samples,
        })
    }

    /// The same, whose crops are as large as a model takes them.
    ///
    /// # Errors
    /// [`DataError::Crops`] when they are not.
    pub fn of_size(self, size: usize) -> Result<Self, DataError> {
        let found = self.size();
        if found == size {
            return Ok(self);
        }
        Err(DataError::Crops {
            path: self.folder,
            problem: format!("its crops are {found}x{found}, the model takes {size}x{size}"),
        })
    }

    /// Keeps the faces for which `wanted` holds; how many it took away.
    pub fn keep(&mut self, wanted: impl FnMut(&Sample) -> bool) -> usize {
        let before = self.samples.len();
        self.samples.retain(wanted);
        before - self.samples.len()
    }

    /// Side of the crops in pixels.
    #[must_use]
    pub const fn size(&self) -> usize {
        self.header.width
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> String {
        let name = self.folder.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// SHA-256 of `dataset.json`, which names the hash of every shard.
    #[must_use]
    pub fn sha256(&self) -> &str {
        &self.sha256
    }

    /// Labels of the parts, by image.
    #[must_use]
    pub fn samples(&self) -> &[Sample] {
        &self.samples
    }

    /// How many faces a part has.
    #[must_use]
    pub fn count(&self, split: Split) -> usize {
        let part = self.samples.iter().filter(|sample| sample.split == split);
        part.count()
    }
}

/// Reads pixels of one data set.
pub(crate) struct Pixels<'a> {
    data: &'a Data,
    open: Option<(usize, File)>,
}

impl<'a> Pixels<'a> {
    pub(crate) const fn of(data: &'a Data) -> Self {
        Self { data, open: None }
    }

    /// Appends image number `image`, `size * size * 3` bytes.
    pub(crate) fn append(&mut self, image: usize, pixels: &mut Vec<u8>) -> Result<(), DataError> {
        let Data { folder, header, .. } = self.data;
        let (mut shard, mut place) = (0, image);
        // The labels' reader has checked that the image is there.
        while let Some(images) = header.shards.get(shard).map(|shard| shard.images)
            && place >= images
        {
            (shard, place) = (shard + 1, place - images);
        }
        let path = folder.join(&header.shards[shard].file);
        if self.open.as_ref().is_none_or(|(open, _)| *open != shard) {
            let file = File::open(&path).map_err(FileError::io(&path))?;
            self.open = Some((shard, file));
        }
        let Some((_, file)) = &mut self.open else {
            return Ok(());
        };
        let bytes = header.image_bytes();
        let start = pixels.len();
        pixels.resize(start + bytes, 0);
        let read = file
            .seek(SeekFrom::Start((place * bytes) as u64))
            .and_then(|_| file.read_exact(&mut pixels[start..]));
        Ok(read.map_err(FileError::io(&path))?)
    }
}
