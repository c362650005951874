//! `mqttspec serve`.

#[cfg(unix)]
use crate::ended;
use crate::{mqttspec, told};
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, ChildStdout, Stdio};

/// A broker that is served; it is killed when this is dropped.
pub(crate) struct Served {
    pub(crate) url: String,
    /// One for each listener.
    pub(crate) urls: Vec<String>,
    child: Child,
    out: BufReader<ChildStdout>,
}

impl Served {
    pub(crate) fn start(arguments: &[&str], listeners: usize) -> Self {
        let mut command = mqttspec();
        command.arg("serve").args(arguments).stdout(Stdio::piped());
        let mut child = command.spawn().expect("it runs");
        let mut out = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut urls = Vec::new();
        for _ in 0..listeners {
            let mut line = String::new();
            out.read_line(&mut line).expect("a line");
            urls.push(line.strip_prefix("mqttspec serve: ").expect(&line).trim_end().to_owned());
        }
        Self { url: urls[0].clone(), urls, child, out }
    }

    /// How it ends when it is told to.
    #[cfg(unix)]
    pub(crate) fn end(&mut self, signal: &str) -> Option<i32> {
        ended(&mut self.child, signal)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
#[test]
fn ends_on_both_signals_and_says_one_line() {
    for signal in ["-INT", "-TERM"] {
        let mut served = Served::start(&[], 1);
        assert!(served.url.starts_with("mqtt://127.0.0.1:"), "{}", served.url);
        let code = served.end(signal);
        let mut rest = String::new();
        served.out.read_to_string(&mut rest).expect("text");
        assert_eq!((code, rest.as_str()), (Some(0), ""), "{signal}");
    }
}

#[test]
fn other_addresses_only_when_asked() {
    let served = Served::start(&["--bind", "127.0.0.2"], 1);
    assert!(served.url.starts_with("mqtt://127.0.0.2:"), "{}", served.url);
}

#[test]
fn a_port_that_is_taken() {
    let served = Served::start(&[], 1);
    let port = served.url.rsplit_once(':').expect("a port").1;
    let (code, told) = told(&["serve", "-p", port]);
    assert_eq!(code, 2, "{told}");
    assert!(told.contains("cannot be listened on"), "{told}");
}
