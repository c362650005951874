//! TCP, TLS, WebSocket and secure WebSocket: the server side, the client side, and what is said when they do not fit.

mod access;
mod corpus;
mod frames;
mod handshakes;
mod readiness;
mod saboteurs;
mod support;
mod text;
