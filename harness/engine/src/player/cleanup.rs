//! Takes away what a case leaves on a Server: connections, sessions, retained messages. On every way out.

use super::connection::{Connection, State};
use super::encode::{self, ConnectDefaults};
use super::values::Names;
use super::{Output, Phase, Player, Stop};
use crate::event::Ending;
use crate::operation::Operation;
use crate::scenario::PacketSpec;
use mqttspec_codec::{Packet, PacketType, Properties, Publish, QoS, ReasonCode, Text, Version};
use std::collections::VecDeque;
use std::time::Duration;

/// DISCONNECT of both versions, with normal disconnection.
const DISCONNECT: [u8; 2] = [0xe0, 0x00];
/// The [`Connection::client`] of a connection that cleans up.
const NOBODY: usize = usize::MAX;

/// A session to end, and retained messages to take away on the way.
#[derive(Debug)]
struct Job {
    client_id: Vec<u8>,
    version: Version,
    topics: Vec<Vec<u8>>,
}

#[derive(Debug)]
pub(super) struct Cleanup {
    pub(super) deadline: Duration,
    jobs: VecDeque<Job>,
    current: Option<(u32, Job)>,
    left_behind: Vec<String>,
}

impl Player {
    /// Closes every connection, then works off what is left.
    pub(super) fn begin_cleanup(&mut self) {
        for connection in 0..self.connections.len() as u32 {
            let state = &self.connections[connection as usize];
            match state.state {
                State::Open if state.accepted && !state.lost => self.write(connection, DISCONNECT.to_vec()),
                State::Ended(Ending::CutOff, _) => self.outputs.push_back(Output::Reset(connection)),
                _ => {}
            }
            self.close(connection, Ending::ByClient);
        }
        let sessions = std::mem::take(&mut self.sessions).into_iter();
        let mut jobs: VecDeque<Job> =
            sessions.map(|(client_id, version)| Job { client_id, version, topics: Vec::new() }).collect();
        // Last of all: a Will that the end of a session publishes may be retained.
        let topics: Vec<Vec<u8>> = std::mem::take(&mut self.retained).into_iter().collect();
        // A Server that says that it retains nothing may close on the attempt to take something away.
        let retains = !self.connections.iter().any(|state| state.accepted && !state.limits.retain);
        if !topics.is_empty() && retains {
            let client_id = format!("{}zz", self.settings.client_id_prefix).into_bytes();
            jobs.push_back(Job { client_id, version: self.case.version, topics });
        }
        let cleanup = Cleanup { deadline: self.now, jobs, current: None, left_behind: Vec::new() };
        self.phase = Phase::Cleaning(cleanup);
        self.cleanup_operated(None);
    }

    /// Goes on once nothing is being done to the server and it does not stand still.
    pub(super) fn cleanup_operated(&mut self, failed: Option<Stop>) {
        if let (Some(Stop::Inconclusive(why) | Stop::Unsupported(why)), Phase::Cleaning(cleanup)) =
            (failed, &mut self.phase)
        {
            cleanup.left_behind.push(why);
        }
        if self.paused && self.operating.is_none() {
            self.begin_operation(Operation::Resume);
        }
        if self.operating.is_none() {
            self.next_job();
        } else if let Phase::Cleaning(cleanup) = &mut self.phase {
            cleanup.deadline = self.now + super::FOR_EVER;
        }
    }

    fn next_job(&mut self) {
        let Phase::Cleaning(cleanup) = &mut self.phase else { return };
        let Some(job) = cleanup.jobs.pop_front() else { return self.finish() };
        let connection = self.connections.len() as u32;
        cleanup.deadline = self.now + super::FOR_EVER;
        let version = job.version;
        cleanup.current = Some((connection, job));
        let limits = self.declared_limits();
        self.connections.push(Connection::new(NOBODY, "", version, limits));
        self.outputs.push_back(Output::Open(connection));
    }

    fn current_job(&self, connection: u32) -> Option<&Job> {
        match &self.phase {
            Phase::Cleaning(Cleanup { current: Some((current, job)), .. }) if *current == connection => Some(job),
            _ => None,
        }
    }

    pub(super) fn cleanup_opened(&mut self, connection: u32) {
        if let Phase::Cleaning(cleanup) = &mut self.phase {
            cleanup.deadline = self.now + self.settings.timeout;
        }
        let Some(job) = self.current_job(connection) else { return };
        let client_id = String::from_utf8_lossy(&job.client_id).into_owned();
        let credentials = self.settings.credentials.as_ref();
        let defaults = ConnectDefaults {
            client_id: &client_id,
            clean_start: true,
            session_expiry: None,
            credentials: credentials.map(|(user, password)| (user.as_str(), password.as_slice())),
        };
        let spec = PacketSpec::empty(PacketType::Connect);
        match encode::connect(&Names::default(), &spec, job.version, &defaults) {
            Ok(bytes) => self.write(connection, bytes),
            Err(nonsense) => self.cleanup_failed(connection, &nonsense),
        }
    }

    pub(super) fn cleanup_received(&mut self, connection: u32, index: usize) {
        let Some(job) = self.current_job(connection) else { return };
        let packet = self.connections[connection as usize].received[index].packet();
        match packet {
            Some(Packet::Connack(connack)) if connack.reason == ReasonCode::SUCCESS => {
                // The answer to PINGREQ shows that what was sent before it has been handled.
                let (topics, version) = (job.topics.clone(), job.version);
                for topic in topics {
                    let publish = Packet::Publish(Publish {
                        dup: false,
                        qos: QoS::AtMostOnce,
                        retain: true,
                        topic: Text::from_bytes(&topic),
                        packet_identifier: None,
                        properties: Properties::EMPTY,
                        payload: &[],
                    });
                    if let Ok(bytes) = publish.to_bytes(version) {
                        self.write(connection, bytes);
                    }
                }
                self.ping(connection);
            }
            Some(Packet::Connack(connack)) => {
                let told = format!("the Server refused the connection with {}", connack.reason);
                self.cleanup_failed(connection, &told);
            }
            Some(Packet::Pingresp) if self.connections[connection as usize].pings_sent > 0 => {
                self.write(connection, DISCONNECT.to_vec());
                self.close(connection, Ending::ByClient);
                self.next_job();
            }
            _ => {}
        }
    }

    pub(super) fn cleanup_failed(&mut self, connection: u32, why: &str) {
        if self.current_job(connection).is_none() {
            return;
        }
        self.close(connection, Ending::ByClient);
        let Phase::Cleaning(cleanup) = &mut self.phase else { return };
        let Some((_, job)) = cleanup.current.take() else { return };
        let client_id = String::from_utf8_lossy(&job.client_id).into_owned();
        let what = if job.topics.is_empty() {
            format!("the session of {client_id}")
        } else {
            let topics: Vec<_> = job.topics.iter().map(|topic| String::from_utf8_lossy(topic)).collect();
            format!("retained messages on {}", topics.join(", "))
        };
        cleanup.left_behind.push(format!("{what}: {why}"));
        self.next_job();
    }

    pub(super) fn cleanup_tick(&mut self) {
        let Phase::Cleaning(cleanup) = &self.phase else { return };
        if self.now >= cleanup.deadline
            && let Some((connection, _)) = cleanup.current
        {
            self.cleanup_failed(connection, "no answer before the deadline");
        }
    }

    fn finish(&mut self) {
        let Phase::Cleaning(cleanup) = std::mem::replace(&mut self.phase, Phase::Done) else { return };
        let at_us = self.at_us();
        self.result = self.verdict.take().map(|mut result| {
            result.left_behind = cleanup.left_behind;
            result.duration_us = at_us;
            result
        });
    }
}
