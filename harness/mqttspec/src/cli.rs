//! The command: arguments and wiring only.

mod args;
mod baseline;
mod bundle;
mod check;
mod choices;
mod compare;
mod coverage;
mod expected;
mod explain;
mod export;
mod failure;
mod files;
mod init;
mod list;
mod manual;
mod merge;
mod output;
mod parts;
mod plan;
mod probe;
mod profile;
mod replay;
mod report;
mod reports;
mod run;
mod selftest;
mod serve;
mod show;
mod suggest;
mod target;
mod values;

use crate::corpus::{Corpus, CorpusError};
use args::{Cli, Command};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser};
use failure::Failure;
use std::panic::{self, PanicHookInfo, UnwindSafe};
use std::path::Path;
use std::process::ExitCode;

/// Exit codes, as the documentation lists them. Those of a run that took place are the gate's.
mod code {
    pub(super) const USAGE: u8 = 2;
    pub(super) const INVALID_SCENARIO: u8 = 3;
    pub(super) const NOTHING: u8 = 4;
    pub(super) const NOT_READY: u8 = 5;
    pub(super) const INTERNAL: u8 = 70;
    pub(super) const INTERRUPTED: u8 = 130;
}

/// Runs the command with the arguments of the process. Never panics: an error of ours is exit code 70.
#[must_use]
pub fn main() -> ExitCode {
    panic::set_hook(Box::new(panicked));
    guarded(|| command(std::env::args_os())).into()
}

fn guarded(command: impl FnOnce() -> u8 + UnwindSafe) -> u8 {
    panic::catch_unwind(command).unwrap_or(code::INTERNAL)
}

fn panicked(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("unknown");
    let place = info.location().map(|place| format!(" at {}:{}", place.file(), place.line())).unwrap_or_default();
    output::error(&format!(
        "mqttspec: internal error{place}: {message}\n\
         This is a fault of mqttspec, not of the server. Please report it with the command that you gave.\n"
    ));
}

fn command(arguments: impl Iterator<Item = std::ffi::OsString>) -> u8 {
    let done = match Cli::try_parse_from(arguments) {
        Ok(cli) => dispatch(cli),
        Err(error) => return told(&error),
    };
    done.unwrap_or_else(|failure| failure.tell())
}

fn dispatch(cli: Cli) -> Result<u8, Failure> {
    let Some(command) = cli.command else {
        return if cli.version { version() } else { Ok(no_command()) };
    };
    match command {
        Command::Run(args) => run::run(&args),
        Command::Report(args) => report::report(&args),
        Command::Merge(args) => merge::run(&args),
        Command::Baseline(args) => baseline::baseline(&args.command),
        Command::Diff(args) => compare::diff(&args),
        Command::Matrix(args) => compare::matrix(&args),
        Command::List(args) => list::list(&args),
        Command::Show(args) => show::show(&args),
        Command::Check(args) => check::check(&args),
        Command::Coverage(args) => coverage::coverage(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Selftest(args) => selftest::run(&args),
        Command::Serve(args) => serve::serve(&args),
        Command::Choices => choices::choices(),
        Command::Profile(args) => profile::profile(&args.command),
        Command::Corpus(args) => export::corpus(&args.command),
        Command::Replay(args) => replay::replay(&args),
        Command::Bundle(args) => bundle::bundle(&args),
        Command::Probe(args) => probe::run(&args),
        Command::Init(args) => init::init(&args),
        Command::Completions(args) => manual::completions(args.shell),
        Command::Man(args) => manual::man(&args),
    }
}

fn version() -> Result<u8, Failure> {
    let corpus = Corpus::built_in()?;
    output::print(&format!(
        "mqttspec {} (corpus {}, {})\n",
        env!("CARGO_PKG_VERSION"),
        env!("CARGO_PKG_VERSION"),
        corpus.hash
    ))
}

fn no_command() -> u8 {
    told(&Cli::command().error(
        ErrorKind::MissingSubcommand,
        "name a command: run, report, merge, replay, bundle, baseline, diff, matrix, list, show, check, coverage, explain, selftest, serve, probe, choices, profile, corpus, init, completions or man",
    ))
}

/// Help goes to the standard output stream and is no error.
fn told(error: &clap::Error) -> u8 {
    let text = error.render().ansi().to_string();
    if error.use_stderr() {
        output::error(&text);
        code::USAGE
    } else {
        output::print(&text).unwrap_or_else(|failure| failure.tell())
    }
}

/// The scenarios of the user, or ours.
fn corpus(folder: Option<&Path>) -> Result<Corpus, CorpusError> {
    folder.map_or_else(Corpus::built_in, Corpus::from_folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_internal_error() {
        assert_eq!(guarded(|| panic!("on purpose")), code::INTERNAL);
        assert_eq!(guarded(|| 6), 6);
    }

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
