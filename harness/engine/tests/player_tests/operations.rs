//! What is done to the server itself: the connections that it ends count against nobody, and it is left as it was.

use super::support::{Test, check};

const ENDS: [&str; 2] = ["restart", "kill"];

/// A connection that ends with the server ends however it likes, and what was owed on it is owed no more.
#[test]
fn what_ends_with_the_server_is_nobodys_fault() {
    let body = |operation: &str| {
        format!(
            "client c\n client d\n c -> PUBLISH topic=\"$t/a\" qos=1 id=1\n server {operation}\n c connect\n c alive rule=r"
        )
    };
    for operation in ENDS {
        for end in ["nothing", "@c close; @d reset", "@c reset; @d close", "after 2s; @c close", "@c bytes 4002ff"] {
            let server = format!("c PUBLISH: nothing\n server {operation}: {end}; done");
            let told =
                format!("pass\n server {operation}: done\n c: WithServer\n d: WithServer\n !ByServer\n !ResetByServer");
            check("v3.1.1 v5", &body(operation), &server, &told);
        }
    }
    let farewell = "c PUBLISH: nothing\n server restart: @c DISCONNECT code=0x8b; @c close; done";
    check("v5", &body("restart"), farewell, "pass\n c: WithServer");
}

/// Without the operation the same ends do count.
#[test]
fn what_ends_without_it_is_not_excused() {
    let body = "client c\n client d\n c -> PUBLISH topic=\"$t/a\" qos=1 id=1\n c <- PUBACK id=1\n d alive rule=r";
    check("v3.1.1 v5", body, "c PUBLISH: close", "fail\n c: ByServer");
    let alive = "client c\n client d\n server alive\n c -> PUBLISH topic=\"$t/a\" qos=1 id=1\n c <- PUBACK id=1\n d alive rule=r";
    check("v3.1.1 v5", alive, "server alive: @c close; done", "inconclusive\n c: ByServer");
}

#[test]
fn an_operation_that_is_refused_or_fails() {
    let body = "client c\n server restart\n c connect\n c alive rule=r";
    check("v3.1.1", body, "server restart: refused it is not ours", "unsupported\n it is not ours");
    check("v3.1.1", body, "server restart: failed boom", "inconclusive\n `server restart` failed: boom");
    check("v3.1.1", "client c\n server alive\n c alive rule=r", "server alive: failed gone", "inconclusive\n gone");
}

/// A server that stands still at the end of a case goes on before the clean-up needs it.
#[test]
fn a_paused_server_goes_on_at_the_end() {
    let body = "client c session=kept\n c alive rule=r\n server pause\n wait \"1s\"";
    for played in Test::new("v3.1.1 v5", body, "").expect("pass\n server resume: done") {
        let at = |text: &str| played.transcript.iter().position(|line| line.contains(text)).expect(text);
        assert!(at("server resume: done") < at("cleanup -> CONNECT"), "{:#?}", played.transcript);
    }
    // A pause that failed may have come about all the same.
    check("v3.1.1", body, "server pause: failed boom", "inconclusive\n boom\n server resume: done");
    check("v3.1.1", body, "server pause: refused no", "unsupported\n no\n !server resume");
    check("v3.1.1", body, "server resume: failed stuck", "pass\n left behind `server resume` failed: stuck");
}

/// Ctrl-C while something is done to the server: the clean-up waits until it is done, and lets it go on.
#[test]
fn an_interrupted_operation_is_waited_for() {
    let paused = "client c session=kept\n c alive rule=r\n server pause\n wait \"60s\"";
    check("v3.1.1", paused, "server pause: done; after 1s; interrupt", "inconclusive\n the user\n server resume: done");
    for operation in ENDS {
        let body = format!("client c session=kept\n c alive rule=r\n server {operation}\n c connect");
        let server = format!("server {operation}: interrupt; after 2s; done");
        for played in Test::new("v3.1.1", &body, &server).expect("inconclusive\n the user") {
            let at = |text: &str| played.transcript.iter().position(|line| line.contains(text)).expect(text);
            assert!(at(&format!("server {operation}: done")) < at("cleanup -> CONNECT"), "{:#?}", played.transcript);
            assert_eq!(played.left_open, 0);
        }
    }
    // Interrupted on the way into a pause: the server goes on all the same.
    check("v3.1.1", paused, "server pause: interrupt; after 1s; done", "inconclusive\n the user\n server resume: done");
}
