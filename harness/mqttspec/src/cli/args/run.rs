//! The arguments of `mqttspec run`.

use super::super::values::{Feature, factor, rate, seconds, transport, version};
use super::{ExpectArgs, FormatArgs, WhichArgs};
use crate::transport::Transport;
use clap::{Args, ValueEnum};
use mqttspec_codec::Version;
use std::path::PathBuf;
use std::time::Duration;

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
  mqttspec run docker:rabbitmq                       the same in a container
  mqttspec run --case qos                            selectors without a target"
)]
pub(in crate::cli) struct RunArgs {
    /// The server to test: `embedded` (the reference broker that is built in; the default), an address (mqtt://HOST[:PORT]
    /// or mqtts:// for TLS, ws://HOST[:PORT][/PATH] or wss:// for WebSocket, where no PATH is /mqtt), the name of a profile
    /// (`mqttspec profile list`), the path of a profile file, or a container of either: docker:PROFILE, or docker:IMAGE with
    /// the port of its server: --port N
    #[arg(value_name = "TARGET")]
    pub(in crate::cli) target: Option<String>,
    /// Cases to run: case ids, scenarios (`qos/qos1-handshake`), areas (`qos`), statements (`MQTT-4.3.3-10`) or globs
    /// of case ids; all without any
    #[arg(value_name = "SELECTOR")]
    pub(in crate::cli) selectors: Vec<String>,
    /// A selector, where no target is named; may be repeated
    #[arg(long = "case", value_name = "SELECTOR")]
    pub(in crate::cli) cases: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) which: WhichArgs,
    #[command(flatten)]
    pub(in crate::cli) server: ServerArgs,
    #[command(flatten)]
    pub(in crate::cli) tls: TlsArgs,
    #[command(flatten)]
    pub(in crate::cli) how: HowArgs,
    #[command(flatten)]
    pub(in crate::cli) gate: GateArgs,
    #[command(flatten)]
    pub(in crate::cli) expect: ExpectArgs,
    /// Write every event as it happens, a JSON object a line: `mqttspec report` makes every other report from it, also
    /// when the run was killed
    #[arg(long, value_name = "FILE", help_heading = "Reports")]
    pub(in crate::cli) events: Option<PathBuf>,
    #[command(flatten)]
    pub(in crate::cli) formats: FormatArgs,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Server")]
pub(in crate::cli) struct ServerArgs {
    /// The host, in place of a target
    #[arg(short = 'h', long)]
    pub(in crate::cli) host: Option<String>,
    /// The port, in place of a target, or in the container of docker:IMAGE [default: 1883; 8883 for tls, 80 for ws, 443 for wss]
    #[arg(short = 'p', long, value_parser = clap::value_parser!(u16).range(1..))]
    pub(in crate::cli) port: Option<u16>,
    /// The User Name of every CONNECT that sets none; without a password option the Password is empty
    #[arg(short = 'u', long, value_name = "NAME")]
    pub(in crate::cli) username: Option<String>,
    /// The Password; other users of this machine may see it: prefer --password-env or --password-file
    #[arg(short = 'P', long, requires = "username", conflicts_with_all = ["password_env", "password_file"])]
    pub(in crate::cli) password: Option<String>,
    /// The environment variable that holds the Password
    #[arg(long, value_name = "VARIABLE", requires = "username", conflicts_with = "password_file")]
    pub(in crate::cli) password_env: Option<String>,
    /// The file that holds the Password; a line end at its end does not count
    #[arg(long, value_name = "FILE", requires = "username")]
    pub(in crate::cli) password_file: Option<PathBuf>,
    /// Only cases of this version, which the server must speak: 5, 5.0, mqttv5, 3.1.1, 311, mqttv311; may be repeated
    #[arg(short = 'V', long = "protocol-version", value_name = "VERSION", value_parser = version, value_delimiter = ',')]
    pub(in crate::cli) versions: Vec<Version>,
    /// What Client Identifiers begin with; at most 23 letters and digits, with what tells runs and cases apart
    #[arg(short = 'i', long, value_name = "PREFIX", default_value = "ms")]
    pub(in crate::cli) id_prefix: String,
    /// What topics begin with
    #[arg(short = 't', long, value_name = "PREFIX", default_value = "mqttspec")]
    pub(in crate::cli) topic_prefix: String,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "TLS and WebSocket")]
pub(in crate::cli) struct TlsArgs {
    /// What carries MQTT, where the target is no address: with -h or -p [default: tcp], or with a profile [default: its
    /// first listener]
    #[arg(long, value_name = "TRANSPORT", value_parser = transport)]
    pub(in crate::cli) transport: Option<Transport>,
    /// The certificates of the authorities to trust, as PEM; those of the system without this
    #[arg(long, alias = "cafile", value_name = "FILE")]
    pub(in crate::cli) ca: Option<PathBuf>,
    /// The client's certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(in crate::cli) cert: Option<PathBuf>,
    /// The key of the client's certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// The name that the server's certificate must hold and that the server is told (SNI), in place of the host
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) server_name: Option<String>,
    /// Take any certificate of the server, whoever signed it and for whom: nobody knows then who answers
    #[arg(long, conflicts_with = "ca")]
    pub(in crate::cli) insecure: bool,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Run")]
pub(in crate::cli) struct HowArgs {
    /// How long an answer may take at most
    #[arg(long, value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub(in crate::cli) timeout: Duration,
    /// For slow servers: how long an answer may take, and how long a silence is listened to, times this. What the standard
    /// times (Keep Alive, expiry, delays) stays
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = factor)]
    pub(in crate::cli) time_scale: f64,
    /// Cases at once
    #[arg(short = 'j', long, value_name = "N", default_value = "100", value_parser = rate)]
    pub(in crate::cli) jobs: u32,
    /// New Network Connections a second, at most
    #[arg(long, value_name = "N", value_parser = rate)]
    pub(in crate::cli) connect_rate: Option<u32>,
    /// Scenarios of your own, DIR/AREA/NAME.kdl, in place of those that are built in
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) scenarios: Option<PathBuf>,
    /// The seed of everything random; a run prints its own
    #[arg(long, value_name = "N")]
    pub(in crate::cli) seed: Option<u64>,
    /// How cases are kept apart on the embedded broker: each on one of its own (the default), or all at once on one, with
    /// delays and splits that the seed decides
    #[arg(long, value_enum, value_name = "HOW")]
    pub(in crate::cli) isolation: Option<IsolationArg>,
    /// What the embedded broker chooses where the standards leave it to a server, with commas between choices; `mqttspec
    /// choices` lists them
    #[arg(long, value_name = "CHOICE", value_delimiter = ',')]
    pub(in crate::cli) choose: Vec<String>,
    /// On a server that somebody else started, also run cases that need it for themselves
    #[arg(long)]
    pub(in crate::cli) exclusive: bool,
}

#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Gate")]
pub(in crate::cli) struct GateArgs {
    /// A SHOULD that is missed fails the run, too
    #[arg(long)]
    pub(in crate::cli) strict: bool,
    /// Features that the server must support, with commas between them: a case that needs one fails the run when it is
    /// unsupported
    #[arg(long, value_name = "FEATURE", value_enum, value_delimiter = ',')]
    pub(in crate::cli) require: Vec<Feature>,
    /// What flaky cases come to, which went wrong in one attempt of --retries or --repeat and not in another: `fail` fails
    /// the run, with `pass` the verdict alone counts
    #[arg(long, value_name = "AS", value_enum, default_value = "fail")]
    pub(in crate::cli) flaky: FlakyArg,
}

/// What a flaky case comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum FlakyArg {
    Fail,
    Pass,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum IsolationArg {
    PerCase,
    Shared,
}

impl IsolationArg {
    /// The word for it.
    pub(in crate::cli) const fn word(self) -> &'static str {
        match self {
            Self::PerCase => "per-case",
            Self::Shared => "shared",
        }
    }
}
