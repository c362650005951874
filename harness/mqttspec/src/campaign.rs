//! What somebody else's fuzzing campaign starts from: seeds and a dictionary, as files.

mod files;

pub use files::{File, files};

use miette::Diagnostic;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why nothing, or not all, was written.
#[derive(Debug, Error, Diagnostic)]
pub enum ExportError {
    /// There is something in the folder.
    #[error("{} is not empty", .0.display())]
    #[diagnostic(help("name a new folder; or give --force to replace files of the same names and leave all others"))]
    NotEmpty(PathBuf),
    /// A file or a folder cannot be written.
    #[error("{} cannot be written: {source}", path.display())]
    #[diagnostic(help("name a folder that you may write to"))]
    Unwritable {
        /// The file or folder.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
}

/// Writes everything into `folder`, which is made if it is not there. Without `force` the folder must be empty; with it,
/// files of the same names are replaced, and nothing else is touched.
///
/// # Errors
/// The folder is not empty and `force` is not given: nothing was written. Or something cannot be written.
pub fn export(folder: &Path, force: bool) -> Result<Vec<File>, ExportError> {
    let unwritable = |path: &Path| {
        let path = path.to_owned();
        move |source| ExportError::Unwritable { path, source }
    };
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let empty = fs::read_dir(folder).map_err(unwritable(folder))?.next().is_none();
    if !empty && !force {
        return Err(ExportError::NotEmpty(folder.to_owned()));
    }
    let files = files();
    for file in &files {
        let path = folder.join(&file.path);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(unwritable(parent))?;
        fs::write(&path, &file.bytes).map_err(unwritable(&path))?;
    }
    Ok(files)
}
