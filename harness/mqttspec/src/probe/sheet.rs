//! The feature sheet: for people, for programs, and as a profile.

use crate::report::text::Shown;
use crate::target::Endpoint;
use mqttspec_codec::Version;
use serde::Serialize;
use serde_json::{Value, json};
use std::fmt::Write;

/// What is known of a server.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// Where it listens.
    pub endpoint: Endpoint,
    /// The older version first.
    pub versions: Vec<VersionSheet>,
}

/// What is known of it in a version.
#[derive(Clone, Debug)]
pub struct VersionSheet {
    /// The version.
    pub version: Version,
    /// Whether a CONNECT was accepted.
    pub accepted: bool,
    /// What the CONNECT was answered with.
    pub told: String,
    /// Each feature once.
    pub facts: Vec<Fact>,
}

/// What is known of a feature.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fact {
    /// Its name.
    #[serde(skip)]
    pub name: &'static str,
    /// A number or a boolean; null where there is no limit, or nothing is known.
    pub value: Value,
    /// `connack`: it said so; `default`: it said nothing, which has a meaning; `trial`; `unknown`.
    pub source: &'static str,
    /// What came of a trial.
    pub note: String,
}

/// The rows of the sheet: name, and in words.
const ROWS: [(&str, &str); 11] = [
    ("maximum-qos", "maximum QoS"),
    ("retain", "retained messages"),
    ("wildcard", "wildcard subscriptions"),
    ("shared", "shared subscriptions"),
    ("subscription-identifier", "subscription identifiers"),
    ("receive-maximum", "receive maximum"),
    ("maximum-packet-size", "maximum packet size"),
    ("topic-alias-maximum", "topic alias maximum"),
    ("server-keep-alive", "server keep alive"),
    ("session-expiry", "session expiry of the server's"),
    ("empty-client-identifier", "empty client identifier"),
];

impl Fact {
    pub(super) fn said(name: &'static str, value: Value) -> Self {
        Self { name, value, source: "connack", note: String::new() }
    }

    pub(super) fn by_default(name: &'static str, value: Value) -> Self {
        Self { name, value, source: "default", note: String::new() }
    }

    pub(super) fn tried(name: &'static str, value: Value, note: impl Into<String>) -> Self {
        Self { name, value, source: "trial", note: note.into() }
    }

    pub(super) fn unknown(name: &'static str, note: impl Into<String>) -> Self {
        Self { name, value: Value::Null, source: "unknown", note: note.into() }
    }

    fn words(&self) -> String {
        let value = match &self.value {
            Value::Bool(true) => "yes".to_owned(),
            Value::Bool(false) => "no".to_owned(),
            Value::Null if self.source == "default" => "no limit of the server's".to_owned(),
            Value::Null => "not known".to_owned(),
            number => number.to_string(),
        };
        let note = if self.source == "connack" { "CONNACK" } else { &self.note };
        if note.is_empty() { value } else { format!("{value} ({})", Shown(note)) }
    }
}

impl VersionSheet {
    fn fact(&self, name: &str) -> Option<&Fact> {
        self.facts.iter().find(|fact| fact.name == name)
    }
}

impl Sheet {
    /// For people.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = format!("server  {}\n", Shown(&self.endpoint.to_url()));
        for sheet in &self.versions {
            let accepted = if sheet.accepted { "accepted" } else { "refused" };
            let _ = writeln!(text, "\nMQTT {}  {accepted}\n  {}", sheet.version, Shown(&sheet.told));
            for (name, words) in ROWS {
                if let Some(fact) = sheet.fact(name) {
                    let _ = writeln!(text, "  {words:<32}{}", fact.words());
                }
            }
            if let Some(fact) = sheet.fact("connack") {
                let _ = writeln!(text, "  {:<32}{}", "CONNACK", fact.words());
            }
        }
        text
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> Value {
        let version = |sheet: &VersionSheet| {
            let facts: serde_json::Map<String, Value> =
                sheet.facts.iter().map(|fact| (fact.name.to_owned(), json!(fact))).collect();
            json!({ "version": sheet.version.to_string(), "accepted": sheet.accepted, "told": sheet.told, "features": facts })
        };
        let versions: Vec<Value> = self.versions.iter().map(version).collect();
        json!({ "schema": 1, "address": self.endpoint.to_url(), "versions": versions })
    }

    /// As a profile: only what the server itself has said is a limit there.
    #[must_use]
    pub fn profile(&self) -> String {
        let endpoint = &self.endpoint;
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let mut listen = format!("listen {} port={}", quoted(&endpoint.host), endpoint.port);
        if endpoint.transport != crate::transport::Transport::Tcp {
            let _ = write!(listen, " transport={}", endpoint.transport.word());
        }
        if endpoint.transport.is_web_socket() {
            let _ = write!(listen, " path={}", quoted(&endpoint.path));
        }
        let accepted = self.versions.iter().filter(|sheet| sheet.accepted);
        let versions: Vec<&str> =
            accepted.clone().map(|sheet| if sheet.version == Version::V5 { "v5" } else { "v3.1.1" }).collect();
        let lowest = accepted.clone().filter_map(|sheet| sheet.fact("maximum-qos")?.value.as_u64()).min().unwrap_or(2);
        let offers =
            |name: &str| !accepted.clone().any(|sheet| sheet.fact(name).is_some_and(|fact| fact.value == json!(false)));
        let limits: Vec<String> = ["retain", "wildcard", "shared", "subscription-identifier"]
            .into_iter()
            .map(|name| format!("{name}=#{}", offers(name)))
            .collect();
        format!(
            "// Written by `mqttspec probe`: what the server said of itself. A user is named by -u, or by `user` here.\n\
             profile probed {{\n  title {}\n  {listen}\n  versions {}\n  limit max-qos={lowest} {}\n}}\n",
            quoted(&format!("the server at {}", endpoint.to_url())),
            versions.join(" "),
            limits.join(" ")
        )
    }
}
