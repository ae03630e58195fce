//! The file that node_exporter's textfile collector reads.

use std::path::{Path, PathBuf};

use super::HealthError;

/// A file that is always whole: it is written under another name and renamed. A power cut may lose it; it is written again within seconds.
#[derive(Debug)]
pub struct Textfile {
    path: PathBuf,
    new: PathBuf,
}

impl Textfile {
    /// Of this name. Nothing is written yet.
    pub fn new(path: &Path) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            // The collector reads names that end in .prom.
            new: path.with_file_name(format!(".{name}.new")),
            path: path.to_owned(),
        }
    }

    /// Replaces its content.
    ///
    /// # Errors
    /// [`HealthError::Textfile`].
    pub fn write(&self, text: &str) -> Result<(), HealthError> {
        let written = std::fs::write(&self.new, text).and_then(|()| std::fs::rename(&self.new, &self.path));
        written.map_err(|error| HealthError::Textfile {
            path: self.path.clone(),
            error,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fishrig.prom");
        let file = Textfile::new(&path);
        for text in ["a much longer text\n", "short\n"] {
            file.write(text).unwrap();
            assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        let message = Textfile::new(&folder.path().join("no/fishrig.prom"))
            .write("")
            .unwrap_err()
            .to_string();
        assert!(
            message.contains("no/fishrig.prom") && message.contains("make its folder"),
            "{message}"
        );
    }
}
