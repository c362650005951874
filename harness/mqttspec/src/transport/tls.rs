//! TLS: whom a client trusts, and who it is.

use super::TlsFault;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use thiserror::Error;

/// What a client needs to know for TLS.
#[derive(Clone, Debug, Default)]
pub struct TlsOptions {
    /// Certificates of the authorities to trust, as PEM; those of the system without it.
    pub ca: Option<PathBuf>,
    /// The certificate of the client and its key, as PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
    /// The name that the certificate must hold, and that the server is told (SNI), in place of the host.
    pub server_name: Option<String>,
    /// Any certificate will do.
    pub insecure: bool,
}

/// What a client needs for TLS, read from its files.
#[derive(Clone, Debug)]
pub(crate) struct ClientTls {
    pub(super) config: Arc<ClientConfig>,
    /// In place of the host.
    pub(super) server_name: Option<String>,
}

/// A file for TLS is not usable.
#[derive(Debug, Error)]
#[error("{} is not usable for TLS: {why}", path.display())]
pub struct TlsFileError {
    /// The file.
    pub path: PathBuf,
    /// What is wrong.
    pub why: String,
}

impl TlsFileError {
    pub(crate) fn new(path: &Path, why: impl ToString) -> Self {
        Self { path: path.to_owned(), why: why.to_string() }
    }
}

/// The one provider of cryptography.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

impl TlsOptions {
    /// TLS 1.2 or 1.3, as these options say. No protocol is offered by ALPN: a server that knows others would refuse.
    ///
    /// # Errors
    /// A file is not usable.
    pub(crate) fn load(&self) -> Result<ClientTls, TlsFileError> {
        let builder = ClientConfig::builder_with_provider(provider());
        let builder = builder.with_safe_default_protocol_versions().expect("ring has TLS 1.2 and 1.3");
        let builder = if self.insecure {
            builder.dangerous().with_custom_certificate_verifier(Arc::new(Anyone(provider())))
        } else {
            let roots = self.ca.as_deref().map_or_else(|| Ok(system_roots()), roots)?;
            builder.with_root_certificates(roots)
        };
        let config = match &self.identity {
            None => builder.with_no_client_auth(),
            Some((certificate, key)) => builder
                .with_client_auth_cert(certificates(certificate)?, private_key(key)?)
                .map_err(|error| TlsFileError::new(key, error))?,
        };
        Ok(ClientTls { config: Arc::new(config), server_name: self.server_name.clone() })
    }
}

/// The name of a server, or its address.
pub(super) fn server_name(name: &str) -> Result<ServerName<'static>, TlsFault> {
    ServerName::try_from(name.to_owned()).map_err(|_| TlsFault::Other(format!("`{name}` is no name of a host")))
}

/// The authorities of a PEM file.
pub(crate) fn roots(path: &Path) -> Result<RootCertStore, TlsFileError> {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(path)? {
        roots.add(certificate).map_err(|error| TlsFileError::new(path, error))?;
    }
    Ok(roots)
}

/// The certificates of a PEM file, one at least.
pub(crate) fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsFileError> {
    let fault = |error: pem::Error| TlsFileError::new(path, error);
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(fault)?.collect();
    match certificates {
        Ok(none) if none.is_empty() => Err(TlsFileError::new(path, "it holds no certificate in PEM")),
        other => other.map_err(fault),
    }
}

/// The private key of a PEM file.
pub(crate) fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, TlsFileError> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::NoItemsFound => TlsFileError::new(path, "it holds no private key in PEM"),
        other => TlsFileError::new(path, other),
    })
}

/// What this machine trusts; nothing where that cannot be found, and then no certificate is trusted.
fn system_roots() -> RootCertStore {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    roots
}

/// Takes any certificate, as long as the server has its key.
#[derive(Debug)]
struct Anyone(Arc<CryptoProvider>);

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
