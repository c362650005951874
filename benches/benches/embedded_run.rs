//! A full run of the built-in corpus against the reference broker, from scenario text to verdicts.

use criterion::{Criterion, criterion_group, criterion_main};
use mqttspec::corpus::Corpus;
use mqttspec::run::{Isolation, Options, run_embedded};
use mqttspec_broker::Config;
use mqttspec_engine::event::Verdict;
use std::time::Duration;

fn run(isolation: Isolation) -> usize {
    let corpus = Corpus::built_in().expect("the built-in scenarios are valid");
    let options = Options::default();
    let mut events = 0;
    let summary =
        run_embedded(corpus.cases(), &corpus.catalogue, &options, &Config::default(), isolation, &mut |_| events += 1);
    assert!(!summary.results.is_empty() && events > 0);
    // What is not offered by default is unsupported.
    let lawful = |verdict| matches!(verdict, Verdict::Pass | Verdict::Unsupported);
    assert!(summary.results.iter().all(|result| lawful(result.verdict)), "a case does not pass");
    summary.results.len()
}

fn embedded_run(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("embedded run");
    group.sample_size(10).measurement_time(Duration::from_secs(10));
    group.bench_function("a broker per case", |bencher| bencher.iter(|| run(Isolation::PerCase)));
    group.bench_function("all cases on one broker", |bencher| bencher.iter(|| run(Isolation::Shared)));
    group.finish();
}

criterion_group!(benches, embedded_run);
criterion_main!(benches);
