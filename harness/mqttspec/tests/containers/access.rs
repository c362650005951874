//! Credentials and transports of a server in a container.

use crate::support::{docker, has, image, profile, target};
use mqttspec::authority::Authority;
use mqttspec::target::{Access, Readiness, Server, TargetError, TargetName, TlsOptions, Transport};
use mqttspec_codec::Version;
use std::time::Duration;

/// What `mosquitto_passwd` makes of `me` and `secret`.
const PASSWORDS: &str = "me:$7$101$WvEFACSbb8gAD8fW$jmpPU3T0eeSSFDBN2SdiDpusv6ComzQEnh5BDa8xOFAypFPDVuHgU7ghja3d03EVQqwe2wnDPzNA5z0FFCUNgg==";

/// Every transport; a password at each, and a client certificate where there is TLS.
fn demanding(image: &str) -> TargetName {
    let nodes = format!(
        r#"file "passwords" "{PASSWORDS}\n"
        file "mosquitto.conf" """
          user root
          allow_anonymous false
          password_file $dir/passwords
          listener $port $host

          listener $tls_port $host
          certfile $dir/server.pem
          keyfile $dir/server.key
          cafile $dir/ca.pem
          require_certificate true

          listener $ws_port $host
          protocol websockets

          listener $wss_port $host
          protocol websockets
          certfile $dir/server.pem
          keyfile $dir/server.key

          """
        listen "127.0.0.1" port="$port"
        listen "127.0.0.1" port="$tls_port" transport=tls
        listen "127.0.0.1" port="$ws_port" transport=ws
        listen "127.0.0.1" port="$wss_port" transport=wss
        user me password=secret"#
    );
    target(&profile(image, &nodes))
}

async fn start(name: TargetName, access: Access) -> Result<Server, TargetError> {
    Server::start(name, access, &Version::ALL, Duration::from_secs(20)).await
}

#[tokio::test(flavor = "multi_thread")]
async fn each_transport_with_password_and_certificates() {
    let Some(image) = image() else { return };
    for transport in Transport::ALL {
        let access = Access { transport: Some(transport), ..Access::default() };
        let server = start(demanding(&image), access).await.unwrap_or_else(|error| panic!("{transport:?}: {error}"));
        assert_eq!(server.endpoint.transport, transport);
        assert!(server.ready.iter().all(|(_, ready)| matches!(ready, Readiness::Ready { .. })), "{:?}", server.ready);
        let name = server.container().expect("a container").to_owned();
        server.stop().await;
        assert_eq!(docker(&["inspect", &name]), None, "it is gone");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_refused() {
    let Some(image) = image() else { return };
    let credentials = Some(("me".to_owned(), b"wrong".to_vec()));
    let error = start(demanding(&image), Access { credentials, ..Access::default() }).await.unwrap_err();
    assert_eq!(error.exit_code(), 5);
    has(&error.to_string(), &["CONNACK", "the last lines of its output"]);

    // A certificate of an authority that the server does not know.
    let folder = tempfile::tempdir().expect("a folder");
    let stranger = Authority::new().and_then(|authority| authority.client("stranger")).expect("a certificate");
    let (certificate, key) = (folder.path().join("client.pem"), folder.path().join("client.key"));
    std::fs::write(&certificate, stranger.certificate).expect("written");
    std::fs::write(&key, stranger.key).expect("written");
    let tls = TlsOptions { identity: Some((certificate, key)), ..TlsOptions::default() };
    let access = Access { tls, transport: Some(Transport::Tls), ..Access::default() };
    let error = start(demanding(&image), access).await.unwrap_err();
    assert_eq!(error.exit_code(), 5, "{error}");
    has(&error.to_string().to_lowercase(), &["certificate"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_certificate_will_do_if_so_asked() {
    let Some(image) = image() else { return };
    let tls = TlsOptions { insecure: true, ..TlsOptions::default() };
    let access = Access { tls, transport: Some(Transport::Wss), ..Access::default() };
    let server = start(demanding(&image), access).await.unwrap_or_else(|error| panic!("{error}"));
    server.stop().await;
}
