//! From the text of a profile to the profile.

mod life;

use super::{Image, Listen, Port, Profile, port_variable};
use crate::target::container::tag;
use crate::transport::Transport;
use crate::words::{Reader, document, line};
use kdl::{KdlEntry, KdlNode, KdlValue};
use miette::SourceSpan;
use mqttspec_codec::Version;
use mqttspec_engine::player::Declared;
use mqttspec_engine::scenario::Problem;
use std::time::Duration;

const NODES: [&str; 14] = [
    "title",
    "install",
    "program",
    "image",
    "command",
    "environment",
    "file",
    "start-within",
    "listen",
    "versions",
    "user",
    "limit",
    "operations",
    "persists",
];
/// Nodes that may be there more than once.
const REPEATED: [&str; 4] = ["environment", "file", "listen", "persists"];
const LIMITS: [&str; 7] =
    ["max-qos", "retain", "wildcard", "shared", "subscription-identifier", "credentials", "challenge"];

/// Reads the one profile of a file.
pub(super) fn parse(text: &str) -> Result<Profile, Vec<Problem>> {
    let document = document(text, "profile")?;
    let mut reader = Reader::default();
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

impl Reader {
    fn profile(&mut self, node: &KdlNode) -> Option<Profile> {
        let name = self.one_text(node, "NAME");
        let mut profile = Profile::named(&name.unwrap_or_default());
        let mut listen = None;
        let mut seen: Vec<&str> = Vec::new();
        for child in node.iter_children() {
            let name = child.name().value();
            if seen.contains(&name) && !REPEATED.contains(&name) {
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
                "image" => profile.image = self.image(child),
                "command" => profile.command = self.texts(child, "PROGRAM ARGUMENT..."),
                "environment" => profile.environment.extend(self.environment(child)),
                "start-within" => profile.start_within = self.seconds(child),
                "file" => profile.files.extend(self.file(child)),
                "listen" => {
                    listen = listen.or_else(|| Some(line(child)));
                    profile.listeners.extend(self.listen(child, &profile.listeners));
                }
                "versions" => profile.versions = self.versions(child),
                "user" => profile.credentials = self.user(child),
                "limit" => self.limit(child, &mut profile.declared),
                "operations" => self.operations(child, &mut profile.declared),
                "persists" => self.persists(child, &mut profile.declared),
                other => self.unknown("node", other, child.name().span(), &NODES),
            }
        }
        let Some(listen) = listen else {
            let help = "add: listen \"127.0.0.1\" port=1883; with a program or an image port=\"$port\" is a free one";
            self.push(
                Problem::new("the profile does not say where the server listens", line(node), "no `listen`").help(help),
            );
            return None;
        };
        if !seen.contains(&"program") && !seen.contains(&"image") {
            self.nothing_starts(node, &profile, listen);
        }
        if seen.contains(&"command")
            && !seen.contains(&"image")
            && let Some(command) = node.iter_children().find(|child| child.name().value() == "command")
        {
            let problem = Problem::new("a command is for a container", line(command), "no `image` that could run it");
            self.push(problem.help("without a container, what is started is the `program`"));
        }
        Some(profile)
    }

    /// What a profile cannot have that starts nothing.
    fn nothing_starts(&mut self, node: &KdlNode, profile: &Profile, listen: SourceSpan) {
        if profile.listeners.iter().any(|listen| listen.port == Port::Picked) {
            let help = "give the number of the port, or the program or the image to start";
            let problem = Problem::new("`$port` is for a program or a container", listen, "nothing could use it");
            self.push(problem.help(help));
        }
        for (name, message) in [
            ("file", "files are for a program or a container"),
            ("environment", "an environment is for a program or a container"),
            ("start-within", "what is not started here has no time to start"),
            ("operations", "nothing is done to what somebody else runs"),
            ("persists", "what somebody else runs is neither ended nor started here"),
        ] {
            if let Some(child) = node.iter_children().find(|child| child.name().value() == name) {
                self.push(Problem::new(message, line(child), "no `program` and no `image`"));
            }
        }
    }

    fn image(&mut self, node: &KdlNode) -> Option<Image> {
        let properties = self.properties(node, &["local"]);
        let name = self.arguments(node, "REPOSITORY:TAG local=REPOSITORY:TAG", 1, 1)?.pop()?;
        let local = match properties.first() {
            Some(entry) => match entry.value().as_string() {
                Some(local) => Some(local.to_owned()),
                None => {
                    self.push(Problem::new("the name of an image is a text", entry.span(), "not a text"));
                    return None;
                }
            },
            None => None,
        };
        // Verdicts are those of a version.
        for name in std::iter::once(&name).chain(&local) {
            if tag(name).is_none_or(|tag| tag == "latest") {
                let problem = Problem::new(format!("`{name}` does not say which version"), line(node), "no fixed tag");
                self.push(
                    problem.help("write REPOSITORY:TAG with the tag of one version, or REPOSITORY@sha256:DIGEST"),
                );
            }
        }
        Some(Image { name, local })
    }

    fn environment(&mut self, node: &KdlNode) -> Option<(String, String)> {
        self.properties(node, &[]);
        let mut texts = self.arguments(node, "NAME VALUE", 2, 2)?.into_iter();
        let (name, value) = (texts.next()?, texts.next()?);
        if name.is_empty() || name.contains(['=', '\0']) {
            let message = format!("`{name}` is no name of an environment variable");
            self.push(Problem::new(message, line(node), "empty, or with `=`"));
        }
        Some((name, value))
    }

    fn seconds(&mut self, node: &KdlNode) -> Option<Duration> {
        let whole = |entry: &&KdlEntry| entry.name().is_none() && entry.value().as_integer().is_some();
        let seconds = match node.entries() {
            [entry] => Some(entry).filter(whole).and_then(|entry| entry.value().as_integer()),
            _ => None,
        };
        let seconds =
            seconds.and_then(|seconds| u64::try_from(seconds).ok()).filter(|seconds| (1..=3600).contains(seconds));
        if seconds.is_none() {
            let problem = Problem::new("this is no time to start", line(node), "not a number of seconds");
            self.push(problem.help("write: start-within SECONDS, from 1 to 3600"));
        }
        seconds.map(Duration::from_secs)
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

    fn listen(&mut self, node: &KdlNode, others: &[Listen]) -> Option<Listen> {
        let properties = self.properties(node, &["port", "transport", "path"]);
        let host = self.arguments(node, "HOST port=NUMBER", 1, 1)?.pop()?;
        let property =
            |key: &str| properties.iter().copied().find(|entry| entry.name().is_some_and(|name| name.value() == key));
        let transport = match property("transport") {
            Some(entry) => self.transport(entry)?,
            None => Transport::Tcp,
        };
        if others.iter().any(|other| other.transport == transport) {
            let message = format!("a second listener for {}", transport.word());
            self.push(
                Problem::new(message, line(node), "again here").help("give each its own transport=tcp, tls, ws or wss"),
            );
        }
        let port = match property("port") {
            Some(entry) => self.port(entry, transport)?,
            None => Port::Fixed(transport.default_port()),
        };
        let path = match property("path") {
            Some(entry) => {
                let path = entry.value().as_string().filter(|path| path.starts_with('/') && transport.is_web_socket());
                if path.is_none() {
                    let help = "for transport=ws and transport=wss, a text that begins with `/`";
                    self.push(Problem::new("this is no path of a WebSocket", entry.span(), "not a path").help(help));
                }
                Some(path?.to_owned())
            }
            None => None,
        };
        Some(Listen { transport, host, port, path })
    }

    fn transport(&mut self, entry: &KdlEntry) -> Option<Transport> {
        let words = Transport::ALL.map(Transport::word);
        let text = entry.value().as_string().unwrap_or_default();
        let transport = Transport::ALL.into_iter().find(|transport| transport.word() == text);
        if transport.is_none() {
            self.unknown("transport", text, entry.span(), &words);
        }
        transport
    }

    fn port(&mut self, entry: &KdlEntry, transport: Transport) -> Option<Port> {
        let variable = format!("${}", port_variable(transport));
        let port = match entry.value() {
            KdlValue::String(text) if *text == variable => Some(Port::Picked),
            KdlValue::Integer(number) => u16::try_from(*number).ok().filter(|&port| port > 0).map(Port::Fixed),
            _ => None,
        };
        if port.is_none() {
            let help = format!("give a number from 1 to 65535, or \"{variable}\" for a free one");
            self.push(Problem::new("this is no port", entry.span(), "not a port").help(help));
        }
        port
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
                "credentials" => declared.credentials = value,
                "challenge" => declared.challenge = value,
                _ => declared.subscription_identifier = value,
            }
        }
    }
}
