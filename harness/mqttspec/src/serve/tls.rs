//! TLS: who the server is, and which clients it wants.

use crate::authority::Issued;
use crate::transport::{TlsFileError, Transport, tls};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::ClientCertVerifier;
use rustls::{RootCertStore, ServerConfig};
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use x509_parser::prelude::{FromDer, X509Certificate};

/// What a server needs for TLS 1.2 and 1.3.
#[derive(Clone)]
pub struct ServerTls {
    config: ServerConfig,
    /// See [`ServerTls::naming`].
    pub(super) naming: bool,
}

impl fmt::Debug for ServerTls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerTls").finish_non_exhaustive()
    }
}

impl ServerTls {
    /// With the certificate, or the chain of them, and the key of these PEM files. With `client_ca`, a client must have a
    /// certificate that one of the authorities in that file has signed.
    ///
    /// # Errors
    /// A file is not usable.
    pub fn from_files(certificate: &Path, key: &Path, client_ca: Option<&Path>) -> Result<Self, TlsFileError> {
        Self::new(tls::certificates(certificate)?, tls::private_key(key)?, verifier(client_ca)?)
            .map_err(|error| TlsFileError::new(certificate, error))
    }

    /// With a certificate that was made for this run. For `client_ca` see [`ServerTls::from_files`].
    ///
    /// # Errors
    /// The file is not usable.
    pub fn issued(issued: &Issued, client_ca: Option<&Path>) -> Result<Self, TlsFileError> {
        let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes());
        let key = PrivateKeyDer::from_pem_slice(issued.key.as_bytes());
        let (certificate, key) = (certificate.expect("our own PEM"), key.expect("our own PEM"));
        Ok(Self::new(vec![certificate], key, verifier(client_ca)?).expect("our own certificate and its key"))
    }

    fn new(
        chain: Vec<CertificateDer<'static>>,
        key: PrivateKeyDer<'static>,
        verifier: Arc<dyn ClientCertVerifier>,
    ) -> Result<Self, rustls::Error> {
        let builder = ServerConfig::builder_with_provider(tls::provider());
        let builder = builder.with_safe_default_protocol_versions().expect("ring has TLS 1.2 and 1.3");
        let config = builder.with_client_cert_verifier(verifier).with_single_cert(chain, key)?;
        Ok(Self { config, naming: false })
    }

    /// The Common Name of a client's certificate says who it is: it stands for its User Name, and no Password is asked for.
    #[must_use]
    pub fn naming(self) -> Self {
        Self { naming: true, ..self }
    }

    /// For connections of this transport. A client that offers protocols by ALPN has to offer the right one.
    pub(super) fn acceptor(&self, transport: Transport) -> TlsAcceptor {
        let protocol: &[u8] = if transport.is_web_socket() { b"http/1.1" } else { b"mqtt" };
        let mut config = self.config.clone();
        config.alpn_protocols = vec![protocol.to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// The Common Name of a certificate, the last if there are several.
pub(super) fn common_name(certificate: &CertificateDer<'_>) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(certificate).ok()?;
    let name = certificate.subject().iter_common_name().last()?;
    name.as_str().ok().map(str::to_owned)
}

fn verifier(client_ca: Option<&Path>) -> Result<Arc<dyn ClientCertVerifier>, TlsFileError> {
    let Some(path) = client_ca else { return Ok(WebPkiClientVerifier::no_client_auth()) };
    let roots: RootCertStore = tls::roots(path)?;
    let builder = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), tls::provider());
    builder.build().map_err(|error| TlsFileError::new(path, error))
}
