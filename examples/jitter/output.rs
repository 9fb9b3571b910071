//! [`Output`]: a file that is opened before the run, so that ten seconds are not measured for one
//! that cannot be written.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// A file to be written when all is measured.
#[derive(Debug)]
pub(crate) struct Output {
    path: PathBuf,
    file: File,
    /// It was not there before.
    is_new: bool,
}

/// What a picture is stored as.
#[derive(Copy, Clone, Eq, PartialEq, Debug)]
pub(crate) enum Format {
    Svg,
    Png,
}

impl Format {
    /// By the end of the file's name.
    pub(crate) fn of(path: &Path) -> Result<Self, String> {
        let extension = path.extension().and_then(|extension| extension.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("svg") => Ok(Self::Svg),
            Some("png") => Ok(Self::Png),
            _ => Err(format!("{} is neither an .svg nor a .png", path.display())),
        }
    }
}

impl Output {
    /// Opens it for writing. What it holds stays until [`write`](Self::write).
    pub(crate) fn open(path: &Path) -> Result<Self, String> {
        let is_new = !path.exists();
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(path);
        let file = file.map_err(|error| cannot_write(path, &error))?;
        Ok(Self { path: path.to_owned(), file, is_new })
    }

    /// Replaces what it holds.
    pub(crate) fn write(mut self, bytes: &[u8]) -> Result<(), String> {
        let written = self.file.set_len(0).or_else(|error| {
            // A pipe or a terminal has no length, and needs none.
            let is_file = self.file.metadata().is_ok_and(|metadata| metadata.is_file());
            if is_file { Err(error) } else { Ok(()) }
        });
        written
            .and_then(|()| self.file.write_all(bytes))
            .map_err(|error| cannot_write(&self.path, &error))
    }

    /// Leaves things as they were.
    pub(crate) fn abandon(self) {
        if self.is_new {
            let _ = std::fs::remove_file(self.path);
        }
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> String {
    format!("cannot write {}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_the_name_says_the_format() {
        assert_eq!(Format::of(Path::new("a/b.svg")), Ok(Format::Svg));
        assert_eq!(Format::of(Path::new("B.PNG")), Ok(Format::Png));
        for name in ["", "svg", "a.jpg", "a.svg.gz", ".png"] {
            assert!(Format::of(Path::new(name)).is_err(), "{name:?} was taken");
        }
    }
}
