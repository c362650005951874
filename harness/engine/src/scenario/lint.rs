//! What a scenario must not do although every word of it is understood.

use super::Scenario;
use super::error::Problem;

/// Reports everything.
pub(super) fn check(_scenario: &Scenario, _problems: &mut Vec<Problem>) {}
