//! A profile: how a known server is started and reached, and what it declares.

mod parse;

use super::{Endpoint, Readiness, TargetError, Transport};
use mqttspec_codec::Version;
use mqttspec_engine::operation::Operations;
use mqttspec_engine::player::Declared;
use mqttspec_engine::scenario::{LoadError, Source};
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

/// A server that a profile file describes.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its name in words.
    pub title: Option<String>,
    /// The command that installs it.
    pub install: Option<String>,
    /// The program and its arguments; `None` for a server that runs already, or only in a container.
    pub program: Option<Vec<String>>,
    /// The image for a container.
    pub image: Option<Image>,
    /// What a container runs, where it is not what `program` says; the image's own command without both.
    pub command: Option<Vec<String>>,
    /// Environment variables of program and container: name and value.
    pub environment: Vec<(String, String)>,
    /// Files that the server needs: name and text.
    pub files: Vec<(String, String)>,
    /// How long the server may take to get ready, where the usual time for an answer is too short.
    pub start_within: Option<Duration>,
    /// Where it listens: the first is the usual one. There is one at least, and one for a transport at most.
    pub listeners: Vec<Listen>,
    /// The versions that it speaks, where the profile says so.
    pub versions: Option<Vec<Version>>,
    /// User name and password.
    pub credentials: Option<(String, Vec<u8>)>,
    /// What it offers.
    pub declared: Declared,
}

/// The image of a server, by the names that an engine knows it by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// `REPOSITORY:TAG`, to be pulled where it is not there.
    pub name: String,
    /// One that is only ever built here, and taken where the other is not there.
    pub local: Option<String>,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// What carries MQTT there.
    pub transport: Transport,
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: Port,
    /// The path of a WebSocket, where it is not the usual one.
    pub path: Option<String>,
}

impl Listen {
    /// The endpoint; its port is 0 where it is still to be picked.
    #[must_use]
    pub fn endpoint(&self) -> Endpoint {
        let endpoint = Endpoint::new(self.transport, self.host.clone(), self.port.number());
        match &self.path {
            Some(path) => Endpoint { path: path.clone(), ..endpoint },
            None => endpoint,
        }
    }
}

/// The port of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// `$port`, or `$tls_port`, `$ws_port` and `$wss_port` for those: a free one that is picked at each start.
    Picked,
    /// This one.
    Fixed(u16),
}

impl Port {
    /// The number; 0 for a port that is still to be picked.
    #[must_use]
    pub const fn number(self) -> u16 {
        match self {
            Self::Picked => 0,
            Self::Fixed(port) => port,
        }
    }
}

impl Profile {
    /// The profile in a file.
    ///
    /// # Errors
    /// The file cannot be read, or is not valid.
    pub fn from_file(path: &Path) -> Result<Self, TargetError> {
        let text =
            std::fs::read_to_string(path).map_err(|error| TargetError::Unreadable { path: path.to_owned(), error })?;
        Ok(Self::parse(&path.display().to_string(), &text)?)
    }

    /// The profile in a text; `path` is for diagnostics.
    ///
    /// # Errors
    /// The text is not valid.
    pub fn parse(path: &str, text: &str) -> Result<Self, LoadError> {
        parse::parse(text)
            .map_err(|problems| LoadError::new(&Source { path: path.to_owned(), text: text.to_owned() }, problems))
    }

    /// An image of which nothing is known but where its server listens in the container.
    pub(super) fn of_image(name: &str, transport: Transport, port: u16) -> Self {
        let listen = Listen { transport, host: Ipv4Addr::LOCALHOST.to_string(), port: Port::Fixed(port), path: None };
        let image = Image { name: name.to_owned(), local: None };
        Self { image: Some(image), listeners: vec![listen], ..Self::named(name) }
    }

    fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            title: None,
            install: None,
            program: None,
            image: None,
            command: None,
            environment: Vec::new(),
            files: Vec::new(),
            start_within: None,
            listeners: Vec::new(),
            versions: None,
            credentials: None,
            // Whatever runs the server may leave less of the operations.
            declared: Declared { operations: Operations::ALL, ..Declared::default() },
        }
    }

    /// Whether anything of the profile could show a certificate.
    pub(super) fn needs_certificates(&self) -> bool {
        let configured = self.program.is_some() || self.command.is_some() || !self.files.is_empty();
        configured && self.listeners.iter().any(|listen| listen.transport.is_secure())
    }

    /// The listener for a transport.
    ///
    /// # Errors
    /// There is none.
    pub(super) fn listener(&self, transport: Option<Transport>) -> Result<&Listen, TargetError> {
        let wanted = |listen: &&Listen| transport.is_none_or(|transport| listen.transport == transport);
        let missing = || TargetError::NoListener { name: self.name.clone(), transport: transport.unwrap_or_default() };
        self.listeners.iter().find(wanted).ok_or_else(missing)
    }

    /// The versions that are to be asked for, and what is said of those that the profile does not declare.
    pub(super) fn declared_versions(&self, versions: &[Version]) -> (Vec<Version>, Vec<(Version, Readiness)>) {
        let Some(declared) = &self.versions else { return (versions.to_vec(), Vec::new()) };
        let (asked, undeclared): (Vec<Version>, Vec<Version>) =
            versions.iter().partition(|version| declared.contains(version));
        let told = format!("the profile {} does not declare the version", self.name);
        let refused =
            |version| (version, Readiness::Refused { told: told.clone(), hex: "nothing was sent".to_owned() });
        (asked, undeclared.into_iter().map(refused).collect())
    }
}

/// The ports of a program: one for each of its listeners.
pub(super) type Ports = BTreeMap<Transport, u16>;

/// The variable that is replaced by the port of a transport, without its `$`.
pub(super) const fn port_variable(transport: Transport) -> &'static str {
    match transport {
        Transport::Tcp => "port",
        Transport::Tls => "tls_port",
        Transport::Ws => "ws_port",
        Transport::Wss => "wss_port",
    }
}

/// What stands for the variables of a profile.
#[derive(Clone, Copy, Debug)]
pub(super) struct Variables<'a> {
    /// `$port` and its like.
    pub(super) ports: &'a Ports,
    /// `$dir`: the folder of the files.
    pub(super) dir: &'a str,
    /// `$host`: the address to listen on.
    pub(super) host: &'a str,
}

impl Variables<'_> {
    fn value(&self, word: &str) -> Option<String> {
        match word {
            "dir" => Some(self.dir.to_owned()),
            "host" => Some(self.host.to_owned()),
            _ => {
                let of_word = |transport: &&Transport| port_variable(**transport) == word;
                let transport = self.ports.keys().find(of_word)?;
                self.ports.get(transport).map(u16::to_string)
            }
        }
    }
}

/// Puts values where variables stand as whole words. Other `$` stay.
pub(super) fn expand(text: &str, variables: Variables<'_>) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let (word, behind) = after.split_at(end);
        match variables.value(word) {
            Some(value) => out.push_str(&value),
            None => {
                out.push('$');
                out.push_str(word);
            }
        }
        rest = behind;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        for (text, expanded) in [
            ("", ""),
            ("listener $port 127.0.0.1", "listener 7 127.0.0.1"),
            ("$dir/a $dir", "/d/a /d"),
            ("$host:$port $hosts", "h:7 $hosts"),
            ("$port", "7"),
            ("$ports $porta $SYS/# $$port $", "$ports $porta $SYS/# $7 $"),
            ("$port$dir", "7/d"),
            ("$port $tls_port $ws_port", "7 8 $ws_port"),
        ] {
            let ports = Ports::from([(Transport::Tcp, 7), (Transport::Tls, 8)]);
            assert_eq!(expand(text, Variables { ports: &ports, dir: "/d", host: "h" }), expanded);
        }
    }

    #[test]
    fn undeclared_versions_are_not_asked_for() {
        let text = "profile p {\n  listen localhost\n  versions v3.1.1\n}";
        let profile = Profile::parse("p.kdl", text).unwrap();
        let (asked, undeclared) = profile.declared_versions(&Version::ALL);
        assert_eq!(asked, [Version::V311]);
        let [(Version::V5, Readiness::Refused { told, .. })] = undeclared.as_slice() else { panic!("{undeclared:?}") };
        assert_eq!(told, "the profile p does not declare the version");
        let (asked, undeclared) = Profile { versions: None, ..profile }.declared_versions(&Version::ALL);
        assert_eq!((asked.as_slice(), undeclared.len()), (Version::ALL.as_slice(), 0));
    }
}
