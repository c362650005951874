//! What is expected of a run, in its arguments and in those of `mqttspec report`; and the arguments of `mqttspec baseline`.

use crate::baseline::Date;
use clap::{Args, Subcommand};
use mqttspec_engine::scenario::Release;
use std::path::PathBuf;

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Gate")]
pub(in crate::cli) struct ExpectArgs {
    /// What the server is known not to pass: a case that comes to what this file says does not gate, one that passes or
    /// comes to something else does
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) baseline: Option<PathBuf>,
    /// Only cases gate that are in the corpus of this version of mqttspec; later ones run and are told as new
    #[arg(long = "corpus", value_name = "VERSION", value_parser = clap::value_parser!(Release))]
    pub(in crate::cli) corpus: Option<Release>,
    /// The day on which the baseline is read, such as 2027-06-30 [default: today, in UTC]
    #[arg(long, value_name = "DATE", value_parser = clap::value_parser!(Date))]
    pub(in crate::cli) today: Option<Date>,
}

/// What a server is known not to pass: write the file, or check it
#[derive(Debug, Args)]
pub(in crate::cli) struct BaselineArgs {
    #[command(subcommand)]
    pub(in crate::cli) command: BaselineCommand,
}

#[derive(Debug, Subcommand)]
pub(in crate::cli) enum BaselineCommand {
    /// Bring a baseline to what a run came to: new entries get an empty `why`, which has to be filled in before the file can
    /// be used; comments and what was written by hand stay. Makes the file if it is not there
    Update {
        /// The baseline
        file: PathBuf,
        /// What `mqttspec run --events FILE` wrote
        #[arg(long, value_name = "EVENTS")]
        from: PathBuf,
        /// Scenarios of your own in place of those that are built in
        #[arg(long, value_name = "DIR")]
        scenarios: Option<PathBuf>,
    },
    /// Check a baseline without a run: what is wrong in it, with line and column, and what is past its last day
    Check {
        /// The baseline
        file: PathBuf,
        /// Scenarios of your own in place of those that are built in
        #[arg(long, value_name = "DIR")]
        scenarios: Option<PathBuf>,
        /// The day on which it is read [default: today, in UTC]
        #[arg(long, value_name = "DATE", value_parser = clap::value_parser!(Date))]
        today: Option<Date>,
    },
}
