//! Benchmarks of mqttspec; see `README.md` beside this file.
