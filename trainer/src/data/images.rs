//! One or more data sets as one list of labelled images, the pixels mapped into memory.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use facs::{Dataset, DatasetError, DatasetKind, Sample};
use memmap2::Mmap;

/// Labelled images from any number of data set folders of one kind and size.
pub struct Images {
    /// Columns of every image.
    pub width: usize,
    /// Rows of every image.
    pub height: usize,
    /// The labels; `samples[i]` describes the pixels of [`Images::pixels`]`(i)`.
    pub samples: Vec<Sample>,
    /// How each folder's data were made.
    pub origins: Vec<serde_json::Value>,
    locations: Vec<Location>,
    shards: Vec<Mmap>,
}

struct Location {
    shard: usize,
    offset: usize,
}

/// Why images cannot be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImagesError {
    /// A data set is broken.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A shard cannot be mapped.
    #[error("{}: {source}", path.display())]
    Map {
        /// Which file.
        path: PathBuf,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A data set does not fit the others or the model.
    #[error("{}: holds {found_kind:?} of {found_width}x{found_height}, this recipe needs {kind:?} of {width}x{height}", path.display())]
    Mismatch {
        /// Which folder.
        path: PathBuf,
        /// What the recipe needs.
        kind: DatasetKind,
        /// Columns needed.
        width: usize,
        /// Rows needed.
        height: usize,
        /// What the folder holds.
        found_kind: DatasetKind,
        /// Columns found.
        found_width: usize,
        /// Rows found.
        found_height: usize,
    },
    /// No folder was given, or they hold nothing.
    #[error("no samples in {folders:?}")]
    Empty {
        /// The folders.
        folders: Vec<PathBuf>,
    },
}

impl Images {
    /// Loads every folder; all must hold `kind` of `width` x `height`.
    ///
    /// # Errors
    /// [`ImagesError`], naming the folder or file.
    pub fn load(
        folders: &[PathBuf],
        kind: DatasetKind,
        width: usize,
        height: usize,
    ) -> Result<Self, ImagesError> {
        let mut images = Self {
            width,
            height,
            samples: Vec::new(),
            origins: Vec::new(),
            locations: Vec::new(),
            shards: Vec::new(),
        };
        for folder in folders {
            images.append(folder, kind)?;
        }
        if images.samples.is_empty() {
            return Err(ImagesError::Empty {
                folders: folders.to_vec(),
            });
        }
        Ok(images)
    }

    fn append(&mut self, folder: &Path, kind: DatasetKind) -> Result<(), ImagesError> {
        let (header, samples) = Dataset::load(folder)?;
        if (header.kind, header.width, header.height) != (kind, self.width, self.height) {
            return Err(ImagesError::Mismatch {
                path: folder.to_owned(),
                kind,
                width: self.width,
                height: self.height,
                found_kind: header.kind,
                found_width: header.width,
                found_height: header.height,
            });
        }
        let bytes = header.image_bytes();
        let mut places = Vec::with_capacity(header.images());
        for shard in &header.shards {
            places.extend((0..shard.images).map(|index| (self.shards.len(), index * bytes)));
            self.shards.push(map(&folder.join(&shard.file))?);
        }
        self.locations.extend(samples.iter().map(|sample| {
            let (shard, offset) = places[sample.image];
            Location { shard, offset }
        }));
        self.samples.extend(samples);
        self.origins.push(header.origin);
        Ok(())
    }

    /// Adds images of the same size after these.
    pub fn append_all(&mut self, mut other: Self) {
        let shards = self.shards.len();
        self.samples.append(&mut other.samples);
        self.origins.append(&mut other.origins);
        self.shards.append(&mut other.shards);
        let moved = other.locations.into_iter().map(|location| Location {
            shard: location.shard + shards,
            ..location
        });
        self.locations.extend(moved);
    }

    /// The RGB bytes of sample `index`, rows first.
    #[must_use]
    pub fn pixels(&self, index: usize) -> &[u8] {
        let Location { shard, offset } = self.locations[index];
        &self.shards[shard][offset..offset + self.width * self.height * 3]
    }
}

#[expect(
    unsafe_code,
    reason = "memory-mapped training data: nothing else writes finished shards"
)]
fn map(path: &Path) -> Result<Mmap, ImagesError> {
    let file = File::open(path).map_err(|source| ImagesError::Map {
        path: path.to_owned(),
        source,
    })?;
    // SAFETY: a finished shard is never written again; its length was checked against the header.
    unsafe { Mmap::map(&file) }.map_err(|source| ImagesError::Map {
        path: path.to_owned(),
        source,
    })
}
