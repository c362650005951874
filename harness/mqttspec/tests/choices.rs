//! No scenario fails a server for what the standards leave to it: the corpus runs under every choice of the reference
//! broker, and under random combinations of them.

use mqttspec::corpus::Corpus;
use mqttspec::run::{Isolation, Options, run_embedded};
use mqttspec_broker::{Choice, Config};
use mqttspec_engine::event::{Event, Verdict};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Random combinations beside the choices alone.
const COMBINATIONS: u64 = 20;

/// What a choice lawfully misses: a SHOULD that a scenario asks for.
const NONSTRICT: [(&str, &str); 1] = [("bare-close", "session/session-takeover-reason")];

struct Bench {
    corpus: Corpus,
    troubles: String,
    /// The cases that have passed under some choice.
    passed: BTreeSet<String>,
}

impl Bench {
    fn new() -> Self {
        let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
        Self { corpus, troubles: String::new(), passed: BTreeSet::new() }
    }

    /// Runs the corpus under these choices, and notes what is no verdict on a lawful server.
    fn run(&mut self, choices: &[&Choice], isolation: Isolation, seed: u64) {
        let mut config = Config::default();
        for choice in choices {
            choice.apply(&mut config);
        }
        let names: Vec<&str> = choices.iter().map(|choice| choice.name).collect();
        let label = format!("--choose {} --isolation {isolation:?} --seed {seed}", names.join(","));
        let options = Options { seed, ..Options::default() };
        let cases = self.corpus.cases();
        let planned = cases.len();
        let mut findings = Vec::new();
        let summary = run_embedded(cases, &self.corpus.catalogue, &options, &config, isolation, &mut |event| {
            if let Event::Finding { case, finding } = event {
                findings.push(format!("{case}: {:?} {}", finding.statement, finding.text));
            }
        });
        let passes = summary.results.iter().filter(|result| result.verdict == Verdict::Pass);
        self.passed.extend(passes.map(|result| result.case.clone()));
        let trouble = &mut self.troubles;
        let missed = |case: &str| NONSTRICT.iter().any(|(choice, of)| names.contains(choice) && case.starts_with(of));
        let lawful = |case: &str, verdict| match verdict {
            Verdict::Pass | Verdict::Info | Verdict::Unsupported => true,
            Verdict::Nonstrict => missed(case),
            _ => false,
        };
        for result in summary.results.iter().filter(|result| !lawful(&result.case, result.verdict)) {
            let _ = writeln!(trouble, "{label}: {} {}: {}", result.verdict.word(), result.case, result.reason);
        }
        // Where a server closes on a topic, nothing is known to be retained there, and it cannot be asked to take it away.
        let played = summary.results.iter().filter(|result| result.verdict != Verdict::Unsupported);
        for result in played.filter(|result| !result.left_behind.is_empty()) {
            let _ = writeln!(trouble, "{label}: {} leaves behind {:?}", result.case, result.left_behind);
        }
        for finding in findings {
            let _ = writeln!(trouble, "{label}: finding in {finding}");
        }
        if summary.results.len() != planned {
            let _ = writeln!(trouble, "{label}: {} results of {planned} cases", summary.results.len());
        }
    }

    fn check(&self) {
        assert!(self.troubles.is_empty(), "{} troubles:\n{}", self.troubles.lines().count(), self.troubles);
    }
}

#[test]
fn no_choice_alone_fails_a_case_and_each_passes_under_one() {
    let mut bench = Bench::new();
    bench.run(&[], Isolation::PerCase, 0);
    for choice in Choice::ALL {
        bench.run(&[choice], Isolation::PerCase, 0);
    }
    bench.check();
    // A case that no server here can pass would promise something that nobody has seen.
    // What only a WebSocket has is played in `transports`: there are no frames in virtual time.
    let cases = bench.corpus.cases().into_iter().filter(|case| !case.scenario.needs_web_socket());
    let never: Vec<String> = cases.map(|case| case.id.clone()).filter(|case| !bench.passed.contains(case)).collect();
    assert!(never.is_empty(), "no choice lets these pass: {never:#?}");
}

#[test]
fn no_choice_alone_fails_a_case_among_all_others() {
    let mut bench = Bench::new();
    for (seed, choice) in (0..).zip(Choice::ALL) {
        bench.run(&[choice], Isolation::Shared, seed);
    }
    bench.check();
}

#[test]
fn no_combination_fails_a_case() {
    let mut bench = Bench::new();
    for seed in 0..COMBINATIONS {
        let mut random = fastrand::Rng::with_seed(seed);
        // From a few choices to most of them.
        let share = random.f64() / 2.0;
        // With one version only, half of the cases would tell nothing.
        let choices = Choice::ALL.iter().filter(|choice| !choice.name.starts_with("only-"));
        let choices: Vec<&Choice> = choices.filter(|_| random.f64() < share).collect();
        bench.run(&choices, if random.bool() { Isolation::PerCase } else { Isolation::Shared }, seed);
    }
    bench.check();
}
