//! The cause graph: which rule explains which, and the ways through it.

use super::{Catalog, Edge, RuleIx};

/// Longest path that is followed, in edges: five whys and some.
pub const DEEPEST: usize = 8;

/// A cause of an effect, seen from the effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CauseOf {
    /// The cause.
    pub cause: RuleIx,
    /// Which of the cause's [`super::Rule::explains`] says so.
    pub edge: usize,
}

/// The edges of a catalog, both ways.
#[derive(Debug, Clone, Default)]
pub struct CauseGraph {
    causes: Vec<Vec<CauseOf>>,
    effects: Vec<Vec<Edge>>,
}

impl CauseGraph {
    /// Linear in rules and edges.
    pub fn new(catalog: &Catalog) -> Self {
        let rules = catalog.rules();
        let mut causes = vec![Vec::new(); rules.len()];
        for (cause, rule) in rules.iter().enumerate() {
            for (edge, Edge { effect, .. }) in rule.explains.iter().enumerate() {
                causes[*effect].push(CauseOf { cause, edge });
            }
        }
        CauseGraph { causes, effects: rules.iter().map(|rule| rule.explains.clone()).collect() }
    }

    /// What explains the effect, in order of the causes' ids.
    pub fn causes_of(&self, effect: RuleIx) -> &[CauseOf] {
        self.causes.get(effect).map_or(&[], Vec::as_slice)
    }

    /// What the cause explains, in the order in which its rule lists it.
    pub fn effects_of(&self, cause: RuleIx) -> &[Edge] {
        self.effects.get(cause).map_or(&[], Vec::as_slice)
    }

    /// Whether nothing in the catalog explains the rule.
    pub fn is_root(&self, rule: RuleIx) -> bool {
        self.causes_of(rule).is_empty()
    }

    /// Calls `visit` with each path from the effect up to a cause: effect first, each rule at most once,
    /// at most [`DEEPEST`] edges. The path of the effect alone comes first, deeper ones follow in order of
    /// id. `visit` returns whether to follow that path further up, so that dead ways cost nothing.
    pub fn paths(&self, effect: RuleIx, visit: &mut dyn FnMut(&[Step]) -> bool) {
        let mut path = vec![Step { rule: effect, edge: None }];
        self.climb(&mut path, visit);
    }

    fn climb(&self, path: &mut Vec<Step>, visit: &mut dyn FnMut(&[Step]) -> bool) {
        if !visit(path) || path.len() > DEEPEST {
            return;
        }
        let Some(top) = path.last().map(|step| step.rule) else { return };
        for CauseOf { cause, edge } in self.causes_of(top) {
            if path.iter().all(|step| step.rule != *cause) {
                path.push(Step { rule: *cause, edge: Some(*edge) });
                self.climb(path, visit);
                path.pop();
            }
        }
    }

    /// The edges that close a circle, as (cause, number in its `explains`); without them the graph has none.
    /// Depth first in order of id, so the answer does not depend on anything else.
    pub fn closing_edges(&self) -> Vec<(RuleIx, usize)> {
        let mut closing = Vec::new();
        let mut state = vec![Visit::New; self.effects.len()];
        for start in 0..self.effects.len() {
            if state[start] != Visit::New {
                continue;
            }
            state[start] = Visit::Open;
            // An own stack: a chain of 100,000 rules must not exhaust the thread's.
            let mut stack = vec![(start, 0)];
            while let Some((rule, next)) = stack.pop() {
                let Some(edge) = self.effects[rule].get(next) else {
                    state[rule] = Visit::Done;
                    continue;
                };
                stack.push((rule, next + 1));
                match state[edge.effect] {
                    Visit::Open => closing.push((rule, next)),
                    Visit::New => {
                        state[edge.effect] = Visit::Open;
                        stack.push((edge.effect, 0));
                    }
                    Visit::Done => {}
                }
            }
        }
        closing
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Visit {
    New,
    Open,
    Done,
}

/// One rule on a path from an effect to a cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// The rule.
    pub rule: RuleIx,
    /// Which of its [`super::Rule::explains`] leads to the step before; `None` for the first.
    pub edge: Option<usize>,
}
