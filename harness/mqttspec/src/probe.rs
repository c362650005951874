//! What a server offers: what it says of itself in CONNACK, and what harmless trials show. What it does not say is not
//! guessed: a trial that comes to nothing leaves the feature unknown, since it may as well be a fault.

mod session;
mod sheet;
mod trials;

pub use sheet::{Fact, Sheet, VersionSheet};

use crate::target::{Readiness, Server};
use mqttspec_codec::Version;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use trials::Trials;

/// Asks a server that is ready, in each version that it accepts. Leaves nothing behind: sessions end with their
/// connections, and the one retained message is taken away again.
///
/// `topic` is what topics begin with, `timeout` how long each answer may take; `stop` ends it after the trial that is made.
pub async fn probe(server: &Server, topic: &str, timeout: Duration, stop: &AtomicBool) -> Sheet {
    let random: String = std::iter::repeat_with(fastrand::alphanumeric).take(12).collect();
    let mut versions = Vec::new();
    for (version, readiness) in &server.ready {
        let told = match readiness {
            Readiness::Ready { connack, .. } => connack.clone(),
            Readiness::Refused { told, .. } => told.clone(),
        };
        let accepted = matches!(readiness, Readiness::Ready { .. });
        let facts = if accepted {
            let topic = format!("{}/probe/{random}", topic.trim_matches('/'));
            let trials = Trials {
                connector: server.connector(),
                credentials: server.credentials.as_ref(),
                version: *version,
                topic,
                timeout,
                stop,
            };
            trials.run().await
        } else {
            Vec::new()
        };
        versions.push(VersionSheet { version: *version, accepted, told, facts });
    }
    versions.sort_by_key(|sheet| sheet.version != Version::V311);
    Sheet { endpoint: server.endpoint.clone(), versions }
}
