//! The reference server with clients that are not ours: mosquitto_pub and mosquitto_sub, paho-mqtt and rumqttc, over
//! every transport that they have, in both versions. Each takes part in the same exchange, and every message counts.
//!
//! `MQTTSPEC_CLIENTS=required` makes it a failure that one of them is not installed.

mod mosquitto;
mod paho;
mod rumqttc;
mod support;
