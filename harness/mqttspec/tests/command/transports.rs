//! TLS and WebSocket on the command line.

use crate::serve::Served;
use crate::{folder, told};

fn url<'a>(served: &'a Served, scheme: &str) -> &'a str {
    let found = served.urls.iter().find(|url| url.starts_with(&format!("{scheme}://")));
    found.unwrap_or_else(|| panic!("no {scheme} in {:?}", served.urls))
}

#[test]
fn all_transports_at_once() {
    let ca = folder("all_transports").join("ca.pem").display().to_string();
    let served = Served::start(&["-p", "0", "--tls", "0", "--ws", "0", "--wss", "0", "--write-ca", &ca], 4);
    for (scheme, more) in [("mqtt", &[][..]), ("mqtts", &["--ca", &ca]), ("ws", &[]), ("wss", &["--insecure"])] {
        let url = url(&served, scheme);
        let (code, told) = told(&[&["run", url, "qos/qos1-handshake"], more].concat());
        assert_eq!(code, 0, "{told}");
        assert!(told.contains(&format!("target {url}")), "{told}");
    }
    // With -h, the transport has an option of its own.
    let port = url(&served, "mqtts").rsplit_once(':').expect("a port").1;
    let words = ["run", "-h", "localhost", "-p", port, "--transport", "tls", "--cafile", &ca, "qos/qos1-handshake"];
    let (code, told) = told(&words);
    assert_eq!(code, 0, "{told}");
}

#[test]
fn errors() {
    let certificates = folder("errors");
    let path = |name: &str| certificates.join(name).display().to_string();
    let ca = path("ca.pem");
    let served = Served::start(&["--tls", "0", "--listen", "127.0.0.2:0", "--write-ca", &ca], 2);
    assert!(url(&served, "mqtt").starts_with("mqtt://127.0.0.2:"), "{:?}", served.urls);
    let tls = url(&served, "mqtts");
    for (words, code, part) in [
        (&["run", tls][..], 5, "certificate is not trusted"),
        (&["run", tls, "--ca", "no-such-file"], 2, "no-such-file is not usable for TLS"),
        (&["run", tls, "--transport", "ws"], 2, "--transport ws does not go with"),
        (&["run", "embedded", "--transport", "ws"], 2, "--transport is not for the embedded broker"),
        (&["run", tls, "--cert", "c"], 2, "--key <FILE>"),
        (&["run", "--transport", "quic"], 2, "tcp, tls, ws or wss"),
        (&["serve", "--write-ca", "x"], 2, "certificates without a listener that uses them"),
        (&["serve", "--tls", "0", "--cert", "no-such-file", "--key", "k"], 2, "no-such-file is not usable for TLS"),
        (&["serve", "--tls", "0", "--write-ca", &path("no/such/folder")], 2, "cannot be written"),
        (&["serve", "--ws", "localhost:1"], 2, "a port such as 8883"),
        (&["serve", "--state", &path("no/such/folder")], 2, "cannot hold the state"),
        (
            &["serve", "--tls", "0", "--cert", &ca, "--key", &ca],
            2,
            "ca.pem is not usable for TLS: it holds no private key",
        ),
    ] {
        let (exit_code, told) = told(words);
        assert_eq!(exit_code, code, "{words:?}: {told}");
        assert!(told.contains(part), "{words:?}: {told}");
    }
}

#[cfg(unix)]
#[test]
fn a_state_that_is_kept() {
    let file = folder("state").join("state.json").display().to_string();
    for _ in 0..2 {
        let mut served = Served::start(&["--state", &file], 1);
        assert_eq!(served.end("-TERM"), Some(0));
        assert!(std::fs::read_to_string(&file).expect("it is written").contains("sessions"));
    }
    std::fs::write(&file, "{}").expect("a file");
    let (code, told) = told(&["serve", "--state", &file]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("cannot hold the state"), "{told}");
}

#[test]
fn users_and_access_lists() {
    let files = folder("users");
    let path = |name: &str| files.join(name).display().to_string();
    std::fs::write(files.join("users"), "alice:a:b\n").expect("a file");
    std::fs::write(files.join("none"), "# nobody\n").expect("a file");
    std::fs::write(files.join("acl.kdl"), "user alice {\n  both \"mqttspec/#\"\n}\n").expect("a file");
    std::fs::write(files.join("wrong.kdl"), "user alice {\n  read \"mqttspec/#\"\n}\n").expect("a file");
    let (users, acl) = (path("users"), path("acl.kdl"));
    let served = Served::start(&["--users", &users, "--user", "bob:c", "--acl", &acl], 1);
    for (user, password, exit_code, part) in [
        ("alice", "a:b", 0, "2 pass"),
        ("alice", "c", 5, "bad user name or password"),
        // He is let in, but may not subscribe.
        ("bob", "c", 6, "refused the subscription"),
    ] {
        let (code, told) = told(&["run", &served.url, "-u", user, "-P", password, "qos/qos1-handshake"]);
        assert_eq!(code, exit_code, "{user}: {told}");
        assert!(told.contains(part), "{user}: {told}");
    }
    for (words, part) in [
        (&["serve", "--users", &path("none")][..], "names no users"),
        (&["serve", "--users", &acl], "line 1 is not NAME:PASSWORD"),
        (&["serve", "--user", "alice"], "NAME:PASSWORD"),
        (&["serve", "--acl", &path("wrong.kdl")], "this allows nothing"),
        (&["serve", "--acl", &path("missing")], "cannot be read"),
        (&["serve", "--tls", "0", "--certificate-names"], "--client-ca"),
    ] {
        let (code, told) = told(words);
        assert_eq!(code, 2, "{words:?}: {told}");
        assert!(told.contains(part), "{words:?}: {told}");
    }
}
