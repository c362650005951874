//! `$...` in texts: every variable must be known where it stands.

use super::cursor::{list, nearest};
use super::scope::{Run, Scope};
use crate::scenario::Span;
use crate::scenario::error::Problem;
use crate::scenario::fields::fields;
use crate::template::variable;
use mqttspec_codec::Version;

/// The variables of a text: how each is written, and its name.
fn variables(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        rest = &rest[at..];
        let (len, name) = variable(rest);
        found.push((&rest[..len], name));
        rest = &rest[len..];
    }
    found
}

/// Reports the variables of a text that nothing defines here. Returns whether all is well.
pub(super) fn check(scope: &mut Scope<'_>, span: Span, text: &str) -> bool {
    let before = scope.problems.len();
    if let Some(at) = text.find("${")
        && !text[at..].contains('}')
    {
        scope.report(Problem::new("`${` is not closed", span, "no `}` in this text").help("write `${name}`"));
        return false;
    }
    for (written, name) in variables(text) {
        if let Some(problem) = problem(scope, span, written, name) {
            scope.report(problem);
        }
    }
    scope.problems.len() == before
}

/// Topics of the standard begin with `$`; capitals are never variables.
fn literal(written: &str, name: &str) -> bool {
    name.is_empty() || (!written.starts_with("${") && (name == "share" || name.starts_with(char::is_uppercase)))
}

fn problem(scope: &Scope<'_>, span: Span, written: &str, name: &str) -> Option<Problem> {
    if literal(written, name) || name == "t" || scope.axes.iter().any(|axis| axis.name == name) {
        return None;
    }
    if name == "i" {
        return (!scope.repeats).then(|| {
            Problem::new("`$i` outside a `repeat`", span, "no round to count").help("`$i` is the round of a `repeat`")
        });
    }
    match name.split_once('.') {
        Some((owner, field)) => field_problem(scope, span, written, owner, field),
        None => Some(plain_problem(scope, span, written, name)),
    }
}

fn field_problem(scope: &Scope<'_>, span: Span, written: &str, owner: &str, field: &str) -> Option<Problem> {
    let bound = scope.bindings.iter().rev().filter(|binding| binding.name == owner);
    let visible = bound.clone().find(|binding| binding.run == Run::Both || binding.run == scope.run);
    if let Some(binding) = visible {
        let specs = Version::ALL.map(|version| fields(binding.packet, version));
        let mut known: Vec<&str> = specs.iter().flatten().map(|spec| spec.key).collect();
        known.sort_unstable();
        known.dedup();
        return (!known.contains(&field)).then(|| {
            let packet = binding.packet;
            let problem = Problem::new(format!("{packet} has no field `{field}`"), span, format!("`{written}` here"));
            match nearest(field, &known) {
                Some(near) => problem.help(format!("did you mean `${owner}.{near}`?")),
                None => problem.help(format!("{packet} has {}", list(&known))),
            }
        });
    }
    if scope.clients.iter().any(|client| client.name == owner) {
        return (field != "client-id").then(|| {
            Problem::new(format!("`{written}` is not known"), span, "no such field of a Client")
                .help(format!("of a Client only `${owner}.client-id` can be used"))
        });
    }
    if let Some(binding) = bound.clone().next() {
        let (block, other) = match binding.run {
            Run::Control => ("control", "with the fault"),
            Run::Fault | Run::Both => ("fault", "as control"),
        };
        return Some(
            Problem::new(format!("`{written}` is not always known here"), span, "used outside its block").help(
                format!("`as={owner}` stands in a `{block}` block, which is left out when the scenario runs {other}"),
            ),
        );
    }
    if owner == "t" {
        return Some(
            Problem::new(format!("`{written}` is not known"), span, "taken for a field of `t`")
                .help(format!("write `${{t}}.{field}`")),
        );
    }
    let mut names = scope.client_names();
    names.extend(scope.bindings.iter().map(|binding| binding.name.as_str()));
    let problem =
        Problem::new(format!("`{written}` is not known"), span, format!("nothing called `{owner}` before this"));
    Some(match nearest(owner, &names) {
        Some(near) => problem.help(format!("did you mean `${near}.{field}`?")),
        None => problem.help(format!("name a packet that was received before with `as={owner}`")),
    })
}

fn plain_problem(scope: &Scope<'_>, span: Span, written: &str, name: &str) -> Problem {
    let problem = Problem::new(format!("`{written}` is not known"), span, "undefined variable");
    if scope.bindings.iter().any(|binding| binding.name == name) {
        return problem.help(format!("`{name}` is a packet: say which field, `${name}.id`"));
    }
    if scope.clients.iter().any(|client| client.name == name) {
        return problem.help(format!("`{name}` is a Client: `${name}.client-id` is its Client Identifier"));
    }
    let mut known: Vec<&str> = scope.axes.iter().map(|axis| axis.name.as_str()).collect();
    known.push("t");
    if let Some(near) = nearest(name, &known) {
        return problem.help(format!("did you mean `${near}`?"));
    }
    let prefix = known.iter().filter(|known| name.starts_with(**known)).max_by_key(|known| known.len());
    match prefix.and_then(|known| Some((known, name.strip_prefix(known)?))) {
        Some((known, rest)) if rest.starts_with(['-', '_']) => {
            problem.help(format!("`${{{known}}}{rest}` sets a name off from what follows"))
        }
        _ => problem
            .help("variables are `$t`, axes of the matrix, `$i` in a `repeat`, and fields of packets and Clients"),
    }
}
