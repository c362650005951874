//! A profile: how a known server is started and reached, and what it declares.

mod parse;

use super::{Readiness, TargetError};
use mqttspec_codec::Version;
use mqttspec_engine::player::Declared;
use mqttspec_engine::scenario::{LoadError, Source};
use std::path::Path;

/// A server that a profile file describes.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// Its name in words.
    pub title: Option<String>,
    /// The command that installs it.
    pub install: Option<String>,
    /// The program and its arguments; `None` for a server that runs already.
    pub program: Option<Vec<String>>,
    /// Files that the program needs: name and text.
    pub files: Vec<(String, String)>,
    /// Where it listens.
    pub listen: Listen,
    /// The versions that it speaks, where the profile says so.
    pub versions: Option<Vec<Version>>,
    /// User name and password.
    pub credentials: Option<(String, Vec<u8>)>,
    /// What it offers.
    pub declared: Declared,
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listen {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: Port,
}

/// The port of a profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Port {
    /// `$port`: a free one that is picked at each start.
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

/// Puts the port and the folder of the files where `$port` and `$dir` stand as whole words. Other `$` stay.
pub(super) fn expand(text: &str, port: u16, dir: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
        let (word, behind) = after.split_at(end);
        match word {
            "port" => out.push_str(&port.to_string()),
            "dir" => out.push_str(dir),
            other => {
                out.push('$');
                out.push_str(other);
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
            ("$port", "7"),
            ("$ports $porta $SYS/# $$port $", "$ports $porta $SYS/# $7 $"),
            ("$port$dir", "7/d"),
        ] {
            assert_eq!(expand(text, 7, "/d"), expanded);
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
