//! `any-of` and `any-order`.

use super::Player;
use super::lane::Found;
use super::wait::{Context, Wait, WaitKind};
use crate::plan::OpKind;
use crate::scenario::Verb;
use std::time::Duration;

impl Player {
    pub(super) fn look_for_branch(&mut self, wait: Wait) -> Option<Wait> {
        let WaitKind::AnyOf(branches) = &wait.kind else { return Some(wait) };
        // Of what came at one instant a packet was before the close behind it.
        let mut chosen: Option<((Duration, usize), usize)> = None;
        for (number, branch) in branches.iter().enumerate() {
            let at = match branch.first().map(|op| &op.kind) {
                Some(OpKind::Client { client, verb: Verb::Receive { expected, .. } }) => {
                    match self.find(*client, expected, wait.context.marker) {
                        Ok(Found::Packet(connection, index)) => {
                            Some((self.connections[connection as usize].received[index].at, index))
                        }
                        _ => None,
                    }
                }
                Some(OpKind::Client { client, verb: Verb::Closed { .. } }) => {
                    let connection = self.clients[*client].connection;
                    let state = connection.map(|connection| &self.connections[connection as usize]);
                    state.and_then(super::connection::Connection::ended_by_server).map(|(_, at)| (at, usize::MAX))
                }
                _ => None,
            };
            if let Some(at) = at
                && chosen.is_none_or(|(best, _)| at < best)
            {
                chosen = Some((at, number));
            }
        }
        if let Some((_, number)) = chosen {
            let WaitKind::AnyOf(mut branches) = wait.kind else { return None };
            for mut op in branches.swap_remove(number).into_iter().rev() {
                op.rule = op.rule.or(wait.context.rule);
                self.program.push_front(op);
            }
            return None;
        }
        let connections: Vec<u32> = branches.iter().filter_map(|branch| self.connection_of(branch.first()?)).collect();
        let Some(&first) = connections.first() else {
            self.nonsense("there is no Network Connection", wait.context);
            return None;
        };
        if wait.probe.is_some_and(|nth| self.ponged(first, nth)) {
            self.unmet(first, &wait);
            return None;
        }
        let all_ended =
            connections.iter().all(|&connection| self.connections[connection as usize].ended_by_server().is_some());
        if all_ended || self.connections[first as usize].lost { self.still_open(first, wait) } else { Some(wait) }
    }

    pub(super) fn look_for_any(&mut self, mut wait: Wait) -> Option<Wait> {
        let WaitKind::AnyOrder(ops) = &mut wait.kind else { return Some(wait) };
        let mut left = std::mem::take(ops);
        let mut at = 0;
        while at < left.len() {
            let found = match &left[at].kind {
                OpKind::Client { client, verb: Verb::Receive { expected, .. } } => {
                    self.find(*client, expected, left[at].marker)
                }
                _ => Ok(Found::Nothing),
            };
            if let Ok(Found::Packet(connection, index)) = found {
                let op = left.remove(at);
                let context = Context::of(&op);
                if let OpKind::Client { client, verb: Verb::Receive { expected, bind, acknowledge, timing, unless } } =
                    op.kind
                {
                    let kind = WaitKind::Receive { client, expected, bind, acknowledge, timing, unless };
                    self.receive(connection, index, Wait::until(kind, context, wait.since, wait.deadline));
                }
                if self.stop.is_some() {
                    return None;
                }
                at = 0;
            } else {
                at += 1;
            }
        }
        let Some(first) = left.first() else {
            if wait.context.rule.is_some() {
                self.pass(wait.context, None);
            }
            return None;
        };
        let Some(connection) = self.connection_of(first) else {
            self.nonsense("there is no Network Connection", wait.context);
            return None;
        };
        wait.kind = WaitKind::AnyOrder(left);
        if wait.probe.is_some_and(|nth| self.ponged(connection, nth)) {
            self.unmet(connection, &wait);
            return None;
        }
        self.still_open(connection, wait)
    }
}
