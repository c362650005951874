//! What a server writes: its last lines, for people who look for the cause.

use super::LogReader;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::io::{AsyncRead, AsyncReadExt};

/// Lines that are kept.
pub(super) const LINES_KEPT: usize = 200;
/// Lines that are shown.
pub(super) const LINES_SHOWN: usize = 20;
/// The longest line that is kept whole, in bytes.
pub(super) const LONGEST_LINE: usize = 4096;

/// The last lines of a program's output, and who else is told of each.
#[derive(Clone, Debug, Default)]
pub(super) struct Output(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    kept: VecDeque<(Instant, String)>,
    reader: Option<LogReader>,
}

impl fmt::Debug for Lines {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Lines").field(&self.kept.len()).finish()
    }
}

impl Output {
    fn push(&self, line: &[u8]) {
        let mut lines = self.lines();
        if lines.kept.len() == LINES_KEPT {
            lines.kept.pop_front();
        }
        // Nothing that a terminal takes for more than text.
        let line = String::from_utf8_lossy(line);
        let shown = line.trim_end().chars().map(|c| if c.is_control() && c != '\t' { '\u{fffd}' } else { c });
        let (now, line): (Instant, String) = (Instant::now(), shown.collect());
        if let Some(reader) = &lines.reader {
            reader(now, &line);
        }
        lines.kept.push_back((now, line));
    }

    pub(super) fn clear(&mut self) {
        // Who reads the program before may still hold the old one.
        let reader = self.lines().reader.clone();
        self.0 = Arc::new(Mutex::new(Lines { reader, ..Lines::default() }));
    }

    /// The reader is told of what is kept, and of each line that comes.
    pub(super) fn follow(&self, reader: LogReader) {
        let mut lines = self.lines();
        lines.kept.iter().for_each(|(at, line)| reader(*at, line));
        lines.reader = Some(reader);
    }

    /// Whether the output says that a port is taken.
    pub(super) fn says_in_use(&self) -> bool {
        let told = |line: &String| {
            let line = line.to_ascii_lowercase();
            line.contains("address already in use") || line.contains("eaddrinuse") || line.contains("address in use")
        };
        self.last(LINES_KEPT).iter().any(told)
    }

    /// The lines that are shown to people.
    pub(super) fn tail(&self) -> Vec<String> {
        self.last(LINES_SHOWN)
    }

    pub(super) fn last(&self, count: usize) -> Vec<String> {
        let lines = self.lines();
        lines.kept.iter().skip(lines.kept.len().saturating_sub(count)).map(|(_, line)| line.clone()).collect()
    }

    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Cuts a stream into lines; the rest of a line that is too long is left out.
pub(super) async fn read_lines(mut stream: impl AsyncRead + Unpin, output: Output) {
    let mut chunk = vec![0; 8192];
    let mut line = Vec::new();
    while let Ok(read @ 1..) = stream.read(&mut chunk).await {
        let mut rest = &chunk[..read];
        while let Some(end) = rest.iter().position(|&byte| byte == b'\n') {
            extend(&mut line, &rest[..end]);
            output.push(&line);
            line.clear();
            rest = &rest[end + 1..];
        }
        extend(&mut line, rest);
    }
    if !line.is_empty() {
        output.push(&line);
    }
}

fn extend(line: &mut Vec<u8>, bytes: &[u8]) {
    let room = LONGEST_LINE.saturating_sub(line.len());
    line.extend_from_slice(&bytes[..bytes.len().min(room)]);
}
