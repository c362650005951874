//! The three blocks of pcapng that a capture needs: what the file is, one interface, and a packet each.

use std::io::{self, Write};

const ETHERNET: u16 = 1;
const COMMENT: u16 = 1;
const APPLICATION: u16 = 4;
/// An option's length has 16 bits.
const LONGEST: usize = 60_000;

/// A packet on the wire.
#[derive(Debug)]
pub(super) struct Frame {
    /// Microseconds since 1970, or since the run began where that is not known.
    pub(super) at_us: u64,
    /// What is known of it, from its Ethernet header on.
    pub(super) bytes: Vec<u8>,
    /// How long it was.
    pub(super) len: usize,
    /// What is to be said of it.
    pub(super) comments: Vec<String>,
    /// Whether it carries anything of MQTT.
    pub(super) carries: bool,
    /// Whether the Server sent it.
    pub(super) to_client: bool,
}

/// A capture that is being written.
pub(super) struct Capture<W>(W);

impl<W: Write> Capture<W> {
    pub(super) fn begin(out: W, about: &str) -> io::Result<Self> {
        let mut capture = Self(out);
        let mut section = Vec::new();
        section.extend(0x1a2b_3c4d_u32.to_le_bytes());
        section.extend([1, 0, 0, 0]);
        section.extend((-1_i64).to_le_bytes());
        option(&mut section, COMMENT, about.as_bytes());
        option(&mut section, APPLICATION, b"mqttspec");
        end_of_options(&mut section);
        capture.block(0x0a0d_0d0a, &section)?;
        // Times in microseconds are the default, and no limit on the length of a packet.
        let interface = [ETHERNET.to_le_bytes(), [0; 2], [0; 2], [0; 2]].concat();
        capture.block(1, &interface)?;
        Ok(capture)
    }

    pub(super) fn frame(&mut self, frame: &Frame) -> io::Result<()> {
        let mut block = Vec::with_capacity(frame.bytes.len() + 64);
        block.extend(0_u32.to_le_bytes());
        block.extend(((frame.at_us >> 32) as u32).to_le_bytes());
        block.extend((frame.at_us as u32).to_le_bytes());
        block.extend((frame.bytes.len() as u32).to_le_bytes());
        block.extend((frame.len as u32).to_le_bytes());
        padded(&mut block, &frame.bytes);
        for comment in &frame.comments {
            option(&mut block, COMMENT, comment.as_bytes());
        }
        if !frame.comments.is_empty() {
            end_of_options(&mut block);
        }
        self.block(6, &block)
    }

    fn block(&mut self, kind: u32, body: &[u8]) -> io::Result<()> {
        let len = (body.len() as u32 + 12).to_le_bytes();
        self.0.write_all(&kind.to_le_bytes())?;
        self.0.write_all(&len)?;
        self.0.write_all(body)?;
        self.0.write_all(&len)
    }
}

fn option(block: &mut Vec<u8>, code: u16, value: &[u8]) {
    let cut = String::from_utf8_lossy(&value[..value.len().min(LONGEST)]).into_owned();
    let value = if value.len() > LONGEST { cut.as_bytes() } else { value };
    block.extend(code.to_le_bytes());
    block.extend((value.len() as u16).to_le_bytes());
    padded(block, value);
}

fn end_of_options(block: &mut Vec<u8>) {
    block.extend([0; 4]);
}

fn padded(block: &mut Vec<u8>, bytes: &[u8]) {
    block.extend_from_slice(bytes);
    block.resize(block.len().next_multiple_of(4), 0);
}
