//! `$name`, `$name.field` and `${...}` in the texts of a scenario.

/// Puts in what `lookup` knows; what it does not know stays as it is written.
pub(crate) fn substitute(text: &str, lookup: impl Fn(&str) -> Option<String>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let (written, name) = variable(rest);
        match lookup(name).filter(|_| !name.is_empty()) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[..written]),
        }
        rest = &rest[written..];
    }
    out.push_str(rest);
    out
}

/// The variable at the front of `text`, which begins with `$`: how many bytes it takes, and its name.
pub(crate) fn variable(text: &str) -> (usize, &str) {
    if let Some(braced) = text.strip_prefix("${") {
        return match braced.find('}') {
            Some(end) => (end + 3, &braced[..end]),
            None => (1, ""),
        };
    }
    let name = &text[1..];
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    let mut end = name.find(|c| !word(c)).unwrap_or(name.len());
    if let Some(field) = name[end..].strip_prefix('.') {
        let field_end = field.find(|c| !word(c)).unwrap_or(field.len());
        if end > 0 && field_end > 0 {
            end += 1 + field_end;
        }
    }
    (1 + end, &name[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let lookup = |name: &str| match name {
            "t" => Some("p".to_owned()),
            "sub-qos" => Some("2".to_owned()),
            "m.id" => Some("7".to_owned()),
            _ => None,
        };
        assert_eq!(substitute(text, lookup), expected);
    }

    #[test]
    fn names_fields_and_braces() {
        check("$t/a/$sub-qos", "p/a/2");
        check("${t}x$m.id.", "px7.");
        check("$share/g/$t", "$share/g/p");
        check("$SYS/#", "$SYS/#");
        check("$ and ${open", "$ and ${open");
    }
}
