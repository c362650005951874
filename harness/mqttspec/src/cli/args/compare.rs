//! The arguments of what reads several runs.

use clap::Args;
use std::path::PathBuf;

/// Tell what changed from one run to another
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code 0: nothing got worse; 1: a case fails that did not, or is less right than it was.

Examples:
  mqttspec diff mosquitto-2.0.ndjson mosquitto-2.1.ndjson     what an upgrade of the server changed
  mqttspec diff old.json new.json --markdown summary.md       of two JSON documents, for the page of a CI job")]
pub(in crate::cli) struct DiffArgs {
    /// The run before: what `--events` or `--json` wrote
    #[arg(value_name = "OLD")]
    pub(in crate::cli) old: PathBuf,
    /// The run after
    #[arg(value_name = "NEW")]
    pub(in crate::cli) new: PathBuf,
    /// Write it as a page of Markdown
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) markdown: Option<PathBuf>,
    /// Write it as one JSON document
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) json: Option<PathBuf>,
}

/// Put several targets side by side: statements and cases, a column for each run
#[derive(Debug, Args)]
#[command(after_help = "\
Without --html and --markdown, the Markdown goes to the standard output stream.

Example:
  mqttspec matrix mosquitto.ndjson nats.ndjson rabbitmq.json --html matrix.html")]
pub(in crate::cli) struct MatrixArgs {
    /// Runs: what `--events` or `--json` wrote
    #[arg(required = true, value_name = "RUN")]
    pub(in crate::cli) runs: Vec<PathBuf>,
    /// Write one HTML file that needs no network
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) html: Option<PathBuf>,
    /// Write a page of Markdown: the statements, and the cases on which the targets differ
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) markdown: Option<PathBuf>,
}
