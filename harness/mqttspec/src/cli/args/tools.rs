//! The arguments of what is done beside a run: replay, CI files, completions and manual pages.

use super::super::values::seconds;
use super::{FormatArgs, ServerArgs, TlsArgs};
use clap::{Args, ValueEnum};
use clap_complete::Shell;
use std::path::PathBuf;
use std::time::Duration;

/// Run a case of an earlier run again, on the same target with the same options and seed
#[derive(Debug, Args)]
#[command(after_help = "\
The events hold no password: the command takes it from where the earlier run took it, or from $MQTT_PASSWORD.

Examples:
  mqttspec run mosquitto --events run.ndjson
  mqttspec replay --from run.ndjson qos/qos1-handshake@v5")]
pub(in crate::cli) struct ReplayArgs {
    /// What `mqttspec run --events FILE` wrote
    #[arg(long, value_name = "EVENTS")]
    pub(in crate::cli) from: PathBuf,
    /// The case id
    #[arg(value_name = "CASE")]
    pub(in crate::cli) case: String,
    /// Write the events of this run
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(in crate::cli) events: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) formats: FormatArgs,
}

/// Write a file that runs mqttspec in CI
#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// The service
    #[arg(value_name = "SERVICE", value_enum)]
    pub(in crate::cli) service: Service,
    /// The target: an address, or the name or file of a profile
    #[arg(long, value_name = "TARGET", default_value = "mqtt://localhost:1883")]
    pub(in crate::cli) target: String,
    /// The command that installs mqttspec [default: cargo install, this version]
    #[arg(long, value_name = "COMMAND")]
    pub(in crate::cli) install: Option<String>,
    /// The file [default: .github/workflows/mqttspec.yml or .gitlab-ci.yml]
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
    /// Replace a file that is there
    #[arg(long)]
    pub(in crate::cli) force: bool,
}

/// A CI service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Service {
    Github,
    Gitlab,
}

/// Print what makes a shell complete the arguments
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  source <(mqttspec completions bash)
  mqttspec completions fish > ~/.config/fish/completions/mqttspec.fish")]
pub(in crate::cli) struct CompletionsArgs {
    /// The shell
    #[arg(value_name = "SHELL", value_enum)]
    pub(in crate::cli) shell: Shell,
}

/// Print the manual page, in the form that man reads
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  mqttspec man run | man -l -")]
pub(in crate::cli) struct ManArgs {
    /// The command whose page it is; that of mqttspec as a whole without
    #[arg(value_name = "COMMAND")]
    pub(in crate::cli) command: Option<String>,
}

/// Put all that is known of a case into one archive, ready for a bug report
#[derive(Debug, Args)]
#[command(after_help = "\
The archive holds a page in Markdown, the transcript in words, in hex and for Wireshark, the server's log meanwhile, the
scenario, and, where one packet does, a shell script that shows the fault without mqttspec.

Example:
  mqttspec bundle --from run.ndjson will/will-retain@v5 -o fault.tar.gz")]
pub(in crate::cli) struct BundleArgs {
    /// What `mqttspec run --events FILE` wrote
    #[arg(long, value_name = "EVENTS")]
    pub(in crate::cli) from: PathBuf,
    /// The case id
    #[arg(value_name = "CASE")]
    pub(in crate::cli) case: String,
    /// The archive, FILE.tar.gz [default: the name of the case]
    #[arg(short = 'o', long, value_name = "FILE")]
    pub(in crate::cli) output: Option<PathBuf>,
}

/// Tell what a server offers, from its CONNACK and from harmless trials
#[derive(Debug, Args)]
#[command(after_help = "\
Nothing is left on the server. What a trial cannot show is `not known`: it may be a fault, which is for `mqttspec run` to
find. Exit code 5: the server is not reached, or refuses each version.

Examples:
  mqttspec probe mqtt://localhost
  mqttspec probe -h localhost --write-profile mine.kdl && mqttspec run ./mine.kdl")]
pub(in crate::cli) struct ProbeArgs {
    /// The address of the server: mqtt://HOST[:PORT], or mqtts, ws, wss
    #[arg(value_name = "URL")]
    pub(in crate::cli) target: Option<String>,
    /// Write all that is known as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
    /// Write a profile that `mqttspec run FILE` takes
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) write_profile: Option<PathBuf>,
    /// How long each answer may take at most
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(in crate::cli) timeout: Duration,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArgs,
    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
}
