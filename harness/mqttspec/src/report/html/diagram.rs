//! Who sent what to whom, as lanes: one for each Client, in the order in which they come, and one for the Server.

use super::frame::Frame;
use super::seconds;
use crate::report::run::Case;
use mqttspec_engine::event::Breach;

/// Pixels: where lanes begin, how far they are apart, and how high a row is.
const FIRST: usize = 150;
const LANE: usize = 230;
const ROW: usize = 34;
const HEAD: usize = 30;
/// How wide a character is, and the longest name of a lane, in characters.
const CHARACTER: usize = 8;
const NAME: usize = 26;
/// The least room for a label, in pixels.
const ROOM: usize = 140;

pub(super) struct Diagram {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) lanes: Vec<Lane>,
    pub(super) rows: Vec<Row>,
}

pub(super) struct Lane {
    pub(super) x: usize,
    pub(super) name: String,
}

pub(super) struct Row {
    pub(super) y: usize,
    pub(super) above: usize,
    pub(super) at: String,
    /// Where the label begins.
    pub(super) x: usize,
    pub(super) text: String,
    pub(super) arrow: Option<Arrow>,
    pub(super) broken: bool,
}

pub(super) struct Arrow {
    pub(super) from: usize,
    pub(super) to: usize,
    /// The path of its point.
    pub(super) tip: String,
    /// Nothing was sent: a connection opened or closed.
    pub(super) faint: bool,
}

impl Diagram {
    /// Of these frames; nothing without any.
    pub(super) fn new(case: &Case, frames: &[Frame]) -> Option<Self> {
        let mut clients: Vec<&str> = Vec::new();
        for frame in frames {
            // What is done to the server is nobody's.
            if !frame.client.is_empty() && !clients.contains(&frame.client.as_str()) {
                clients.push(&frame.client);
            }
        }
        let names = clients.iter().map(|name| cut(name, NAME)).chain(["Server".to_owned()]);
        let lanes: Vec<Lane> = names.enumerate().map(|(at, name)| Lane { x: FIRST + at * LANE, name }).collect();
        let server = lanes.last()?.x;
        if frames.is_empty() {
            return None;
        }
        let mut rows: Vec<Row> = Vec::new();
        for frame in frames {
            let client = clients.iter().position(|name| *name == frame.client).map_or(server, |at| lanes[at].x);
            let y = HEAD + (rows.len() + 1) * ROW;
            let (from, to) = if frame.arrow == "←" { (server, client) } else { (client, server) };
            let back = if to > from { to - 8 } else { to + 8 };
            let tip = format!("M{to} {y} L{back} {} L{back} {} Z", y - 4, y + 4);
            let arrow = Arrow { from, to, tip, faint: frame.arrow == "·" };
            rows.push(Row {
                y,
                above: y - 6,
                at: frame.at.clone(),
                x: client.min(server.saturating_sub(ROOM)) + 10,
                text: cut(&label(frame), (server - client).max(ROOM) / CHARACTER),
                arrow: Some(arrow),
                broken: frame.broken,
            });
        }
        silent(case, frames, server, &mut rows);
        let height = HEAD + (rows.len() + 1) * ROW;
        Some(Self { width: server + FIRST, height, lanes, rows })
    }
}

/// What no frame shows, that something did not come, has a row of its own at the end.
fn silent(case: &Case, frames: &[Frame], server: usize, rows: &mut Vec<Row>) {
    if frames.iter().any(|frame| frame.broken) {
        return;
    }
    let breach = |breach: &Breach| (seconds(breach.at_us), crate::report::text::lines(&breach.actual));
    for (at, actual) in case.broken().into_iter().filter_map(|rule| rule.breach.as_ref()).map(breach) {
        let y = HEAD + (rows.len() + 1) * ROW;
        let text = cut(&format!("broken: {actual}"), (server - FIRST) / CHARACTER);
        let arrow = Arrow { from: FIRST, to: server, tip: String::new(), faint: true };
        rows.push(Row { y, above: y - 6, at, x: FIRST + 10, text, arrow: Some(arrow), broken: true });
    }
}

/// The type of a packet, and as much of its fields as there is room.
fn label(frame: &Frame) -> String {
    let shown = ["topic", "id", "qos", "dup", "code", "filter", "session-present"];
    let mut label = frame.name.clone();
    for field in frame.fields.iter().filter(|field| shown.contains(&field.name.as_str())) {
        label.push(' ');
        if field.name == "topic" || field.name == "filter" {
            label.push_str(field.value.trim_start_matches('='));
        } else {
            label.push_str(&field.name);
            label.push_str(&field.value);
        }
    }
    label
}

fn cut(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    text.chars().take(longest.saturating_sub(1)).chain(['…']).collect()
}
