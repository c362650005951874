//! The arguments.

mod compare;
mod expect;
mod report;
mod run;
mod serve;
mod tools;
mod which;

pub(super) use compare::{DiffArgs, MatrixArgs};
pub(super) use expect::{BaselineArgs, BaselineCommand, ExpectArgs};
pub(super) use report::{Annotations, FormatArgs, MergeArgs, ReportCommandArgs};
pub(super) use run::{FlakyArg, GateArgs, IsolationArg, RunArgs, ServerArgs, TlsArgs};
pub(super) use serve::{CertificateArgs, ClientArgs, ServeArgs};
pub(super) use tools::{BundleArgs, CompletionsArgs, InitArgs, ManArgs, ProbeArgs, ReplayArgs, Service};
pub(super) use which::WhichArgs;

use super::values::{rate, seconds, version};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use mqttspec_codec::Version;
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "\
Exit codes:
    0  the gate is met
    1  the server breaks the standard, or a gate that --strict, --require or --baseline sets
    2  the command, its configuration or a selector is not right
    3  a scenario is not valid
    4  nothing ran: nothing selected, or all skipped or unsupported
    5  the target is not ready, or refuses a version that -V asks for
    6  some cases are inconclusive
    7  entries of the baseline are past their last day
   70  an error of mqttspec's own
  130  interrupted; reports are written";

/// Tells, statement by statement and with evidence, whether an MQTT server obeys MQTT 3.1.1 and 5.0.
#[derive(Debug, Parser)]
#[command(
    name = "mqttspec",
    disable_help_flag = true,
    disable_version_flag = true,
    disable_help_subcommand = true,
    max_term_width = 100,
    after_help = EXIT_CODES
)]
pub(super) struct Cli {
    /// Print help
    #[arg(long, global = true, action = ArgAction::HelpShort)]
    help: Option<bool>,
    /// Print the version of mqttspec and the hash of its scenarios
    #[arg(long)]
    pub(super) version: bool,
    #[command(subcommand)]
    pub(super) command: Option<Command>,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    Run(Box<RunArgs>),
    Report(ReportCommandArgs),
    Merge(MergeArgs),
    Replay(ReplayArgs),
    Bundle(BundleArgs),
    Baseline(BaselineArgs),
    Diff(DiffArgs),
    Matrix(MatrixArgs),
    List(ListArgs),
    Show(ShowArgs),
    Check(CheckArgs),
    Coverage(CoverageArgs),
    Explain(ExplainArgs),
    Selftest(SelfTestArgs),
    Serve(Box<ServeArgs>),
    Probe(Box<ProbeArgs>),
    /// List the choices that the standards leave to a server and the reference broker can make
    Choices,
    Profile(ProfileArgs),
    Corpus(CorpusArgs),
    Init(InitArgs),
    Completions(CompletionsArgs),
    Man(ManArgs),
}

/// List cases: their ids and titles
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Cases, scenarios, areas, statements or globs of case ids; all without any
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,
    /// Only cases that this expression means, such as 'statement(4.3.*) & !slow()'; may be repeated: then any of them
    #[arg(short = 'E', long = "filter", value_name = "FILTER")]
    pub(super) filters: Vec<String>,
    /// Only cases of this version; may be repeated
    #[arg(short = 'V', long = "protocol-version", value_name = "VERSION", value_parser = version, value_delimiter = ',')]
    pub(super) versions: Vec<Version>,
    /// Scenarios of your own in place of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(super) scenarios: Option<PathBuf>,
}

/// Show what a case proves, and its scenario
#[derive(Debug, Args)]
pub(super) struct ShowArgs {
    /// A case id, or a scenario (`qos/qos1-handshake`)
    #[arg(value_name = "CASE")]
    pub(super) case: String,
    /// Scenarios of your own in place of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(super) scenarios: Option<PathBuf>,
}

/// Check scenario files without running them
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Scenario files, or folders of them
    #[arg(required = true, value_name = "FILE")]
    pub(super) files: Vec<PathBuf>,
}

/// Tell what proves each statement that binds a Server
#[derive(Debug, Args)]
#[command(after_help = "\
A statement is proved by a rule of a scenario, by an answer that every case is owed, or by a monitor
that holds all that the server sends against it. What cannot be observed is told with its reason.

Examples:
  mqttspec coverage                      how many per section, and which are uncovered
  mqttspec coverage -V 5 -v              every statement of 5.0, with what proves it
  mqttspec coverage --format markdown    a page")]
pub(super) struct CoverageArgs {
    /// Only this version; may be repeated
    #[arg(short = 'V', long = "protocol-version", value_name = "VERSION", value_parser = version, value_delimiter = ',')]
    pub(super) versions: Vec<Version>,
    /// The form in which it is told
    #[arg(long, value_name = "FORMAT", value_enum, default_value = "text")]
    pub(super) format: CoverageFormat,
    /// Scenarios of your own in place of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(super) scenarios: Option<PathBuf>,
    /// Also tell all that proves each statement; text only
    #[arg(short = 'v', long)]
    pub(super) verbose: bool,
}

/// The forms of coverage.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum CoverageFormat {
    Text,
    Json,
    Markdown,
}

/// Explain a statement: what it asks, of whom, and what proves it
#[derive(Debug, Args)]
#[command(after_help = "\
The same id means different things in the two versions: without -V both are told.

Examples:
  mqttspec explain MQTT-4.3.3-10          the brackets of the standard and MQTT- may be there or not
  mqttspec explain -V 5 3.1.2-24          that of 5.0 only
  mqttspec explain --json MQTT-3.8.4-3    for programs, with every case")]
pub(super) struct ExplainArgs {
    /// The id of a statement
    #[arg(value_name = "ID")]
    pub(super) id: String,
    /// Only this version; may be repeated
    #[arg(short = 'V', long = "protocol-version", value_name = "VERSION", value_parser = version, value_delimiter = ',')]
    pub(super) versions: Vec<Version>,
    /// Scenarios of your own in place of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(super) scenarios: Option<PathBuf>,
    /// Print one JSON document
    #[arg(long)]
    pub(super) json: bool,
}

/// Run cases against servers that break one clause each, and tell who caught them
#[derive(Debug, Args)]
#[command(after_help = "\
A saboteur is caught by a case that fails and names a statement that the saboteur breaks.
Exit code 0: all are caught, in each version; 1: some are not.

Examples:
  mqttspec selftest                                every saboteur, every case
  mqttspec selftest --saboteur puback-missing -v   one, with all cases that catch it, and evidence
  mqttspec selftest will/will-delay                those that break a statement of a scenario
  mqttspec serve --sabotage puback-missing         a server that is wrong")]
pub(super) struct SelfTestArgs {
    /// Cases, scenarios, areas, statements or globs of case ids; all without any. Then only saboteurs that break a
    /// statement of theirs are run
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,
    /// Only cases that this expression means, such as 'statement(4.3.*) & !slow()'; may be repeated: then any of them
    #[arg(short = 'E', long = "filter", value_name = "FILTER")]
    pub(super) filters: Vec<String>,
    /// A saboteur to run; may be repeated. All without any
    #[arg(long = "saboteur", value_name = "NAME")]
    pub(super) saboteurs: Vec<String>,
    /// List the saboteurs: what each does, and the statements that it breaks
    #[arg(long)]
    pub(super) list: bool,
    /// Only cases of this version; may be repeated
    #[arg(short = 'V', long = "protocol-version", value_name = "VERSION", value_parser = version, value_delimiter = ',')]
    pub(super) versions: Vec<Version>,
    /// Saboteurs at once [default: as many as there are processors]
    #[arg(short = 'j', long, value_name = "N", value_parser = rate)]
    pub(super) jobs: Option<u32>,
    /// How long an answer may take at most, in virtual time
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(super) timeout: Duration,
    /// Scenarios of your own in place of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(super) scenarios: Option<PathBuf>,
    /// Write all that is known as one JSON document
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// Tell what each saboteur does, every case that caught it, and the first evidence
    #[arg(short = 'v', long)]
    pub(super) verbose: bool,
}

/// The profiles of known servers
#[derive(Debug, Args)]
pub(super) struct ProfileArgs {
    #[command(subcommand)]
    pub(super) command: ProfileCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum ProfileCommand {
    /// List the profiles that are built in
    List,
    /// Show a profile, to copy and change it
    Show {
        /// Its name
        name: String,
    },
}

/// Seeds and a dictionary for fuzzing MQTT
#[derive(Debug, Args)]
pub(super) struct CorpusArgs {
    #[command(subcommand)]
    pub(super) command: CorpusCommand,
}

#[derive(Debug, Subcommand)]
pub(super) enum CorpusCommand {
    /// Write valid packets, packets that break one rule, whole conversations and a dictionary, with an index and a README
    Export {
        /// The folder; it is made if it is not there, and must be empty
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Write into a folder that is not empty: files of the same names are replaced, all others stay
        #[arg(long)]
        force: bool,
    },
}
