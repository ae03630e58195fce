//! Pictures of the screen as PNG files.

use std::collections::VecDeque;
use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::ImageEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use super::{Canvas, Display, DisplayError, Kept, PngSettings};
use crate::frame::Size;

const PREFIX: &str = "screen_";
const LATEST: &str = "latest.png";
const UNFINISHED: &str = ".unfinished.png";

/// Writes each picture as a PNG file. A file is complete from the moment that it has its name, so that a viewer may watch the directory.
///
/// Numbering goes on after the files that are there already; those count among the ones that are kept.
#[derive(Debug)]
pub struct PngDisplay {
    settings: PngSettings,
    numbers: VecDeque<u64>,
}

impl PngDisplay {
    /// Makes the directory if need be and looks for earlier files.
    ///
    /// # Errors
    /// [`DisplayError::File`] if the directory can't be made or read.
    pub fn open(settings: &PngSettings) -> Result<Self, DisplayError> {
        let directory = &settings.directory;
        let failed = |source| DisplayError::File {
            path: directory.clone(),
            source,
        };
        fs::create_dir_all(directory).map_err(failed)?;
        let mut numbers = Vec::new();
        for entry in fs::read_dir(directory).map_err(failed)? {
            numbers.extend(number_of(&entry.map_err(failed)?.file_name().to_string_lossy()));
        }
        numbers.sort_unstable();
        Ok(Self {
            settings: settings.clone(),
            numbers: numbers.into(),
        })
    }

    fn write(&self, canvas: &Canvas, name: &str) -> Result<(), DisplayError> {
        let path = self.settings.directory.join(name);
        let unfinished = self.settings.directory.join(UNFINISHED);
        let file = encode(canvas).map_err(|source| DisplayError::Encoding {
            path: path.clone(),
            source,
        })?;
        fs::write(&unfinished, file)
            .and_then(|()| fs::rename(&unfinished, &path))
            .map_err(|source| DisplayError::File { path, source })
    }

    /// Removes the oldest files beyond `keep`.
    fn remove_oldest(&mut self, keep: usize) -> Result<(), DisplayError> {
        while self.numbers.len() > keep {
            let Some(oldest) = self.numbers.pop_front() else {
                break;
            };
            let path = self.settings.directory.join(file_name(oldest));
            match fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    return Err(DisplayError::File { path, source });
                }
                _ => {}
            }
        }
        Ok(())
    }
}

impl Display for PngDisplay {
    fn name(&self) -> String {
        format!("PNG files in {}", shown(&self.settings.directory))
    }

    fn size(&self) -> Size {
        self.settings.size
    }

    fn show(&mut self, canvas: &Canvas) -> Result<(), DisplayError> {
        super::check_size(self, canvas)?;
        match self.settings.kept {
            Kept::LatestOnly => self.write(canvas, LATEST),
            Kept::Newest(keep) => {
                let number = self.numbers.back().map_or(1, |last| last.saturating_add(1));
                self.write(canvas, &file_name(number))?;
                self.numbers.push_back(number);
                self.remove_oldest(keep.get() as usize)
            }
        }
    }
}

fn shown(directory: &Path) -> String {
    let words = directory.display().to_string();
    if words.is_empty() { ".".to_owned() } else { words }
}

fn file_name(number: u64) -> String {
    format!("{PREFIX}{number:08}.png")
}

/// The number in a name that [`file_name`] made.
fn number_of(name: &str) -> Option<u64> {
    let number = name.strip_prefix(PREFIX)?.strip_suffix(".png")?.parse().ok()?;
    (file_name(number) == name).then_some(number)
}

/// Fast rather than small: a Pi writes several a second.
fn encode(canvas: &Canvas) -> image::ImageResult<Vec<u8>> {
    let mut file = Cursor::new(Vec::new());
    let size = canvas.size();
    PngEncoder::new_with_quality(&mut file, CompressionType::Fast, FilterType::Up).write_image(
        canvas.picture().as_raw(),
        size.width,
        size.height,
        image::ExtendedColorType::Rgb8,
    )?;
    Ok(file.into_inner())
}
