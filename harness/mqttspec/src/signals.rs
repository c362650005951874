//! Ctrl-C, and what service managers and containers send.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::signal;

/// Sets the flag at the first signal; the second ends the process, since the user means it.
pub(crate) fn raise(flag: Arc<AtomicBool>, exit_code: u8) {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            // Where signals cannot be listened to they end the process by themselves.
            let Ok(mut signals) = Signals::listen() else { return };
            signals.ended().await;
            flag.store(true, Ordering::Relaxed);
            signals.ended().await;
            std::process::exit(i32::from(exit_code));
        });
    });
}

/// Listened to from the beginning, so that none is lost.
#[cfg(unix)]
pub(crate) struct Signals(signal::unix::Signal, signal::unix::Signal);

#[cfg(unix)]
impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        use signal::unix::{SignalKind, signal};
        Ok(Self(signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?))
    }

    pub(crate) async fn ended(&mut self) {
        tokio::select! {
            _ = self.0.recv() => {}
            _ = self.1.recv() => {}
        }
    }
}

#[cfg(not(unix))]
pub(crate) struct Signals;

#[cfg(not(unix))]
impl Signals {
    pub(crate) fn listen() -> std::io::Result<Self> {
        Ok(Self)
    }

    pub(crate) async fn ended(&mut self) {
        let _ = signal::ctrl_c().await;
    }
}
