//! What is said of a profile file that is not valid, and the profiles that are built in.

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme};
use mqttspec::corpus;
use mqttspec::target::{Listen, Port, Profile, TargetError, TargetName};
use mqttspec_codec::Version;
use mqttspec_engine::player::Declared;

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
    insta::assert_snapshot!("a_way_out", said("profile p {\n  listen a\n  program a\n  file \"../a\" b\n}"));
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
  file "p.conf" "port $port"
  file "q.conf" "q"
  listen "::1" port="$port"
  versions v5
  user "u" password="p"
  limit max-qos=0 retain=#false wildcard=#false shared=#false subscription-identifier=#false
}"#,
    )
    .unwrap();
    assert_eq!((profile.title.as_deref(), profile.install.as_deref()), (Some("P"), Some("make p")));
    assert_eq!(profile.program.unwrap(), ["p", "-c", "$dir/p.conf"]);
    assert_eq!(profile.files.len(), 2);
    assert_eq!(profile.listen, Listen { host: "::1".to_owned(), port: Port::Picked });
    assert_eq!(profile.versions.unwrap(), [Version::V5]);
    assert_eq!(profile.credentials.unwrap(), ("u".to_owned(), b"p".to_vec()));
    let none = Declared { max_qos: 0, retain: false, wildcard: false, shared: false, subscription_identifier: false };
    assert_eq!(profile.declared, none);

    let least = Profile::parse("p.kdl", "profile p {\n  listen h\n}").unwrap();
    assert_eq!(least.listen, Listen { host: "h".to_owned(), port: Port::Fixed(1883) });
    assert_eq!((least.declared, least.versions, least.program), (Declared::default(), None, None));
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
        assert!(profile.title.is_some() && profile.install.is_some(), "{name} says what it is and how to get it");
    }
}
