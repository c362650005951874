//! What becomes of a run when the server dies in it.

use super::{Batch, Schedule};
use crate::run::real_driver::{ConnectRate, HANDSHAKES, Stage};
use crate::target::Server;
use mqttspec_engine::event::{Event, Verdict};
use std::sync::Arc;
use tokio::sync::{Mutex, Semaphore, watch};

impl Schedule<'_> {
    /// The server is dead: starts it again and runs every suspect alone, to find the one that kills it. `false` when
    /// the server does not come back.
    pub(super) async fn examine(&mut self, reason: String, server: &mut Server) -> bool {
        let suspects: Vec<usize> = std::mem::take(&mut self.suspects).into_iter().collect();
        let running = suspects.iter().map(|&number| self.cases[number].id.clone()).collect();
        (self.events)(Event::TargetDied { reason: reason.clone(), running });
        self.summary.crash = Some(reason);
        if !self.revive(server).await {
            return false;
        }
        self.renew_stage(server);
        for number in suspects {
            self.alone = Some(None);
            let ended = self.batch(&[number], 1, server).await;
            let result = self.alone.take().flatten();
            self.suspects.clear();
            if let Some(mut result) = result {
                if let Batch::Died(reason) = &ended {
                    result.verdict = Verdict::Fail;
                    result.reason = format!("the server died of this case, run alone: {reason}");
                    result.tags.push("crash".to_owned());
                }
                self.tell(result);
            }
            match ended {
                Batch::Done => {}
                Batch::Interrupted => {
                    self.summary.interrupted = true;
                    return false;
                }
                Batch::Died(_) if self.revive(server).await => self.renew_stage(server),
                Batch::Died(_) => return false,
            }
        }
        true
    }

    /// The server has started again, perhaps elsewhere; nothing ends the cases that come.
    fn renew_stage(&mut self, server: &Server) {
        let (end, ended) = watch::channel(None);
        self.end = end;
        self.stage = Arc::new(Stage {
            connector: Mutex::new(server.connector()),
            timeout: self.stage.timeout,
            clock: self.stage.clock.clone(),
            rate: self.options.connect_rate.map(ConnectRate::new),
            handshakes: Arc::new(Semaphore::new(HANDSHAKES)),
            end: ended,
            events: self.stage.events.clone(),
            requests: self.stage.requests.clone(),
        });
    }

    async fn revive(&mut self, server: &mut Server) -> bool {
        if server.can_restart() {
            return server.restart().await.is_ok();
        }
        server.check_alive().await.is_ok()
    }
}
