//! `mqttspec replay`: a case of an earlier run once more, in the same way.

use super::args::{Cli, Command, ReplayArgs};
use super::failure::Failure;
use super::{output, run, suggest};
use crate::corpus::Corpus;
use crate::report::Run;
use crate::report::stored;
use crate::report::text::{lines, quoted};
use clap::Parser;

pub(super) fn replay(args: &ReplayArgs) -> Result<u8, Failure> {
    let earlier = Run::of(&stored::read_file(&args.from)?.events);
    let from = args.from.display();
    planned(&earlier, &args.case, &from.to_string())?;
    if earlier.corpus != Corpus::built_in()?.hash && !earlier.environment.again.iter().any(|word| word == "--scenarios")
    {
        output::error(&format!("mqttspec: {from} was made with other scenarios (corpus {})\n", lines(&earlier.corpus)));
    }
    let mut words = earlier.environment.again.clone();
    if !words.iter().any(|word| word == "--seed") {
        words.extend(["--seed".to_owned(), earlier.seed.to_string()]);
    }
    let command: Vec<_> = words.iter().map(|word| quoted(word)).collect();
    let again = Cli::try_parse_from(&words).ok().and_then(|cli| cli.command);
    let Some(Command::Run(mut again)) = again else {
        let help = "run the case by `mqttspec run TARGET CASE`";
        return Err(Failure::usage(
            format!("{from} has no command that this mqttspec knows: {}", command.join(" ")),
            help,
        ));
    };
    // Nothing is written but what is asked for here, whatever the file says.
    (again.events, again.formats) = (args.events.clone(), args.formats.clone());
    again.cases = vec![args.case.clone()];
    output::error(&format!("{} --case {}\n", lines(&command.join(" ")), quoted(&args.case)));
    run::run(&again)
}

/// The case has to be one of the run.
pub(super) fn planned(run: &Run, case: &str, from: &str) -> Result<(), Failure> {
    if run.cases.iter().any(|other| other.planned.case == case) {
        return Ok(());
    }
    let near = suggest::nearest(case, run.cases.iter().map(|case| case.planned.case.as_str()));
    let help = suggest::did_you_mean(&near, "`mqttspec report -v --from FILE` tells what was run");
    Err(Failure::usage(format!("no case of {from} is called `{case}`"), help))
}
