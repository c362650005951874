//! `mqttspec show`.

use super::args::ShowArgs;
use super::failure::Failure;
use super::{corpus, expected, output, suggest};
use crate::corpus::Corpus;
use crate::report::text::{Shown, counted, lines};
use mqttspec_codec::Version;
use mqttspec_engine::plan::Case;
use mqttspec_engine::scenario::{Rule, Scenario, Value};
use mqttspec_engine::statement::{Catalogue, Level};
use std::fmt::{self, Write};

pub(super) fn show(args: &ShowArgs) -> Result<u8, Failure> {
    let corpus = corpus(args.scenarios.as_deref())?;
    let cases = corpus.cases();
    let asked = expected::renamed(std::slice::from_ref(&args.case), &corpus).remove(0);
    let text = if let Some(case) = cases.iter().find(|case| case.id == asked) {
        shown(|out| of_case(out, case, &corpus))
    } else {
        let of_it: Vec<&Case> = cases.iter().filter(|case| case.scenario.path() == asked).collect();
        let Some(first) = of_it.first() else {
            let near = suggest::selectors(&args.case, &cases);
            return Err(Failure::usage(
                format!("no case and no scenario is called `{}`", args.case),
                suggest::did_you_mean(&near, "`mqttspec list` lists the cases"),
            ));
        };
        shown(|out| of_scenario(out, &first.scenario, &of_it, &corpus))
    };
    output::print(&text)
}

/// Writing to a text cannot fail.
fn shown(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut text = String::new();
    let _ = write(&mut text);
    text
}

fn of_case(out: &mut String, case: &Case, corpus: &Corpus) -> fmt::Result {
    let scenario = &case.scenario;
    head(out, &case.id, scenario)?;
    row(out, "version", &case.version.to_string())?;
    if !case.choices.is_empty() {
        let choices: Vec<String> = case.choices.iter().map(|(axis, value)| format!("{axis}={value}")).collect();
        row(out, "choices", &choices.join(" "))?;
    }
    facts(out, scenario)?;
    if let Some(control) = &case.control {
        row(out, "control", control)?;
    }
    if case.is_control {
        let all = corpus.cases();
        let mut controlled = all.iter().filter(|other| other.control.as_ref() == Some(&case.id));
        let first = controlled.next().map_or("", |case| case.id.as_str());
        let more = match controlled.count() {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        row(out, "controls", &format!("{first}{more}"))?;
    }
    let named = case.rules();
    let rules = scenario.rules.iter().enumerate().filter(|(at, _)| named.contains(at)).map(|(_, rule)| rule);
    of_rules(out, rules, &[case.version], &corpus.catalogue)?;
    source(out, scenario, corpus)
}

fn of_scenario(out: &mut String, scenario: &Scenario, cases: &[&Case], corpus: &Corpus) -> fmt::Result {
    head(out, &scenario.path(), scenario)?;
    facts(out, scenario)?;
    of_rules(out, scenario.rules.iter(), &scenario.versions, &corpus.catalogue)?;
    writeln!(out, "\n{}", counted(cases.len(), "case"))?;
    cases.iter().try_for_each(|case| writeln!(out, "  {}", Shown(&case.id)))?;
    source(out, scenario, corpus)
}

fn head(out: &mut String, name: &str, scenario: &Scenario) -> fmt::Result {
    writeln!(out, "{}\n  {}\n", Shown(name), Shown(&scenario.title))?;
    row(out, "place", &scenario.source.place(scenario.span))
}

fn row(out: &mut String, name: &str, value: &str) -> fmt::Result {
    writeln!(out, "{name:<10}{}", Shown(value))
}

fn facts(out: &mut String, scenario: &Scenario) -> fmt::Result {
    if !scenario.requires.is_empty() {
        let value = |value: &Value| match value {
            Value::Number(number) => number.to_string(),
            Value::Bool(value) => format!("#{value}"),
            Value::Text(text) => text.clone(),
            Value::Bytes(_) | Value::Fill { .. } | Value::Null => "?".to_owned(),
        };
        let requires =
            scenario.requires.iter().map(|requirement| format!("{}={}", requirement.key, value(&requirement.value)));
        row(out, "requires", &requires.collect::<Vec<_>>().join(" "))?;
    }
    if scenario.exclusive { row(out, "exclusive", "it needs the server for itself") } else { Ok(()) }
}

fn of_rules<'a>(
    out: &mut String,
    rules: impl Iterator<Item = &'a Rule>,
    versions: &[Version],
    catalogue: &Catalogue,
) -> fmt::Result {
    writeln!(out, "\nrules")?;
    let mut any = false;
    for rule in rules {
        any = true;
        writeln!(out, "  {:<8} {}", Shown(&rule.name).to_string(), Shown(&rule.text))?;
        for &version in versions {
            let Some(id) = rule.statement(version) else { continue };
            let known = catalogue.get(version, id);
            let level = rule.level_in(version, catalogue);
            let summary = known.map_or("", |known| known.summary.as_str());
            writeln!(out, "           {} of {version}, {}: {}", Shown(id), word(level), Shown(summary))?;
        }
    }
    if any { Ok(()) } else { writeln!(out, "  only that every answer comes that is owed") }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Must => "MUST",
        Level::Should => "SHOULD",
        Level::Info => "MAY",
    }
}

/// The scenario as it is written, with the comments before it; the file may hold others.
fn source(out: &mut String, scenario: &Scenario, corpus: &Corpus) -> fmt::Result {
    let text = &scenario.source.text;
    let others = corpus.scenarios.iter().filter(|other| other.source.path == scenario.source.path);
    let mut starts: Vec<usize> = others.map(|other| begin(text, other.span.offset)).collect();
    starts.sort_unstable();
    let start = begin(text, scenario.span.offset);
    let end = starts.iter().copied().find(|&other| other > start).unwrap_or(text.len());
    let start = if starts.first() == Some(&start) { 0 } else { start };
    writeln!(out, "\n{}", lines(text[start..end].trim_end()))
}

/// Where a scenario begins whose name stands at `name`: at its line, or at the comments right above.
fn begin(text: &str, name: usize) -> usize {
    let mut start = text[..name].rfind('\n').map_or(0, |at| at + 1);
    while let Some(above) = text[..start].strip_suffix('\n') {
        let line = above.rfind('\n').map_or(0, |at| at + 1);
        if !above[line..].trim_start().starts_with("//") {
            break;
        }
        start = line;
    }
    start
}
