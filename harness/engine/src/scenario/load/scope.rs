//! What is known at a place of a scenario while it is read.

use super::cursor::{key, nearest, span, text, unknown};
use crate::scenario::error::Problem;
use crate::scenario::{Axis, Client, Rule};
use crate::statement::Catalogue;
use kdl::KdlEntry;
use mqttspec_codec::{PacketType, Version};

/// In which runs of a scenario a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// With the fault and without.
    Both,
    /// Only with it.
    Fault,
    /// Only in the control.
    Control,
}

/// A packet that was received `as=NAME`.
pub(super) struct Binding {
    pub(super) name: String,
    pub(super) packet: PacketType,
    pub(super) run: Run,
}

/// What is known here.
pub(super) struct Scope<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) problems: Vec<Problem>,
    /// The versions that the enclosing `when` blocks leave of the matrix.
    pub(super) versions: Vec<Version>,
    /// The axes with the values that the enclosing `when` blocks leave.
    pub(super) axes: Vec<Axis>,
    pub(super) rules: Vec<Rule>,
    pub(super) clients: Vec<Client>,
    pub(super) bindings: Vec<Binding>,
    pub(super) repeats: bool,
    pub(super) run: Run,
}

impl<'a> Scope<'a> {
    pub(super) const fn new(catalogue: &'a Catalogue) -> Self {
        Self {
            catalogue,
            problems: Vec::new(),
            versions: Vec::new(),
            axes: Vec::new(),
            rules: Vec::new(),
            clients: Vec::new(),
            bindings: Vec::new(),
            repeats: false,
            run: Run::Both,
        }
    }

    pub(super) fn report(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// The versions in which a step of this Client may be done.
    pub(super) fn versions_of(&self, client: usize) -> Vec<Version> {
        match self.clients[client].version {
            Some(version) => vec![version],
            None => self.versions.clone(),
        }
    }

    pub(super) fn client_names(&self) -> Vec<&str> {
        self.clients.iter().map(|client| client.name.as_str()).collect()
    }

    pub(super) fn client(&mut self, entry: &KdlEntry) -> Option<usize> {
        let name = text(entry, "the name of a Client", &mut self.problems)?;
        let index = self.clients.iter().position(|client| client.name == name);
        if index.is_none() {
            let problem = unknown("client", name, "", span(entry), &self.client_names());
            self.report(problem);
        }
        index
    }

    pub(super) fn rule(&mut self, entry: &KdlEntry) -> Option<usize> {
        let name = text(entry, "the name of a rule", &mut self.problems)?;
        let index = self.rules.iter().position(|rule| rule.name == name);
        if index.is_none() {
            let known: Vec<&str> = self.rules.iter().map(|rule| rule.name.as_str()).collect();
            let problem = unknown("rule", name, "", span(entry), &known);
            let help = match (nearest(name, &known), known.is_empty()) {
                (None, true) => Some(format!("declare it in the head: rule {name} \"what is proved\" v5=MQTT-...")),
                _ => None,
            };
            self.report(match help {
                Some(help) => problem.help(help),
                None => problem,
            });
        }
        index
    }

    /// A name that later text refers to.
    pub(super) fn new_name(&mut self, entry: &KdlEntry, what: &str) -> Option<String> {
        let name = text(entry, what, &mut self.problems)?;
        let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if !name.starts_with(|c: char| c.is_ascii_lowercase()) || !name.chars().all(word) {
            self.report(
                Problem::new(format!("`{name}` cannot be {what}"), span(entry), "not a name")
                    .help("a name begins with a small letter; then letters, digits, `-` and `_`"),
            );
            return None;
        }
        Some(name.to_owned())
    }

    /// One of a few words.
    pub(super) fn choice<'w>(&mut self, entry: &KdlEntry, words: &[&'w str]) -> Option<&'w str> {
        let what = key(entry).to_owned();
        let value = text(entry, &format!("`{what}`"), &mut self.problems)?;
        let found = words.iter().copied().find(|&word| word == value);
        if found.is_none() {
            self.report(unknown("value", value, &format!("`{what}`"), span(entry), words));
        }
        found
    }
}

/// The key of a version in scenarios.
pub(in crate::scenario) const fn version_key(version: Version) -> &'static str {
    match version {
        Version::V311 => "v3.1.1",
        Version::V5 => "v5",
    }
}

/// The version of a key.
pub(super) fn version_of(key: &str) -> Option<Version> {
    Version::ALL.into_iter().find(|&version| version_key(version) == key)
}
