//! `mqttspec run`.

use super::args::{GateArgs, IsolationArg, ReportArgs, RunArgs};
use super::failure::Failure;
use super::target::Chosen;
use super::{code, corpus, output, plan, target};
use crate::corpus::Corpus;
use crate::report::Reports;
use crate::report::events::Events;
use crate::report::json::Json;
use crate::report::terminal::{Settings, Terminal};
use crate::run::{self, Isolation, Options, Summary};
use crate::signals::Signals;
use crate::target::{Readiness, Server, TargetName};
use mqttspec_codec::Version;
use mqttspec_engine::event::{Event, SCHEMA, Verdict};
use mqttspec_engine::plan::Case;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// What a run stands on.
struct Run<'a> {
    args: &'a RunArgs,
    corpus: Corpus,
    cases: Vec<Case>,
    options: Options,
    reports: Reports<'static>,
}

pub(super) fn run(args: &RunArgs) -> Result<u8, Failure> {
    let Chosen { target, selectors } = target::choose(args)?;
    let embedded = matches!(target, TargetName::Embedded);
    if args.how.isolation.is_some() && !embedded {
        return Err(Failure::usage("--isolation is for the embedded broker", "leave it out"));
    }
    let options = options(args, embedded)?;
    let corpus = corpus(args.how.scenarios.as_deref())?;
    let cases = plan::select(corpus.cases(), &selectors, &args.server.versions)?;
    let settings =
        Settings { again: target::again(args, &target), embedded, verbose: args.report.verbose, progress: true };
    let reports = reports(&args.report, settings, embedded)?;
    let mut run = Run { args, corpus, cases, options, reports };
    let exit_code = if embedded || run.cases.is_empty() { run.embedded(&target) } else { run.server(target)? };
    for trouble in run.reports.troubles() {
        output::error(&format!("mqttspec: {trouble}\n"));
    }
    Ok(exit_code)
}

fn options(args: &RunArgs, embedded: bool) -> Result<Options, Failure> {
    // Without delays that it decides, a seed changes nothing: an embedded run is to be the same every time.
    let seed = || match args.how.isolation {
        None | Some(IsolationArg::PerCase) if embedded => 0,
        // Short enough to be typed, and to be read by anything that reads JSON.
        _ => fastrand::u64(..1 << 32),
    };
    let run_id = || std::iter::repeat_with(|| fastrand::char('a'..='z')).take(5).collect();
    Ok(Options {
        timeout: args.how.timeout,
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

/// Files are created before anything runs.
fn reports(args: &ReportArgs, settings: Settings, embedded: bool) -> Result<Reports<'static>, Failure> {
    let create = |path: &Path| {
        File::create(path).map_err(|error| {
            let message = format!("{} cannot be created: {error}", path.display());
            Failure::usage(message, "name a file in a folder that exists and that you may write to")
        })
    };
    let mut reports = Reports::new();
    if let Some(path) = &args.events {
        reports.add(path.display().to_string(), Events::new(create(path)?));
    }
    if let Some(path) = &args.json {
        let now = || SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default().as_secs();
        reports.add(path.display().to_string(), Json::new(create(path)?, (!embedded).then(now)));
    }
    // Last: it tells the exit code, which the others can still change.
    reports.add("the standard output stream", Terminal::new(anstream::stdout(), settings));
    Ok(reports)
}

impl Run<'_> {
    fn begin(&mut self, target: String) {
        self.reports.event(Event::RunStarted {
            schema: SCHEMA,
            tool: env!("CARGO_PKG_VERSION").to_owned(),
            corpus: self.corpus.hash.clone(),
            target,
            seed: self.options.seed,
            planned: plan::planned(&self.cases),
        });
    }

    /// Also where there is nothing to run.
    fn embedded(&mut self, target: &TargetName) -> u8 {
        self.begin(target.to_string());
        let isolation = match self.args.how.isolation {
            None | Some(IsolationArg::PerCase) => Isolation::PerCase,
            Some(IsolationArg::Shared) => Isolation::Shared,
        };
        let config = mqttspec_broker::Config { credentials: self.options.credentials.clone(), ..Default::default() };
        let (cases, reports) = (self.cases.clone(), &mut self.reports);
        let events = &mut |event| reports.event(event);
        let summary = run::run_embedded(cases, &self.corpus.catalogue, &self.options, &config, isolation, events);
        // Virtual time: the same every time.
        let duration = Duration::from_micros(summary.results.iter().map(|result| result.duration_us).sum());
        self.reports.finish(self.gate(&summary), duration)
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
        };
        self.options.exclusive = self.args.how.exclusive || ours;
        let credentials = self.options.credentials.take();
        let versions = plan::versions(&self.cases);
        let started = runtime.block_on(async {
            let mut signals = Signals::listen().map_err(internal)?;
            tokio::select! {
                started = Server::start(target, credentials, &versions, self.options.timeout) => Ok(started?),
                () = signals.ended() => Err(Failure::new(code::INTERRUPTED, "interrupted", None)),
            }
        });
        let ready = started.and_then(|server| self.asked_versions_are_ready(&server).map(|()| server));
        let mut server = match ready {
            Ok(server) => server,
            Err(failure) => {
                self.begin(name);
                let exit_code = failure.tell();
                return Ok(self.reports.finish(exit_code, began.elapsed()));
            }
        };
        self.options.credentials.clone_from(&server.credentials);
        self.options.declared = server.declared;
        self.begin(server.name.clone());
        let (cases, reports) = (self.cases.clone(), &mut self.reports);
        let events = &mut |event| reports.event(event);
        let running = run::run_server(cases, &self.corpus.catalogue, &self.options, &mut server, events);
        let summary = runtime.block_on(running);
        let exit_code = self.gate(&summary);
        let exit_code = self.reports.finish(exit_code, began.elapsed());
        runtime.block_on(server.stop());
        Ok(exit_code)
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

    fn gate(&self, summary: &Summary) -> u8 {
        gate(summary, &self.cases, &self.args.gate)
    }
}

/// The exit code of a run of these cases.
fn gate(summary: &Summary, cases: &[Case], args: &GateArgs) -> u8 {
    let unsupported = |case: &&Case| {
        let of_it = |id: &str| id == case.id;
        summary.results.iter().any(|result| result.verdict == Verdict::Unsupported && of_it(&result.case))
    };
    let required = |case: &Case| args.require.iter().any(|feature| feature.is_needed_by(case));
    match run::gate(summary, args.strict).exit_code {
        // A failure is told before what is inconclusive.
        0 | 6 if cases.iter().filter(unsupported).any(required) => 1,
        // A case that vanished proves nothing.
        0 if summary.results.len() < cases.len() => code::INTERNAL,
        exit_code => exit_code,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mqttspec_engine::event::CaseResult;

    #[test]
    fn a_case_that_vanished_is_no_success() {
        let cases = Corpus::built_in().expect("scenarios").cases();
        let args = GateArgs { strict: false, require: Vec::new() };
        let result = |verdict: Verdict| CaseResult {
            case: cases[0].id.clone(),
            verdict,
            reason: String::new(),
            rules: Vec::new(),
            tags: Vec::new(),
            left_behind: Vec::new(),
            duration_us: 0,
        };
        let summary = |verdict| Summary { results: vec![result(verdict)], ..Summary::default() };
        assert_eq!(gate(&summary(Verdict::Pass), &cases[..1], &args), 0);
        assert_eq!(gate(&summary(Verdict::Pass), &cases[..2], &args), code::INTERNAL);
        assert_eq!(gate(&summary(Verdict::Fail), &cases[..2], &args), 1);
        let interrupted = Summary { interrupted: true, ..summary(Verdict::Pass) };
        assert_eq!(gate(&interrupted, &cases[..2], &args), 130);
    }
}
