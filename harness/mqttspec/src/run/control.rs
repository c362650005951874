//! Cases that are not run: what the result of a control means for the case that it controls, and what a transport cannot.

use crate::transport::Transport;
use mqttspec_codec::Version;
use mqttspec_engine::event::{CaseResult, Verdict};
use mqttspec_engine::plan::Case;

/// The result of a case whose control did not pass; `None` when it did, and the case runs.
pub(super) fn blocked(case: &Case, control: &CaseResult) -> Option<CaseResult> {
    let (verdict, reason) = match control.verdict {
        Verdict::Pass | Verdict::Info | Verdict::Nonstrict => return None,
        Verdict::Unsupported => (Verdict::Unsupported, format!("so is its control: {}", control.reason)),
        Verdict::Skipped => (Verdict::Skipped, format!("so is its control: {}", control.reason)),
        Verdict::Inconclusive | Verdict::Fail => {
            (Verdict::Inconclusive, format!("blocked by {}, which is {}", control.case, control.verdict.word()))
        }
    };
    Some(without_run(case, verdict, reason))
}

/// The result of a case that was not run.
pub(super) fn without_run(case: &Case, verdict: Verdict, reason: String) -> CaseResult {
    CaseResult { reason, ..CaseResult::bare(&case.id, verdict) }
}

/// Why a case cannot be played with this server, if it or one of its clients has a version that is refused.
pub(super) fn unspoken(case: &Case, refusal: impl Fn(Version) -> Option<String>) -> Option<String> {
    let clients = case.scenario.clients.iter().filter_map(|client| client.version);
    std::iter::once(case.version).chain(clients).find_map(refusal)
}

/// Why a case cannot be played over this transport, if it cannot.
pub(super) fn beyond(case: &Case, transport: Transport) -> Option<String> {
    // With TLS and WebSocket, to say that nothing follows is to ask for the end of both directions.
    let beyond = transport != Transport::Tcp && case.half_closes();
    beyond.then(|| format!("it closes one direction of a connection, which {} cannot", transport.word()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Corpus;
    use mqttspec_engine::plan;
    use mqttspec_engine::scenario::{self, Source};
    use std::sync::Arc;

    #[test]
    fn a_half_close_needs_tcp() {
        let program = |verb: &str| {
            let text = format!(
                "scenario s {{
                  title \"A title\"
                  rule r \"PINGREQ is answered\" v5=MQTT-3.12.4-1
                  matrix version=v5
                  client c
                  client d
                  c alive rule=r
                  d {verb}
                }}"
            );
            let source = Arc::new(Source { path: "s.kdl".to_owned(), text });
            let catalogue = Corpus::built_in().expect("scenarios").catalogue;
            let loaded = scenario::load(source, "own", &catalogue).expect("a scenario");
            plan::cases(&Arc::new(loaded.into_iter().next().expect("one"))).remove(0)
        };
        for transport in Transport::ALL {
            let told = beyond(&program("half-close"), transport);
            assert_eq!(told.is_some(), transport != Transport::Tcp, "{told:?}");
            // A reset is one of TCP, whatever it carries.
            assert_eq!(beyond(&program("abort by=rst"), transport), None);
        }
    }
}
