//! Values: numbers, texts, bytes, and what is expected of them.

use super::cursor::{key, span, text};
use super::pattern::{call, is_template, number, number_set};
use super::scope::Scope;
use super::variable;
use crate::scenario::error::Problem;
use crate::scenario::fields::Kind;
use crate::scenario::{Span, Value};
use kdl::{KdlEntry, KdlValue};
use std::time::Duration;

/// The longest string and the longest binary field.
const LONGEST_FIELD: usize = 0xffff;
/// A packet has at most so many bytes behind its fixed header.
const LONGEST_BODY: usize = mqttspec_codec::varint::MAX as usize;
/// Longer limits would be slips.
const LONGEST_TIME: Duration = Duration::from_secs(24 * 60 * 60);

/// What a value must be.
#[derive(Clone, Copy)]
pub(super) struct Want<'w> {
    pub(super) name: &'w str,
    pub(super) kind: Kind,
    /// Whether it is matched with what comes, so that ranges and the like may stand there.
    pub(super) expected: bool,
}

impl<'w> Want<'w> {
    pub(super) const fn sent(name: &'w str, kind: Kind) -> Self {
        Self { name, kind, expected: false }
    }
}

/// Reads a value.
pub(super) fn value(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>) -> Option<Value> {
    match entry.ty().map(kdl::KdlIdentifier::value) {
        Some("hex") => return bytes(scope, entry, want),
        Some("fill") => return fill(scope, entry, want),
        Some(other) => {
            scope.report(
                Problem::new(format!("unknown annotation `({other})`"), span(entry), "not known")
                    .help("`(hex)\"00 ff\"` gives bytes, `(fill)\"65535 $t/\"` a text of that length"),
            );
            return None;
        }
        None => {}
    }
    match (want.kind, entry.value()) {
        (_, KdlValue::Null) if want.expected => Some(Value::Null),
        (Kind::Number(most) | Kind::Numbers(most), KdlValue::Integer(number)) => {
            in_range(scope, entry, want, *number, most)
        }
        (Kind::Codes, KdlValue::Integer(number)) => in_range(scope, entry, want, *number, 0xff),
        (Kind::Number(most), KdlValue::String(text)) => number_text(scope, entry, want, text, most),
        (Kind::Numbers(most), KdlValue::String(text)) => numbers_text(scope, entry, want, text, most),
        (Kind::Codes, KdlValue::String(text)) => codes(scope, entry, want, text),
        (Kind::Bool, KdlValue::Bool(value)) => Some(Value::Bool(*value)),
        (Kind::Bool, KdlValue::String(text)) => bool_text(scope, entry, want, text),
        (Kind::Text | Kind::Bytes, KdlValue::String(text)) => {
            variable::check(scope, span(entry), text).then(|| Value::Text(text.clone()))
        }
        _ => {
            scope.report(wrong_kind(entry, want));
            None
        }
    }
}

fn wrong_kind(entry: &KdlEntry, want: Want<'_>) -> Problem {
    if *entry.value() == KdlValue::Null {
        return Problem::new(format!("`{}` without a value", want.name), span(entry), "`#null` here")
            .help("leave the field out; `#null` is for what is expected");
    }
    let found = match entry.value() {
        KdlValue::String(_) => "a text",
        KdlValue::Integer(_) => "a number",
        KdlValue::Float(_) => "a number with a fraction",
        KdlValue::Bool(_) => "a boolean",
        KdlValue::Null => "nothing",
    };
    let (wanted, help) = match (want.kind, entry.value()) {
        (Kind::Number(_) | Kind::Numbers(_), KdlValue::Bool(value)) => {
            ("a number", format!("write `{}`", u8::from(*value)))
        }
        (Kind::Number(_) | Kind::Numbers(_), _) => {
            ("a number", "write it without quotes, such as `7` or `0x1f`".to_owned())
        }
        (Kind::Bool, KdlValue::Integer(number @ (0 | 1))) => ("a boolean", format!("write `#{}`", *number == 1)),
        (Kind::Bool, _) => ("a boolean", "write `#true` or `#false`".to_owned()),
        (Kind::Text | Kind::Bytes, value) => ("a text", format!("put it in quotes: `\"{}\"`", shown(value))),
        (Kind::Codes, _) => ("a list of codes", "such as `codes=\"0 1 0x80\"`".to_owned()),
    };
    Problem::new(format!("`{}` is {wanted}", want.name), span(entry), format!("{found} here")).help(help)
}

fn shown(value: &KdlValue) -> String {
    value.to_string().trim_start_matches('#').to_owned()
}

fn in_range(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>, number: i128, most: u64) -> Option<Value> {
    match u64::try_from(number) {
        Ok(number) if number <= most => Some(Value::Number(number)),
        _ => {
            scope.report(out_of_range(want.name, span(entry), &number.to_string(), most));
            None
        }
    }
}

fn out_of_range(name: &str, span: Span, number: &str, most: u64) -> Problem {
    Problem::new(format!("`{name}` is out of range"), span, format!("{number} is not in 0..{most}"))
        .help(format!("the greatest `{name}` is {most} (0x{most:x})"))
}

fn number_text(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>, text: &str, most: u64) -> Option<Value> {
    let place = span(entry);
    if is_template(text) {
        return number_template(scope, place, want, text, most).then(|| Value::Text(text.to_owned()));
    }
    if !want.expected {
        let problem = Problem::new(format!("`{}` is a number", want.name), place, "a text here");
        scope.report(match number(text) {
            Some(_) => problem.help(format!("write it without quotes: `{text}`")),
            None if text.contains("..") || text.contains('|') || text == "*" => {
                problem.help("ranges, alternatives and `*` are for what is expected; what is sent has one value")
            }
            None => problem.help("a number such as `7` or `0x1f`, a variable `$name`, or `\"min($a,$b)\"`"),
        });
        return None;
    }
    number_pattern(scope, place, want, text, most).then(|| Value::Text(text.to_owned()))
}

/// Several numbers where a packet is expected to have them all; else one.
fn numbers_text(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>, text: &str, most: u64) -> Option<Value> {
    let several = text.contains(' ') && call(text).is_none();
    if !want.expected || !several {
        return number_text(scope, entry, want, text, most);
    }
    // Each of them is one number: ranges and the like stand alone.
    let want = Want { expected: false, ..want };
    let lawful = text.split_whitespace().all(|word| match number(word) {
        Some(_) => number_pattern(scope, span(entry), want, word, most),
        None if is_template(word) => number_template(scope, span(entry), want, word, most),
        None => {
            let label = format!("`{word}` is no number");
            let problem = Problem::new(format!("`{}` is a list of numbers", want.name), span(entry), label);
            scope.report(problem.help("numbers or variables, such as `\"1 2\"`"));
            false
        }
    });
    lawful.then(|| Value::Text(text.to_owned()))
}

fn number_template(scope: &mut Scope<'_>, span: Span, want: Want<'_>, text: &str, most: u64) -> bool {
    if let Some(arguments) = call(text) {
        let lawful = arguments.strip_suffix(')').is_some_and(|arguments| {
            let mut parts = arguments.split(',').map(str::trim).peekable();
            parts.clone().count() >= 2 && parts.all(|part| number(part).is_some() || part.starts_with('$'))
        });
        if !lawful {
            scope.report(
                Problem::new(format!("`{text}` cannot be worked out"), span, "not a call")
                    .help("write `\"min($a,$b)\"`: numbers or variables with commas between"),
            );
            return false;
        }
    }
    if !variable::check(scope, span, text) {
        return false;
    }
    let values = axis_values(scope, text);
    values.iter().all(|value| number_pattern(scope, span, want, value, most))
}

/// The values of the axis that is the whole text.
fn axis_values(scope: &Scope<'_>, text: &str) -> Vec<String> {
    let name = text.strip_prefix("${").and_then(|name| name.strip_suffix('}')).or_else(|| text.strip_prefix('$'));
    let axis = name.and_then(|name| scope.axes.iter().find(|axis| axis.name == name));
    axis.map(|axis| axis.values.clone()).unwrap_or_default()
}

fn number_pattern(scope: &mut Scope<'_>, span: Span, want: Want<'_>, text: &str, most: u64) -> bool {
    match number_set(text) {
        Ok(set) => match set.greatest().filter(|&greatest| greatest > most) {
            Some(greatest) => {
                scope.report(out_of_range(want.name, span, &greatest.to_string(), most));
                false
            }
            None => true,
        },
        Err(part) => {
            let help = if want.expected {
                "a number, a range `\"7..8\"`, one of several `\"0|0x10\"`, `#null` or `\"*\"`"
            } else {
                "a number such as `7` or `0x1f`"
            };
            let backwards = part.split_once("..").is_some_and(|(low, high)| number(low) > number(high));
            let label = if backwards { format!("`{part}` runs backwards") } else { format!("`{part}` is no number") };
            scope.report(Problem::new(format!("`{}` is a number", want.name), span, label).help(help));
            false
        }
    }
}

fn bool_text(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>, text: &str) -> Option<Value> {
    let values = axis_values(scope, text);
    let any = want.expected && text == "*";
    if !any && (values.is_empty() || values.iter().any(|value| value != "true" && value != "false")) {
        let problem = wrong_kind(entry, want);
        scope.report(match values.as_slice() {
            [] => problem,
            _ => problem.help("the values of the axis must be `true` and `false`"),
        });
        return None;
    }
    Some(Value::Text(text.to_owned()))
}

fn codes(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>, text: &str) -> Option<Value> {
    let mut lawful = true;
    for code in text.split_whitespace() {
        lawful &= if is_template(code) {
            number_template(scope, span(entry), want, code, 0xff)
        } else {
            number_pattern(scope, span(entry), want, code, 0xff)
        };
    }
    lawful.then(|| Value::Text(text.to_owned()))
}

fn bytes(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>) -> Option<Value> {
    if !matches!(want.kind, Kind::Bytes | Kind::Text) {
        scope.report(wrong_kind(entry, want));
        return None;
    }
    hex(scope, entry).map(Value::Bytes)
}

/// `(hex)"00 ff"`; the annotation has been looked at.
pub(super) fn hex(scope: &mut Scope<'_>, entry: &KdlEntry) -> Option<Vec<u8>> {
    let problem = |label: String| {
        Problem::new("bytes are pairs of hexadecimal digits", span(entry), label).help("such as `(hex)\"00 ff 1a\"`")
    };
    let KdlValue::String(text) = entry.value() else {
        scope.report(problem("not a text".to_owned()));
        return None;
    };
    let digits: Vec<char> = text.chars().filter(|c| !c.is_whitespace()).collect();
    if let Some(other) = digits.iter().find(|c| !c.is_ascii_hexdigit()) {
        scope.report(problem(format!("`{other}` is not a hexadecimal digit")));
        return None;
    }
    if digits.len() % 2 == 1 {
        scope.report(problem(format!("{} digits: one is missing", digits.len())));
        return None;
    }
    let nibble = |c: &char| c.to_digit(16).unwrap_or_default() as u8;
    Some(digits.chunks(2).map(|pair| nibble(&pair[0]) << 4 | nibble(&pair[1])).collect())
}

fn fill(scope: &mut Scope<'_>, entry: &KdlEntry, want: Want<'_>) -> Option<Value> {
    if !matches!(want.kind, Kind::Bytes | Kind::Text) {
        scope.report(wrong_kind(entry, want));
        return None;
    }
    let written = text_of(entry).map(|text| text.split_once(' ').unwrap_or((text, "")));
    if let Some((len, text)) = written.filter(|(len, _)| is_template(len)) {
        let known = variable::check(scope, span(entry), len) && variable::check(scope, span(entry), text);
        return known.then(|| Value::Fill { len: len.to_owned(), text: text.to_owned() });
    }
    let parsed = written.and_then(|(len, text)| Some((usize::try_from(number(len)?).ok()?, text)));
    let Some((len, text)) = parsed else {
        scope.report(
            Problem::new("a fill is a length and a text", span(entry), "no length in front")
                .help("such as `(fill)\"65535 $t/\"`: `$t/`, continued with `x` up to 65535 bytes"),
        );
        return None;
    };
    let most = if want.name == "payload" { LONGEST_BODY } else { LONGEST_FIELD };
    if len > most {
        scope.report(
            Problem::new(format!("`{}` is too long", want.name), span(entry), format!("{len} bytes"))
                .help(format!("at most {most} bytes fit")),
        );
        return None;
    }
    if !text.contains('$') && text.len() > len {
        scope.report(Problem::new(
            "a fill that cuts its text",
            span(entry),
            format!("the text has {} bytes, the whole only {len}", text.len()),
        ));
        return None;
    }
    variable::check(scope, span(entry), text).then(|| Value::Fill { len: len.to_string(), text: text.to_owned() })
}

fn text_of(entry: &KdlEntry) -> Option<&str> {
    entry.value().as_string()
}

/// `"1500ms"`, `"2s"`, `"1.5s"`.
pub(super) fn duration(scope: &mut Scope<'_>, entry: &KdlEntry) -> Option<Duration> {
    let what = match key(entry) {
        "" => "a time".to_owned(),
        key => format!("`{key}`"),
    };
    let parsed = text_of(entry).and_then(parse_duration);
    match parsed {
        Some(time) if time <= LONGEST_TIME => return Some(time),
        Some(_) => scope.report(Problem::new(format!("{what} is too long"), span(entry), "more than a day")),
        None => {
            let help = match entry.value() {
                KdlValue::Integer(number) => format!("say the unit: `\"{number}s\"` or `\"{number}ms\"`"),
                _ => "a number and a unit in quotes: `\"1500ms\"`, `\"2s\"`, `\"1.5s\"`".to_owned(),
            };
            scope.report(Problem::new(format!("{what} is a duration"), span(entry), "not a duration").help(help));
        }
    }
    None
}

fn parse_duration(text: &str) -> Option<Duration> {
    let (number, scale) = match text.strip_suffix("ms") {
        Some(number) => (number, 1e-3),
        None => (text.strip_suffix('s')?, 1.0),
    };
    let plain = number.starts_with(|c: char| c.is_ascii_digit())
        && number.ends_with(|c: char| c.is_ascii_digit())
        && number.chars().all(|c| c.is_ascii_digit() || c == '.');
    let seconds = plain.then(|| number.parse::<f64>().ok())??;
    Duration::try_from_secs_f64(seconds * scale).ok()
}

/// A number that must be known when the scenario is read.
pub(super) fn literal(scope: &mut Scope<'_>, entry: &KdlEntry, name: &str, least: u64, most: u64) -> Option<u64> {
    match entry.value() {
        KdlValue::Integer(number) if entry.ty().is_none() => match u64::try_from(*number) {
            Ok(number) if (least..=most).contains(&number) => return Some(number),
            _ => scope.report(Problem::new(
                format!("`{name}` is out of range"),
                span(entry),
                format!("{number} is not in {least}..{most}"),
            )),
        },
        _ => scope.report(Problem::new(format!("`{name}` is a number"), span(entry), "not a number")),
    }
    None
}

/// A list of words in a text; a bare number is a list of one.
pub(super) fn words(scope: &mut Scope<'_>, entry: &KdlEntry) -> Vec<String> {
    let words: Vec<String> = match entry.value() {
        KdlValue::Integer(number) => vec![number.to_string()],
        _ => text(entry, &format!("`{}`", key(entry)), &mut scope.problems)
            .map(|text| text.split_whitespace().map(str::to_owned).collect())
            .unwrap_or_default(),
    };
    for (at, word) in words.iter().enumerate() {
        if words[..at].contains(word) {
            scope.report(Problem::new(format!("`{word}` is given twice"), span(entry), "twice in this list"));
        }
    }
    words
}
