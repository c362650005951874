//! What the values of a scenario mean once a case runs.

use crate::scenario::Value;
use crate::template::substitute;
use std::collections::BTreeMap;

/// A packet has at most so many bytes behind its fixed header.
const LONGEST_FILL: usize = mqttspec_codec::varint::MAX as usize;

/// The names that a case knows: `t`, `NAME.FIELD`, `CLIENT.client-id`.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

/// A value that makes no sense, in words.
pub(crate) type Nonsense = String;

impl Names {
    pub(crate) fn set(&mut self, name: impl Into<String>, value: impl Into<String>) {
        self.0.insert(name.into(), value.into());
    }

    fn substituted(&self, text: &str) -> String {
        substitute(text, |name| self.0.get(name).cloned())
    }

    pub(crate) fn bytes(&self, value: &Value) -> Result<Vec<u8>, Nonsense> {
        Ok(match value {
            Value::Text(text) => self.substituted(text).into_bytes(),
            Value::Number(number) => number.to_string().into_bytes(),
            Value::Bytes(bytes) => bytes.clone(),
            Value::Fill { len, text } => {
                let mut bytes = self.substituted(text).into_bytes();
                let len = evaluate(&self.substituted(len))?;
                let fits = usize::try_from(len).ok().filter(|&len| len <= LONGEST_FILL);
                bytes.resize(fits.ok_or_else(|| format!("{len} bytes are too many"))?, b'x');
                bytes
            }
            Value::Bool(_) | Value::Null => return Err("a boolean where bytes are asked for".to_owned()),
        })
    }

    pub(crate) fn number(&self, value: &Value) -> Result<u64, Nonsense> {
        match value {
            Value::Number(number) => Ok(*number),
            Value::Text(text) => evaluate(&self.substituted(text)),
            _ => Err("a number is asked for".to_owned()),
        }
    }

    pub(crate) fn boolean(&self, value: &Value) -> Result<bool, Nonsense> {
        match value {
            Value::Bool(value) => Ok(*value),
            Value::Text(text) => match self.substituted(text).as_str() {
                "true" | "1" => Ok(true),
                "false" | "0" => Ok(false),
                other => Err(format!("`{other}` is no boolean")),
            },
            Value::Number(number @ 0..=1) => Ok(*number == 1),
            _ => Err("a boolean is asked for".to_owned()),
        }
    }

    /// A list of numbers in a text.
    pub(crate) fn codes(&self, value: &Value) -> Result<Vec<u64>, Nonsense> {
        match value {
            Value::Text(text) => self.substituted(text).split_whitespace().map(evaluate).collect(),
            other => Ok(vec![self.number(other)?]),
        }
    }

    /// Whether a number is as expected: itself, a range `a..b`, alternatives `a|b`, or `*`.
    pub(crate) fn accepts_number(&self, expected: &Value, actual: u64) -> Result<bool, Nonsense> {
        let Value::Text(text) = expected else { return Ok(self.number(expected)? == actual) };
        accepts(&self.substituted(text), actual)
    }

    /// Whether these are the expected numbers, in any order.
    pub(crate) fn accepts_numbers(&self, expected: &Value, actual: &[u64]) -> Result<bool, Nonsense> {
        let several = matches!(expected, Value::Text(text) if text.contains(' ') && !text.contains('('));
        if !several {
            return match actual {
                [number] => self.accepts_number(expected, *number),
                _ => Ok(false),
            };
        }
        let (mut expected, mut actual) = (self.codes(expected)?, actual.to_vec());
        expected.sort_unstable();
        actual.sort_unstable();
        Ok(expected == actual)
    }

    /// Whether a list of codes is as expected; each may be a range or alternatives.
    pub(crate) fn accepts_codes(&self, expected: &Value, actual: &[u8]) -> Result<bool, Nonsense> {
        let Value::Text(text) = expected else {
            return Ok(self.codes(expected)? == actual.iter().map(|&c| c.into()).collect::<Vec<u64>>());
        };
        let text = self.substituted(text);
        let expected: Vec<&str> = text.split_whitespace().collect();
        if expected.len() != actual.len() {
            return Ok(false);
        }
        for (expected, &actual) in expected.iter().zip(actual) {
            if !accepts(expected, actual.into())? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

fn accepts(expected: &str, actual: u64) -> Result<bool, Nonsense> {
    for alternative in expected.split('|') {
        let accepted = match alternative.split_once("..") {
            Some((low, high)) => (evaluate(low)?..=evaluate(high)?).contains(&actual),
            None if alternative.trim() == "*" => true,
            None => evaluate(alternative)? == actual,
        };
        if accepted {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What a call makes of two numbers; `None` where there is no such number.
type Call = fn(u64, u64) -> Option<u64>;

const CALLS: [(&str, Call); 4] = [
    ("min(", |one, other| Some(one.min(other))),
    ("max(", |one, other| Some(one.max(other))),
    ("plus(", u64::checked_add),
    ("minus(", u64::checked_sub),
];

/// A number, or `min(a,b)`, `max(a,b)`, `plus(a,b)`, `minus(a,b)`.
fn evaluate(text: &str) -> Result<u64, Nonsense> {
    let text = text.trim();
    for (name, call) in CALLS {
        if let Some(arguments) = text.strip_prefix(name).and_then(|rest| rest.strip_suffix(')')) {
            let mut numbers = arguments.split(',').map(evaluate);
            let first = numbers.next().unwrap_or_else(|| Err(format!("`{text}` is no number")))?;
            return numbers.try_fold(first, |so_far, number| {
                call(so_far, number?).ok_or_else(|| format!("`{text}` is no number"))
            });
        }
    }
    let number = match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16),
        None => text.parse(),
    };
    number.map_err(|_| format!("`{text}` is no number"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_alternatives_and_functions() {
        let mut names = Names::default();
        names.set("a", "2");
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(names.number(&text("min($a,1)")), Ok(1));
        assert_eq!(names.number(&text("max($a, 1)")), Ok(2));
        assert_eq!(names.accepts_number(&text("7..8"), 8), Ok(true));
        assert_eq!(names.accepts_number(&text("7..8"), 9), Ok(false));
        assert_eq!(names.accepts_number(&text("0|0x10"), 16), Ok(true));
        assert_eq!(names.accepts_number(&text("*"), 99), Ok(true));
        assert_eq!(names.accepts_codes(&text("0 128..255"), &[0, 0x87]), Ok(true));
        assert_eq!(names.accepts_codes(&text("0 128..255"), &[0]), Ok(false));
        assert!(names.number(&text("$b")).is_err());
        assert_eq!(names.accepts_numbers(&text("1 $a"), &[2, 1]), Ok(true));
        assert_eq!(names.accepts_numbers(&text("1 2"), &[1, 2, 2]), Ok(false));
        assert_eq!(names.accepts_numbers(&text("1 2 2"), &[2, 1, 2]), Ok(true));
        assert_eq!(names.accepts_numbers(&text("1 2"), &[1]), Ok(false));
        assert_eq!(names.accepts_numbers(&Value::Number(1), &[1]), Ok(true));
        assert_eq!(names.accepts_numbers(&Value::Number(1), &[1, 1]), Ok(false));
        assert_eq!(names.accepts_numbers(&text("1..2"), &[2]), Ok(true));
        assert_eq!(names.accepts_numbers(&text("max($a, 1)"), &[2]), Ok(true));
    }

    #[test]
    fn fills_are_as_long_as_they_say() {
        let mut names = Names::default();
        names.set("t", "p");
        assert_eq!(names.bytes(&Value::Fill { len: "5".to_owned(), text: "$t/".to_owned() }), Ok(b"p/xxx".to_vec()));
    }
}
