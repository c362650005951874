//! Reports of runs that are made by hand.

mod expected;
mod formats;
mod json;
mod pcapng;
mod runs;
mod terminal;
