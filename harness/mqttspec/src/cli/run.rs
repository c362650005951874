//! `mqttspec run`.

use super::args::{FlakyArg, GateArgs, IsolationArg, RunArgs};
use super::expected::{self, Expected};
use super::failure::Failure;
use super::parts::Part;
use super::target::Chosen;
use super::{choices, code, corpus, files, parts, plan, reports, target};
use crate::corpus::Corpus;
use crate::overlay::{Overlay, Overlays};
use crate::report::Reports;
use crate::report::events::Events;
use crate::run::{self, Attempts, Gate, Isolation, Options, Summary};
use crate::signals::{self, Signals};
use crate::target::{Access, Readiness, Server, TargetName};
use clap::ValueEnum;
use mqttspec_broker::Config;
use mqttspec_codec::Version;
use mqttspec_engine::event::{CaseResult, Environment, Event, SCHEMA, Shard, TargetImage, Text, Verdict};
use mqttspec_engine::plan::Case;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

/// What a run stands on.
struct Run<'a> {
    args: &'a RunArgs,
    corpus: Corpus,
    cases: Vec<Case>,
    /// The whole of which the cases are a part.
    shard: Option<Shard>,
    options: Options,
    broker: Config,
    /// The command that runs a case again.
    again: Vec<String>,
    expected: Expected,
    overlays: Overlays,
    reports: Reports<'static>,
}

pub(super) fn run(args: &RunArgs) -> Result<u8, Failure> {
    let Chosen { target, selectors } = target::choose(args)?;
    let embedded = matches!(target, TargetName::Embedded);
    for (option, given) in [("--isolation", args.how.isolation.is_some()), ("--choose", !args.how.choose.is_empty())] {
        if given && !embedded {
            return Err(Failure::usage(format!("{option} is for the embedded broker"), "leave it out"));
        }
    }
    let options = options(args, embedded)?;
    let chosen = choices::config(&args.how.choose)?;
    let broker = match options.credentials.clone() {
        Some(credentials) => Config { credentials: vec![credentials], ..chosen },
        None => chosen,
    };
    let corpus = corpus(args.how.scenarios.as_deref())?;
    let expected = Expected::new(&args.expect, &corpus, &[])?;
    let selectors = expected::renamed(&selectors, &corpus);
    let cases = plan::select(&corpus, &selectors, &args.which.filters, &args.server.versions)?;
    let Part { shard, cases } = parts::of(cases, &args.which)?;
    let again = target::again(args, &target);
    let mut run = Run {
        args,
        corpus,
        cases,
        shard,
        options,
        broker,
        again,
        expected,
        overlays: Overlays::default(),
        reports: Reports::new(),
    };
    let read: Vec<&Path> =
        [&args.which.rerun_failed, &args.expect.baseline].into_iter().flatten().map(PathBuf::as_path).collect();
    files::distinct(&read, args.events.as_deref(), &args.formats)?;
    if let Some(path) = &args.events {
        run.reports.add(path.display().to_string(), Events::new(reports::create(path)?));
    }
    reports::add(&mut run.reports, &args.formats, true)?;
    let exit_code = if embedded || run.cases.is_empty() { run.embedded(&target) } else { run.server(target)? };
    reports::tell_troubles(&run.reports, args.events.as_deref());
    Ok(exit_code)
}

fn options(args: &RunArgs, embedded: bool) -> Result<Options, Failure> {
    // Without delays that it decides, a seed changes nothing: an embedded run is to be the same every time.
    let seed = || match args.how.isolation {
        None | Some(IsolationArg::PerCase) if embedded => 0,
        // Short enough to be typed, and to be read by anything that reads JSON.
        // The parts of one run are made with one seed.
        _ if args.which.shard.is_some() => 0,
        _ => fastrand::u64(..1 << 32),
    };
    let run_id = || std::iter::repeat_with(|| fastrand::char('a'..='z')).take(5).collect();
    Ok(Options {
        timeout: args.how.timeout.mul_f64(args.how.time_scale),
        tail: Options::default().tail.mul_f64(args.how.time_scale),
        jobs: args.how.jobs as usize,
        connect_rate: args.how.connect_rate,
        topic_prefix: args.server.topic_prefix.clone(),
        client_id_prefix: args.server.id_prefix.clone(),
        credentials: target::credentials(&args.server)?,
        seed: args.how.seed.unwrap_or_else(seed),
        run_id: if embedded { String::new() } else { run_id() },
        ..Options::default()
    })
}

impl Run<'_> {
    fn begin(&mut self, target: String, image: Option<TargetImage>, environment: Environment) {
        if let Some((_, password)) = &self.options.credentials {
            self.reports.hide(password);
        }
        let planned = plan::planned(&self.cases);
        let transport = expected::transport(environment.transport.as_deref());
        self.reports.event(Event::RunStarted {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            corpus: self.corpus.hash.clone(),
            target,
            image,
            seed: self.options.seed,
            environment,
            planned: planned.clone(),
        });
        self.reports.event(plan::corpus(&self.cases, &self.corpus.catalogue));
        self.shard.take().into_iter().for_each(|shard| self.reports.event(Event::Shard(shard)));
        // What could be wrong with it was told before.
        if let Ok(Some(expectations)) = self.expected.of(&planned, transport) {
            self.overlays = Overlays::new(expectations.clone());
            self.reports.event(Event::Expectations(expectations));
        }
    }

    /// What is known before there is a server.
    fn environment(&self) -> Environment {
        let how = &self.args.how;
        let mut options = vec![
            ("timeout", format!("{} s", how.timeout.as_secs_f64())),
            ("jobs", how.jobs.to_string()),
            ("topic-prefix", self.options.topic_prefix.clone()),
            ("id-prefix", self.options.client_id_prefix.clone()),
        ];
        options.extend((how.time_scale != 1.0).then(|| ("time-scale", how.time_scale.to_string())));
        options.extend(how.connect_rate.map(|rate| ("connect-rate", rate.to_string())));
        options.extend(parts::options(&self.args.which));
        options.extend(how.isolation.map(|isolation| ("isolation", isolation.word().to_owned())));
        if !how.choose.is_empty() {
            options.push(("choose", how.choose.join(", ")));
        }
        if let Some(path) = &self.args.expect.baseline {
            options.push(("baseline", path.display().to_string()));
        }
        options.extend(self.args.expect.corpus.map(|corpus| ("corpus", corpus.to_string())));
        if !self.args.gate.require.is_empty() {
            let names = self.args.gate.require.iter().filter_map(ValueEnum::to_possible_value);
            let names: Vec<_> = names.map(|name| name.get_name().to_owned()).collect();
            options.push(("require", names.join(", ")));
        }
        for (name, set) in [("exclusive", how.exclusive), ("strict", self.args.gate.strict)] {
            options.extend(set.then(|| (name, "yes".to_owned())));
        }
        options.extend((self.args.gate.flaky == FlakyArg::Pass).then(|| ("flaky", "pass".to_owned())));
        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        Environment {
            started_unix: Some(now),
            options: options.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
            again: self.again.clone(),
            ..Environment::default()
        }
    }

    /// Also where there is nothing to run.
    fn embedded(&mut self, target: &TargetName) -> u8 {
        let environment = Environment {
            started_unix: None,
            virtual_time: true,
            server: Some(format!("the reference server of mqttspec {}", env!("CARGO_PKG_VERSION"))),
            ..self.environment()
        };
        self.begin(target.to_string(), None, environment);
        signals::raise(Arc::clone(&self.options.interrupted), code::INTERRUPTED);
        let isolation = match self.args.how.isolation {
            None | Some(IsolationArg::PerCase) => Isolation::PerCase,
            Some(IsolationArg::Shared) => Isolation::Shared,
        };
        let (reports, catalogue) = (&mut self.reports, &self.corpus.catalogue);
        let mut attempts = Attempts::new(parts::policy(&self.args.which), &self.cases);
        while let Some((cases, options)) = attempts.next(&self.options, true, &mut |event| reports.event(event)) {
            let events = &mut |event| attempts.of_run(event).into_iter().for_each(|event| reports.event(event));
            let summary = run::run_embedded(cases, catalogue, &options, &self.broker, isolation, events);
            attempts.over(summary);
        }
        let summary = attempts.settle(&mut |event| reports.event(event));
        // Virtual time: the same every time.
        let duration = Duration::from_micros(summary.results.iter().map(|result| result.duration_us).sum());
        let Gate { exit_code, reason } = self.gate(&summary);
        self.reports.finish(exit_code, reason, duration)
    }

    fn server(&mut self, target: TargetName) -> Result<u8, Failure> {
        let internal = |error: std::io::Error| Failure::new(code::INTERNAL, error.to_string(), None);
        let runtime = tokio::runtime::Runtime::new().map_err(internal)?;
        let began = Instant::now();
        let name = target.to_string();
        // What somebody else started is not ours to disturb.
        let ours = match &target {
            TargetName::Embedded => true,
            TargetName::Url(_) => false,
            TargetName::Profile(profile) => profile.program.is_some(),
            TargetName::Container(_) => true,
        };
        self.options.exclusive = self.args.how.exclusive || ours;
        let access = Access {
            credentials: self.options.credentials.take(),
            tls: target::tls(&self.args.tls),
            transport: self.args.tls.transport,
        };
        let versions = plan::versions(&self.cases);
        let started = runtime.block_on(async {
            let mut signals = Signals::listen().map_err(internal)?;
            tokio::select! {
                started = Server::start(target, access, &versions, self.options.timeout) => Ok(started?),
                () = signals.ended() => Err(Failure::new(code::INTERRUPTED, "interrupted", None)),
            }
        });
        let ready = started.and_then(|server| self.asked_versions_are_ready(&server).map(|()| server));
        let mut server = match ready {
            Ok(server) => server,
            Err(failure) => {
                self.begin(name, None, self.environment());
                let exit_code = failure.tell();
                return Ok(self.reports.finish(exit_code, &failure.reason(), began.elapsed()));
            }
        };
        self.options.credentials.clone_from(&server.credentials);
        self.options.declared = server.declared;
        let environment = self.environment_of(&server);
        self.begin(server.name.clone(), server.image.clone(), environment);
        let (reports, catalogue) = (&mut self.reports, &self.corpus.catalogue);
        let mut attempts = Attempts::new(parts::policy(&self.args.which), &self.cases);
        while let Some((cases, options)) = attempts.next(&self.options, false, &mut |event| reports.event(event)) {
            let events = &mut |event| attempts.of_run(event).into_iter().for_each(|event| reports.event(event));
            let running = run::run_server(cases, catalogue, &options, &mut server, events);
            let summary = runtime.block_on(running);
            attempts.over(summary);
        }
        let summary = attempts.settle(&mut |event| reports.event(event));
        let Gate { exit_code, reason } = self.gate(&summary);
        let exit_code = self.reports.finish(exit_code, reason, began.elapsed());
        runtime.block_on(server.stop());
        Ok(exit_code)
    }

    /// What is known once the server is ready.
    fn environment_of(&self, server: &Server) -> Environment {
        let readiness = |(version, readiness): &(Version, Readiness)| {
            let told = match readiness {
                Readiness::Ready { .. } => "accepted".to_owned(),
                Readiness::Refused { told, .. } => format!("refused: {told}"),
            };
            (version.to_string(), told)
        };
        let files = server.configuration().iter();
        // What a server writes first is often what it is.
        let said = server.log_tail().into_iter().find(|line| line.to_lowercase().contains("version"));
        let said = said.map(|line| format!("its log says: {line}"));
        let told: Vec<String> = server.title.clone().into_iter().chain(said).collect();
        Environment {
            transport: Some(server.endpoint.transport.word().to_owned()),
            address: Some(server.endpoint.to_string()),
            server: (!told.is_empty()).then(|| told.join("; ")),
            readiness: server.ready.iter().map(readiness).collect(),
            configuration: files.map(|(name, text)| Text { name: name.clone(), text: text.clone() }).collect(),
            ..self.environment()
        }
    }

    /// A version that the user asked for by name is no matter of support.
    fn asked_versions_are_ready(&self, server: &Server) -> Result<(), Failure> {
        let asked = |version: &Version| self.args.server.versions.contains(version);
        let refused = server.ready.iter().find_map(|(version, readiness)| match readiness {
            Readiness::Refused { told, hex } if asked(version) => Some((version, told, hex)),
            _ => None,
        });
        match refused {
            None => Ok(()),
            Some((version, told, hex)) => Err(Failure::new(
                code::NOT_READY,
                format!("{} refuses version {version}, which -V asks for: {told} ({hex})", server.name),
                Some("without -V, cases of a version that the server does not speak are unsupported".to_owned()),
            )),
        }
    }

    fn gate(&self, summary: &Summary) -> Gate {
        gate(summary, &self.cases, &self.args.gate, &self.overlays)
    }
}

/// What a run of these cases came to.
fn gate(summary: &Summary, cases: &[Case], args: &GateArgs, overlays: &Overlays) -> Gate {
    let unsupported = |case: &&Case| {
        let held = |result: &CaseResult| !overlays.of(result).is_some_and(Overlay::is_excused);
        let of_it = |result: &&CaseResult| result.case == case.id && result.verdict == Verdict::Unsupported;
        summary.results.iter().filter(of_it).any(held)
    };
    let required = |case: &Case| args.require.iter().any(|feature| feature.is_needed_by(case));
    let gate = run::gate_against(summary, overlays, args.strict);
    match gate.exit_code {
        0 | 6 | 7 if summary.flaky > 0 && args.flaky == FlakyArg::Fail => run::FLAKY,
        // A failure is told before what is inconclusive.
        0 | 6 | 7 if cases.iter().filter(unsupported).any(required) => {
            Gate { exit_code: 1, reason: "the server does not support what --require names" }
        }
        // A case that vanished proves nothing.
        0 | 7 if summary.results.len() < cases.len() => {
            Gate { exit_code: code::INTERNAL, reason: "some cases have no result" }
        }
        _ => gate,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_that_vanished_is_no_success() {
        let cases = Corpus::built_in().expect("scenarios").cases();
        let args = GateArgs { strict: false, require: Vec::new(), flaky: FlakyArg::Fail };
        let result = |verdict: Verdict| CaseResult::bare(&cases[0].id, verdict);
        let summary = |verdict| Summary { results: vec![result(verdict)], ..Summary::default() };
        let none = Overlays::default();
        assert_eq!(gate(&summary(Verdict::Pass), &cases[..1], &args, &none).exit_code, 0);
        assert_eq!(gate(&summary(Verdict::Pass), &cases[..2], &args, &none).exit_code, code::INTERNAL);
        assert_eq!(gate(&summary(Verdict::Fail), &cases[..2], &args, &none).exit_code, 1);
        let flaky = || Summary { flaky: 1, ..summary(Verdict::Pass) };
        assert_eq!(gate(&flaky(), &cases[..1], &args, &none).exit_code, 1);
        let lenient = GateArgs { flaky: FlakyArg::Pass, ..args.clone() };
        assert_eq!(gate(&flaky(), &cases[..1], &lenient, &none).exit_code, 0);
        let interrupted = Summary { interrupted: true, ..summary(Verdict::Pass) };
        assert_eq!(gate(&interrupted, &cases[..2], &args, &Overlays::default()).exit_code, 130);
    }
}
