//! What a case does to the server while it runs, and Ctrl-C while that is done.

use super::{Batch, Over, Schedule, ended};
use crate::run::real_driver::Request;
use crate::target::Server;
use tokio::task::JoinSet;

impl Schedule<'_> {
    /// Does what a case asks for. Nothing else runs: such a case is alone. The first Ctrl-C waits until it is done, since
    /// the clean-up of the case needs the server; the second one does not, and then the server is ended with the run.
    pub(super) async fn operate(
        &mut self,
        request: Request,
        server: &mut Server,
        tasks: &mut JoinSet<Over>,
        ending: &mut Option<Batch>,
    ) {
        let outcome = {
            let operating = server.operate(request.operation);
            let mut operating = std::pin::pin!(operating);
            loop {
                tokio::select! {
                    outcome = &mut operating => break Some(outcome),
                    () = ended(&mut self.signals) => {
                        let again = matches!(ending, Some(Batch::Interrupted));
                        self.interrupt(tasks, ending);
                        if again {
                            break None;
                        }
                    }
                }
            }
        };
        *self.stage.connector.lock().await = server.connector();
        // A case that was aborted waits no more.
        drop(outcome.map(|outcome| request.done.send(outcome)));
    }

    /// Ctrl-C: what runs cleans up. The second time the user means it.
    pub(super) fn interrupt(&mut self, tasks: &mut JoinSet<Over>, ending: &mut Option<Batch>) {
        if matches!(ending, Some(Batch::Interrupted)) {
            tasks.abort_all();
        }
        self.end.send_replace(Some("interrupted".to_owned()));
        *ending = Some(Batch::Interrupted);
    }
}
