use super::*;
use crate::target::output::{LINES_KEPT, LINES_SHOWN, LONGEST_LINE};
use nix::sys::signal::kill;
use nix::unistd::Pid;
use tokio::time::{Instant, sleep};

fn process(script: &str) -> Process {
    let text = "profile p {\n  program sh -c SCRIPT\n  file a.conf \"listen $port\"\n  listen localhost port=1\n}";
    let mut profile = Profile::parse("p.kdl", text).unwrap();
    profile.program.as_mut().unwrap()[2] = script.to_owned();
    let mut process = Process::new(&profile).unwrap();
    process.spawn(Ports::from([(crate::transport::Transport::Tcp, 7)])).unwrap();
    process
}

/// Looks again and again, since there is nothing to wait for.
async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not come about");
        sleep(Duration::from_millis(5)).await;
    }
}

async fn line(process: &Process) -> String {
    until("a line of output", || process.log_tail().pop()).await
}

/// A zombie whose parent has not looked yet counts as gone.
fn gone(id: i32) -> Option<()> {
    let state = std::fs::read_to_string(format!("/proc/{id}/stat")).ok();
    let zombie = state.is_some_and(|state| state.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z')));
    (zombie || kill(Pid::from_raw(id), None).is_err()).then_some(())
}

#[tokio::test]
async fn nothing_is_left_after_the_end() {
    let mut process = process("sleep 1000 & echo $!; wait");
    let folder = process.files.path().to_owned();
    assert_eq!(std::fs::read_to_string(folder.join("a.conf")).unwrap(), "listen 7");
    let (child, grandchild) = (process.id().unwrap().cast_signed(), line(&process).await.parse().unwrap());
    assert_eq!((gone(child), gone(grandchild)), (None, None));
    assert_eq!(process.ended(), None);
    process.end().await;
    assert!(gone(child).is_some() && process.ended().is_some());
    until("the end of the grandchild", || gone(grandchild)).await;
    drop(process);
    assert!(!folder.exists());
}

#[tokio::test]
async fn what_heeds_no_signal_is_killed_in_the_end() {
    let mut process = process("trap '' TERM; (trap '' TERM; exec sleep 1000) & echo $!; wait; wait");
    let (child, grandchild) = (process.id().unwrap().cast_signed(), line(&process).await.parse().unwrap());
    process.end_within(Duration::from_millis(50)).await;
    assert!(gone(child).is_some());
    until("the end of the grandchild", || gone(grandchild)).await;
}

#[tokio::test]
async fn nothing_is_left_after_a_drop() {
    let process = process("sleep 1000 & echo $!; wait");
    let folder = process.files.path().to_owned();
    let (child, grandchild) = (process.id().unwrap().cast_signed(), line(&process).await.parse().unwrap());
    drop(process);
    until("the end of the process", || gone(child)).await;
    until("the end of the grandchild", || gone(grandchild)).await;
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_process_group_of_its_own() {
    let process = process("echo up; sleep 1000");
    line(&process).await;
    let id = process.id().unwrap().cast_signed();
    assert_eq!(nix::unistd::getpgid(Some(Pid::from_raw(id))).unwrap(), Pid::from_raw(id));
}

#[tokio::test]
async fn ends_are_told() {
    for (script, told) in [("exit 3", "exited with status 3"), ("kill -9 $$", "was ended by signal 9 (SIGKILL)")] {
        let mut process = process(script);
        assert_eq!(process.exit().await, told);
        assert_eq!(process.ended().as_deref(), Some(told));
    }
}

#[tokio::test]
async fn the_last_lines_are_kept() {
    let script = "i=0; while [ $i -lt 1000 ]; do echo $i; i=$((i+1)); done; \
                  head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'a\\033[31mb\\r\\nlast' >&2";
    let mut process = process(script);
    process.exit().await;
    process.output_end().await;
    let kept = process.output.last(usize::MAX);
    assert_eq!(kept.len(), LINES_KEPT);
    assert!(kept.contains(&"999".to_owned()) && !kept.contains(&"5".to_owned()));
    assert!(kept.contains(&"x".repeat(LONGEST_LINE)), "a long line is cut");
    assert!(kept.contains(&"a\u{fffd}[31mb".to_owned()) && kept.contains(&"last".to_owned()), "{kept:?}");
    let shown = process.log_tail();
    assert_eq!(shown, kept[LINES_KEPT - LINES_SHOWN..]);
}

#[tokio::test]
async fn ports_in_use() {
    for (script, in_use) in [
        ("echo 'Error: Address already in use' >&2", true),
        ("echo 'listen EADDRINUSE: address'", true),
        ("echo 'port 7 is mine'", false),
    ] {
        let mut process = process(script);
        process.exit().await;
        process.output_end().await;
        assert_eq!(process.says_in_use(), in_use, "{script}");
    }
}

#[test]
fn programs_are_found() {
    assert!(find("sh").is_some());
    assert_eq!(find("/bin/sh"), Some(PathBuf::from("/bin/sh")));
    assert_eq!((find("no-such-program"), find("/bin/no-such-program"), find("")), (None, None, None));
}
