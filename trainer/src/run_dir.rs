//! A run folder: the recipe first, then everything that came of it.
//!
//! `recipe.toml`, `metrics.jsonl`, `plot.svg`, `checkpoint/` while training, `weights.bpk` and
//! `report.json` when done, `model.onnx` after export. Nothing loads from one file without the
//! others.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail};
use burn::{module::Module, optim::ModuleOptimizer, store::ModuleRecord};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::recipe::Recipe;

/// A run folder.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
}

/// How far a run has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Steps done.
    pub step: usize,
}

impl RunDir {
    /// Opens a run folder for training: a new one keeps the recipe's text; an existing one must
    /// hold the same text.
    ///
    /// # Errors
    /// When the folder belongs to another recipe or cannot be written.
    pub fn create(path: &Path, recipe: &str) -> Result<Self> {
        fs::create_dir_all(path)
            .with_context(|| format!("cannot create run folder {}", path.display()))?;
        let file = path.join("recipe.toml");
        if file.exists() {
            let kept = fs::read_to_string(&file)
                .with_context(|| format!("cannot read {}", file.display()))?;
            if kept != recipe {
                bail!(
                    "{} holds a run of another recipe: give --run another folder, or remove it to start anew",
                    path.display()
                );
            }
        } else {
            fs::write(&file, recipe).with_context(|| format!("cannot write {}", file.display()))?;
        }
        Ok(Self {
            path: path.to_owned(),
        })
    }

    /// Opens a run folder that exists; gives its recipe too.
    ///
    /// # Errors
    /// When there is no recipe in it.
    pub fn open(path: &Path) -> Result<(Self, Recipe)> {
        let (recipe, _) = Recipe::load(&path.join("recipe.toml"))
            .with_context(|| format!("{} is no run folder", path.display()))?;
        Ok((
            Self {
                path: path.to_owned(),
            },
            recipe,
        ))
    }

    /// A file in the folder.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Keeps network, optimizer and progress, all or nothing.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save_checkpoint<M: Module>(
        &self,
        network: &M,
        optimizer: &ModuleOptimizer,
        progress: Progress,
    ) -> Result<()> {
        let (new, kept) = (self.file("checkpoint.new"), self.file("checkpoint"));
        remove(&new)?;
        fs::create_dir(&new)?;
        // `valid` settles the running state of batch normalisation, which a training network holds
        // back by one step.
        network.valid().save_file(new.join("network.bpk"))?;
        optimizer.save(new.join("optimizer.bpk"))?;
        fs::write(new.join("progress.json"), serde_json::to_string(&progress)?)?;
        remove(&kept)?;
        fs::rename(&new, &kept).with_context(|| format!("cannot write {}", kept.display()))
    }

    /// The last complete checkpoint, loaded into a network and an optimizer, or `None`.
    ///
    /// # Errors
    /// When a checkpoint is there but broken.
    pub fn load_checkpoint<M: Module>(
        &self,
        network: M,
        optimizer: ModuleOptimizer,
    ) -> Result<(M, ModuleOptimizer, Progress)> {
        // A crash between removing the old and renaming the new leaves only the new.
        let folder = [self.file("checkpoint"), self.file("checkpoint.new")]
            .into_iter()
            .find(|folder| folder.join("progress.json").exists());
        let Some(folder) = folder else {
            return Ok((network, optimizer, Progress { step: 0 }));
        };
        let broken = || format!("{} is broken: remove it to start anew", folder.display());
        let progress = read_json(&folder.join("progress.json"))?;
        let network = network
            .try_load_file(folder.join("network.bpk"))
            .with_context(broken)?;
        let optimizer = optimizer
            .load(folder.join("optimizer.bpk"))
            .with_context(broken)?;
        Ok((network, optimizer, progress))
    }

    /// Keeps the trained weights and drops the checkpoint.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save_weights<M: Module>(&self, network: &M) -> Result<()> {
        self.keep_weights(network.clone().into_record())
    }

    /// As [`Self::save_weights`], for weights without their network.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn keep_weights(&self, weights: ModuleRecord) -> Result<()> {
        let path = self.file("weights.bpk");
        weights
            .save(&path)
            .with_context(|| format!("cannot write {}", path.display()))?;
        remove(&self.file("checkpoint"))
    }

    /// The trained weights.
    ///
    /// # Errors
    /// When the run is not finished or the file is broken.
    pub fn load_weights(&self) -> Result<ModuleRecord> {
        let path = self.file("weights.bpk");
        if !path.exists() {
            bail!(
                "{} has no weights.bpk: finish it with `trainer train`",
                self.path.display()
            );
        }
        ModuleRecord::load(&path).with_context(|| format!("{} is broken", path.display()))
    }

    /// Whether the run came to its end.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        ["weights.bpk", "report.json"]
            .iter()
            .all(|name| self.file(name).exists())
    }

    /// Writes a value as JSON.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn save_json(&self, name: &str, value: &impl Serialize) -> Result<()> {
        let path = self.file(name);
        let json = serde_json::to_string_pretty(value)? + "\n";
        fs::write(&path, json).with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads a value from JSON.
    ///
    /// # Errors
    /// When the file is missing or is something else.
    pub fn load_json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        read_json(&self.file(name))
    }

    /// The metrics log, without the lines of steps that will be done again.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn open_metrics(&self, progress: Progress) -> Result<MetricsLog> {
        let path = self.file("metrics.jsonl");
        let kept = read_metrics(&path)?
            .into_iter()
            .filter(|line| line.step <= progress.step)
            .collect::<Vec<_>>();
        let mut file =
            File::create(&path).with_context(|| format!("cannot write {}", path.display()))?;
        for line in &kept {
            writeln!(file, "{}", serde_json::to_string(line)?)?;
        }
        Ok(MetricsLog {
            file: OpenOptions::new().append(true).open(&path)?,
            lines: kept,
        })
    }
}

/// One line of `metrics.jsonl`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MetricsLine {
    /// Steps done.
    pub step: usize,
    /// `train` or `validation`.
    pub part: String,
    /// Figures by name.
    pub values: std::collections::BTreeMap<String, f64>,
}

/// `metrics.jsonl`, open for more.
pub struct MetricsLog {
    file: File,
    lines: Vec<MetricsLine>,
}

impl MetricsLog {
    /// Adds a line.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn push(&mut self, line: MetricsLine) -> Result<()> {
        writeln!(self.file, "{}", serde_json::to_string(&line)?)?;
        self.lines.push(line);
        Ok(())
    }

    /// All lines so far.
    #[must_use]
    pub fn lines(&self) -> &[MetricsLine] {
        &self.lines
    }
}

fn read_metrics(path: &Path) -> Result<Vec<MetricsLine>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", path.display())),
    };
    // The last line may be cut short by a crash: it belongs to a step that will be done again.
    Ok(BufReader::new(file)
        .lines()
        .map_while(Result::ok)
        .map_while(|line| serde_json::from_str(&line).ok())
        .collect())
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn remove(folder: &Path) -> Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", folder.display()))
        }
        _ => Ok(()),
    }
}
