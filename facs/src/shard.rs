//! One shard on disk: pixels, and until the data set is whole a note with labels and hash.
//!
//! A shard exists only when it is whole: it is written under a temporary name and renamed, and the
//! note follows it. A program that was stopped goes on after the last note.

use std::{
    fs,
    io::{BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::{
    dataset::{Sample, Shard},
    json_file::{FileError, write_whole},
};

/// A finished shard: `shard-00000.note.json` while the data set grows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FinishedShard {
    /// The file of pixels.
    pub shard: Shard,
    /// Its labels.
    pub samples: Vec<Sample>,
    /// The settings that it was made with.
    origin: serde_json::Value,
}

/// The files of one shard.
#[derive(Clone, Debug)]
pub struct ShardFiles {
    name: String,
    pixels: PathBuf,
    partial: PathBuf,
    note: PathBuf,
}

impl ShardFiles {
    /// Shard number `index` of the data set in `folder`.
    #[must_use]
    pub fn new(folder: &Path, index: usize) -> Self {
        let name = format!("shard-{index:05}.rgb");
        Self {
            pixels: folder.join(&name),
            partial: folder.join(format!("{name}.partial")),
            note: folder.join(format!("shard-{index:05}.note.json")),
            name,
        }
    }

    /// The shard as an earlier run left it, if it is whole, unharmed and made with `origin`.
    #[must_use]
    pub fn finished(&self, origin: &serde_json::Value) -> Option<FinishedShard> {
        let finished: FinishedShard = serde_json::from_slice(&fs::read(&self.note).ok()?).ok()?;
        let sound = finished.origin == *origin && self.is_sound(&finished.shard);
        sound.then_some(finished)
    }

    /// Whether the pixels are there and have the hash of `shard`.
    #[must_use]
    pub fn is_sound(&self, shard: &Shard) -> bool {
        shard.file == self.name && hash_of(&self.pixels).is_ok_and(|found| found == shard.sha256)
    }

    /// Writes the note of a shard whose pixels are there.
    fn note(
        &self,
        shard: Shard,
        samples: Vec<Sample>,
        origin: &serde_json::Value,
    ) -> Result<FinishedShard, FileError> {
        let finished = FinishedShard {
            shard,
            samples,
            origin: origin.clone(),
        };
        let note = serde_json::to_vec(&finished)
            .map_err(std::io::Error::other)
            .map_err(FileError::io(&self.note))?;
        write_whole(&self.note, &note)?;
        Ok(finished)
    }

    /// Writes the note of a shard whose pixels are there and have the hash of `shard`; nothing
    /// happens where there is a note already, which tells of a shard that was drawn since.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn note_if_sound(
        &self,
        shard: Shard,
        samples: Vec<Sample>,
        origin: &serde_json::Value,
    ) -> Result<(), FileError> {
        if self.is_sound(&shard) && !self.note.exists() {
            self.note(shard, samples, origin)?;
        }
        Ok(())
    }

    /// Removes the note; nothing happens where there is none.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn remove_note(&self) -> Result<(), FileError> {
        match fs::remove_file(&self.note) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(FileError::io(&self.note)(error))
            }
            _ => Ok(()),
        }
    }

    /// Begins to write the shard.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn writer(&self) -> Result<ShardWriter<'_>, FileError> {
        let file = fs::File::create(&self.partial).map_err(FileError::io(&self.partial))?;
        Ok(ShardWriter {
            files: self,
            file: BufWriter::new(file),
            hasher: Sha256::new(),
            samples: Vec::new(),
            finished: false,
        })
    }
}

/// Writes a shard; a writer that is dropped unfinished leaves nothing behind.
#[derive(Debug)]
pub struct ShardWriter<'a> {
    files: &'a ShardFiles,
    file: BufWriter<fs::File>,
    hasher: Sha256,
    samples: Vec<Sample>,
    finished: bool,
}

impl ShardWriter<'_> {
    /// Adds images, one after the other in `pixels`, and one label for each.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn push(&mut self, pixels: &[u8], samples: Vec<Sample>) -> Result<(), FileError> {
        self.hasher.update(pixels);
        self.samples.extend(samples);
        self.file
            .write_all(pixels)
            .map_err(FileError::io(&self.files.partial))
    }

    /// Makes the shard exist, with a note that it was made with `origin`.
    ///
    /// # Errors
    /// [`FileError::Io`].
    pub fn finish(mut self, origin: &serde_json::Value) -> Result<FinishedShard, FileError> {
        let files = self.files;
        self.file.flush().map_err(FileError::io(&files.partial))?;
        fs::rename(&files.partial, &files.pixels).map_err(FileError::io(&files.pixels))?;
        self.finished = true;
        let samples = std::mem::take(&mut self.samples);
        let shard = Shard {
            file: files.name.clone(),
            images: samples.len(),
            sha256: hex(&std::mem::take(&mut self.hasher).finalize()),
        };
        files.note(shard, samples, origin)
    }
}

impl Drop for ShardWriter<'_> {
    fn drop(&mut self) {
        if !self.finished {
            // Nothing more can be done about a file that cannot be removed.
            let _ = fs::remove_file(&self.files.partial);
        }
    }
}

fn hash_of(path: &Path) -> std::io::Result<String> {
    let mut file = fs::File::open(path)?;
    let mut hasher = Sha256::new();
    let mut block = vec![0; 1 << 20];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(hex(&hasher.finalize())),
            count => hasher.update(&block[..count]),
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_exists_when_it_is_whole_and_is_known_by_its_origin() {
        let folder = tempfile::tempdir().unwrap();
        let files = ShardFiles::new(folder.path(), 3);
        let origin = serde_json::json!({ "seed": 1 });
        let mut writer = files.writer().unwrap();
        writer.push(&[7; 12], Vec::new()).unwrap();
        drop(writer);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);

        let mut writer = files.writer().unwrap();
        writer.push(&[7; 12], Vec::new()).unwrap();
        let finished = writer.finish(&origin).unwrap();
        assert_eq!(finished.shard.file, "shard-00003.rgb");
        assert_eq!(finished.shard.sha256, crate::sha256_hex(&[7; 12]));
        assert_eq!(files.finished(&origin), Some(finished));
        assert_eq!(files.finished(&serde_json::json!({ "seed": 2 })), None);
        fs::write(folder.path().join("shard-00003.rgb"), [8; 12]).unwrap();
        assert_eq!(files.finished(&origin), None, "harmed");
        files.remove_note().unwrap();
        files.remove_note().unwrap();
    }

    #[test]
    fn a_note_is_written_of_a_sound_shard_that_has_none() {
        let folder = tempfile::tempdir().unwrap();
        let files = ShardFiles::new(folder.path(), 0);
        let [old, new] = [1, 2].map(|seed| serde_json::json!({ "seed": seed }));
        let mut writer = files.writer().unwrap();
        writer.push(&[7; 12], Vec::new()).unwrap();
        let shard = writer.finish(&new).unwrap().shard;
        let note = |shard: &Shard| {
            files
                .note_if_sound(shard.clone(), Vec::new(), &old)
                .unwrap()
        };
        note(&shard);
        assert!(files.finished(&new).is_some(), "a note was written over");
        files.remove_note().unwrap();
        note(&Shard {
            sha256: crate::sha256_hex(&[8; 12]),
            ..shard.clone()
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "harmed");
        note(&shard);
        assert!(files.finished(&old).is_some());
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            2,
            "half files"
        );
    }
}
