//! Servers in containers. These tests run where a Docker engine and the image of mosquitto are there, and say so where they
//! are not; with MQTTSPEC_DOCKER=required that is a failure.
#![cfg(unix)]

mod access;
mod gone;
mod starts;
mod support;
