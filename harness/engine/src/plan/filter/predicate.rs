//! What may be asked of a case.

use crate::plan::Case;
use crate::scenario::Span;
use crate::scenario::error::Problem;
use crate::scenario::load::cursor::{list, nearest};
use crate::statement::{Catalogue, Level, whole};
use globset::{GlobBuilder, GlobMatcher};
use mqttspec_codec::Version;
use std::time::Duration;

/// The predicates.
pub(super) const NAMES: [&str; 13] = [
    "case",
    "area",
    "scenario",
    "statement",
    "version",
    "level",
    "requires",
    "transport",
    "slow",
    "exclusive",
    "control",
    "all",
    "none",
];

/// A case that waits longer than this on purpose is slow.
const SLOW: Duration = Duration::from_millis(900);

#[derive(Debug)]
pub(super) enum Predicate {
    Named(Kind, Pattern),
    Version(Version),
    Level(Level),
    /// It can be played over TCP, or over all else.
    Transport {
        web_socket: bool,
        tcp: bool,
    },
    Slow,
    Exclusive,
    Control,
    All,
    None,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Case,
    Area,
    Scenario,
    Statement,
    Requires,
}

/// A text that means itself before it means a glob.
#[derive(Debug)]
pub(super) struct Pattern {
    text: String,
    glob: GlobMatcher,
}

impl Pattern {
    fn new(text: &str, place: Span) -> Result<Self, Problem> {
        match GlobBuilder::new(text).literal_separator(false).build() {
            Ok(glob) => Ok(Self { text: text.to_owned(), glob: glob.compile_matcher() }),
            Err(error) => Err(Problem::new(format!("no glob: {}", error.kind()), place, "here")
                .help("`*` is any text, `?` one character, `[ab]` either, `{a,b}` one of several")),
        }
    }

    fn fits(&self, text: &str) -> bool {
        self.text == text || self.glob.is_match(text)
    }
}

impl Predicate {
    pub(super) fn new(name: &str, argument: &str, place: Span) -> Result<Self, Problem> {
        let word = |what: &str, known: &[&str]| {
            let message = if argument.is_empty() { format!("a {what} is missing") } else { format!("no {what}") };
            let near = nearest(argument, known).map(|near| format!("did you mean `{near}`? ")).unwrap_or_default();
            Problem::new(message, place, "here").help(format!("{near}write one of {}", list(known)))
        };
        let named = |kind: Kind| match argument {
            "" => Err(Problem::new("a pattern is missing", place, "here")
                .help(format!("write what it is to match: `{name}(...)`; `*` is any text"))),
            _ => Ok(Self::Named(kind, Pattern::new(argument, place)?)),
        };
        let plain = |predicate: Self| match argument {
            "" => Ok(predicate),
            _ => Err(Problem::new(format!("`{name}` takes no argument"), place, "this one")
                .help(format!("write `{name}()`"))),
        };
        match name {
            "case" => named(Kind::Case),
            "area" => named(Kind::Area),
            "scenario" => named(Kind::Scenario),
            "statement" => named(Kind::Statement),
            "requires" => named(Kind::Requires),
            "version" => match argument.trim_start_matches(['v', 'V']) {
                "5" | "5.0" => Ok(Self::Version(Version::V5)),
                "3.1.1" | "311" => Ok(Self::Version(Version::V311)),
                _ => Err(word("version", &["3.1.1", "5"])),
            },
            "level" => match argument.to_ascii_lowercase().as_str() {
                "must" => Ok(Self::Level(Level::Must)),
                "should" => Ok(Self::Level(Level::Should)),
                "may" | "info" => Ok(Self::Level(Level::Info)),
                _ => Err(word("level", &["must", "should", "may"])),
            },
            "transport" => match argument {
                "tcp" => Ok(Self::Transport { web_socket: false, tcp: true }),
                "tls" => Ok(Self::Transport { web_socket: false, tcp: false }),
                "ws" | "wss" => Ok(Self::Transport { web_socket: true, tcp: false }),
                _ => Err(word("transport", &["tcp", "tls", "ws", "wss"])),
            },
            "slow" => plain(Self::Slow),
            "exclusive" => plain(Self::Exclusive),
            "control" => plain(Self::Control),
            "all" => plain(Self::All),
            _ => plain(Self::None),
        }
    }

    pub(super) fn holds(&self, case: &Case, catalogue: &Catalogue) -> bool {
        let scenario = &case.scenario;
        match self {
            Self::Named(Kind::Case, pattern) => pattern.fits(&case.id),
            Self::Named(Kind::Area, pattern) => pattern.fits(&scenario.area),
            Self::Named(Kind::Scenario, pattern) => pattern.fits(&scenario.path()) || pattern.fits(&scenario.name),
            // A statement has its clauses with it.
            Self::Named(Kind::Statement, pattern) => case
                .statements()
                .flat_map(|id| [id, whole(id)])
                .any(|id| pattern.fits(id) || id.strip_prefix("MQTT-").is_some_and(|number| pattern.fits(number))),
            Self::Named(Kind::Requires, pattern) => {
                scenario.requires.iter().any(|requirement| pattern.fits(&requirement.key))
            }
            Self::Version(version) => case.version == *version,
            Self::Level(level) => {
                let of_case = |rule: usize| scenario.rules[rule].level_in(case.version, catalogue);
                case.rules().into_iter().any(|rule| of_case(rule) == *level)
            }
            Self::Transport { web_socket, tcp } => {
                (*web_socket || !scenario.needs_web_socket()) && (*tcp || !case.half_closes())
            }
            Self::Slow => case.waits() > SLOW,
            // What is done to the server is felt by all that run beside it.
            Self::Exclusive => scenario.exclusive || !case.operations().is_empty(),
            Self::Control => case.is_control,
            Self::All => true,
            Self::None => false,
        }
    }

    /// Whether it names something that has to be there.
    pub(super) const fn is_pattern(&self) -> bool {
        matches!(self, Self::Named(..))
    }

    /// That it holds for none of the cases.
    pub(super) fn idle(&self, cases: &[Case], span: Span) -> Problem {
        let Self::Named(kind, pattern) = self else { return Problem::new("no case is meant", span, "here") };
        let mut known: Vec<String> = cases.iter().flat_map(|case| kind.names(case)).collect();
        known.sort_unstable();
        known.dedup();
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        let problem = Problem::new("no case matches this", span, "matches nothing");
        match nearest(&pattern.text, &known) {
            Some(near) => problem.help(format!("did you mean `{near}`?")),
            None if known.len() <= 40 => problem.help(format!("there are {}", list(&known))),
            None => problem.help("`mqttspec list` lists the cases"),
        }
    }
}

impl Kind {
    fn names(self, case: &Case) -> Vec<String> {
        let requires = case.scenario.requires.iter();
        match self {
            Self::Case => vec![case.id.clone()],
            Self::Area => vec![case.scenario.area.clone()],
            Self::Scenario => vec![case.scenario.path(), case.scenario.name.clone()],
            Self::Statement => case.statements().flat_map(|id| [id, whole(id)]).map(str::to_owned).collect(),
            Self::Requires => requires.map(|requirement| requirement.key.clone()).collect(),
        }
    }
}
