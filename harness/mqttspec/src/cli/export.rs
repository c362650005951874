//! `mqttspec corpus export`.

use super::args::CorpusCommand;
use super::failure::Failure;
use super::output;
use crate::campaign::{self, File};

pub(super) fn corpus(command: &CorpusCommand) -> Result<u8, Failure> {
    let CorpusCommand::Export { folder, force } = command;
    let files = campaign::export(folder, *force)?;
    let seeds = files.iter().filter(|file| file.is_seed()).count();
    let about = files.iter().filter(|file| !file.is_seed()).map(|File { path, .. }| path.as_str());
    let about = about.collect::<Vec<_>>().join(", ");
    output::print(&format!("{}: {seeds} seeds, {about}\n", crate::report::text::Shown(&folder.display().to_string())))
}
