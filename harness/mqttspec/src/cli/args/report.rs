//! The arguments of `mqttspec report`, and what it has in common with `mqttspec run`.

use super::ExpectArgs;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Make reports of a run from its events
#[derive(Debug, Args)]
#[command(after_help = "\
A run that was killed is told up to where it came. Exit code 0: the reports are written, whatever the run came to.

Examples:
  mqttspec run mosquitto --events run.ndjson            a run, and its events as they happen
  mqttspec report --from run.ndjson --json run.json     the rest later, elsewhere, or again")]
pub(in crate::cli) struct ReportCommandArgs {
    /// What `mqttspec run --events FILE` wrote; `-` is the standard input stream
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) from: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) expect: ExpectArgs,
    /// Scenarios of your own in place of those that are built in, for what a baseline names
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) scenarios: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) formats: FormatArgs,
}

/// Whose annotations are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Annotations {
    Github,
}

/// The formats of a run that is over.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Reports")]
pub(in crate::cli) struct FormatArgs {
    /// Write one HTML file that needs no network: the cases, the statements, and a page for each case. What a case says that
    /// passes is left out of it, so that a thousand cases stay a file that a browser opens
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Write the whole run, with the transcript of every case, as one JSON document; docs/run.schema.json describes it
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) json: Option<PathBuf>,
    /// Write JUnit's XML: a suite for each area; inconclusive cases are errors
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) junit: Option<PathBuf>,
    /// Write a summary of at most 60 lines, for the page of a CI job ($GITHUB_STEP_SUMMARY) or a comment
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) markdown: Option<PathBuf>,
    /// Write what was said as a capture for Wireshark, with what broke a rule as comments; into a folder (`DIR/`): one for
    /// each case
    #[arg(long, value_name = "FILE|DIR/")]
    pub(in crate::cli) pcapng: Option<PathBuf>,
    /// Write a badge for shields.io's endpoint
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) badge: Option<PathBuf>,
    /// Write a note for each failure to the standard output stream, in the form of this CI service
    #[arg(long, value_name = "FOR", value_enum)]
    pub(in crate::cli) annotations: Option<Annotations>,
    /// List passes and recorded choices, too
    #[arg(short = 'v', long)]
    pub(in crate::cli) verbose: bool,
}

/// Make one run of the parts that several machines made
#[derive(Debug, Args)]
#[command(after_help = "\
The exit code is that of the whole run: 6 when a part or a case is missing, which is told by its name, unless something
fails, too. Parts are of one run when corpus, target, seed and selection are the same.

Examples:
  mqttspec run mosquitto --shard 1/3 --events 1.ndjson           on a machine, 2/3 and 3/3 on others
  mqttspec merge 1.ndjson 2.ndjson 3.ndjson --html run.html      one run of all")]
pub(in crate::cli) struct MergeArgs {
    /// What `mqttspec run --events FILE` wrote for each part
    #[arg(value_name = "EVENTS", required = true)]
    pub(in crate::cli) parts: Vec<PathBuf>,
    /// Write the events of the whole, from which `mqttspec report` makes every other report
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(in crate::cli) events: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) formats: FormatArgs,
}
