//! What must hold for any text at all. The fuzz target judges by this file too.

use mqttspec_engine::plan::{self, Op, OpKind};
use mqttspec_engine::scenario::{self, LoadError, Source, Span};
use mqttspec_engine::statement::Catalogue;
use std::collections::BTreeSet;
use std::sync::Arc;

/// As the terminal shows it, without colours.
pub(crate) fn rendered(error: &LoadError) -> String {
    let handler = miette::GraphicalReportHandler::new_themed(miette::GraphicalTheme::unicode_nocolor()).with_width(100);
    let mut text = String::new();
    handler.render_report(&mut text, error).expect("a report can be rendered");
    text.lines().map(|line| format!("{}\n", line.trim_end())).collect()
}

/// The loader answers; what it answers can be shown and points into the text, and what it accepts can be planned.
pub(crate) fn judge(catalogue: &Catalogue, text: &str) {
    let source = Source { path: "qos/random.kdl".to_owned(), text: text.to_owned() };
    let within = |span: Span| {
        let end = span.offset + span.len;
        assert!(end <= text.len(), "{span:?} in {} bytes", text.len());
        assert!(
            text.is_char_boundary(span.offset) && text.is_char_boundary(end),
            "{span:?} cuts a character of {text:?}"
        );
    };
    match scenario::load(Arc::new(source), "qos", catalogue) {
        Err(error) => {
            assert!(!error.problems().is_empty());
            for problem in error.problems() {
                within(problem.span.into());
                problem.notes.iter().for_each(|note| within((*note.inner()).into()));
            }
            assert!(rendered(&error).contains('×'));
        }
        Ok(scenarios) => {
            let mut ids = BTreeSet::new();
            for scenario in scenarios.into_iter().map(Arc::new) {
                within(scenario.span);
                for case in plan::cases(&scenario) {
                    spans(&case.program, &within);
                    assert!(case.rules().iter().all(|&rule| rule < scenario.rules.len()));
                    assert!(ids.insert(case.id.clone()), "two cases {}", case.id);
                }
            }
        }
    }
}

fn spans(program: &[Op], within: &impl Fn(Span)) {
    for op in program {
        within(op.span);
        match &op.kind {
            OpKind::AnyOf(branches) => branches.iter().for_each(|branch| spans(branch, within)),
            OpKind::AnyOrder(ops) | OpKind::Write { ops, .. } => spans(ops, within),
            _ => {}
        }
    }
}
