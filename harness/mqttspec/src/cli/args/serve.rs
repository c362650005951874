//! The arguments of `mqttspec serve`.

use super::super::values::{Place, place, user};
use clap::Args;
use std::net::IpAddr;
use std::path::PathBuf;

/// Serve the reference broker, until Ctrl-C or SIGTERM
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mqttspec serve -p 1883                             TCP on a port of loopback
  mqttspec serve --listen 1883 --tls 8883 --ws 8080 --wss 8443 --write-ca ca.pem
                                                     all four at once, with a certificate made for this run
  mqttspec serve --tls 0.0.0.0:8883 --cert server.pem --key server.key --client-ca clients.pem
                                                     TLS for everyone who has a client certificate")]
pub(in crate::cli) struct ServeArgs {
    /// The port for TCP; one that is free without any listener
    #[arg(short = 'p', long)]
    pub(in crate::cli) port: Option<u16>,
    /// The address of listeners that name none; others than loopback let everyone in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1")]
    pub(in crate::cli) bind: IpAddr,
    /// Break one clause on purpose, as this saboteur does (`mqttspec selftest --list`)
    #[arg(long, value_name = "NAME")]
    pub(in crate::cli) sabotage: Option<String>,
    /// What it chooses where the standards leave it to a server, with commas between choices; `mqttspec choices` lists
    /// them
    #[arg(long, value_name = "CHOICE", value_delimiter = ',')]
    pub(in crate::cli) choose: Vec<String>,
    #[command(flatten)]
    pub(in crate::cli) listeners: ListenerArgs,
    #[command(flatten)]
    pub(in crate::cli) certificates: CertificateArgs,
    #[command(flatten)]
    pub(in crate::cli) clients: ClientArgs,
    /// Go on with the sessions and retained messages of this file, if it is there, and write them to it at the end
    #[arg(long, value_name = "FILE", help_heading = "State", conflicts_with = "sabotage")]
    pub(in crate::cli) state: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Listeners, each as [ADDRESS:]PORT, where port 0 is a free one; may be repeated")]
pub(in crate::cli) struct ListenerArgs {
    /// Serve over TCP
    #[arg(long, value_name = "WHERE", value_parser = place)]
    pub(in crate::cli) listen: Vec<Place>,
    /// Serve over TLS
    #[arg(long, value_name = "WHERE", value_parser = place)]
    pub(in crate::cli) tls: Vec<Place>,
    /// Serve over WebSocket, on any path
    #[arg(long, value_name = "WHERE", value_parser = place)]
    pub(in crate::cli) ws: Vec<Place>,
    /// Serve over secure WebSocket, on any path
    #[arg(long, value_name = "WHERE", value_parser = place)]
    pub(in crate::cli) wss: Vec<Place>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Certificates")]
pub(in crate::cli) struct CertificateArgs {
    /// The server's certificate, or the chain of them, as PEM; one is made for this run without it
    #[arg(long, value_name = "FILE", requires = "key")]
    pub(in crate::cli) cert: Option<PathBuf>,
    /// The key of the server's certificate, as PEM
    #[arg(long, value_name = "FILE", requires = "cert")]
    pub(in crate::cli) key: Option<PathBuf>,
    /// Write the certificate of the authority that signed the server's, for those who are to trust it
    #[arg(long, value_name = "FILE", conflicts_with = "cert")]
    pub(in crate::cli) write_ca: Option<PathBuf>,
    /// Ask for a client certificate that one of these authorities has signed, as PEM
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) client_ca: Option<PathBuf>,
}

#[derive(Debug, Args)]
#[command(next_help_heading = "Clients")]
pub(in crate::cli) struct ClientArgs {
    /// Let in who has this User Name and Password; other users of this machine may see it: prefer --users. May be repeated
    #[arg(long, value_name = "NAME:PASSWORD", value_parser = user)]
    pub(in crate::cli) user: Vec<(String, Vec<u8>)>,
    /// Let in who has a User Name and Password of this file, a line NAME:PASSWORD each
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) users: Option<PathBuf>,
    /// A client's certificate says who it is: its Common Name stands for the User Name, and no Password is asked for
    #[arg(long, requires = "client_ca")]
    pub(in crate::cli) certificate_names: bool,
    /// Who may publish and subscribe to what, in KDL: `everyone`, `user NAME` or `client ID`, each with a block of
    /// `publish FILTER...`, `subscribe FILTER...` and `both FILTER...`
    #[arg(long, value_name = "FILE")]
    pub(in crate::cli) acl: Option<PathBuf>,
}
