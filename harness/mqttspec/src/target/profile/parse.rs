//! From the text of a profile to the profile.

use super::{Listen, Port, Profile};
use crate::target::error::nearest;
use crate::target::name::DEFAULT_PORT;
use kdl::{KdlDocument, KdlEntry, KdlNode, KdlValue};
use miette::SourceSpan;
use mqttspec_codec::Version;
use mqttspec_engine::player::Declared;
use mqttspec_engine::scenario::Problem;

/// A profile is a page of text; what is longer is something else.
const LONGEST: usize = 1 << 20;
/// Deeper nesting is refused before the recursive parser sees it.
const DEEPEST: usize = 64;

const NODES: [&str; 8] = ["title", "install", "program", "file", "listen", "versions", "user", "limit"];
const LIMITS: [&str; 5] = ["max-qos", "retain", "wildcard", "shared", "subscription-identifier"];

/// Reads the one profile of a file.
pub(super) fn parse(text: &str) -> Result<Profile, Vec<Problem>> {
    if text.len() > LONGEST {
        return Err(vec![Problem::new(
            "this is too long for a profile",
            SourceSpan::from((0, 0)),
            "more than a mebibyte",
        )]);
    }
    if let Some(offset) = too_deep(text) {
        return Err(vec![Problem::new("blocks within blocks without end", SourceSpan::from((offset, 1)), "too deep")]);
    }
    let document = KdlDocument::parse_v2(text).map_err(|error| syntax_problems(&error, text))?;
    let mut reader = Reader { problems: Vec::new() };
    let mut profiles = document.nodes().iter();
    let mut profile = None;
    for node in profiles.by_ref() {
        match node.name().value() {
            "profile" if profile.is_none() => profile = Some(reader.profile(node)),
            "profile" => reader.push(Problem::new("a second profile", line(node), "one file holds one profile")),
            other => reader.unknown("node", other, node.name().span(), &["profile"]),
        }
    }
    match profile {
        Some(Some(profile)) if reader.problems.is_empty() => Ok(profile),
        None if reader.problems.is_empty() => {
            let end = SourceSpan::from((text.trim_end().len(), 0));
            let problem = Problem::new("there is no profile in this file", end, "nothing here");
            Err(vec![problem.help("write: profile NAME { listen \"HOST\" port=1883; }")])
        }
        _ => Err(reader.problems),
    }
}

/// Where the running count of braces gets out of hand, strings included: no profile needs that many.
fn too_deep(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    text.bytes().position(|byte| {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth > DEEPEST
    })
}

/// What KDL's own parser says, once for each line.
fn syntax_problems(error: &kdl::KdlError, text: &str) -> Vec<Problem> {
    let mut problems: Vec<Problem> = Vec::new();
    let mut lines = Vec::new();
    for diagnostic in &error.diagnostics {
        let start = text.floor_char_boundary(diagnostic.span.offset());
        let end = text.ceil_char_boundary(diagnostic.span.offset() + diagnostic.span.len());
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let line = text[..start].matches('\n').count();
        if !lines.contains(&line) {
            lines.push(line);
            let span = SourceSpan::from((start, end.min(line_end).saturating_sub(start)));
            let message = diagnostic.message.as_deref().unwrap_or("it cannot be read");
            let problem = Problem::new(format!("not KDL: {message}"), span, "KDL cannot read this");
            problems.push(if message.contains("clos") {
                problem
            } else {
                problem.help("quote texts with other characters than letters, digits, `-`, `_` and `.`")
            });
        }
    }
    if problems.is_empty() {
        problems.push(Problem::new("not a KDL document", SourceSpan::from((0, 0)), "cannot be read"));
    }
    problems
}

/// The line of a node, without its block.
fn line(node: &KdlNode) -> SourceSpan {
    let start = node.name().span().offset();
    let name_end = start + node.name().span().len();
    let end = node.entries().iter().map(|entry| entry.span().offset() + entry.span().len()).max();
    (start, end.unwrap_or(name_end) - start).into()
}

struct Reader {
    problems: Vec<Problem>,
}

impl Reader {
    fn push(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn unknown(&mut self, kind: &str, name: &str, span: SourceSpan, known: &[&str]) {
        let help = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known: {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        };
        self.push(Problem::new(format!("unknown {kind} `{name}`"), span, format!("no such {kind}")).help(help));
    }

    fn profile(&mut self, node: &KdlNode) -> Option<Profile> {
        let name = self.one_text(node, "NAME");
        let mut profile = Profile {
            name: name.unwrap_or_default(),
            title: None,
            install: None,
            program: None,
            files: Vec::new(),
            listen: Listen { host: String::new(), port: Port::Fixed(DEFAULT_PORT) },
            versions: None,
            credentials: None,
            declared: Declared::default(),
        };
        let mut listen = None;
        let mut seen: Vec<&str> = Vec::new();
        for child in node.iter_children() {
            let name = child.name().value();
            if seen.contains(&name) && name != "file" {
                self.push(Problem::new(format!("`{name}` is given twice"), line(child), "again here"));
            }
            seen.push(name);
            if child.children().is_some() {
                self.push(Problem::new(format!("`{name}` takes no block"), line(child), "followed by `{ }`"));
            }
            match name {
                "title" => profile.title = self.one_text(child, "TEXT"),
                "install" => profile.install = self.one_text(child, "COMMAND"),
                "program" => profile.program = self.texts(child, "PROGRAM ARGUMENT..."),
                "file" => profile.files.extend(self.file(child)),
                "listen" => {
                    listen = Some(line(child));
                    profile.listen = self.listen(child).unwrap_or(profile.listen);
                }
                "versions" => profile.versions = self.versions(child),
                "user" => profile.credentials = self.user(child),
                "limit" => self.limit(child, &mut profile.declared),
                other => self.unknown("node", other, child.name().span(), &NODES),
            }
        }
        let Some(listen) = listen else {
            let help = "add: listen \"127.0.0.1\" port=1883; with a program port=\"$port\" is a free one";
            self.push(
                Problem::new("the profile does not say where the server listens", line(node), "no `listen`").help(help),
            );
            return None;
        };
        if profile.program.is_none() && !seen.contains(&"program") {
            if profile.listen.port == Port::Picked {
                let help = "give the number of the port, or the program to start";
                self.push(
                    Problem::new("`$port` is for a program", listen, "no `program` that could use it").help(help),
                );
            }
            if let Some(file) = node.iter_children().find(|child| child.name().value() == "file") {
                self.push(Problem::new("files are for a program", line(file), "no `program` that could use it"));
            }
        }
        Some(profile)
    }

    /// A node with one text and nothing else.
    fn one_text(&mut self, node: &KdlNode, usage: &str) -> Option<String> {
        self.properties(node, &[]);
        let mut texts = self.arguments(node, usage, 1, 1)?;
        texts.pop()
    }

    /// A node with texts and nothing else.
    fn texts(&mut self, node: &KdlNode, usage: &str) -> Option<Vec<String>> {
        self.properties(node, &[]);
        self.arguments(node, usage, 1, usize::MAX)
    }

    fn file(&mut self, node: &KdlNode) -> Option<(String, String)> {
        self.properties(node, &[]);
        let mut texts = self.arguments(node, "NAME TEXT", 2, 2)?.into_iter();
        let (name, text) = (texts.next()?, texts.next()?);
        if name.is_empty() || name.contains(['/', '\\', '\0']) || name == "." || name == ".." {
            let help = "it is written into the folder `$dir`, which is made for it";
            self.push(
                Problem::new(format!("`{name}` is no name of a file"), line(node), "a name without folders").help(help),
            );
        }
        Some((name, text))
    }

    fn listen(&mut self, node: &KdlNode) -> Option<Listen> {
        let properties = self.properties(node, &["port"]);
        let host = self.arguments(node, "HOST port=NUMBER", 1, 1)?.pop()?;
        let Some(entry) = properties.first() else { return Some(Listen { host, port: Port::Fixed(DEFAULT_PORT) }) };
        let port = match entry.value() {
            KdlValue::String(text) if text == "$port" => Some(Port::Picked),
            KdlValue::Integer(number) => u16::try_from(*number).ok().filter(|&port| port > 0).map(Port::Fixed),
            _ => None,
        };
        if port.is_none() {
            let help = "give a number from 1 to 65535, or \"$port\" for a free one";
            self.push(Problem::new("this is no port", entry.span(), "not a port").help(help));
        }
        Some(Listen { host, port: port? })
    }

    fn versions(&mut self, node: &KdlNode) -> Option<Vec<Version>> {
        let texts = self.texts(node, "v3.1.1 v5")?;
        let mut versions = Vec::new();
        for text in &texts {
            match text.as_str() {
                "v3.1.1" => versions.push(Version::V311),
                "v5" => versions.push(Version::V5),
                other => {
                    let entry = node.entries().iter().find(|entry| entry.value().as_string() == Some(other));
                    let span = entry.map_or(line(node), KdlEntry::span);
                    self.unknown("version", other, span, &["v3.1.1", "v5"]);
                }
            }
        }
        Some(versions)
    }

    fn user(&mut self, node: &KdlNode) -> Option<(String, Vec<u8>)> {
        let properties = self.properties(node, &["password"]);
        let name = self.arguments(node, "NAME password=TEXT", 1, 1)?.pop()?;
        let Some(entry) = properties.first() else {
            let problem = Problem::new("a user needs a password", line(node), "no `password`");
            self.push(problem.help("write: user NAME password=TEXT"));
            return None;
        };
        let Some(password) = entry.value().as_string() else {
            self.push(Problem::new("a password is a text", entry.span(), "not a text").help("put it in quotes"));
            return None;
        };
        Some((name, password.as_bytes().to_vec()))
    }

    fn limit(&mut self, node: &KdlNode, declared: &mut Declared) {
        let _ = self.arguments(node, "max-qos=1 retain=#true ...", 0, 0);
        for entry in self.properties(node, &LIMITS) {
            let key = entry.name().map_or("", |name| name.value());
            if key == "max-qos" {
                match entry.value().as_integer() {
                    Some(qos @ 0..=2) => declared.max_qos = u8::try_from(qos).unwrap_or(2),
                    _ => self.push(Problem::new("this is no QoS", entry.span(), "not 0, 1 or 2")),
                }
                continue;
            }
            let Some(value) = entry.value().as_bool() else {
                let help = format!("write {key}=#true or {key}=#false");
                self.push(Problem::new(format!("`{key}` is true or false"), entry.span(), "neither").help(help));
                continue;
            };
            match key {
                "retain" => declared.retain = value,
                "wildcard" => declared.wildcard = value,
                "shared" => declared.shared = value,
                _ => declared.subscription_identifier = value,
            }
        }
    }

    /// The arguments of a node: texts, as many as said.
    fn arguments(&mut self, node: &KdlNode, usage: &str, least: usize, most: usize) -> Option<Vec<String>> {
        let name = node.name().value();
        let usage = format!("write: {name} {usage}");
        let entries: Vec<&KdlEntry> = node.entries().iter().filter(|entry| entry.name().is_none()).collect();
        if let Some(entry) = entries.get(most) {
            self.push(
                Problem::new(format!("one word too many for `{name}`"), entry.span(), "not expected").help(usage),
            );
            return None;
        }
        if entries.len() < least {
            self.push(Problem::new(format!("`{name}` lacks something"), line(node), "not enough").help(usage));
            return None;
        }
        let mut texts = Vec::new();
        for entry in entries {
            match entry.value().as_string() {
                Some(text) if entry.ty().is_none() => texts.push(text.to_owned()),
                _ => {
                    let problem = Problem::new(format!("`{name}` takes texts"), entry.span(), "not a text");
                    self.push(problem.help("put it in quotes"));
                    return None;
                }
            }
        }
        Some(texts)
    }

    /// The properties of a node, each once and known.
    fn properties<'k>(&mut self, node: &'k KdlNode, known: &[&str]) -> Vec<&'k KdlEntry> {
        let mut properties: Vec<&KdlEntry> = Vec::new();
        for entry in node.entries() {
            let Some(name) = entry.name() else { continue };
            if !known.contains(&name.value()) {
                let kind = format!("property of `{}`", node.name().value());
                if known.is_empty() {
                    self.push(Problem::new(
                        format!("`{}` has no properties", node.name().value()),
                        entry.span(),
                        "not expected",
                    ));
                } else {
                    self.unknown(&kind, name.value(), entry.span(), known);
                }
            } else if properties.iter().any(|other| other.name() == Some(name)) {
                self.push(Problem::new(format!("`{}` is given twice", name.value()), entry.span(), "again here"));
            } else {
                properties.push(entry);
            }
        }
        properties
    }
}
