//! Which cases are meant.

mod filters;
mod parts;
