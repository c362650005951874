//! What is said of a profile file that is not valid, and the profiles that are built in.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use mqttspec::corpus;
use mqttspec::target::{Endpoint, Image, Listen, Port, Profile, TargetError, TargetName, Transport};
use mqttspec_codec::Version;
use mqttspec_engine::operation::{Operations, Persists};
use mqttspec_engine::player::Declared;
use std::time::Duration;

fn render(error: &dyn Diagnostic) -> String {
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut out = String::new();
    handler.render_report(&mut out, error).unwrap();
    out
}

fn said(text: &str) -> String {
    match Profile::parse("mine.kdl", text) {
        Ok(profile) => panic!("this is valid: {profile:?}"),
        Err(error) => {
            assert!(!error.problems().is_empty());
            render(&TargetError::from(error))
        }
    }
}

#[test]
fn unknown_words() {
    insta::assert_snapshot!(said(
        r#"profile p {
  titel "A server"
  listen "localhost" prot=1883
  versions v3.1.1 v6
  limit max-qos=1 sharde=#true
}
profil q
"#
    ));
}

#[test]
fn missing_words() {
    insta::assert_snapshot!("no_listen", said("profile p {\n  title T\n}"));
    insta::assert_snapshot!("no_name", said("profile {\n  listen localhost\n}"));
    insta::assert_snapshot!("no_password", said("profile p {\n  listen localhost\n  user me\n}"));
    insta::assert_snapshot!("no_text_of_a_file", said("profile p {\n  listen h\n  program a\n  file a.conf\n}"));
    insta::assert_snapshot!("nothing", said("// Later.\n"));
}

#[test]
fn wrong_types() {
    insta::assert_snapshot!(said(
        r#"profile p {
  title 7
  program "server" #true
  listen "localhost" port="mqtt"
  user "me" password=1234
  limit max-qos=3 retain="yes"
}"#
    ));
}

#[test]
fn ports() {
    insta::assert_snapshot!(said("profile p {\n  listen localhost port=65536\n}"));
    for port in ["0", "-1", "1.5", "#true", "\"1883\""] {
        assert!(
            said(&format!("profile p {{\n  listen localhost port={port}\n}}")).contains("this is no port"),
            "{port}"
        );
    }
}

#[test]
fn what_makes_no_sense() {
    insta::assert_snapshot!("no_program", said("profile p {\n  listen localhost port=\"$port\"\n  file a b\n}"));
    insta::assert_snapshot!("twice", said("profile p {\n  listen a\n  listen b\n}\nprofile q {\n  listen a\n}"));
    let listeners = "profile p {\n  program a\n  listen h transport=quic\n  listen h port=\"$port\" transport=tls\n  listen h path=\"/a\"\n  listen h transport=ws path=\"a\"\n}";
    insta::assert_snapshot!("listeners", said(listeners));
    insta::assert_snapshot!("a_way_out", said("profile p {\n  listen a\n  program a\n  file \"../a\" b\n}"));
    let image =
        "profile p {\n  image \"nats:latest\" local=nats\n  environment \"A=B\" c\n  start-within soon\n  listen a\n}";
    insta::assert_snapshot!("image", said(image));
    insta::assert_snapshot!("no_image", said("profile p {\n  listen a\n  command b\n  start-within 5\n}"));
    insta::assert_snapshot!("a_block", said("profile p {\n  listen a {\n    port 1\n  }\n}"));
}

#[test]
fn not_kdl() {
    insta::assert_snapshot!("not_kdl", said("profile p {\n  listen 127.0.0.1\n}"));
    insta::assert_snapshot!("an_open_block", said("profile p {\n  listen a\n"));
    assert!(said(&"a {".repeat(100_000)).contains("blocks within blocks"));
    assert!(said(&" ".repeat(2 << 20)).contains("too long"));
}

#[test]
fn everything_a_profile_can_say() {
    let profile = Profile::parse(
        "p.kdl",
        r#"profile p {
  title "P"
  install "make p"
  program "p" "-c" "$dir/p.conf"
  image "p/p:1.2" local="mqttspec/p:1.2"
  command "q" "$host"
  environment "A" "$dir"
  environment "B" ""
  start-within 90
  file "p.conf" "port $port"
  file "q.conf" "q"
  listen "::1" port="$port"
  listen "::1" port="$wss_port" transport=wss path="/a/b"
  versions v5
  user "u" password="p"
  limit max-qos=0 retain=#false wildcard=#false shared=#false subscription-identifier=#false credentials=#true challenge=#true
  operations restart pause
  persists restart sessions=#true retained=#true
  persists kill retained=#true
}"#,
    )
    .unwrap();
    assert_eq!((profile.title.as_deref(), profile.install.as_deref()), (Some("P"), Some("make p")));
    assert_eq!(profile.program.unwrap(), ["p", "-c", "$dir/p.conf"]);
    let image = Image { name: "p/p:1.2".to_owned(), local: Some("mqttspec/p:1.2".to_owned()) };
    assert_eq!((profile.image, profile.command.unwrap()), (Some(image), vec!["q".to_owned(), "$host".to_owned()]));
    assert_eq!(profile.environment, [("A", "$dir"), ("B", "")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    assert_eq!(profile.start_within, Some(Duration::from_secs(90)));
    assert_eq!(profile.files.len(), 2);
    let tcp = Listen { transport: Transport::Tcp, host: "::1".to_owned(), port: Port::Picked, path: None };
    let wss = Listen { transport: Transport::Wss, path: Some("/a/b".to_owned()), ..tcp.clone() };
    assert_eq!(profile.listeners, [tcp, wss]);
    assert_eq!(profile.versions.unwrap(), [Version::V5]);
    assert_eq!(profile.credentials.unwrap(), ("u".to_owned(), b"p".to_vec()));
    let little = Declared {
        max_qos: 0,
        retain: false,
        wildcard: false,
        shared: false,
        subscription_identifier: false,
        operations: Operations { restart: true, kill: false, pause: true },
        persists_at_restart: Persists::ALL,
        persists_at_kill: Persists { sessions: false, retained: true },
        credentials: true,
        challenge: true,
        web_socket: false,
    };
    assert_eq!(profile.declared, little);

    let least = Profile::parse("p.kdl", "profile p {\n  listen h\n}").unwrap();
    assert_eq!(least.listeners.len(), 1);
    assert_eq!(least.listeners[0].endpoint(), Endpoint::tcp("h", 1883));
    let others = "profile p {\n  listen h transport=ws\n  listen h transport=tls\n}";
    let urls: Vec<String> =
        Profile::parse("p.kdl", others).unwrap().listeners.iter().map(|listen| listen.endpoint().to_url()).collect();
    assert_eq!(urls, ["ws://h:80/mqtt", "mqtts://h:8883"]);
    let undeclared = Declared { operations: Operations::ALL, ..Declared::default() };
    assert_eq!((least.declared, least.versions, least.program), (undeclared, None, None));
}

#[test]
fn files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.kdl");
    std::fs::write(&path, "profile own {\n  listen h\n}").unwrap();
    let name = TargetName::parse(path.to_str().unwrap()).unwrap();
    assert!(matches!(&name, TargetName::Profile(profile) if profile.name == "own"), "{name}");

    let error = TargetName::parse("/no/such/profile.kdl").unwrap_err();
    assert_eq!(error.exit_code(), 2);
    insta::assert_snapshot!("unreadable", render(&error));
    std::fs::write(&path, "profile own").unwrap();
    assert_eq!(TargetName::parse(path.to_str().unwrap()).unwrap_err().exit_code(), 2);
    insta::assert_snapshot!("unknown_target", render(&TargetName::parse("mosquito").unwrap_err()));
}

#[test]
fn built_in() {
    let names: Vec<String> = corpus::built_in_profiles().collect();
    assert!(names.contains(&"mosquitto".to_owned()), "{names:?}");
    for name in names {
        let text = corpus::built_in_profile(&name).unwrap();
        let profile = Profile::parse(&name, text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let had = profile.install.is_some() || profile.program.is_none();
        assert!(profile.title.is_some() && had, "{name} says what it is and how to get it");
        let image = profile.image.unwrap_or_else(|| panic!("{name} runs in a container, too"));
        let version = |name: &str| name.rsplit(':').next().unwrap().split('-').next().unwrap().to_owned();
        assert_eq!(Some(version(&image.name)), image.local.as_deref().map(version), "{name}: one version");
    }
}
