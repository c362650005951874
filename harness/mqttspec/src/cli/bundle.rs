//! `mqttspec bundle`.

use super::args::BundleArgs;
use super::failure::Failure;
use super::{code, output, replay};
use crate::bundle;
use crate::report::text::file_name;
use crate::report::{Run, stored};
use mqttspec_engine::event::Verdict;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

pub(super) fn bundle(args: &BundleArgs) -> Result<u8, Failure> {
    let path = args.output.clone().unwrap_or_else(|| PathBuf::from(file_name(&args.case) + ".tar.gz"));
    let name = path.display().to_string();
    if !(name.ends_with(".tar.gz") || name.ends_with(".tgz") || name.starts_with("/dev/")) {
        return Err(Failure::usage(format!("{name} is no name for the archive"), "it is a .tar.gz: end its name so"));
    }
    let stored = stored::read_file(&args.from)?;
    let run = Run::of(&stored.events);
    replay::planned(&run, &args.case, &args.from.display().to_string())?;
    let case = run.cases.iter().find(|case| case.planned.case == args.case);
    let case = case.ok_or_else(|| Failure::new(code::INTERNAL, "the case is gone", None))?;
    match case.verdict() {
        Some(Verdict::Fail | Verdict::Nonstrict) => {}
        _ => output::error(&format!("mqttspec: {} did not fail: it is {}\n", args.case, case.word())),
    }
    let file = File::create(&path).map_err(|error| {
        let help = "name a file in a folder that exists and that you may write to";
        Failure::usage(format!("{name} cannot be created: {error}"), help)
    })?;
    let mut out = BufWriter::new(file);
    if let Err(error) = bundle::write(&run, case, &stored.events, &mut out).and_then(|()| out.flush()) {
        // Half an archive is none.
        if path.is_file() {
            let _ = std::fs::remove_file(&path);
        }
        let help = Some("make room or name another file: the events are whole".to_owned());
        return Err(Failure::new(code::INTERNAL, format!("{name} cannot be written: {error}"), help));
    }
    output::print(&format!("{name}\n"))
}
