//! Whatever is written: the loader answers, and what it answers can be shown.

use crate::judge::judge;
use crate::support::{CATALOGUE, example};
use proptest::prelude::*;

/// Words of the language, right and wrong, and what holds them together.
const WORDS: &[&str] = &[
    "scenario",
    "title",
    "rule",
    "matrix",
    "version=",
    "v5",
    "\"v3.1.1 v5\"",
    "client",
    "sub",
    "pub",
    "session=kept",
    "->",
    "<-",
    "PUBLISH",
    "SUBSCRIBE",
    "CONNACK",
    "topic=",
    "\"$t/a\"",
    "$t/a",
    "qos=",
    "1",
    "70000",
    "-1",
    "1.5",
    "0x",
    "#true",
    "true",
    "#null",
    "(hex)",
    "\"0 f\"",
    "(fill)",
    "\"9 é\"",
    "rule=",
    "as=m",
    "$m.id",
    "${",
    "}",
    "{",
    "{",
    "}",
    ";",
    "\n",
    "\n",
    "any-of",
    "branch",
    "when",
    "repeat",
    "split",
    "at=",
    "\"3 1\"",
    "fault",
    "control",
    "quiet",
    "fence=pub",
    "raw",
    "first=",
    "will",
    "filter",
    "user-property",
    "min(",
    "\"min($a\"",
    "\"8..7|\"",
    "\"",
    "\"\"\"",
    "/*",
    "//",
    "/-",
    "\\",
    "é",
    "\u{feff}",
    "\u{0}",
    "wait",
    "\"1e9s\"",
    "\"2s\"",
    "=",
    "(",
    ")",
    "#\"",
    "\"#",
];

fn soup() -> impl Strategy<Value = String> {
    let word = prop_oneof![8 => prop::sample::select(WORDS).prop_map(str::to_owned), 1 => any::<String>()];
    prop::collection::vec((word, prop::sample::select(&[" ", "", "\n"][..])), 0..60)
        .prop_map(|words| words.into_iter().map(|(word, space)| word + space).collect())
}

/// The example with pieces cut out, doubled, or put in.
fn mutated() -> impl Strategy<Value = String> {
    let change =
        (any::<prop::sample::Index>(), 0_usize..40, prop::option::of(prop::sample::select(WORDS)), any::<bool>());
    prop::collection::vec(change, 1..4).prop_map(|changes| {
        let mut text = example();
        for (at, len, word, double) in changes {
            let start = text.floor_char_boundary(at.index(text.len() + 1));
            let end = text.floor_char_boundary((start + len).min(text.len()));
            let piece = if double { text[start..end].repeat(2) } else { String::new() };
            text.replace_range(start..end, &format!("{}{piece}", word.unwrap_or_default()));
        }
        text
    })
}

fn answers(text: &str) {
    judge(&CATALOGUE, text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in any::<String>()) {
        answers(&text);
    }

    #[test]
    fn words_in_any_order_are_answered(text in soup()) {
        answers(&text);
    }

    #[test]
    fn a_changed_scenario_is_answered(text in mutated()) {
        answers(&text);
    }
}

#[test]
fn endless_nesting_is_refused() {
    for opening in ["a {", "a { b ", "{", "/* ", "/- ", "(", "a=", "\"\"\"\n", "\\\n", "#"] {
        answers(&opening.repeat(2000));
    }
}

/// The seeds of the fuzz target, and with them what it has found.
#[test]
fn seeds_are_answered() {
    for (name, bytes) in crate::seeds::of("scenario") {
        eprintln!("{name}");
        answers(&String::from_utf8_lossy(&bytes));
    }
}

/// What is underlined is whole characters, however long they are.
#[test]
fn wide_characters_are_underlined_whole() {
    for text in ["scenario ${ }𞓐 ", "a é=\n", "a (é)\n", "a é=", "a { } é"] {
        answers(text);
    }
}
