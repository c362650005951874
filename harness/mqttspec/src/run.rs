//! Runs cases against a target, and tells what happened as events.

mod attempts;
mod control;
mod expected;
mod gate;
mod names;
mod real_driver;
mod schedule;
mod virtual_driver;

pub use attempts::{Attempts, Policy, later};
pub(crate) use expected::gate_against;
pub(crate) use gate::FLAKY;
pub use gate::{Gate, gate};
pub use schedule::run_server;
pub use virtual_driver::{Isolation, run_embedded};

use mqttspec_engine::event::{CaseResult, Finding};
use mqttspec_engine::player::{Declared, Settings};
use mqttspec_engine::statement::Level;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How a run is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// The hard deadline for an answer.
    pub timeout: Duration,
    /// The least silence that is listened to where nothing else says that it is over.
    pub tail: Duration,
    /// Cases at once.
    pub jobs: usize,
    /// New Network Connections a second, at most.
    pub connect_rate: Option<u32>,
    /// What topics begin with; the run and the case are added.
    pub topic_prefix: String,
    /// What Client Identifiers begin with; run and case are added, 23 characters in all.
    pub client_id_prefix: String,
    /// User name and password of every CONNECT that sets none.
    pub credentials: Option<(String, Vec<u8>)>,
    /// What the profile declares.
    pub declared: Declared,
    /// Whether cases that need the server for themselves may run; else they are skipped.
    pub exclusive: bool,
    /// The seed of everything random.
    pub seed: u64,
    /// Set when the user ends a run in virtual time. One on a server listens to signals itself.
    pub interrupted: Arc<AtomicBool>,
    /// Told apart from other runs on the same server; empty in an embedded run, so that every run is the same.
    pub run_id: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(5),
            tail: Settings::default().tail,
            jobs: 100,
            connect_rate: None,
            topic_prefix: "mqttspec".to_owned(),
            client_id_prefix: "ms".to_owned(),
            credentials: None,
            declared: Declared::default(),
            exclusive: true,
            seed: 0,
            interrupted: Arc::default(),
            run_id: String::new(),
        }
    }
}

/// What a run came to.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    /// A result for every planned case, in the order of the plan.
    pub results: Vec<CaseResult>,
    /// The breaches that monitors saw, MUST and SHOULD, and the case of each.
    pub findings: Vec<(String, Finding)>,
    /// Whether a monitor saw a MUST broken.
    pub must_finding: bool,
    /// Whether a monitor saw a SHOULD missed.
    pub should_finding: bool,
    /// How many cases are flaky: they went wrong in one attempt and not in another.
    pub flaky: usize,
    /// The user ended the run.
    pub interrupted: bool,
    /// The server died and what is known of it.
    pub crash: Option<String>,
}

impl Summary {
    /// Takes the breaches that monitors saw into account.
    pub(crate) fn count(&mut self, case: &str, findings: &[Finding]) {
        let told = findings.iter().filter(|finding| finding.level >= Level::Should);
        self.findings.extend(told.map(|finding| (case.to_owned(), finding.clone())));
        self.must_finding |= findings.iter().any(|finding| finding.level == Level::Must);
        self.should_finding |= findings.iter().any(|finding| finding.level == Level::Should);
    }
}
