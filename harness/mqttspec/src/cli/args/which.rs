//! Which of the selected cases run, and how often.

use super::super::values::{Part, part, rate};
use clap::Args;
use std::path::PathBuf;

#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(in crate::cli) struct WhichArgs {
    /// Only cases that this expression means, such as 'statement(4.3.*) & version(5) & !slow()'; may be repeated: then any
    /// of them. docs/selection.md is the language
    #[arg(short = 'E', long = "filter", value_name = "FILTER")]
    pub(in crate::cli) filters: Vec<String>,
    /// Only cases that failed, were inconclusive or flaky, or are missing in an earlier run: what it wrote with --events or
    /// --json
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) rerun_failed: Option<PathBuf>,
    /// Only a part of the selected cases, 2/5 is the second of five; a case is in the same part each time, and its
    /// control with it. `mqttspec merge` makes one run of the parts
    #[arg(long, value_name = "N/M", value_parser = part)]
    pub(in crate::cli) shard: Option<Part>,
    /// Run each case so many times; its verdict is the worst
    #[arg(long, value_name = "N", default_value = "1", value_parser = rate)]
    pub(in crate::cli) repeat: u32,
    /// Run a case that fails or is inconclusive again, so many times; one that then passes is flaky
    #[arg(long, value_name = "N", default_value = "0")]
    pub(in crate::cli) retries: u32,
}
