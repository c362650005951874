//! Which of the selected cases run, and how often.

use clap::Args;

#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(in crate::cli) struct WhichArgs {
    /// Only cases that this expression means, such as 'statement(4.3.*) & version(5) & !slow()'; may be repeated: then any
    /// of them. docs/selection.md is the language
    #[arg(short = 'E', long = "filter", value_name = "FILTER")]
    pub(in crate::cli) filters: Vec<String>,
}
