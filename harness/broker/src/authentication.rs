//! Enhanced authentication (5.0, 4.12): challenges and their answers before CONNACK, and again whenever the client
//! wants to.

use crate::broker::{Broker, ConnectionId};
use crate::connack::maximum_packet_size;
use crate::connection::{Authentication, Candidate, Peer};
use crate::error::Violation;
use mqttspec_codec::{
    Auth, Connect, Context, Decoded, Packet, Properties, Property, PropertyId, ReasonCode, Sender, Value, Version,
    decode,
};

/// An Authentication Method for tests: the server asks what is written here, and knows the one answer to each question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengeMethod {
    /// The Authentication Method, as CONNECT has to name it.
    pub name: String,
    /// Each challenge and its answer: the Authentication Data of the server's AUTH and of the client's. Without any,
    /// the method accepts at once.
    pub rounds: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Default for ChallengeMethod {
    /// `CHALLENGE`, with two rounds.
    fn default() -> Self {
        let round = |number: u8| (format!("challenge {number}").into(), format!("answer {number}").into());
        Self { name: "CHALLENGE".into(), rounds: vec![round(1), round(2)] }
    }
}

impl ChallengeMethod {
    /// The properties of an AUTH with this challenge, or without one at the end.
    fn properties<'a>(&'a self, challenge: Option<&'a [u8]>) -> Vec<Property<'a>> {
        let data = challenge.map(|data| Property { id: PropertyId::AuthenticationData, value: Value::Binary(data) });
        // [v5:MQTT-4.12.0-5]
        let method = Property::text(PropertyId::AuthenticationMethod, &self.name);
        core::iter::once(method).chain(data).collect()
    }

    /// The AUTH that asks for the next answer, or says that there is none left to give. It has no Reason String and no
    /// User Property.
    // [v5:MQTT-4.12.0-2] [v5:MQTT-3.15.2-1] [v5:MQTT-3.15.2-2] [v5:MQTT-3.15.2-3]
    fn auth(&self, answered: usize) -> Option<Vec<u8>> {
        let round = self.rounds.get(answered);
        let reason = if round.is_some() { ReasonCode::CONTINUE_AUTHENTICATION } else { ReasonCode::SUCCESS };
        let properties = self.properties(round.map(|(challenge, _)| challenge.as_slice()));
        Packet::Auth(Auth { reason, properties: Properties::list(&properties) }).to_bytes(Version::V5).ok()
    }

    /// Whether the AUTH answers the challenge after so many answers.
    fn answers(&self, auth: &Auth<'_>, answered: usize) -> bool {
        let given = auth.properties.binary(PropertyId::AuthenticationData).unwrap_or_default();
        self.rounds.get(answered).is_some_and(|(_, answer)| answer == given)
    }
}

impl Broker {
    /// Whether this CONNECT asks for the method that there is.
    pub(crate) fn knows_method(&self, connect: &Connect<'_>) -> bool {
        let method = self.config.challenge_method.as_ref();
        let asked = connect.properties.text(PropertyId::AuthenticationMethod);
        method.is_some_and(|method| asked.is_some_and(|asked| asked == method.name.as_str()))
    }

    /// The method of the exchange, if the AUTH names the same one.
    // [v5:MQTT-4.12.0-6]
    fn method(&self, auth: &Auth<'_>) -> Result<ChallengeMethod, Violation> {
        let method = self.config.challenge_method.clone();
        let named = auth.properties.text(PropertyId::AuthenticationMethod);
        let same = method.filter(|method| named.is_some_and(|named| named == method.name.as_str()));
        same.ok_or(Violation::protocol_error("not the Authentication Method of CONNECT"))
    }

    /// Puts the first question to a client whose CONNECT is all right otherwise; whether there is one to put.
    pub(crate) fn challenge(&mut self, connection: ConnectionId, connect: &Connect<'_>, bytes: &[u8]) -> bool {
        let Some(method) = &self.config.challenge_method else { return false };
        if !self.knows_method(connect) || method.rounds.is_empty() {
            return false;
        }
        let candidate =
            Candidate { connect: bytes.into(), maximum_packet_size: maximum_packet_size(connect), answered: 0 };
        if let Some(state) = self.connections.get_mut(&connection) {
            state.candidate = Some(candidate);
        }
        self.ask(connection);
        true
    }

    /// Sends a candidate the challenge that is next. One who cannot take it cannot be authenticated.
    fn ask(&mut self, connection: ConnectionId) {
        let state = self.connections.get(&connection);
        let Some(candidate) = state.and_then(|state| state.candidate.as_ref()) else { return };
        let auth = self.config.challenge_method.as_ref().and_then(|method| method.auth(candidate.answered));
        match auth.filter(|auth| auth.len() <= candidate.maximum_packet_size) {
            Some(auth) => self.write_bytes(connection, auth),
            None => self.close(connection),
        }
    }

    /// A packet between CONNECT and CONNACK: only an answer or a goodbye has its place there.
    pub(crate) fn candidate(&mut self, connection: ConnectionId, packet: &Packet<'_>) {
        let result = match packet {
            Packet::Auth(auth) => self.candidate_answers(connection, auth),
            Packet::Disconnect(_) => {
                self.close(connection);
                Ok(())
            }
            _ => Err(Violation::protocol_error("a packet other than AUTH before CONNACK")),
        };
        if let Err(violation) = result {
            self.candidate_fails(connection, &violation);
        }
    }

    fn candidate_answers(&mut self, connection: ConnectionId, auth: &Auth<'_>) -> Result<(), Violation> {
        let method = self.method(auth)?;
        if auth.reason != ReasonCode::CONTINUE_AUTHENTICATION {
            return Err(Violation::protocol_error("AUTH before CONNACK that does not continue"));
        }
        let state = self.connections.get_mut(&connection);
        let Some(candidate) = state.and_then(|state| state.candidate.as_mut()) else { return Ok(()) };
        if !method.answers(auth, candidate.answered) {
            return Err(WRONG_ANSWER);
        }
        candidate.answered += 1;
        if candidate.answered < method.rounds.len() {
            self.ask(connection);
            return Ok(());
        }
        let Some(candidate) = self.connections.get_mut(&connection).and_then(|state| state.candidate.take()) else {
            return Ok(());
        };
        let context = Context { version: Version::V5, sender: Sender::Client, max_packet: candidate.connect.len() };
        if let Ok(Decoded::Packet { packet: Packet::Connect(connect), .. }) = decode(&candidate.connect, &context) {
            self.admit(connection, &connect);
        }
        Ok(())
    }

    /// CONNACK with the code of what went wrong, and close.
    // [v5:MQTT-4.12.0-4]
    pub(crate) fn candidate_fails(&mut self, connection: ConnectionId, violation: &Violation) {
        let state = self.connections.get(&connection);
        let size = state.and_then(|state| state.candidate.as_ref()).map(|candidate| candidate.maximum_packet_size);
        self.refuse_v5(connection, violation.reason, &violation.text, size.unwrap_or(usize::MAX));
    }

    /// AUTH on a Network Connection that is accepted: the client begins to authenticate again, or goes on with it.
    /// Everything else goes on meanwhile. A failure costs the connection.
    // [v5:MQTT-4.12.1-2]
    pub(crate) fn auth(&mut self, peer: &Peer, auth: &Auth<'_>) -> Result<(), Violation> {
        let state = self.connections.get_mut(&peer.connection);
        let Some(client) = state.and_then(|state| state.client.as_mut()) else { return Ok(()) };
        let authentication = client.authentication;
        let method = match authentication {
            Authentication::Basic => {
                return Err(Violation::protocol_error("AUTH without Authentication Method in CONNECT"));
            }
            Authentication::Done | Authentication::Again { .. } => self.method(auth)?,
        };
        let answered = match (authentication, auth.reason) {
            (Authentication::Done, ReasonCode::RE_AUTHENTICATE) => 0,
            (Authentication::Again { answered }, ReasonCode::CONTINUE_AUTHENTICATION) => {
                if !method.answers(auth, answered) {
                    return Err(WRONG_ANSWER);
                }
                answered + 1
            }
            _ => return Err(Violation::protocol_error("AUTH out of turn")),
        };
        let over = answered >= method.rounds.len();
        let state = self.connections.get_mut(&peer.connection);
        let Some(client) = state.and_then(|state| state.client.as_mut()) else { return Ok(()) };
        client.authentication = if over { Authentication::Done } else { Authentication::Again { answered } };
        let size = client.maximum_packet_size;
        match method.auth(answered).filter(|auth| auth.len() <= size) {
            Some(auth) => self.write_bytes(peer.connection, auth),
            None => return Err(Violation::new(ReasonCode::PACKET_TOO_LARGE, "AUTH exceeds Maximum Packet Size")),
        }
        Ok(())
    }
}

const WRONG_ANSWER: Violation = Violation::new(ReasonCode::NOT_AUTHORIZED, "wrong answer to a challenge");
