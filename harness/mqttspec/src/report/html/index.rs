//! What leads to everything else: totals, findings, the cases, the statements; and the sections that are about the run.

use super::{Link, seconds};
use crate::overlay::Overlay;
use crate::report::run::{Case, Run};
use crate::report::statements::{Part, natural, rank, said, word};
use crate::report::terminal::level;
use crate::report::terminal::overlaid::{actual, expected};
use crate::report::text::{counted, lines};
use askama::Template;
use mqttspec_engine::event::{TargetImage, Verdict};
use mqttspec_engine::statement::Level;
use std::collections::BTreeMap;

#[derive(Template)]
#[template(path = "index.html")]
pub(super) struct Index {
    outcome: String,
    run: Facts,
    counts: Vec<Count>,
    counts_told: String,
    baseline: Option<Against>,
    overlays: Vec<Count>,
    deaths: Vec<DeathRow>,
    findings: Vec<FindingRow>,
    versions: Vec<String>,
    rows: Vec<Row>,
    matrix: Vec<Table>,
}

struct Facts {
    target: String,
    transport: Option<String>,
    planned: String,
    seed: u64,
    corpus: String,
    tool: String,
    time: Option<String>,
}

struct Count {
    word: &'static str,
    count: usize,
}

/// What differs from the baseline.
struct Against {
    file: String,
    rows: Vec<DifferentRow>,
    stale: Vec<StaleRow>,
}

struct DifferentRow {
    word: &'static str,
    link: Link,
    expected: String,
    actual: String,
    place: String,
}

struct StaleRow {
    place: String,
    until: String,
    why: String,
}

struct DeathRow {
    reason: String,
    running: String,
}

struct FindingRow {
    class: &'static str,
    level: &'static str,
    statement: String,
    version: String,
    text: String,
    packet: String,
    times: String,
    cases: Vec<Link>,
}

struct Row {
    word: &'static str,
    flaky: bool,
    /// How it stands to what was expected; empty where nothing was.
    overlay: &'static str,
    version: String,
    link: Link,
    what: String,
    /// What a search finds that the row does not show: in lower case, as the script compares.
    more: String,
}

/// The statements of a version.
struct Table {
    version: String,
    rows: Vec<StatementRow>,
}

struct StatementRow {
    id: String,
    level: &'static str,
    summary: String,
    word: &'static str,
    count: String,
    cases: Vec<StatementCase>,
}

struct StatementCase {
    word: &'static str,
    link: Link,
}

/// How the run ended, in a line.
pub(super) fn outcome(run: &Run) -> String {
    match &run.finished {
        Some(finished) => format!("{} (exit {})", lines(&finished.reason), finished.exit_code),
        None => "the run did not end".to_owned(),
    }
}

impl Index {
    pub(super) fn new(run: &Run, cases: &[&Case]) -> Self {
        let counts: Vec<Count> = run.totals().words().filter(|(_, count)| *count > 0).map(count).collect();
        let told: Vec<String> = counts.iter().map(|count| format!("{} {}", count.count, count.word)).collect();
        let mut versions: Vec<String> = cases.iter().map(|case| lines(&case.planned.version)).collect();
        versions.sort_unstable();
        versions.dedup();
        Self {
            outcome: outcome(run),
            run: Facts {
                target: lines(&run.target),
                transport: run.environment.transport.as_deref().map(lines),
                planned: counted(run.cases.len(), "case"),
                seed: run.seed,
                corpus: lines(&run.corpus),
                tool: lines(&run.tool),
                time: run.finished.as_ref().map(|finished| format!("{} s", seconds(finished.duration_us))),
            },
            counts,
            counts_told: told.join(", "),
            baseline: against(run),
            overlays: Overlay::ALL
                .iter()
                .map(|overlay| count((overlay.word(), run.overlaid(*overlay).count())))
                .filter(|count| count.count > 0)
                .collect(),
            deaths: run.deaths.iter().map(death).collect(),
            findings: findings(run),
            matrix: versions.iter().map(|version| table(run, cases, version)).collect(),
            versions,
            rows: cases.iter().map(|case| row(run, case)).collect(),
        }
    }
}

fn count((word, count): (&'static str, usize)) -> Count {
    Count { word, count }
}

fn death(death: &crate::report::run::Death) -> DeathRow {
    DeathRow { reason: lines(&death.reason), running: lines(&death.running.join(", ")) }
}

fn against(run: &Run) -> Option<Against> {
    let row = |(overlay, case): (Overlay, &Case)| {
        let entry = run.overlays.expected(&case.planned.case)?;
        Some(DifferentRow {
            word: overlay.word(),
            link: Link::to(case),
            expected: lines(&expected(entry.verdict, entry.reason.as_deref())),
            actual: case.result.as_ref().map(|result| lines(&actual(result))).unwrap_or_default(),
            place: lines(&entry.note.place),
        })
    };
    let different = [Overlay::Xpass, Overlay::Changed];
    let different = different.into_iter().flat_map(|overlay| run.overlaid(overlay).map(move |case| (overlay, case)));
    let stale = run.overlays.stale();
    let stale = stale.iter().map(|(place, (until, why))| StaleRow {
        place: lines(place),
        until: lines(until),
        why: lines(why),
    });
    let file = run.overlays.expectations().baseline.as_deref().map(lines)?;
    Some(Against { file, rows: different.filter_map(row).collect(), stale: stale.collect() })
}

fn findings(run: &Run) -> Vec<FindingRow> {
    let row = |seen: &crate::report::findings::Seen| FindingRow {
        class: match seen.first.level {
            Level::Must => "fail",
            Level::Should => "nonstrict",
            Level::Info => "info",
        },
        level: level(seen.first.level),
        statement: lines(seen.first.statement.as_deref().unwrap_or("no numbered statement")),
        version: lines(&seen.first.version),
        text: lines(&seen.first.text),
        packet: lines(&seen.first.packet),
        times: format!("{} in {}", counted(seen.times, "time"), counted(seen.cases.len(), "case")),
        cases: seen.cases.iter().take(5).map(|case| Link::named(case)).collect(),
    };
    run.findings.all().iter().map(row).collect()
}

fn row(run: &Run, case: &Case) -> Row {
    let broken = case.broken();
    let statements: Vec<&str> = case.planned.statements.iter().map(String::as_str).collect();
    let more = format!("{} {}", statements.join(" "), broken.first().map_or("", |rule| &rule.statement));
    Row {
        word: case.word(),
        flaky: case.flaky,
        overlay: run.overlay(case).map_or("", Overlay::word),
        version: lines(&case.planned.version),
        link: Link::to(case),
        what: lines(if case.reason().is_empty() { &case.planned.title } else { case.reason() }),
        more: lines(&more.to_lowercase()),
    }
}

/// A statement by its id, and what each case that is about it says.
type Said<'a> = (&'a str, Vec<(Option<Verdict>, &'a Case)>);

fn table(run: &Run, cases: &[&Case], version: &str) -> Table {
    let mut statements: BTreeMap<Vec<Part<'_>>, Said<'_>> = BTreeMap::new();
    for case in cases.iter().filter(|case| case.planned.version == version) {
        for (id, verdict) in said(case) {
            statements.entry(natural(id)).or_insert((id, Vec::new())).1.push((verdict, case));
        }
    }
    let rows = statements.into_values().map(|(id, mut cases)| {
        cases.sort_by_key(|(verdict, _)| rank(*verdict));
        let worst = cases.first().and_then(|(verdict, _)| *verdict);
        let same = cases.iter().filter(|(verdict, _)| *verdict == worst).count();
        let text = run.statement(version, id);
        StatementRow {
            id: lines(id),
            level: text.map_or("", |text| level(text.level)),
            summary: text.map(|text| lines(&text.summary)).unwrap_or_default(),
            word: word(worst),
            count: if same == cases.len() { same.to_string() } else { format!("{same} of {}", cases.len()) },
            cases: cases
                .iter()
                .map(|(verdict, case)| StatementCase { word: word(*verdict), link: Link::to(case) })
                .collect(),
        }
    });
    Table { version: version.to_owned(), rows: rows.collect() }
}

#[derive(Template)]
#[template(path = "environment.html")]
pub(super) struct Environment {
    facts: Vec<(String, String)>,
    files: Vec<File>,
}

struct File {
    name: String,
    text: String,
}

impl Environment {
    pub(super) fn new(run: &Run) -> Self {
        let environment = &run.environment;
        let mut facts = vec![("target", run.target.clone())];
        let mut known = |name, value: &Option<String>| facts.extend(value.clone().map(|value| (name, value)));
        known("server", &environment.server);
        let image = |image: &TargetImage| {
            let digest = image.digest.as_deref().unwrap_or("built here");
            format!("{}, {digest}, {}", image.name, image.id)
        };
        known("image", &run.image.as_ref().map(image));
        known("address", &environment.address);
        known("transport", &environment.transport);
        known("began, seconds since 1970", &environment.started_unix.map(|seconds| seconds.to_string()));
        known("time", &environment.virtual_time.then(|| "virtual: the same every time".to_owned()));
        facts.push(("seed", run.seed.to_string()));
        facts.push(("mqttspec", run.tool.clone()));
        facts.push(("corpus", run.corpus.clone()));
        facts.push(("command", environment.again.join(" ")));
        let mut facts: Vec<(String, String)> =
            facts.into_iter().map(|(name, value)| (name.to_owned(), lines(&value))).collect();
        facts.extend(
            environment.readiness.iter().map(|(version, told)| (format!("MQTT {}", lines(version)), lines(told))),
        );
        facts.extend(environment.options.iter().map(|(name, value)| (format!("--{}", lines(name)), lines(value))));
        let file = |file: &mqttspec_engine::event::Text| File { name: lines(&file.name), text: lines(&file.text) };
        Self { facts, files: environment.configuration.iter().map(file).collect() }
    }
}

#[derive(Template)]
#[template(path = "source.html")]
pub(super) struct Source {
    id: String,
    name: String,
    lines: Vec<String>,
}

impl Source {
    pub(super) fn new(name: &str, text: &str) -> Self {
        let name = lines(name);
        Self { id: name.clone(), name, lines: text.lines().map(lines).collect() }
    }
}
