//! The standard streams. Colours are stripped where they do not belong; a reader that has gone is no error.

use super::code;
use super::failure::Failure;
use std::io::{self, Write};

/// Writes to the standard output stream, and gives the exit code of success.
pub(super) fn print(text: &str) -> Result<u8, Failure> {
    let mut out = anstream::stdout();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::new(code::INTERNAL, format!("the standard output stream cannot be written: {error}"), None))
        }
        _ => Ok(0),
    }
}

/// Writes to the standard error stream, if that is possible: there is nowhere else to tell.
pub(super) fn error(text: &str) {
    let _ = anstream::stderr().write_all(text.as_bytes());
}
