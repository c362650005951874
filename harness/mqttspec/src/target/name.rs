//! What the user calls a target.

use super::{Profile, TargetError};
use crate::corpus;
use std::fmt;
use std::path::Path;

/// The port of MQTT without TLS.
pub(super) const DEFAULT_PORT: u16 = 1883;

/// Host and port of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

/// A target as the user names it.
#[derive(Clone, Debug)]
pub enum TargetName {
    /// The reference broker in this process.
    Embedded,
    /// A server that runs already.
    Url(Endpoint),
    /// A server that a profile describes.
    Profile(Box<Profile>),
}

impl fmt::Display for TargetName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Url(endpoint) => write!(f, "mqtt://{endpoint}"),
            Self::Profile(profile) => f.write_str(&profile.name),
        }
    }
}

impl TargetName {
    /// Reads `embedded`, `mqtt://HOST[:PORT]` (or `tcp://`), the name of a built-in profile, or the path of a profile
    /// file, which holds a `/` or ends in `.kdl`.
    ///
    /// # Errors
    /// It is none of these, or the profile is not valid.
    pub fn parse(text: &str) -> Result<Self, TargetError> {
        if text == "embedded" {
            return Ok(Self::Embedded);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return match scheme.to_ascii_lowercase().as_str() {
                "mqtt" | "tcp" => match endpoint(rest) {
                    Ok(endpoint) => Ok(Self::Url(endpoint)),
                    Err(why) => Err(TargetError::BadUrl { url: hide_password(text), why }),
                },
                "mqtts" | "ssl" | "tls" | "ws" | "wss" => {
                    Err(TargetError::NotSupportedYet { scheme: scheme.to_ascii_lowercase() })
                }
                _ => Err(TargetError::BadUrl { url: hide_password(text), why: format!("unknown scheme `{scheme}`") }),
            };
        }
        if text.contains('/') || has_extension(text) {
            return Profile::from_file(Path::new(text)).map(|profile| Self::Profile(Box::new(profile)));
        }
        match corpus::built_in_profile(text) {
            Some(profile) => Ok(Self::Profile(Box::new(Profile::parse(&format!("{text}.kdl"), profile)?))),
            None => Err(TargetError::unknown(text, corpus::built_in_profiles().collect())),
        }
    }
}

fn has_extension(text: &str) -> bool {
    Path::new(text).extension().is_some_and(|extension| extension.eq_ignore_ascii_case("kdl"))
}

/// `HOST[:PORT][/]`, IPv6 in brackets.
fn endpoint(text: &str) -> Result<Endpoint, String> {
    let text = text.strip_suffix('/').unwrap_or(text);
    if text.contains('@') {
        return Err("user name and password do not belong here: they have options of their own".to_owned());
    }
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, port) = rest.split_once(']').ok_or("a `[` without `]`")?;
            if host.parse::<std::net::Ipv6Addr>().is_err() {
                return Err(format!("`{host}` is no IPv6 address"));
            }
            match port.strip_prefix(':') {
                Some(port) => (host, Some(port)),
                None if port.is_empty() => (host, None),
                None => return Err(format!("`{port}` after the address")),
            }
        }
        None => match text.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err("an IPv6 address goes in brackets".to_owned()),
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    if host.is_empty() {
        return Err("the host is missing".to_owned());
    }
    let lawful = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    if let Some(other) = host.chars().find(|&c| !lawful(c)) {
        return Err(format!("`{}` in the host", other.escape_default()));
    }
    let port = match port {
        None => DEFAULT_PORT,
        Some(port) => match port.parse() {
            Ok(number @ 1..) if port.bytes().all(|byte| byte.is_ascii_digit()) => number,
            _ => return Err(format!("`{}` is no port: 1 to 65535", port.escape_default())),
        },
    };
    Ok(Endpoint { host: host.to_owned(), port })
}

/// The address as it may be shown.
fn hide_password(url: &str) -> String {
    match (url.split_once("://"), url.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, host))) => format!("{scheme}://...@{host}"),
        _ => url.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<String, String> {
        match TargetName::parse(text) {
            Ok(TargetName::Url(endpoint)) => Ok(endpoint.to_string()),
            Ok(other) => Err(format!("{other}")),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("mqtt://localhost", "localhost:1883"),
            ("tcp://localhost:1", "localhost:1"),
            ("MQTT://broker.example:65535/", "broker.example:65535"),
            ("mqtt://127.0.0.1:1884", "127.0.0.1:1884"),
            ("mqtt://[::1]", "[::1]:1883"),
            ("mqtt://[fe80::1]:2883", "[fe80::1]:2883"),
            ("mqtt://my_host-1", "my_host-1:1883"),
        ] {
            assert_eq!(url(text).as_deref(), Ok(expected), "{text}");
        }
        let TargetName::Url(endpoint) = TargetName::parse("mqtt://[::1]:7").unwrap() else { panic!("an address") };
        assert_eq!(endpoint, Endpoint { host: "::1".to_owned(), port: 7 });
    }

    #[test]
    fn addresses_that_are_none() {
        for (text, part) in [
            ("mqtt://", "the host is missing"),
            ("mqtt://:1883", "the host is missing"),
            ("mqtt://h:0", "`0` is no port"),
            ("mqtt://h:+1", "`+1` is no port"),
            ("mqtt://h:65536", "`65536` is no port"),
            ("mqtt://h:", "`` is no port"),
            ("mqtt://::1", "an IPv6 address goes in brackets"),
            ("mqtt://[::1", "a `[` without `]`"),
            ("mqtt://[::1]x", "`x` after the address"),
            ("mqtt://[host]", "`host` is no IPv6 address"),
            ("mqtt://h/topic", "`/` in the host"),
            ("mqtt://h h", "` ` in the host"),
            ("mqtt://u:secret@h", "user name and password do not belong here"),
            ("http://h", "unknown scheme `http`"),
            ("mqtts://h", "mqtts:// is not supported yet"),
            ("WSS://h/mqtt", "wss:// is not supported yet"),
            ("ws://h", "ws:// is not supported yet"),
        ] {
            let error = TargetName::parse(text).unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
            assert_eq!(error.exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn embedded_and_profiles() {
        assert!(matches!(TargetName::parse("embedded"), Ok(TargetName::Embedded)));
        for name in corpus::built_in_profiles() {
            let TargetName::Profile(profile) = TargetName::parse(&name).unwrap() else { panic!("{name} is a profile") };
            assert_eq!(profile.name, name, "a profile is found by the name of its file");
        }
    }

    #[test]
    fn unknown_names() {
        use miette::Diagnostic;
        for (text, part) in [
            ("mosquito", "did you mean `mosquitto`?"),
            ("embeded", "did you mean `embedded`?"),
            ("localhost:1883", "an address is written mqtt://localhost:1883"),
            ("whatever", "`embedded`, `mosquitto`"),
        ] {
            let error = TargetName::parse(text).unwrap_err();
            let help = error.help().unwrap().to_string();
            assert!(help.contains(part), "{text}: {help}");
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(error.exit_code(), 2);
        }
    }
}
