//! What a scenario must not do although every word of it is understood.

mod branches;
mod claims;
mod connections;
mod faults;
mod quiet;
mod rules;
mod sends;
mod walk;
mod writes;

use super::Scenario;
use super::error::Problem;

/// Reports everything that is wrong with a scenario as a whole.
pub(super) fn check(scenario: &Scenario, problems: &mut Vec<Problem>) {
    rules::check(scenario, problems);
    claims::check(scenario, problems);
    faults::check(scenario, problems);
    branches::check(scenario, problems);
    writes::check(scenario, problems);
    sends::check(scenario, problems);
    quiet::check(scenario, problems);
    connections::check(scenario, problems);
}
