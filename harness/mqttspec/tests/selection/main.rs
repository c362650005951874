//! Which cases are meant.

mod filters;
