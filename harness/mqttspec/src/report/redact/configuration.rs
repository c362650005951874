//! What is secret in the text of a configuration file or a log, whatever its form: `password=x`, `"token": "x"`, `secret x`,
//! a private key, and what is known to be secret.

use std::borrow::Cow;

const HIDDEN: &str = "(hidden)";
/// A word that holds one of these names what is secret, unless it names a file of it.
const NAMES: [&str; 5] = ["password", "passwd", "secret", "token", "psk"];
/// What makes of such a word the name of something else.
const OTHERS: [&str; 4] = ["file", "path", "env", "dir"];

/// The text without what is secret.
pub(super) fn without_secrets(text: &str, known: &[String]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_key = false;
    for line in text.split_inclusive('\n') {
        if line.contains("-----BEGIN") && line.contains("PRIVATE KEY-----") {
            in_key = !line.contains("-----END");
            out.push_str("(a private key, hidden)\n");
        } else if in_key {
            in_key = !line.contains("-----END");
        } else {
            out.push_str(&known.iter().fold(named(line), |line, secret| Cow::Owned(without(&line, secret))));
        }
    }
    out
}

/// A line whose first word names a secret has no value any more.
fn named(line: &str) -> Cow<'_, str> {
    let lower = line.to_ascii_lowercase();
    for name in NAMES {
        for (at, _) in lower.match_indices(name) {
            let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
            let begin = lower[..at].trim_end_matches(is_word).len();
            let end = lower[at..].find(|c| !is_word(c)).map_or(lower.len(), |len| at + len);
            let word = &lower[begin..end];
            if OTHERS.iter().any(|other| word.contains(other)) {
                continue;
            }
            let rest = &line[end..];
            let value = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ':' | '"' | '\''));
            let assigned = rest[..rest.len() - value.len()].contains(['=', ':']);
            // In a sentence the word is one among others; as a setting it stands first or is assigned to.
            let first = line[..begin].trim().is_empty();
            if !value.trim().is_empty() && (assigned || first) {
                let tail = if line.ends_with('\n') { "\n" } else { "" };
                return Cow::Owned(format!("{}{HIDDEN}{tail}", &line[..line.len() - value.len()]));
            }
        }
    }
    Cow::Borrowed(line)
}

/// The text without a secret wherever that stands as a word.
fn without(text: &str, secret: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(secret) {
        let (before, behind) = (&rest[..at], &rest[at + secret.len()..]);
        let inside = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
        // A short password may be a part of many words: nobody could read what is left.
        let part = secret.len() < 6 && (inside(before.chars().next_back()) || inside(behind.chars().next()));
        out.push_str(before);
        out.push_str(if part { secret } else { HIDDEN });
        rest = behind;
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_secret_has_no_value() {
        let known = ["hunter2".to_owned(), "on".to_owned()];
        for (text, left) in [
            ("listener 1883\n", "listener 1883\n"),
            ("password_file /etc/p\n", "password_file /etc/p\n"),
            ("password s3cret\n", "password (hidden)\n"),
            ("  auth.password = \"x y\"\nport 1\n", "  auth.password = \"(hidden)\nport 1\n"),
            ("{\"client_secret\": \"x\"}", "{\"client_secret\": \"(hidden)"),
            ("PASSWORD=x", "PASSWORD=(hidden)"),
            ("1: a wrong password from c1\n", "1: a wrong password from c1\n"),
            ("user me hunter2, hunter22\n", "user me (hidden), (hidden)2\n"),
            ("connection on\n", "connection (hidden)\n"),
            ("a\n-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\nb\n", "a\n(a private key, hidden)\nb\n"),
        ] {
            assert_eq!(without_secrets(text, &known), left);
        }
    }
}
