//! What is written must cost nothing that is there: asked before any file is made empty.

use super::args::FormatArgs;
use super::failure::Failure;
use super::reports::cannot_be_created;
use std::io;
use std::path::{Path, PathBuf};

/// Whether these files can be written, each for itself: none of them stands for another, and none is read.
///
/// # Errors
/// A folder is not there, or a file is named twice.
pub(super) fn distinct(read: &[&Path], events: Option<&Path>, formats: &FormatArgs) -> Result<(), Failure> {
    let FormatArgs { html, json, junit, markdown, badge, pcapng, .. } = formats;
    let single = [html, json, junit, markdown, badge, pcapng].into_iter().flatten().map(PathBuf::as_path);
    let written: Vec<&Path> = events.into_iter().chain(single).collect();
    for path in &written {
        // A folder of captures is made where it is not there.
        let whole = path.to_string_lossy().ends_with('/') || folder(path).is_dir();
        if !whole {
            return Err(cannot_be_created(path, &io::ErrorKind::NotFound.into()));
        }
    }
    for (at, path) in written.iter().enumerate() {
        let place = place(path);
        let is_it = |other: &&&Path| place.is_some() && self::place(other) == place;
        if read.iter().any(|other| is_it(&other)) {
            let message = format!("{} is read: it cannot be written as well", path.display());
            return Err(Failure::usage(message, "name another file to write"));
        }
        if written[..at].iter().any(|other| is_it(&other)) {
            let message = format!("{} is named for two outputs", path.display());
            return Err(Failure::usage(message, "give each a file of its own"));
        }
    }
    Ok(())
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Where a file is, however it is named; `None` for what keeps nothing, such as a device.
fn place(path: &Path) -> Option<PathBuf> {
    match path.canonicalize() {
        Ok(place) => place.is_file().then_some(place),
        Err(_) => Some(folder(path).canonicalize().ok()?.join(path.file_name()?)),
    }
}
