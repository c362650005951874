//! A TCP connection that carries what a Client and the Server said.

use super::block::Frame;
use etherparse::PacketBuilder;
use mqttspec_engine::event::Ending;

/// Addresses that nobody has: those of private networks for Clients, one of documentation for the Server.
const SERVER: [u8; 4] = [192, 0, 2, 1];
const PORT: u16 = 1883;
const FIRST_PORT: u32 = 49_152;
/// The most that one packet carries: with its headers less than the 65,535 bytes of an IPv4 packet.
const SEGMENT: usize = 65_000;
const WINDOW: u16 = 65_535;
const FROM_CLIENT: usize = 0;
const FROM_SERVER: usize = 1;

/// A connection, and how far each side has come.
#[derive(Debug)]
pub(super) struct Flow {
    client: [u8; 4],
    port: u16,
    /// The next sequence number of the Client and of the Server.
    next: [u32; 2],
    /// Whether the Client and the Server have ended their direction.
    ended: [bool; 2],
    opened: bool,
}

#[derive(Clone, Copy, Default)]
struct Flags {
    syn: bool,
    ack: bool,
    psh: bool,
    fin: bool,
    rst: bool,
}

const ACK: Flags = Flags { syn: false, ack: true, psh: false, fin: false, rst: false };

impl Flow {
    /// A connection of the case of that number.
    pub(super) fn new(case: usize, connection: u32) -> Self {
        let ports = u32::from(u16::MAX) - FIRST_PORT;
        let [_, .., high, low] = (case as u32).to_be_bytes();
        Self {
            client: [10, high, low, 1 + (connection / ports) as u8],
            port: (FIRST_PORT + connection % ports) as u16,
            next: [1_000, 2_000],
            ended: [false; 2],
            opened: false,
        }
    }

    pub(super) fn open(&mut self, at_us: u64, frames: &mut Vec<Frame>) {
        self.opened = true;
        self.push(at_us, FROM_CLIENT, Flags { syn: true, ..Flags::default() }, &[], 0, frames);
        self.push(at_us, FROM_SERVER, Flags { syn: true, ..ACK }, &[], 0, frames);
        self.push(at_us, FROM_CLIENT, ACK, &[], 0, frames);
    }

    pub(super) fn refuse(&mut self, at_us: u64, frames: &mut Vec<Frame>) {
        self.push(at_us, FROM_CLIENT, Flags { syn: true, ..Flags::default() }, &[], 0, frames);
        self.push(at_us, FROM_SERVER, Flags { rst: true, ..ACK }, &[], 0, frames);
    }

    /// What went to the Server or came from it: `len` bytes, the first of which are known.
    pub(super) fn carry(&mut self, at_us: u64, to_server: bool, known: &[u8], len: usize, frames: &mut Vec<Frame>) {
        if !self.opened {
            self.open(at_us, frames);
        }
        let from = if to_server { FROM_CLIENT } else { FROM_SERVER };
        let len = len.max(known.len());
        let mut at = 0;
        while at < len {
            let part = SEGMENT.min(len - at);
            let shown = &known[at.min(known.len())..(at + part).min(known.len())];
            self.push(at_us, from, Flags { psh: true, ..ACK }, shown, part, frames);
            at += part;
        }
    }

    pub(super) fn close(&mut self, at_us: u64, ending: Ending, frames: &mut Vec<Frame>) {
        let fin = Flags { fin: true, ..ACK };
        let (first, flags, both) = match ending {
            // As on a wire that is cut: nothing tells of it.
            Ending::CutOff => return,
            Ending::ByServer | Ending::WithServer => (FROM_SERVER, fin, true),
            Ending::ByClient => (FROM_CLIENT, fin, true),
            Ending::HalfByClient => (FROM_CLIENT, fin, false),
            Ending::ResetByServer => (FROM_SERVER, Flags { rst: true, ..ACK }, false),
            Ending::ResetByClient => (FROM_CLIENT, Flags { rst: true, ..ACK }, false),
        };
        let second = 1 - first;
        if !self.ended[first] {
            self.push(at_us, first, flags, &[], 0, frames);
        }
        if both && !self.ended[second] {
            self.push(at_us, second, fin, &[], 0, frames);
        }
        if both {
            self.push(at_us, first, ACK, &[], 0, frames);
        }
    }

    fn push(&mut self, at_us: u64, from: usize, flags: Flags, shown: &[u8], len: usize, frames: &mut Vec<Frame>) {
        let (mac, ip, port) = ([[2, 0, 0, 0, 0, 1], [2, 0, 0, 0, 0, 2]], [self.client, SERVER], [self.port, PORT]);
        let to = 1 - from;
        let builder = PacketBuilder::ethernet2(mac[from], mac[to]).ipv4(ip[from], ip[to], 64);
        let mut builder = builder.tcp(port[from], port[to], self.next[from], WINDOW);
        if flags.syn {
            builder = builder.syn();
        }
        if flags.ack {
            builder = builder.ack(self.next[to]);
        }
        if flags.psh {
            builder = builder.psh();
        }
        if flags.fin {
            builder = builder.fin();
        }
        if flags.rst {
            builder = builder.rst();
        }
        // What is not known counts, but is not there.
        let mut payload = shown.to_vec();
        payload.resize(len, 0);
        let mut bytes = Vec::with_capacity(builder.size(len));
        builder.write(&mut bytes, &payload).expect("a segment is shorter than an IPv4 packet may be");
        let whole = bytes.len();
        bytes.truncate(whole - len + shown.len());
        let used = len as u32 + u32::from(flags.syn) + u32::from(flags.fin);
        self.next[from] = self.next[from].wrapping_add(used);
        self.ended[from] |= flags.fin || flags.rst;
        let (carries, to_client) = (len > 0, from == FROM_SERVER);
        frames.push(Frame { at_us, bytes, len: whole, comments: Vec::new(), carries, to_client });
    }
}
