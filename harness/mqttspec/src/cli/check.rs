//! `mqttspec check`.

use super::args::CheckArgs;
use super::failure::{Failure, rendered};
use super::{code, output};
use crate::corpus::{Corpus, CorpusError};
use crate::report::text::{Shown, counted};

pub(super) fn check(args: &CheckArgs) -> Result<u8, Failure> {
    let mut exit_code = 0;
    // Every file is looked at, whatever is wrong with others.
    for path in &args.files {
        let loaded =
            if path.is_dir() { Corpus::from_folder(path) } else { Corpus::from_files(std::slice::from_ref(path)) };
        match loaded {
            Ok(corpus) => {
                let (scenarios, cases) =
                    (counted(corpus.scenarios.len(), "scenario"), counted(corpus.cases().len(), "case"));
                let path = path.display().to_string();
                output::print(&format!("{}: {scenarios}, {cases}\n", Shown(&path)))?;
            }
            Err(CorpusError::Invalid(errors)) => {
                let problems = errors.iter().map(|error| error.problems().len()).sum();
                errors.iter().for_each(|error| output::error(&rendered(error)));
                let (files, problems) = (counted(errors.len(), "file"), counted(problems, "problem"));
                output::error(&format!("{problems} in {files}\n"));
                exit_code = worse(exit_code, code::INVALID_SCENARIO);
            }
            Err(error) => exit_code = worse(exit_code, Failure::from(error).tell()),
        }
    }
    Ok(exit_code)
}

/// The smaller code is told first; 0 is none.
fn worse(one: u8, other: u8) -> u8 {
    match (one, other) {
        (0, code) | (code, 0) => code,
        (one, other) => one.min(other),
    }
}
