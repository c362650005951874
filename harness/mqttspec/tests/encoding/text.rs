//! The scenarios as KDL.

use crate::breach::{Breach, Row};
use crate::place::Place;
use mqttspec_codec::Version;
use mqttspec_engine::plan::version_key;
use std::fmt::{Result, Write};

/// An id as KDL has it: a clause is quoted.
fn id(statement: &str) -> String {
    if statement.contains('/') { format!("{statement:?}") } else { statement.to_owned() }
}

/// The scenario of a breach.
pub(crate) fn scenario(out: &mut String, place: &Place, breach: &Breach, both_versions: bool) -> Result {
    let version = version_key(place.version);
    let suffix = if both_versions && place.version == Version::V5 { "-v5" } else { "" };
    writeln!(out, "scenario {}{suffix} {{", breach.name)?;
    writeln!(out, "  title \"{}\"", breach.title)?;
    for (name, text, statement, must) in &breach.rules {
        let level = if *must { "" } else { " level=should" };
        writeln!(out, "  rule {name} \"{text}\"  {version}={}{level}", id(statement))?;
    }
    if !place.behind.is_empty() {
        let text = "it is not taken for a DISCONNECT: the Will Message is published";
        writeln!(out, "  rule will \"{text}\"  {version}=\"MQTT-3.1.2-8/a\" level=should")?;
    }
    write!(out, "  matrix version={version}")?;
    for (at, axis) in breach.axes.iter().enumerate() {
        let mut values: Vec<&str> = Vec::new();
        for row in &breach.rows {
            if !values.contains(&row.values[at].as_str()) {
                values.push(&row.values[at]);
            }
        }
        write!(out, " {axis}=\"{}\"", values.join(" "))?;
    }
    writeln!(out)?;
    if !breach.requires.is_empty() {
        writeln!(out, "  requires {}", breach.requires)?;
    }
    lines(out, "  ", place.head)?;
    writeln!(out)?;
    lines(out, "  ", place.before.trim_start())?;
    writeln!(out, "  fault {{")?;
    if place.opens {
        writeln!(out, "    c open")?;
    }
    for row in &breach.rows {
        writeln!(out, "    when {} {{ c {}; }}", condition(breach, row), row.raw)?;
    }
    match breach.rules.as_slice() {
        [(name, ..)] => writeln!(out, "    c closed rule={name}")?,
        rules => {
            for (name, ..) in rules {
                let last = breach.axes.len() - 1;
                let mut values: Vec<&str> = Vec::new();
                for row in breach.rows.iter().filter(|row| row.rule == *name) {
                    if !values.contains(&row.values[last].as_str()) {
                        values.push(&row.values[last]);
                    }
                }
                let values = values.join(" ");
                writeln!(out, "    when {}=\"{values}\" {{ c closed rule={name}; }}", breach.axes[last])?;
            }
        }
    }
    if !place.behind.is_empty() {
        writeln!(out, "    {} rule=will", place.behind)?;
    }
    writeln!(out, "  }}")?;
    writeln!(out, "  control {{")?;
    if breach.rows.iter().all(|row| row.lawful.is_none()) {
        lines(out, "    ", &place.lawful.replace('@', ""))?;
    } else {
        let (send, works) = place.lawful.split_once('\n').unwrap_or((place.lawful, ""));
        for row in &breach.rows {
            let send = send.replace('@', row.lawful.as_deref().unwrap_or_default());
            writeln!(out, "    when {} {{ {send}; }}", condition(breach, row))?;
        }
        lines(out, "    ", works)?;
    }
    writeln!(out, "  }}")?;
    writeln!(out, "}}")
}

fn condition(breach: &Breach, row: &Row) -> String {
    let conditions = breach.axes.iter().zip(&row.values).map(|(axis, value)| match value.parse::<u32>() {
        Ok(_) => format!("{axis}=\"{value}\""),
        Err(_) => format!("{axis}={value}"),
    });
    conditions.collect::<Vec<_>>().join(" ")
}

fn lines(out: &mut String, indentation: &str, text: &str) -> Result {
    text.lines().try_for_each(|line| writeln!(out, "{indentation}{line}"))
}
