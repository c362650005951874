//! `mqttspec merge`.

use super::args::MergeArgs;
use super::failure::Failure;
use super::{files, output, reports};
use crate::merge::{Merged, merge};
use crate::report::Reports;
use crate::report::events::Events;
use crate::report::stored;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(super) fn run(args: &MergeArgs) -> Result<u8, Failure> {
    let mut parts = Vec::new();
    for path in &args.parts {
        let name = path.display().to_string();
        let stored = stored::read_file(path)?;
        if !stored.is_finished() {
            output::error(&format!("mqttspec: {name} ends before its run does: what is there is merged\n"));
        }
        parts.push((name, stored));
    }
    let Merged { events, exit_code, reason, duration_us, missing } = merge(parts)?;
    for missing in missing {
        output::error(&format!("mqttspec: {missing}\n"));
    }
    let read: Vec<&Path> = args.parts.iter().map(PathBuf::as_path).collect();
    files::distinct(&read, args.events.as_deref(), &args.formats)?;
    let mut reports = Reports::of_stored();
    if let Some(path) = &args.events {
        reports.add(path.display().to_string(), Events::new(reports::create(path)?));
    }
    reports::add(&mut reports, &args.formats, false)?;
    events.into_iter().for_each(|event| reports.event(event));
    let exit_code = reports.finish(exit_code, &reason, Duration::from_micros(duration_us));
    reports::tell_troubles(&reports, args.events.as_deref());
    Ok(exit_code)
}
