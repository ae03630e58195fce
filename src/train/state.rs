//! What is needed to go on after a kill: one file, replaced whole.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::TrainError;
use super::curves::EpochScore;
use super::engine::Kept;

/// Key of the notes in the file's metadata.
const NOTES: &str = "fishrig-training";
/// The most that a state may weigh, in bytes: three times the weights of the largest network.
const BYTES_MAX: u64 = 4 << 30;

/// Where a run is.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Notes {
    /// What makes it this run and no other: settings, network, pictures; each by its name.
    pub run: BTreeMap<String, String>,
    /// The epoch that is going on, from 0.
    pub epoch: usize,
    /// Batches of it that are done.
    pub batches: usize,
    /// The sum of their losses, each times its pictures.
    pub loss: f64,
    /// Steps of Adam.
    pub steps: usize,
    /// What the epochs before it gave.
    pub scores: Vec<EpochScore>,
    /// The validation IoU before the first step.
    pub start: f64,
    /// The run has come to its end.
    pub finished: bool,
}

/// A folder that a run has for itself.
pub(super) struct RunFolder {
    path: PathBuf,
    /// Holds the lock as long as it lives; the system gives it back if the process dies.
    _lock: File,
}

impl RunFolder {
    /// Makes the folder if need be, and takes it.
    ///
    /// # Errors
    /// [`TrainError::InUse`], [`TrainError::Write`].
    pub fn take(path: &Path) -> Result<Self, TrainError> {
        let failed = |source: io::Error| TrainError::Write {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(path).map_err(failed)?;
        let lock = File::open(path).map_err(failed)?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Self {
                path: path.to_owned(),
                _lock: lock,
            }),
            Err(rustix::io::Errno::WOULDBLOCK) => Err(TrainError::InUse {
                folder: path.to_owned(),
            }),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// A file or folder in it.
    pub fn join(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn state(&self) -> PathBuf {
        self.join("state.safetensors")
    }

    /// Takes away what an earlier run has left, the state first: without it nothing else is taken for a run.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn clear(&self) -> Result<(), TrainError> {
        for name in ["state.safetensors", "curves.csv", "curves.png", "best"] {
            let path = self.join(name);
            let gone = match path.is_dir() {
                true => fs::remove_dir_all(&path),
                false => fs::remove_file(&path),
            };
            if let Err(source) = gone
                && source.kind() != io::ErrorKind::NotFound
            {
                return Err(TrainError::Write { path, source });
            }
        }
        Ok(())
    }

    /// Writes a file whole or not at all; afterwards it survives a power cut.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), TrainError> {
        let (path, partial) = (self.join(name), self.join(&format!(".{name}.partial")));
        let written = File::create(&partial)
            .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
            .and_then(|()| fs::rename(&partial, &path))
            .and_then(|()| File::open(&self.path)?.sync_all());
        written.map_err(|source| {
            // Best effort: the file system has just refused us once.
            let _ = fs::remove_file(&partial);
            TrainError::Write { path, source }
        })
    }

    /// Writes the state.
    ///
    /// # Errors
    /// [`TrainError::Write`].
    pub fn save(&self, notes: &Notes, names: &[&str], kept: &[Kept]) -> Result<(), TrainError> {
        let failed = |reason: String| TrainError::Write {
            path: self.state(),
            source: io::Error::other(reason),
        };
        let bytes: Vec<(String, Vec<u8>)> = (names.iter().zip(kept))
            .flat_map(|(name, kept)| {
                [
                    ("values", &kept.values),
                    ("first", &kept.first),
                    ("second", &kept.second),
                ]
                .map(|(what, values)| {
                    (
                        format!("{name}:{what}"),
                        values.iter().flat_map(|v| v.to_le_bytes()).collect(),
                    )
                })
            })
            .collect();
        let views = bytes.iter().map(|(name, bytes)| {
            let view = TensorView::new(Dtype::F32, vec![bytes.len() / 4], bytes).map_err(|e| failed(e.to_string()))?;
            Ok((name.as_str(), view))
        });
        let views = views.collect::<Result<Vec<_>, TrainError>>()?;
        let notes = serde_json::to_string(notes).map_err(|e| failed(e.to_string()))?;
        let metadata = HashMap::from([(NOTES.to_owned(), notes)]);
        let file = safetensors::serialize(views, Some(metadata)).map_err(|e| failed(e.to_string()))?;
        self.write("state.safetensors", &file)
    }

    /// The state that an earlier run has left, if there is one.
    ///
    /// # Errors
    /// [`TrainError::State`] for a file that is none.
    pub fn load(&self, names: &[&str]) -> Result<Option<(Notes, Vec<Kept>)>, TrainError> {
        let path = self.state();
        let refused = |reason: String| TrainError::State {
            path: path.clone(),
            reason,
        };
        let bytes = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(refused(error.to_string())),
            Ok(found) if !found.is_file() || found.len() > BYTES_MAX => {
                return Err(refused("it is no state".to_owned()));
            }
            Ok(_) => fs::read(&path).map_err(|e| refused(e.to_string()))?,
        };
        let damaged = |e: safetensors::SafeTensorError| refused(format!("it is damaged ({e})"));
        let (_, metadata) = SafeTensors::read_metadata(&bytes).map_err(damaged)?;
        let notes = metadata.metadata().as_ref().and_then(|m| m.get(NOTES));
        let notes = notes.ok_or_else(|| refused("it is no state of a training".to_owned()))?;
        let notes: Notes = serde_json::from_str(notes).map_err(|e| refused(e.to_string()))?;
        let tensors = SafeTensors::deserialize(&bytes).map_err(damaged)?;
        let values = |name: &str, what: &str| -> Result<Vec<f32>, TrainError> {
            let tensor = tensors.tensor(&format!("{name}:{what}")).map_err(damaged)?;
            if tensor.dtype() != Dtype::F32 {
                return Err(refused(format!("{name} is not of float32")));
            }
            let (quads, _) = tensor.data().as_chunks::<4>();
            Ok(quads.iter().map(|b| f32::from_le_bytes(*b)).collect())
        };
        let kept = names.iter().map(|name| {
            Ok(Kept {
                values: values(name, "values")?,
                first: values(name, "first")?,
                second: values(name, "second")?,
            })
        });
        // Another network's parameters have other names; which run this is the caller says.
        let kept = kept.collect::<Result<Vec<_>, TrainError>>().unwrap_or_default();
        Ok(Some((notes, kept)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_comes_back_and_damage_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let run = RunFolder::take(folder.path()).unwrap();
        assert!(run.load(&["a"]).unwrap().is_none());
        let notes = Notes {
            epoch: 3,
            loss: 0.25,
            ..Notes::default()
        };
        let kept = vec![Kept {
            values: vec![1.0, -2.5],
            first: vec![],
            second: vec![],
        }];
        run.save(&notes, &["a"], &kept).unwrap();
        assert_eq!(run.load(&["a"]).unwrap(), Some((notes, kept)));
        let path = folder.path().join("state.safetensors");
        let whole = fs::read(&path).unwrap();
        for length in [0, 7, 20, whole.len() / 2, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            let error = run.load(&["a"]).unwrap_err();
            assert!(error.to_string().contains("--restart"), "{error}");
        }
    }

    #[test]
    fn a_folder_is_one_run_s() {
        let folder = tempfile::tempdir().unwrap();
        let first = RunFolder::take(folder.path()).unwrap();
        assert!(matches!(RunFolder::take(folder.path()), Err(TrainError::InUse { .. })));
        drop(first);
        RunFolder::take(folder.path()).unwrap();
    }
}
