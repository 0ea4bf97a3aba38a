//! One shard on disk: pixels, and until the data set is whole a note with labels and hash.
//!
//! A shard exists only when it is whole: it is written under a temporary name and renamed, and the
//! note follows it.

use std::{
    fs,
    io::{BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use facs::{Sample, Shard};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::error::{GenerateError, io};

/// A finished shard: `shard-00000.note.json` while the data set grows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Finished {
    pub(super) shard: Shard,
    pub(super) samples: Vec<Sample>,
    /// The settings that it was made with.
    origin: serde_json::Value,
}

/// The files of one shard.
pub(super) struct Files {
    name: String,
    pixels: PathBuf,
    partial: PathBuf,
    note: PathBuf,
}

impl Files {
    pub(super) fn new(folder: &Path, index: usize) -> Self {
        let name = format!("shard-{index:05}.rgb");
        Self {
            pixels: folder.join(&name),
            partial: folder.join(format!("{name}.partial")),
            note: folder.join(format!("shard-{index:05}.note.json")),
            name,
        }
    }

    /// The shard as an earlier run left it, if it is whole, unharmed and made with `origin`.
    pub(super) fn finished(&self, origin: &serde_json::Value) -> Option<Finished> {
        let finished: Finished = serde_json::from_slice(&fs::read(&self.note).ok()?).ok()?;
        let sound = finished.origin == *origin && self.is_sound(&finished.shard);
        sound.then_some(finished)
    }

    /// Whether the pixels are there and have the hash of `shard`.
    pub(super) fn is_sound(&self, shard: &Shard) -> bool {
        shard.file == self.name && hash_of(&self.pixels).is_ok_and(|found| found == shard.sha256)
    }

    /// Writes the note of a shard whose pixels are there.
    pub(super) fn note(
        &self,
        shard: Shard,
        samples: Vec<Sample>,
        origin: &serde_json::Value,
    ) -> Result<Finished, GenerateError> {
        let finished = Finished {
            shard,
            samples,
            origin: origin.clone(),
        };
        let note = serde_json::to_vec(&finished).map_err(std::io::Error::other);
        note.and_then(|note| fs::write(&self.note, note))
            .map_err(io(&self.note))?;
        Ok(finished)
    }

    pub(super) fn remove_note(&self) -> Result<(), GenerateError> {
        match fs::remove_file(&self.note) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(io(&self.note)(error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn writer(&self) -> Result<Writer<'_>, GenerateError> {
        let file = fs::File::create(&self.partial).map_err(io(&self.partial))?;
        Ok(Writer {
            files: self,
            file: BufWriter::new(file),
            hasher: Sha256::new(),
            samples: Vec::new(),
            finished: false,
        })
    }
}

/// Writes a shard; a writer that is dropped unfinished leaves nothing behind.
pub(super) struct Writer<'a> {
    files: &'a Files,
    file: BufWriter<fs::File>,
    hasher: Sha256,
    samples: Vec<Sample>,
    finished: bool,
}

impl Writer<'_> {
    pub(super) fn push(
        &mut self,
        pixels: &[u8],
        samples: Vec<Sample>,
    ) -> Result<(), GenerateError> {
        self.hasher.update(pixels);
        self.samples.extend(samples);
        self.file.write_all(pixels).map_err(io(&self.files.partial))
    }

    pub(super) fn finish(mut self, origin: &serde_json::Value) -> Result<Finished, GenerateError> {
        let files = self.files;
        self.file.flush().map_err(io(&files.partial))?;
        fs::rename(&files.partial, &files.pixels).map_err(io(&files.pixels))?;
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

impl Drop for Writer<'_> {
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
