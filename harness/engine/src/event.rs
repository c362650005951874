//! What happened in a run: data only, in one ordered stream. Reports read this and nothing else.

mod attempt;

pub use attempt::{Attempt, Settled, Shard};
mod expectation;

pub use expectation::{Expectation, Expectations, ExpectedFinding, Note};

use crate::statement::Level;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;

/// The version of the event stream's form.
pub const SCHEMA: u32 = 2;

/// What a case, or the worst of a run, came to. Ordered from good to bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Every rule is proved.
    Pass,
    /// A choice that the standard leaves was made another way; only recorded.
    Info,
    /// The user left it out.
    Skipped,
    /// The target does not offer what the case needs, and said so.
    Unsupported,
    /// A SHOULD was missed, or something came late but within three times its limit.
    Nonstrict,
    /// Nothing can be said; the reason stands beside it.
    Inconclusive,
    /// A MUST is broken, or the server died.
    Fail,
}

impl Verdict {
    /// Every verdict, in the order in which totals are told.
    pub const ALL: [Self; 7] =
        [Self::Pass, Self::Fail, Self::Nonstrict, Self::Info, Self::Unsupported, Self::Inconclusive, Self::Skipped];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Info => "info",
            Self::Skipped => "skipped",
            Self::Unsupported => "unsupported",
            Self::Nonstrict => "nonstrict",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

/// What became of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RuleState {
    /// Every step that names it went as it must.
    Proved,
    /// A step showed the breach.
    Broken,
    /// The case ended before.
    NotReached,
}

/// Where a rule of a case comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RuleKind {
    /// The scenario names it.
    Scenario,
    /// The player is owed an answer in every case.
    Owed,
}

/// A rule of a case and what became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RuleOutcome {
    /// The name in the scenario, or the packet that was owed.
    pub name: String,
    /// Where it comes from.
    pub kind: RuleKind,
    /// What is proved, in plain words.
    pub text: String,
    /// The statement.
    pub statement: String,
    /// Its level.
    pub level: Level,
    /// What became of it.
    pub state: RuleState,
    /// Whether the silence that it rests on is ordered or witnessed, if it rests on one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub silence: Option<Silence>,
    /// How it was broken.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub breach: Option<Breach>,
}

/// How certain a silence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Silence {
    /// The standard orders the marker behind what must not come.
    Ordered,
    /// A marker of the same kind came, and then nothing for a while.
    Witnessed,
}

/// How a rule was broken: what a bug report needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Breach {
    /// What the step asked for.
    pub expected: String,
    /// What came instead.
    pub actual: String,
    /// The packet that shows it, in hex; none when it is a silence or a close.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub hex: Option<String>,
    /// When it was seen, in microseconds since the case began.
    pub at_us: u64,
    /// `file:line:column` of the step.
    pub place: String,
    /// The step, as it is written.
    pub step: String,
    /// Late by the clock, but within three times the limit.
    pub late: bool,
    /// The Server closed the Network Connection in place of what was expected.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub closed: bool,
}

/// A breach that a monitor saw, whatever the scenario was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `3.1.1` or `5.0`: what was spoken on the Network Connection, and the version that the statement is of.
    pub version: String,
    /// The statement, if a numbered one is broken.
    pub statement: Option<String>,
    /// Its level; `should` where no numbered statement is broken.
    pub level: Level,
    /// What is wrong, in plain words.
    pub text: String,
    /// The packet that shows it, in hex.
    pub hex: String,
    /// The packet, decoded as far as it goes.
    pub packet: String,
    /// The Client that received it.
    pub client: String,
    /// Microseconds since the case began.
    pub at_us: u64,
}

/// What a case came to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseResult {
    /// The case id.
    pub case: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Why, in a line; empty for a plain pass.
    pub reason: String,
    /// Every rule of the case.
    pub rules: Vec<RuleOutcome>,
    /// `crash` when the server died.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub tags: Vec<String>,
    /// What the case could not take away again (sessions, retained messages).
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub left_behind: Vec<String>,
    /// How long the case took, in microseconds.
    pub duration_us: u64,
}

impl CaseResult {
    /// A verdict alone: no reason, no rules, no time.
    #[must_use]
    pub fn bare(case: impl Into<String>, verdict: Verdict) -> Self {
        Self {
            case: case.into(),
            verdict,
            reason: String::new(),
            rules: Vec::new(),
            tags: Vec::new(),
            left_behind: Vec::new(),
            duration_us: 0,
        }
    }
}

/// A case that a run plans.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedCase {
    /// The case id.
    pub case: String,
    /// The title of the scenario.
    pub title: String,
    /// `3.1.1` or `5.0`.
    pub version: String,
    /// `file:line:column` of the scenario.
    pub place: String,
    /// The statements of that version that rules of the scenario name for this case.
    pub statements: Vec<String>,
    /// The case that shows the same conversation without the fault.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub control: Option<String>,
}

/// What a run is made on and with, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Environment {
    /// When it began, in seconds since 1970; none in virtual time, which is the same every time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub started_unix: Option<u64>,
    /// Players and the reference server were stepped in virtual time.
    pub virtual_time: bool,
    /// What carries MQTT: `tcp`, `tls`, `ws`, `wss`; none where nothing has to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub transport: Option<String>,
    /// Where the server listens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The name of the server's software, and what it says of its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What each version came to that was asked for before the run.
    pub readiness: BTreeMap<String, String>,
    /// The files that configure the server, without what is secret in them.
    pub configuration: Vec<Text>,
    /// What the run was asked for, by the name of the option.
    pub options: BTreeMap<String, String>,
    /// The command that runs a case again, without the case: words, not quoted for a shell. No password.
    pub again: Vec<String>,
}

/// A file, or what would be one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Its name.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// A statement of a version, in our words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatementText {
    /// `3.1.1` or `5.0`.
    pub version: String,
    /// `MQTT-3.1.2-24`.
    pub id: String,
    /// The section that holds it.
    pub section: String,
    /// How much it asks.
    pub level: Level,
    /// What it asks.
    pub summary: String,
}

/// How a Network Connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// The Server closed it.
    ByServer,
    /// The Server reset it.
    ResetByServer,
    /// The Client closed it.
    ByClient,
    /// The Client reset it.
    ResetByClient,
    /// The Client closed its sending direction; the other is open.
    HalfByClient,
    /// It was cut off: nothing is read or written on it any more, and the Server is not told.
    CutOff,
    /// The server was ended on purpose, and its connections with it.
    WithServer,
}

/// The image that a server was started from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetImage {
    /// `REPOSITORY:TAG`.
    pub name: String,
    /// The engine's id of it: `sha256:` and 64 digits.
    pub id: String,
    /// `REPOSITORY@sha256:DIGEST`, by which a registry gives the same image again; none for one that was only built.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<String>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
pub enum Event {
    /// A run begins.
    RunStarted {
        /// [`SCHEMA`].
        schema: u32,
        /// Version of mqttspec.
        tool: String,
        /// Hash of scenarios and catalogue.
        corpus: String,
        /// What is tested.
        target: String,
        /// The image of a server in a container.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        image: Option<TargetImage>,
        /// The seed of everything random.
        seed: u64,
        /// What it is made on and with.
        environment: Environment,
        /// Every case of the run.
        planned: Vec<PlannedCase>,
    },
    /// What the planned cases rest on, so that a report needs nothing but the events.
    Corpus {
        /// The files of their scenarios, by the name that places begin with.
        sources: Vec<Text>,
        /// The statements of their versions that bind a Server.
        statements: Vec<StatementText>,
    },
    /// What the user expects of them; comes before the first case, if it comes.
    Expectations(Expectations),
    /// A case begins.
    CaseStarted {
        /// The case.
        case: String,
        /// Microseconds since the run began; 0 where each case has a virtual time of its own.
        at_us: u64,
    },
    /// A Network Connection is there.
    Opened(Moment),
    /// A Network Connection could not be had.
    Refused {
        /// Where and when.
        #[serde(flatten)]
        moment: Moment,
        /// Why.
        reason: String,
    },
    /// Bytes were handed to the transport.
    Sent(Bytes),
    /// A packet came.
    Received(Bytes),
    /// A Network Connection ended.
    Closed {
        /// Where and when.
        #[serde(flatten)]
        moment: Moment,
        /// How.
        ending: Ending,
    },
    /// A step was done, or what it waited for came.
    Step {
        /// The case.
        case: String,
        /// Microseconds since the case began.
        at_us: u64,
        /// `file:line:column`.
        place: String,
    },
    /// Something was done to the server or to a stream, or became of that.
    Operation {
        /// The case.
        case: String,
        /// Microseconds since the case began.
        at_us: u64,
        /// What, in words: `server kill`, `server kill: done`.
        what: String,
    },
    /// A monitor saw a breach.
    Finding {
        /// The case in which it was seen.
        case: String,
        /// The breach.
        #[serde(flatten)]
        finding: Finding,
    },
    /// A case is over. When the server died, its suspects run again: the last result of a case is the one that counts.
    CaseFinished(CaseResult),
    /// Cases run again.
    AttemptStarted(Attempt),
    /// What the attempts of a case come to.
    CaseSettled(Settled),
    /// The run is one part of several; comes before the first case, if it comes.
    Shard(Shard),
    /// The server wrote a line.
    Log {
        /// Microseconds since the run began; 0 for what it wrote before.
        at_us: u64,
        /// The line.
        line: String,
    },
    /// The server died; these cases were running.
    TargetDied {
        /// What is known of it.
        reason: String,
        /// The cases that were running.
        running: Vec<String>,
    },
    /// The run is over.
    RunFinished {
        /// The exit code.
        exit_code: u8,
        /// Why it is this one, in a line.
        reason: String,
        /// How long it took, in microseconds.
        duration_us: u64,
    },
}

/// Where and when something happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// The case.
    pub case: String,
    /// The Client.
    pub client: String,
    /// The number of the Network Connection in the case, from 0.
    pub connection: u32,
    /// Microseconds since the case began.
    pub at_us: u64,
}

/// Bytes on a Network Connection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bytes {
    /// Where and when.
    #[serde(flatten)]
    pub moment: Moment,
    /// The bytes in hex, cut after [`SHOWN`] bytes.
    pub hex: String,
    /// How many bytes there are.
    pub len: usize,
    /// The packet, decoded as far as it goes.
    pub packet: String,
}

/// How many bytes of a packet an event holds.
pub const SHOWN: usize = 4096;

/// A time of a case in microseconds.
#[must_use]
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}
