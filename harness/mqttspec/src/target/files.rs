//! The folder of a server that is started: certificates that are good for this run, and the files of its profile.

use super::error::Cause;
use super::profile::{Profile, Variables, expand};
use crate::authority::Authority;
use crate::transport::TlsOptions;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// The authority, which the suite trusts and which a server may ask clients for.
const CA: &str = "ca.pem";
/// What the server shows.
const SERVER: [&str; 2] = ["server.pem", "server.key"];
/// What the suite shows to a server that asks.
const CLIENT: [&str; 2] = ["client.pem", "client.key"];

/// A folder that goes with its last user.
#[derive(Debug)]
pub(super) struct Files {
    folder: TempDir,
    certified: bool,
}

impl Files {
    /// Makes the folder, with certificates if anything of the profile could show them.
    pub(super) fn new(profile: &Profile) -> Result<Self, Cause> {
        let folder = tempfile::Builder::new().prefix("mqttspec-").tempdir().map_err(Cause::Files)?;
        let certified = profile.needs_certificates();
        if certified {
            write_certificates(profile, folder.path())?;
        }
        Ok(Self { folder, certified })
    }

    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The files of the profile, as the server is to find them.
    pub(super) fn of_profile<'a>(
        profile: &'a Profile,
        variables: Variables<'a>,
    ) -> impl Iterator<Item = (&'a str, String)> {
        profile.files.iter().map(move |(name, text)| (name.as_str(), expand(text, variables)))
    }

    /// The files that the server needs for TLS.
    pub(super) fn certificates(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let names = self.certified.then_some([CA, SERVER[0], SERVER[1]]).into_iter().flatten();
        names.map(|name| (name, self.folder.path().join(name)))
    }

    /// What a client needs: the certificates were made for this server, unless the user knows better.
    pub(super) fn tls(&self, options: &TlsOptions) -> TlsOptions {
        let mut options = options.clone();
        if self.certified {
            let path = |name: &str| self.folder.path().join(name);
            if options.ca.is_none() && !options.insecure {
                options.ca = Some(path(CA));
            }
            options.identity = options.identity.or_else(|| Some((path(CLIENT[0]), path(CLIENT[1]))));
        }
        options
    }
}

fn write_certificates(profile: &Profile, folder: &Path) -> Result<(), Cause> {
    let mut names: Vec<String> = profile.listeners.iter().map(|listen| listen.host.clone()).collect();
    names.push("localhost".to_owned());
    names.dedup();
    let made = || {
        let authority = Authority::new()?;
        Ok((authority.certificate(), authority.server(&names)?, authority.client("mqttspec")?))
    };
    let (ca, server, client) = made().map_err(|error: rcgen::Error| Cause::Files(std::io::Error::other(error)))?;
    let files = [
        (CA, ca),
        (SERVER[0], server.certificate),
        (SERVER[1], server.key),
        (CLIENT[0], client.certificate),
        (CLIENT[1], client.key),
    ];
    files.into_iter().try_for_each(|(name, text)| std::fs::write(folder.join(name), text)).map_err(Cause::Files)
}
