//! Labelled faces on disk.
//!
//! Takes the folder of a data set of crops, as `synth crops` and `trainer data import` write it; gives the
//! labels of its validation and test parts, and their pixels.

use std::{
    fs::{self, File},
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use facs::{Dataset, DatasetKind, Sample, Split, sha256_hex};

use super::NumbersError;

/// A data set of crops.
#[derive(Clone, Debug)]
pub struct Data {
    folder: PathBuf,
    header: Dataset,
    sha256: String,
    samples: Vec<Sample>,
}

impl Data {
    /// Reads the labels; `size`: side of the crops that the model takes.
    ///
    /// # Errors
    /// [`NumbersError::Dataset`], and [`NumbersError::Data`] when its images are no such crops.
    pub fn open(folder: &Path, size: usize) -> Result<Self, NumbersError> {
        let (header, mut samples) = Dataset::load(folder)?;
        let refuse = |problem| NumbersError::Data {
            path: folder.to_owned(),
            problem,
        };
        if header.kind != DatasetKind::Crops {
            return Err(refuse("it holds whole scenes, not aligned faces".into()));
        }
        if [header.width, header.height] != [size, size] {
            let (width, height) = (header.width, header.height);
            return Err(refuse(format!(
                "its crops are {width}x{height}, the model takes {size}x{size}"
            )));
        }
        let path = folder.join("dataset.json");
        let json = fs::read(&path).map_err(NumbersError::file(&path))?;
        samples.retain(|sample| sample.split != Split::Train);
        samples.sort_by_key(|sample| sample.image);
        Ok(Self {
            folder: folder.to_owned(),
            header,
            sha256: sha256_hex(&json),
            samples,
        })
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

    /// Labels of the validation and test parts, by image.
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

/// Reads pixels of one data set; each thread has its own.
pub(super) struct Pixels<'a> {
    data: &'a Data,
    open: Option<(usize, File)>,
}

impl<'a> Pixels<'a> {
    pub(super) const fn of(data: &'a Data) -> Self {
        Self { data, open: None }
    }

    /// Appends image number `image`, `size * size * 3` bytes.
    pub(super) fn append(
        &mut self,
        image: usize,
        pixels: &mut Vec<u8>,
    ) -> Result<(), NumbersError> {
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
            let file = File::open(&path).map_err(NumbersError::file(&path))?;
            self.open = Some((shard, file));
        }
        let Some((_, file)) = &mut self.open else {
            return Ok(());
        };
        let bytes = header.image_bytes();
        let start = pixels.len();
        pixels.resize(start + bytes, 0);
        file.seek(SeekFrom::Start((place * bytes) as u64))
            .and_then(|_| file.read_exact(&mut pixels[start..]))
            .map_err(NumbersError::file(&path))
    }
}
