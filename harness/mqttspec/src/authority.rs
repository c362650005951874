//! An authority that lives as long as a run, for servers and clients that are only tried.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use std::fmt;

/// A certificate authority whose key is never written anywhere.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate and its private key, as PEM.
#[derive(Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate: String,
    /// Its key.
    pub key: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issued").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// A new one, which nobody trusts yet.
    ///
    /// # Errors
    /// There are no random numbers to be had.
    pub fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        // Each has its own name: an old one that somebody trusts is not taken for this one.
        let number: String = std::iter::repeat_with(fastrand::alphanumeric).take(8).collect();
        params.distinguished_name.push(DnType::CommonName, format!("mqttspec {number}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        Ok(Self { issuer: CertifiedIssuer::self_signed(params, KeyPair::generate()?)? })
    }

    /// Its own certificate, as PEM: for those who are to trust it.
    #[must_use]
    pub fn certificate(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a server with these names and addresses.
    ///
    /// # Errors
    /// One of them is no name.
    pub fn server(&self, names: &[String]) -> Result<Issued, rcgen::Error> {
        let name = names.first().map_or("server", String::as_str);
        self.issue(CertificateParams::new(names)?, name, ExtendedKeyUsagePurpose::ServerAuth)
    }

    /// A certificate for a client; the name is its Common Name.
    ///
    /// # Errors
    /// There are no random numbers to be had.
    pub fn client(&self, name: &str) -> Result<Issued, rcgen::Error> {
        self.issue(CertificateParams::default(), name, ExtendedKeyUsagePurpose::ClientAuth)
    }

    fn issue(
        &self,
        mut params: CertificateParams,
        name: &str,
        usage: ExtendedKeyUsagePurpose,
    ) -> Result<Issued, rcgen::Error> {
        params.distinguished_name.push(DnType::CommonName, name);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        Ok(Issued { certificate: certificate.pem(), key: key.serialize_pem() })
    }
}
