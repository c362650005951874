//! The steps of a scenario as a run of it meets them.

use crate::scenario::{Action, Step};
use mqttspec_codec::Version;

/// Which run of a scenario.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Run {
    /// With the fault.
    Case,
    /// Without it.
    Control,
}

/// The blocks of a step that a run enters.
pub(super) fn entered(step: &Step, run: Run, version: Option<Version>) -> Vec<&[Step]> {
    let enters = match &step.action {
        Action::Fault(_) => run == Run::Case,
        Action::Control(_) => run == Run::Control,
        Action::When { conditions, .. } => version.is_none_or(|version| {
            let key = crate::scenario::load::version_key(version);
            conditions.iter().all(|(axis, values)| axis != "version" || values.iter().any(|value| value == key))
        }),
        _ => true,
    };
    if enters { step.action.blocks().collect() } else { Vec::new() }
}

/// The steps of a run in a version, in the order of the text: blocks, then what is in them.
pub(super) fn steps(steps: &[Step], run: Run, version: Option<Version>) -> Vec<&Step> {
    let mut all = Vec::new();
    collect(steps, run, version, &mut all);
    all
}

fn collect<'s>(steps: &'s [Step], run: Run, version: Option<Version>, all: &mut Vec<&'s Step>) {
    for step in steps {
        all.push(step);
        for block in entered(step, run, version) {
            collect(block, run, version, all);
        }
    }
}
