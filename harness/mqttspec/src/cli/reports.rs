//! The reports that were asked for, each to its file.

use super::args::{Annotations, FormatArgs};
use super::failure::Failure;
use super::output;
use crate::report::terminal::{Settings, Terminal};
use crate::report::text::{lines, quoted};
use crate::report::{Reports, Run, annotations, badge, html, json, junit, markdown, pcapng};
use std::fs::File;
use std::io;
use std::path::Path;

/// A file for a report: created before anything runs.
pub(super) fn create(path: &Path) -> Result<File, Failure> {
    File::create(path).map_err(|error| cannot_be_created(path, &error))
}

/// Why a file cannot be written, and what to do.
pub(super) fn cannot_be_created(path: &Path, error: &io::Error) -> Failure {
    let message = format!("{} cannot be created: {error}", path.display());
    Failure::usage(message, "name a file in a folder that exists and that you may write to")
}

/// Adds what the options ask for, the terminal last: it tells the exit code, which the others can still change.
pub(super) fn add(reports: &mut Reports<'_>, args: &FormatArgs, progress: bool) -> Result<(), Failure> {
    type Write = fn(&Run, &File) -> io::Result<()>;
    let formats: [(_, Write); 5] = [
        (&args.html, |run, out| html::write(run, out)),
        (&args.json, |run, out| json::write(run, out)),
        (&args.junit, |run, out| junit::write(run, out)),
        (&args.markdown, |run, out| markdown::write(run, out)),
        (&args.badge, |run, out| badge::write(run, out)),
    ];
    for (path, write) in formats {
        if let Some(path) = path {
            let file = create(path)?;
            reports.add_whole(path.display().to_string(), move |run| write(run, &file));
        }
    }
    if let Some(path) = &args.pcapng {
        let name = path.display().to_string();
        if path.is_dir() || name.ends_with('/') {
            std::fs::create_dir_all(path).map_err(|error| cannot_be_created(path, &error))?;
            let folder = path.clone();
            reports.add_whole(name, move |run| pcapng::write_each(run, &folder));
        } else {
            let file = create(path)?;
            reports.add_whole(name, move |run| pcapng::write(run, &file));
        }
    }
    if let Some(Annotations::Github) = args.annotations {
        reports.add_whole("the standard output stream", |run| annotations::write(run, io::stdout().lock()));
    }
    let settings = Settings { verbose: args.verbose, progress };
    reports.add("the standard output stream", Terminal::new(anstream::stdout(), settings));
    Ok(())
}

/// Tells what could not be written, and how it can be had all the same. `events` is where the events are.
pub(super) fn tell_troubles(reports: &Reports<'_>, events: Option<&Path>) {
    let troubles = reports.troubles();
    if troubles.is_empty() {
        return;
    }
    for trouble in troubles {
        output::error(&format!("mqttspec: {}\n", lines(trouble)));
    }
    let name = |path: &Path| path.display().to_string();
    let kept = |path: &&Path| !troubles.iter().any(|trouble| trouble.starts_with(&format!("{} cannot", name(path))));
    let help = match events.filter(kept) {
        Some(path) => {
            let from = lines(&quoted(&name(path)));
            format!("make room or name another file, then `mqttspec report --from {from}`: the events are whole")
        }
        None => "make room or name another file; with --events, `mqttspec report` could make it again".to_owned(),
    };
    output::error(&format!("help: every other report is whole; {help}\n"));
}
