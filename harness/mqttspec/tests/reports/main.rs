//! Reports of runs that are made by hand.

mod json;
mod runs;
mod terminal;
