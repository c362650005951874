//! Where a server listens, and how an address is written.

use super::TargetError;
use crate::transport::Transport;
use std::fmt;

/// The path of a WebSocket where an address names none: what most servers have.
const DEFAULT_PATH: &str = "/mqtt";

/// Where a server listens, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// What carries MQTT there.
    pub transport: Transport,
    /// A name or an address; IPv6 without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
    /// The path of a WebSocket, with its `/`; empty for other transports.
    pub path: String,
}

/// Host and port.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}

impl Endpoint {
    /// An endpoint with the usual path.
    #[must_use]
    pub fn new(transport: Transport, host: impl Into<String>, port: u16) -> Self {
        let path = if transport.is_web_socket() { DEFAULT_PATH } else { "" };
        Self { transport, host: host.into(), port, path: path.to_owned() }
    }

    /// An endpoint of plain TCP.
    #[must_use]
    pub fn tcp(host: impl Into<String>, port: u16) -> Self {
        Self::new(Transport::Tcp, host, port)
    }

    /// Reads `mqtt://HOST[:PORT]` or `mqtts://HOST[:PORT]` (or the schemes `tcp`, `tls` and `ssl`), or
    /// `ws://HOST[:PORT][/PATH]` or `wss://HOST[:PORT][/PATH]`.
    ///
    /// # Errors
    /// It is none of these.
    pub fn parse(url: &str) -> Result<Self, TargetError> {
        let bad = |why: String| TargetError::BadUrl { url: hide_password(url), why };
        let (scheme, rest) = url.split_once("://").ok_or_else(|| bad("there is no scheme".to_owned()))?;
        let transport = Transport::from_scheme(scheme).ok_or_else(|| bad(format!("unknown scheme `{scheme}`")))?;
        parse(transport, rest).map_err(bad)
    }

    /// As it is written: `mqtts://localhost:8883`.
    #[must_use]
    pub fn to_url(&self) -> String {
        format!("{}://{self}{}", self.transport.scheme(), self.path)
    }
}

/// `HOST[:PORT][/PATH]`, IPv6 in brackets.
fn parse(transport: Transport, text: &str) -> Result<Endpoint, String> {
    let (authority, path) = match text.find('/') {
        Some(at) if transport.is_web_socket() => (&text[..at], &text[at..]),
        _ => (text.strip_suffix('/').unwrap_or(text), ""),
    };
    if authority.contains('@') {
        return Err("user name and password do not belong here: they have options of their own".to_owned());
    }
    let (host, port) = match authority.strip_prefix('[') {
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
        None => match authority.split_once(':') {
            Some((_, port)) if port.contains(':') => return Err("an IPv6 address goes in brackets".to_owned()),
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
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
        None => transport.default_port(),
        Some(port) => match port.parse() {
            Ok(number @ 1..) if port.bytes().all(|byte| byte.is_ascii_digit()) => number,
            _ => return Err(format!("`{}` is no port: 1 to 65535", port.escape_default())),
        },
    };
    if let Some(other) = path.chars().find(|c| !c.is_ascii_graphic() || *c == '#') {
        return Err(format!("`{}` in the path", other.escape_default()));
    }
    let endpoint = Endpoint::new(transport, host, port);
    Ok(if path.is_empty() { endpoint } else { Endpoint { path: path.to_owned(), ..endpoint } })
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

    #[test]
    fn addresses() {
        for (text, expected) in [
            ("mqtt://localhost", "mqtt://localhost:1883"),
            ("tcp://localhost:1", "mqtt://localhost:1"),
            ("MQTT://broker.example:65535/", "mqtt://broker.example:65535"),
            ("mqtt://127.0.0.1:1884", "mqtt://127.0.0.1:1884"),
            ("mqtt://[::1]", "mqtt://[::1]:1883"),
            ("mqtt://[fe80::1]:2883", "mqtt://[fe80::1]:2883"),
            ("mqtt://my_host-1", "mqtt://my_host-1:1883"),
            ("mqtts://h", "mqtts://h:8883"),
            ("ssl://h:1", "mqtts://h:1"),
            ("tls://h/", "mqtts://h:8883"),
            ("ws://h", "ws://h:80/mqtt"),
            ("ws://h:8080/", "ws://h:8080/"),
            ("WSS://h/some/path?token=a%20b", "wss://h:443/some/path?token=a%20b"),
            ("wss://[::1]:9/x", "wss://[::1]:9/x"),
        ] {
            let endpoint = Endpoint::parse(text).unwrap();
            assert_eq!(endpoint.to_url(), expected, "{text}");
            assert_eq!(Endpoint::parse(expected).unwrap(), endpoint, "{text}");
        }
        assert_eq!(Endpoint::parse("mqtt://[::1]:7").unwrap(), Endpoint::tcp("::1", 7));
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
            ("mqtts://h/topic", "`/` in the host"),
            ("mqtt://h h", "` ` in the host"),
            ("ws://h/a b", "` ` in the path"),
            ("ws://h/a#b", "`#` in the path"),
            ("ws:///mqtt", "the host is missing"),
            ("mqtt://u:secret@h", "user name and password do not belong here"),
            ("wss://u:secret@h/mqtt", "user name and password do not belong here"),
            ("http://h", "unknown scheme `http`"),
        ] {
            let error = Endpoint::parse(text).unwrap_err();
            assert!(error.to_string().contains(part), "{text}: {error}");
            assert!(!error.to_string().contains("secret"), "{error}");
            assert_eq!(error.exit_code(), 2, "{text}");
        }
    }
}
