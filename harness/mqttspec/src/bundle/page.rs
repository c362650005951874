//! The page of the archive: what a maintainer reads first.

use crate::report::run::{Case, Run};
use crate::report::terminal;
use crate::report::text::{Shown, lines, place};
use std::fmt::{self, Write};

/// The page. What others have said stands in blocks of code only.
pub(super) fn markdown(run: &Run, case: &Case, reproduce: Option<&str>) -> String {
    let mut text = String::new();
    // Writing to a text cannot fail.
    let _ = page(&mut text, run, case, reproduce);
    text
}

fn page(text: &mut String, run: &Run, case: &Case, reproduce: Option<&str>) -> fmt::Result {
    writeln!(text, "# {} of MQTT {}: {}\n", case.word(), case.planned.version, plain(&case.planned.title))?;
    writeln!(text, "| | |\n|---|---|")?;
    let environment = &run.environment;
    let mut row = |name: &str, value: Option<&str>| match value {
        Some(value) => writeln!(text, "| {name} | {} |", plain(value)),
        None => Ok(()),
    };
    row("case", Some(&case.planned.case))?;
    row("target", Some(&run.target))?;
    row("server", environment.server.as_deref())?;
    row("image", run.image.as_ref().map(|image| image.digest.as_deref().unwrap_or(&image.id)))?;
    row("address", environment.address.as_deref())?;
    row("transport", environment.transport.as_deref())?;
    row("seed", Some(&run.seed.to_string()))?;
    row("tool", Some(&format!("mqttspec {}, corpus {}", run.tool, run.corpus)))?;
    for (name, value) in environment.options.iter().chain(&environment.readiness) {
        row(name, Some(value))?;
    }
    writeln!(text, "\n## What the standard asks\n")?;
    for statement in &case.planned.statements {
        let told = run.statement(&case.planned.version, statement).map_or("", |statement| &statement.summary);
        let broken = case.broken().iter().any(|rule| rule.statement == *statement);
        writeln!(text, "- {}{}: {}", plain(statement), if broken { " (broken)" } else { "" }, plain(told))?;
    }
    writeln!(text, "\n## What happened\n")?;
    block(text, &terminal::alone(case, &environment.again))?;
    writeln!(text, "\n## The scenario\n\nLines with `>` are those at which it failed.\n")?;
    let failed: Vec<u32> =
        case.broken().iter().filter_map(|rule| rule.breach.as_ref()).map(|breach| place(&breach.place).1).collect();
    for (number, line) in (1_u32..).zip(scenario(run, case).lines()) {
        let mark = if failed.contains(&number) { '>' } else { ' ' };
        writeln!(text, "    {mark}{number:>4}  {}", Shown(line))?;
    }
    if let Some(script) = reproduce {
        writeln!(text, "\n## Without mqttspec\n\nOne write shows it (`reproduce.sh` is the same):\n")?;
        block(text, script)?;
    }
    writeln!(
        text,
        "\n## In this archive\n\n\
         `transcript.txt` and `frames.hex`: what was said, in words and in bytes. `case.pcapng`: the same for Wireshark. \
         `server.log`: what the server wrote meanwhile. `scenario.kdl`: the conversation that was tested. \
         `events.ndjson`: all of it for `mqttspec report --from`."
    )
}

fn block(text: &mut String, block: &str) -> fmt::Result {
    lines(block.trim_end()).lines().try_for_each(|line| writeln!(text, "    {line}"))
}

/// A text that is nothing but text.
fn plain(text: &str) -> String {
    let shown = Shown(text).to_string();
    shown.chars().fold(String::new(), |mut out, character| {
        if "\\`*_{}[]<>#|!&".contains(character) {
            out.push('\\');
        }
        out.push(character);
        out
    })
}

/// The file of the scenario.
pub(super) fn file(case: &Case) -> &str {
    place(&case.planned.place).0
}

/// The text of that file.
pub(super) fn scenario<'r>(run: &'r Run, case: &Case) -> &'r str {
    run.sources.get(file(case)).map_or("", String::as_str)
}
