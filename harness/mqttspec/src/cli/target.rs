//! Which server is meant, by which cases, and with which credentials.

use super::args::{RunArgs, ServerArgs, TlsArgs};
use super::failure::Failure;
use super::suggest::{did_you_mean, nearest};
use crate::corpus;
use crate::report::text::quoted;
use crate::target::{TargetError, TargetName, TlsOptions};
use std::path::PathBuf;

/// A target, and the selectors that were given with it.
#[derive(Debug)]
pub(super) struct Chosen {
    pub(super) target: TargetName,
    pub(super) selectors: Vec<String>,
}

/// Sorts out the arguments. A first word that is no target is an error: it could be a target with a slip in it, and a run
/// against another server than the one that is meant would prove nothing.
pub(super) fn choose(args: &RunArgs) -> Result<Chosen, Failure> {
    let mut selectors = args.selectors.clone();
    if let Some(host) = args.server.host.as_ref().filter(|host| host.contains("://")) {
        let help = format!("give an address as the target: `mqttspec run {}`", quoted(host));
        return Err(Failure::usage(format!("`{host}` is no host, but an address"), help));
    }
    let target = match (image(args), &args.target, address(&args.server, &args.tls)) {
        (Some(image), _, _) => image,
        (None, None, None) => TargetName::Embedded,
        (None, None, Some(url)) => TargetName::parse(&url)?,
        (None, Some(word), Some(url)) => {
            if word.contains("://") || TargetName::parse(word).is_ok() {
                return Err(Failure::usage(format!("`{word}` and -h or -p name two targets"), "leave out one of them"));
            }
            selectors.insert(0, word.clone());
            TargetName::parse(&url)?
        }
        (None, Some(word), None) => TargetName::parse(word).map_err(|error| not_a_target(word, error))?,
    };
    selectors.extend(args.cases.iter().cloned());
    match (&target, args.tls.transport) {
        (TargetName::Embedded, Some(_)) => {
            let help = "to try it over a transport, start `mqttspec serve` and name its address";
            return Err(Failure::usage("--transport is not for the embedded broker, which needs none", help));
        }
        (TargetName::Url(endpoint), Some(transport)) if endpoint.transport != transport => {
            let message = format!("--transport {} does not go with {target}", transport.word());
            return Err(Failure::usage(message, "leave it out: the address says what carries MQTT"));
        }
        _ => {}
    }
    Ok(Chosen { target, selectors })
}

/// The image that the target names, whose server listens at -p in the container.
fn image(args: &RunArgs) -> Option<TargetName> {
    let (word, port) = args.target.as_ref().zip(args.server.port).filter(|_| args.server.host.is_none())?;
    TargetName::image(word, args.tls.transport.unwrap_or_default(), port)
}

/// The address that -h and -p come to.
pub(super) fn address(server: &ServerArgs, tls: &TlsArgs) -> Option<String> {
    if server.host.is_none() && server.port.is_none() {
        return None;
    }
    let host = server.host.as_deref().unwrap_or("localhost");
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.to_owned() };
    let scheme = tls.transport.unwrap_or_default().scheme();
    Some(match server.port {
        Some(port) => format!("{scheme}://{host}:{port}"),
        None => format!("{scheme}://{host}"),
    })
}

fn not_a_target(word: &str, error: TargetError) -> Failure {
    let a_word = matches!(error, TargetError::Unknown { .. });
    let no_file = matches!(error, TargetError::Unreadable { .. }) && !word.ends_with(".kdl");
    if !a_word && !no_file {
        return error.into();
    }
    let mut known: Vec<String> = corpus::built_in_profiles().collect();
    known.push("embedded".to_owned());
    known.sort();
    let listed: Vec<String> = known.iter().map(|name| format!("`{name}`")).collect();
    let near = nearest(word, known.iter().map(String::as_str));
    let targets = format!("targets are mqtt://HOST[:PORT] (or mqtts, ws, wss) and {}", listed.join(", "));
    let help = if !near.is_empty() {
        did_you_mean(&near, &targets)
    } else if word.contains([':', '.']) && !word.contains('/') {
        format!("an address begins with mqtt:// (mqtt://{word}); {targets}")
    } else {
        let word = quoted(word);
        format!(
            "to select cases, put the target first (`mqttspec run embedded {word}`), or use --case \
             (`mqttspec run --case {word}`); {targets}"
        )
    };
    Failure::usage(format!("`{word}` is no target"), help)
}

/// User name and password of every CONNECT that sets none.
pub(super) fn credentials(server: &ServerArgs) -> Result<Option<(String, Vec<u8>)>, Failure> {
    let Some(name) = &server.username else { return Ok(None) };
    let password = if let Some(password) = &server.password {
        password.clone().into_bytes()
    } else if let Some(variable) = &server.password_env {
        let Some(password) = std::env::var_os(variable) else {
            let help = "export it, or use --password-file";
            return Err(Failure::usage(format!("the environment variable {variable} is not set"), help));
        };
        password.into_encoded_bytes()
    } else if let Some(file) = &server.password_file {
        let mut password = std::fs::read(file).map_err(|error| {
            let message = format!("the password file {} cannot be read: {error}", file.display());
            Failure::usage(message, "name a file that exists and that you may read")
        })?;
        if password.last() == Some(&b'\n') {
            password.pop();
            if password.last() == Some(&b'\r') {
                password.pop();
            }
        }
        password
    } else {
        Vec::new()
    };
    if name.len() > usize::from(u16::MAX) || password.len() > usize::from(u16::MAX) {
        return Err(Failure::usage("a user name and a password have 65535 bytes at most", "shorten it"));
    }
    Ok(Some((name.clone(), password)))
}

/// What the options say about TLS.
pub(super) fn tls(args: &TlsArgs) -> TlsOptions {
    TlsOptions {
        ca: args.ca.clone(),
        identity: args.cert.clone().zip(args.key.clone()),
        server_name: args.server_name.clone(),
        insecure: args.insecure,
    }
}

/// The command that runs a case of this run again, without the case: the target, and the options that matter to what the
/// server does. Never the password.
pub(super) fn again(args: &RunArgs, target: &TargetName) -> Vec<String> {
    let mut words = vec!["mqttspec".to_owned(), "run".to_owned()];
    let server = &args.server;
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            // A value that begins with `-` would be taken for an option.
            let joined = value.starts_with('-') && name.starts_with("--");
            if joined { words.push(format!("{name}={value}")) } else { words.extend([name.to_owned(), value]) }
        }
    };
    option("-h", server.host.clone());
    option("-p", server.port.map(|port| port.to_string()));
    option("-u", server.username.clone());
    match (&server.password, &server.password_file) {
        (Some(_), _) => option("--password-env", Some("MQTT_PASSWORD".to_owned())),
        (None, Some(file)) => option("--password-file", Some(file.display().to_string())),
        (None, None) => option("--password-env", server.password_env.clone()),
    }
    for version in &server.versions {
        option("-V", Some(version.to_string()));
    }
    option("-i", Some(server.id_prefix.clone()).filter(|prefix| prefix != "ms"));
    option("-t", Some(server.topic_prefix.clone()).filter(|prefix| prefix != "mqttspec"));
    let file = |file: &Option<PathBuf>| file.as_ref().map(|file| file.display().to_string());
    option("--transport", args.tls.transport.map(|transport| transport.word().to_owned()));
    option("--ca", file(&args.tls.ca));
    option("--cert", file(&args.tls.cert));
    option("--key", file(&args.tls.key));
    option("--server-name", args.tls.server_name.clone());
    let how = &args.how;
    option("--timeout", Some(how.timeout.as_secs_f64().to_string()).filter(|timeout| timeout != "5"));
    option("--time-scale", Some(how.time_scale.to_string()).filter(|factor| factor != "1"));
    option("--connect-rate", how.connect_rate.map(|rate| rate.to_string()));
    option("--scenarios", how.scenarios.as_ref().map(|folder| folder.display().to_string()));
    option("--seed", how.seed.map(|seed| seed.to_string()));
    option("--choose", Some(how.choose.join(",")).filter(|choices| !choices.is_empty()));
    option("--isolation", how.isolation.map(|isolation| isolation.word().to_owned()));
    if args.tls.insecure {
        words.push("--insecure".to_owned());
    }
    if how.exclusive {
        words.push("--exclusive".to_owned());
    }
    if address(&args.server, &args.tls).is_none() || image(args).is_some() {
        words.push(match &args.target {
            Some(word) if !word.contains("://") => word.clone(),
            _ => target.to_string(),
        });
    }
    words
}
