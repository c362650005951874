//! What is kept of a server that ends, for the next to go on with.

use mqttspec_broker::State;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime};

/// The state of a broker, and when it ended.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Kept {
    /// By the clock of the machine, since 1970.
    pub(super) ended: Duration,
    pub(super) state: State,
}

impl Kept {
    pub(super) fn now(state: State) -> Self {
        Self { ended: now(), state }
    }

    /// The time on the broker's clock: sessions and messages have gone on ageing while there was no broker.
    pub(super) fn time(&self) -> Duration {
        self.state.taken_at.saturating_add(now().saturating_sub(self.ended))
    }

    /// Reads a file; `None` if there is none.
    ///
    /// # Errors
    /// It cannot be read, or is no file of [`Kept::write`].
    pub fn read(path: &Path) -> io::Result<Option<Self>> {
        match std::fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether [`Kept::write`] can have a file there: better known before there is anything to keep.
    ///
    /// # Errors
    /// Nothing can be written in its folder.
    pub fn writable(path: &Path) -> io::Result<()> {
        tempfile::tempfile_in(folder(path)).map(drop)
    }

    /// Writes a file, or leaves the one that is there as it is.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &Path) -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(folder(path))?;
        serde_json::to_writer(io::BufWriter::new(&mut file), self)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        Ok(())
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

fn now() -> Duration {
    SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default()
}
