//! The corpus as a judge of the reference server: fails when a case fails, names a statement and shows the bytes. It is the
//! only test that `cargo mutants -p mqttspec-broker` runs (`.cargo/mutants.toml`), so it does not ask for more: a server that
//! merely makes cases inconclusive gets past it, as it would get past a user.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Isolation, Options, run_embedded};
use mqttspec_broker::{Choice, Config};
use mqttspec_engine::event::{Event, Verdict};

/// What the server chooses, run by run: together they reach the code that the default configuration leaves idle.
const CHOICES: [&[&str]; 5] = [
    &[],
    // Small limits, told in CONNACK.
    &[
        "max-qos-1",
        "receive-maximum-1",
        "one-in-flight",
        "small-packets",
        "server-keep-alive",
        "short-sessions",
        "plain-client-identifiers",
        "queue-qos-0",
        "retained-in-reverse",
    ],
    // As little as a server may offer.
    &[
        "max-qos-0",
        "no-retain",
        "no-wildcards",
        "no-shared-subscriptions",
        "no-subscription-identifiers",
        "no-topic-aliases",
        "no-sessions",
        "no-reason-strings",
        "bare-refusal",
        "bare-close",
    ],
    // Words and copies that nobody asked for.
    &[
        "talkative",
        "state-defaults",
        "response-information",
        "copy-per-subscription",
        "refuse-names-by-code",
        "no-disallowed-code-points",
        "assigned-subscription",
        "short-patience",
    ],
    // Another order.
    &[
        "deliver-at-pubrel",
        "acknowledge-first",
        "late-acknowledgements",
        "retained-before-suback",
        "last-publisher-first",
        "hold-back-qos-0",
        "share-with-first",
        "move-shared-messages",
        "resend-in-one-order",
        "drop-at-unsubscribe",
        "credentials",
        "no-authentication-method",
    ],
];

#[test]
fn no_case_fails() {
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    for names in CHOICES {
        let mut config = Config::default();
        for name in names {
            Choice::named(name).expect("a choice").apply(&mut config);
        }
        let mut told = Vec::new();
        let mut tell = |event| match event {
            Event::CaseFinished(result) if result.verdict == Verdict::Fail => {
                told.push(format!("{}: {}", result.case, result.reason));
            }
            finding @ Event::Finding { .. } => told.push(format!("{finding:?}")),
            _ => {}
        };
        let options = Options::default();
        run_embedded(corpus.cases(), &corpus.catalogue, &options, &config, Isolation::PerCase, &mut tell);
        assert!(told.is_empty(), "--choose {}\n{}", names.join(","), told.join("\n"));
    }
}
