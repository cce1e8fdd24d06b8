//! The cause graph as a picture: the chains of all tests from symptom to root, and, apart, what was ruled out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use unicode_width::UnicodeWidthChar;

use super::schema::{Footing, Hypothesis, Report, Test};

/// Size of a box, and the room between boxes.
const WIDTH: f64 = 218.0;
const HEIGHT: f64 = 58.0;
const ACROSS: f64 = 58.0;
const BETWEEN: f64 = 16.0;
const EDGE: f64 = 8.0;

/// Columns of a name that fit into a box.
const NAME_COLUMNS: usize = 27;

/// Boxes drawn; the chains in the text are complete.
const BOXES: usize = 48;

/// Rules drawn as ruled out.
const RULED_OUT: usize = 4;

/// The picture: boxes and the lines between them.
#[derive(Debug, Default, Serialize)]
pub(super) struct Graph {
    pub(super) boxes: Vec<Box>,
    lines: Vec<Line>,
    width: f64,
    height: f64,
    /// Rules that are not drawn.
    beyond: usize,
    /// Rules ruled out that are not drawn.
    ruled_out_beyond: usize,
}

/// A rule.
#[derive(Debug, Serialize)]
pub(super) struct Box {
    x: f64,
    y: f64,
    family: String,
    name: String,
    rule: String,
    /// What it saw, in one sentence.
    answer: String,
    /// `observed`, `inferred`, `ruled out`.
    kind: &'static str,
    tests: usize,
    /// Number of the cause whose root it is.
    cause: Option<usize>,
}

#[derive(Debug, Serialize)]
struct Line {
    path: String,
    kind: &'static str,
    /// How many tests take this step.
    tests: usize,
}

/// A rule on its way into the picture.
#[derive(Debug, Default)]
struct Node<'a> {
    rule: &'a str,
    answer: &'a str,
    observed: bool,
    tests: usize,
    layer: usize,
    next: BTreeMap<usize, usize>,
}

#[derive(Default)]
struct Chains<'a> {
    nodes: Vec<Node<'a>>,
    places: BTreeMap<&'a str, usize>,
}

/// Draws the graph. Linear in the whys of the report, and in boxes times boxes.
pub(super) fn draw(report: &Report) -> Graph {
    let mut chains = Chains::default();
    let roots: BTreeSet<&str> = report.causes.iter().map(|cause| cause.root.as_str()).collect();
    for test in &report.tests {
        let told: Vec<&Hypothesis> = test
            .hypotheses
            .iter()
            .filter(|hypothesis| roots.contains(hypothesis.root.as_str()) && explains(report, test, hypothesis))
            .collect();
        let guess = test.hypotheses.iter().take(usize::from(told.is_empty()));
        let mut met = BTreeSet::new();
        for hypothesis in told.iter().copied().chain(guess) {
            chains.add(hypothesis, &mut met);
        }
    }
    let beyond = chains.nodes.len().saturating_sub(BOXES);
    chains.shorten();
    chains.rank();
    let mut graph = chains.placed(report);
    graph.beyond = beyond;
    graph.add_ruled_out(report, &chains);
    graph.width = graph.boxes.iter().map(|drawn| drawn.x + WIDTH).fold(0.0, f64::max) + EDGE;
    graph.height = graph.boxes.iter().map(|drawn| drawn.y + HEIGHT).fold(0.0, f64::max) + EDGE;
    graph
}

fn explains(report: &Report, test: &Test, hypothesis: &Hypothesis) -> bool {
    // The best hypothesis is the one that a cause is made of.
    test.hypotheses.first().is_some_and(|best| best.root == hypothesis.root)
        || report.causes.len() < BOXES
            && report.causes.iter().any(|cause| cause.root == hypothesis.root && cause.tests.contains(&test.id))
}

impl<'a> Chains<'a> {
    fn add(&mut self, hypothesis: &'a Hypothesis, met: &mut BTreeSet<(usize, usize)>) {
        let mut before: Option<usize> = None;
        for why in &hypothesis.whys {
            let place = *self.places.entry(why.rule.as_str()).or_insert(self.nodes.len());
            if place == self.nodes.len() {
                self.nodes.push(Node { rule: &why.rule, answer: &why.answer, ..Node::default() });
            }
            self.nodes[place].observed |= why.footing == Footing::Observed;
            self.nodes[place].tests += usize::from(met.insert((place, usize::MAX)));
            if let Some(before) = before.filter(|before| *before != place && met.insert((*before, place))) {
                *self.nodes[before].next.entry(place).or_default() += 1;
            }
            before = Some(place);
        }
    }

    /// Leaves out what fewest tests have.
    fn shorten(&mut self) {
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|place| (usize::MAX - self.nodes[*place].tests, *place));
        order.truncate(BOXES);
        order.sort_unstable();
        let kept: BTreeMap<usize, usize> = order.iter().copied().zip(0..).collect();
        let mut nodes = std::mem::take(&mut self.nodes).into_iter().enumerate();
        self.nodes = nodes.by_ref().filter(|(place, _)| kept.contains_key(place)).map(|(_, node)| node).collect();
        for node in &mut self.nodes {
            node.next = node.next.iter().filter_map(|(place, tests)| Some((*kept.get(place)?, *tests))).collect();
        }
    }

    /// Every rule stands right of all that lead to it; a circle, which no catalog holds, ends by itself.
    fn rank(&mut self) {
        for _ in 0..self.nodes.len() {
            let mut moved = false;
            for place in 0..self.nodes.len() {
                let after = self.nodes[place].layer + 1;
                for next in self.nodes[place].next.keys().copied().collect::<Vec<_>>() {
                    if self.nodes[next].layer < after && after < self.nodes.len() {
                        self.nodes[next].layer = after;
                        moved = true;
                    }
                }
            }
            if !moved {
                return;
            }
        }
    }

    fn placed(&self, report: &Report) -> Graph {
        let mut slots: Vec<Slot> = self.nodes.iter().map(|node| Slot { layer: node.layer, ..Slot::default() }).collect();
        let mut ways = Vec::new();
        for (place, node) in self.nodes.iter().enumerate() {
            for (next, tests) in &node.next {
                ways.push(way(&mut slots, place, *next, *tests));
            }
        }
        arrange(&mut slots);
        let numbered = report.causes.iter().enumerate().rev();
        let causes: BTreeMap<&str, usize> = numbered.map(|(place, cause)| (cause.root.as_str(), place + 1)).collect();
        let boxes: Vec<Box> = self.nodes.iter().zip(&slots).map(|(node, slot)| node.drawn(slot.row, &causes)).collect();
        let lines = ways.iter().map(|way| way.drawn(&slots, &boxes));
        Graph { lines: lines.collect(), boxes, ..Graph::default() }
    }
}

/// A place in the grid of layers and rows: that of a box, or of a line that passes by.
#[derive(Default)]
struct Slot {
    layer: usize,
    row: f64,
    before: Vec<usize>,
    passing: bool,
}

/// A line from slot to slot.
struct Way {
    slots: Vec<usize>,
    tests: usize,
}

/// Leads a line through a slot in every layer that it crosses, so that it runs behind no box.
fn way(slots: &mut Vec<Slot>, from: usize, to: usize, tests: usize) -> Way {
    let mut way = Way { slots: vec![from], tests };
    let mut last = from;
    for layer in slots[from].layer + 1..slots[to].layer {
        slots.push(Slot { layer, passing: true, before: vec![last], ..Slot::default() });
        last = slots.len() - 1;
        way.slots.push(last);
    }
    slots[to].before.push(last);
    way.slots.push(to);
    way
}

/// Each layer in the order of the rows that lead to it, so that few lines cross.
fn arrange(slots: &mut [Slot]) {
    let layers = slots.iter().map(|slot| slot.layer + 1).max().unwrap_or_default();
    for layer in 0..layers {
        let weigh = |slot: &Slot| {
            let sum: f64 = slot.before.iter().map(|before| slots[*before].row).sum();
            if slot.before.is_empty() { 0.0 } else { sum / slot.before.len() as f64 }
        };
        let own = slots.iter().enumerate().filter(|(_, slot)| slot.layer == layer);
        let mut weighed: Vec<(f64, usize)> = own.map(|(place, slot)| (weigh(slot), place)).collect();
        weighed.sort_by(|one, other| one.0.total_cmp(&other.0).then(one.1.cmp(&other.1)));
        let mut free = 0.0_f64;
        for (row, place) in weighed {
            let row = row.max(free);
            free = row + if slots[place].passing { 0.5 } else { 1.0 };
            slots[place].row = row;
        }
    }
}

impl Way {
    fn drawn(&self, slots: &[Slot], boxes: &[Box]) -> Line {
        let at = |slot: &Slot| {
            let middle = if slot.passing { HEIGHT / 4.0 } else { HEIGHT / 2.0 };
            (EDGE + slot.layer as f64 * (WIDTH + ACROSS), EDGE + slot.row * (HEIGHT + BETWEEN) + middle)
        };
        let points: Vec<(f64, f64)> = self.slots.iter().map(|slot| at(&slots[*slot])).collect();
        let mut path = String::new();
        for pair in points.windows(2) {
            let [(x1, y1), (x2, y2)] = [pair[0], pair[1]].map(|(x, y)| (x, (y * 10.0).round() / 10.0));
            let (x1, bend) = (x1 + WIDTH, ACROSS / 2.0);
            let start = if path.is_empty() { 'M' } else { 'L' };
            path.push_str(&format!("{start}{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2 - bend));
        }
        let end = self.slots.last().and_then(|slot| boxes.get(*slot));
        let inferred = end.is_some_and(|end| end.kind == Footing::Inferred.word());
        Line { path, kind: if inferred { "inferred" } else { "observed" }, tests: self.tests }
    }
}

impl Node<'_> {
    fn drawn(&self, row: f64, causes: &BTreeMap<&str, usize>) -> Box {
        let kind = if self.observed { Footing::Observed.word() } else { Footing::Inferred.word() };
        let (x, y) = (EDGE + self.layer as f64 * (WIDTH + ACROSS), EDGE + row * (HEIGHT + BETWEEN));
        boxed(self.rule, self.answer, kind, self.tests, (x, y), causes.get(self.rule).copied())
    }
}

impl Graph {
    /// What could have explained the symptoms and did not, below the symptoms that it could have explained.
    fn add_ruled_out(&mut self, report: &Report, chains: &Chains<'_>) {
        let mut counts: BTreeMap<&str, (bool, usize, &str)> = BTreeMap::new();
        for rule in report.tests.iter().flat_map(|test| &test.ruled_out) {
            let count = counts.entry(rule.rule.as_str()).or_insert((false, 0, rule.reason.as_str()));
            *count = (count.0 | rule.suspect, count.1 + 1, count.2);
        }
        counts.retain(|rule, _| !chains.places.contains_key(rule));
        let mut order: Vec<_> = counts.into_iter().collect();
        // Those asked for by name, then what matched and is innocent all the same, then what most tests could have had.
        order.sort_by_key(|(rule, (suspect, tests, reason))| (!suspect, !reason.contains("matched"), usize::MAX - tests, *rule));
        self.ruled_out_beyond = order.len().saturating_sub(RULED_OUT);
        let mut y = self.boxes.iter().map(|drawn| drawn.y + HEIGHT).fold(EDGE - BETWEEN, f64::max) + BETWEEN * 2.0;
        let (mut x, symptom) = (EDGE + WIDTH + ACROSS, self.boxes.first().map(|first| (first.x, first.y)));
        let wide = self.boxes.iter().map(|drawn| drawn.x).fold(x, f64::max);
        for (rule, (_, tests, reason)) in order.into_iter().take(RULED_OUT) {
            let drawn = boxed(rule, reason, "ruled out", tests, (x, y), None);
            if let Some((from, top)) = symptom {
                let (from, top, to) = (from + 14.0, top + HEIGHT, y + HEIGHT / 2.0);
                self.lines.push(Line { path: format!("M{from} {top}V{to}H{x}"), kind: "ruled-out", tests: 0 });
            }
            self.boxes.push(drawn);
            x += WIDTH + BETWEEN;
            if x > wide {
                (x, y) = (EDGE + WIDTH + ACROSS, y + HEIGHT + BETWEEN);
            }
        }
    }
}

fn boxed(rule: &str, answer: &str, kind: &'static str, tests: usize, (x, y): (f64, f64), cause: Option<usize>) -> Box {
    let (family, name) = rule.split_once('/').unwrap_or(("", rule));
    Box {
        x,
        y: (y * 10.0).round() / 10.0,
        family: fitting(family),
        name: fitting(name),
        rule: rule.to_owned(),
        answer: answer.to_owned(),
        kind,
        tests,
        cause,
    }
}

/// As much of a name as fits into a box.
fn fitting(name: &str) -> String {
    let mut columns = 0;
    let cut = name.char_indices().find(|(_, letter)| {
        columns += letter.width().unwrap_or(1);
        columns > NAME_COLUMNS
    });
    let name = match cut {
        Some((at, _)) => format!("{}…", &name[..at]),
        None => name.to_owned(),
    };
    name.replace(['\n', '\t'], " ")
}
