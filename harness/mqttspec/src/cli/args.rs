//! The arguments.

use super::values::{Feature, rate, seconds, version};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};
use mqttspec_codec::Version;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "\
Exit codes:
    0  the gate is met
    1  the server breaks the standard, or a gate that --strict or --require sets
    2  the command, its configuration or a selector is not right
    3  a scenario is not valid
    4  nothing ran: nothing selected, or all skipped or unsupported
    5  the target is not ready, or refuses a version that -V asks for
    6  some cases are inconclusive
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
    List(ListArgs),
    Show(ShowArgs),
    Check(CheckArgs),
    Serve(ServeArgs),
    Profile(ProfileArgs),
}

/// Run cases against a server
#[derive(Debug, Args)]
#[command(
    override_usage = "mqttspec run [OPTIONS] [TARGET [SELECTOR]...]\n       \
                      mqttspec run [OPTIONS] -h HOST [-p PORT] [SELECTOR]...",
    after_help = "\
Examples:
  mqttspec run                                       the reference broker that is built in
  mqttspec run mqtt://localhost:1883 'will/*'        the cases of an area on a server that runs
  mqttspec run -h localhost qos/qos1-handshake       the same with -h: what follows are selectors
  mqttspec run mosquitto --json out.json             a server that mqttspec starts from its profile
  mqttspec run --case qos                            selectors without a target"
)]
pub(super) struct RunArgs {
    /// The server to test: `embedded` (the reference broker that is built in; the default), mqtt://HOST[:PORT], the
    /// name of a profile (`mqttspec profile list`) or the path of a profile file
    #[arg(value_name = "TARGET")]
    pub(super) target: Option<String>,
    /// Cases to run: case ids, scenarios (`qos/qos1-handshake`), areas (`qos`), statements (`MQTT-4.3.3-10`) or globs
    /// of case ids; all without any
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,
    /// A selector, where no target is named; may be repeated
    #[arg(long = "case", value_name = "SELECTOR")]
    pub(super) cases: Vec<String>,
    #[command(flatten)]
    pub(super) server: ServerArgs,
    #[command(flatten)]
    pub(super) how: HowArgs,
    #[command(flatten)]
    pub(super) gate: GateArgs,
    #[command(flatten)]
    pub(super) report: ReportArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(super) struct ServerArgs {
    /// The host, in place of a target
    #[arg(short = 'h', long)]
    pub(super) host: Option<String>,
    /// The port, in place of a target [default: 1883]
    #[arg(short = 'p', long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(super) port: Option<u16>,
    /// The User Name of every CONNECT that sets none; without a password option the Password is empty
    #[arg(short = 'u', long, value_name = "NAME")]
    pub(super) username: Option<String>,
    /// The Password; other users of this machine may see it: prefer --password-env or --password-file
    #[arg(short = 'P', long, requires = "username", conflicts_with_all = ["password_env", "password_file"])]
    pub(super) password: Option<String>,
    /// The environment variable that holds the Password
    #[arg(long, value_name = "VARIABLE", requires = "username", conflicts_with = "password_file")]
    pub(super) password_env: Option<String>,
    /// The file that holds the Password; a line end at its end does not count
    #[arg(long, value_name = "FILE", requires = "username")]
    pub(super) password_file: Option<PathBuf>,
    /// Only cases of this version, which the server must speak: 5, 5.0, mqttv5, 3.1.1, 311, mqttv311; may be repeated
    #[arg(short = 'V', long = "protocol-version", value_name = "VERSION", value_parser = version, value_delimiter = ',')]
    pub(super) versions: Vec<Version>,
    /// What Client Identifiers begin with; at most 23 letters and digits, with what tells runs and cases apart
    #[arg(short = 'i', long, value_name = "PREFIX", default_value = "ms")]
    pub(super) id_prefix: String,
    /// What topics begin with
    #[arg(short = 't', long, value_name = "PREFIX", default_value = "mqttspec")]
    pub(super) topic_prefix: String,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(super) struct HowArgs {
    /// How long an answer may take at most
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(super) timeout: Duration,
    /// Cases at once
    #[arg(short = 'j', long, value_name = "N", default_value = "100", value_parser = rate)]
    pub(super) jobs: u32,
    /// New Network Connections a second, at most
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(super) connect_rate: Option<u32>,
    /// Scenarios of your own, DIR/AREA/NAME.kdl, in place of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(super) scenarios: Option<PathBuf>,
    /// The seed of everything random; a run prints its own
    #[arg(long, value_name = "N")]
    pub(super) seed: Option<u64>,
    /// How cases are kept apart on the embedded broker: each on one of its own (the default), or all at once on one, with
    /// delays and splits that the seed decides
    #[arg(long, value_enum, value_name = "HOW")]
    pub(super) isolation: Option<IsolationArg>,
    /// On a server that somebody else started, also run cases that need it for themselves
    #[arg(long)]
    pub(super) exclusive: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Gate")]
pub(super) struct GateArgs {
    /// A SHOULD that is missed fails the run, too
    #[arg(long)]
    pub(super) strict: bool,
    /// Features that the server must support, with commas between them: a case that needs one fails the run when it is
    /// unsupported
    #[arg(long, value_name = "FEATURE", value_enum, value_delimiter = ',')]
    pub(super) require: Vec<Feature>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Reports")]
pub(super) struct ReportArgs {
    /// Write every event as it happens, a JSON object a line
    #[arg(long, value_name = "FILE")]
    pub(super) events: Option<PathBuf>,
    /// Write the whole run, with the transcript of every case, as one JSON document
    #[arg(long, value_name = "FILE")]
    pub(super) json: Option<PathBuf>,
    /// List passes and recorded choices, too
    #[arg(short = 'v', long)]
    pub(super) verbose: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum IsolationArg {
    PerCase,
    Shared,
}

impl IsolationArg {
    /// The word for it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::PerCase => "per-case",
            Self::Shared => "shared",
        }
    }
}

/// List cases: their ids and titles
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Cases, scenarios, areas, statements or globs of case ids; all without any
    #[arg(value_name = "SELECTOR")]
    pub(super) selectors: Vec<String>,
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

/// Serve the reference broker, until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    /// The port; one that is free without this
    #[arg(short = 'p', long, default_value = "0", hide_default_value = true)]
    pub(super) port: u16,
    /// The address to listen on; others than loopback let everyone in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(super) bind: IpAddr,
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
