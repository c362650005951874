//! What the program of a case tells of how it is played.

use super::{Case, Op, OpKind};
use crate::scenario::{Timing, Verb};
use std::time::Duration;

/// The tail of a silence that no marker is ordered behind, at least.
const TAIL: Duration = Duration::from_millis(250);

impl Case {
    /// How long it waits on purpose.
    #[must_use]
    pub fn waits(&self) -> Duration {
        fn of(ops: &[Op]) -> Duration {
            let timed = |timing: &Timing| timing.after.max(timing.within).unwrap_or_default();
            let length = |op: &Op| match &op.kind {
                OpKind::Wait(time) => *time,
                OpKind::Client { verb: Verb::Receive { timing, .. } | Verb::Closed { timing, .. }, .. } => {
                    timed(timing)
                }
                OpKind::Client { verb: Verb::Quiet { ordered: false, .. }, .. } => TAIL,
                OpKind::AnyOf(branches) => branches.iter().map(|branch| of(branch)).max().unwrap_or_default(),
                _ => Duration::ZERO,
            };
            ops.iter().map(length).sum()
        }
        of(&self.program)
    }

    /// Whether it closes one direction of a Network Connection, which only TCP can.
    #[must_use]
    pub fn half_closes(&self) -> bool {
        fn any(program: &[Op]) -> bool {
            program.iter().any(|op| match &op.kind {
                OpKind::Client { verb, .. } => matches!(verb, Verb::HalfClose),
                OpKind::AnyOf(branches) => branches.iter().any(|branch| any(branch)),
                _ => false,
            })
        }
        any(&self.program)
    }
}
