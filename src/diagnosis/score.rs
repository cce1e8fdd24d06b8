//! How much a chain is worth, in integer parts that each say why; every weight stands in this file.
//!
//! | part | points | what it measures |
//! |---|---|---|
//! | `join` | trace 25, request 24, instance 18, revision 15, window 8 | the weakest thing shared by two records of the chain |
//! | `observed` | 25 × share of steps that were seen | a chain of inferences is a story |
//! | `lift` | exclusive: 30 × n ÷ (n + 3) × min(1, z ÷ 4), n passing windows, z standard deviations above chance; elevated: up to 15; no comparison possible: 0 | failing against passing windows; the fractions shrink small groups |
//! | `inside` | 10, or −20 where it was logged only after the test had ended | in the margin lie a neighbour's lines |
//! | `depth` | 3 for each record between symptom and root, at most 9 | each effect that was logged on the way is one more witness |
//! | `reach` | 20 × share of the failures with this symptom that the root explains | one cause usually explains all |
//! | `order` | 5 | the cause was logged before its effect was over |
//! | `specificity` | 3 for each rule it refines, at most 6 | a name is better than a category |
//! | `shown` | 60 | the test result itself shows the cause |

use super::chain::{Chain, Link, Place, Scene};
use super::control::{Standing, StandingKind};
use super::{Footing, ScorePart, Verdict};
use crate::findings::WatchedWindow;
use crate::rules::Join;

const OBSERVED: i32 = 25;
const EXCLUSIVE: i32 = 30;
/// So many passing windows give an exclusive line half its points.
const EXCLUSIVE_HALF: i32 = 3;
/// So many standard deviations above chance give an exclusive line all its points.
const SURE: f64 = 4.0;
/// So many standard deviations above chance are not taken for noise (about 1 in 40 by the normal approximation).
const SIGNIFICANT: f64 = 2.0;
const ELEVATED_PER_DEVIATION: f64 = 3.0;
const ELEVATED_MOST: f64 = 15.0;
const INSIDE: i32 = 10;
const AFTERWARDS: i32 = -20;
const DEPTH: i32 = 3;
const DEPTH_MOST: i32 = 9;
const REACH: i32 = 20;
const ORDER: i32 = 5;
const SPECIFICITY: i32 = 3;
const SPECIFICITY_MOST: i32 = 6;
const SHOWN_BY_RESULT: i32 = 60;

/// The share of the failures with one symptom that a root explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reach {
    /// Failures it explains.
    pub explained: usize,
    /// Failures that show the symptom.
    pub all: usize,
}

/// A chain with its standing, before it is turned into a hypothesis.
#[derive(Debug, Clone)]
pub struct Scored {
    /// The parts, in a fixed order; the sum is the score.
    pub parts: Vec<ScorePart>,
    /// How sure.
    pub verdict: Verdict,
}

/// Scores a chain whose root is named by a rule.
pub fn score(
    chain: &Chain,
    scene: &Scene,
    window: Option<&WatchedWindow>,
    standing: Option<Standing>,
    reach: Reach,
    shown_by_result: bool,
) -> Scored {
    let mut parts = vec![join_part(chain, scene), observed_part(chain)];
    let inside = window.and_then(|window| inside_part(chain, scene, window));
    // What others share with this failure says nothing about it where its own window does not hold it.
    let late = inside.as_ref().is_some_and(|part| part.points < 0);
    parts.extend(standing.filter(|_| !late).and_then(|standing| lift_part(&standing)));
    parts.extend(inside);
    parts.extend(depth_part(chain, scene));
    parts.push(reach_part(reach));
    parts.extend(order_part(chain, scene));
    parts.extend(specificity_part(chain, scene));
    if shown_by_result {
        parts.push(ScorePart { name: "shown", points: SHOWN_BY_RESULT, reason: "the test result itself shows it".to_owned() });
    }
    let verdict = verdict(chain, scene, standing, reach, shown_by_result, late);
    Scored { parts, verdict }
}

/// The verdict follows from the parts' inputs, never from their sum: points order hypotheses, evidence makes them true.
fn verdict(chain: &Chain, scene: &Scene, standing: Option<Standing>, reach: Reach, shown_by_result: bool, late: bool) -> Verdict {
    if shown_by_result {
        return Verdict::Confirmed;
    }
    let inferred = chain.links.iter().filter(|link| link.footing == Footing::Inferred).count();
    let joined = weakest_join(chain, scene).is_some_and(|join| join < Join::Window);
    let passing = standing.map_or(0, |standing| standing.passing.1);
    let above_chance = match standing.map(|standing| standing.kind) {
        Some(StandingKind::Exclusive(deviations) | StandingKind::Elevated(deviations)) => deviations,
        _ => 0.0,
    };
    let exclusive = matches!(standing.map(|standing| standing.kind), Some(StandingKind::Exclusive(_)))
        && standing.is_some_and(|standing| standing.failing.0 > 0);
    let wide = reach.explained * 2 >= reach.all;
    if late {
        return Verdict::Possible;
    }
    if !joined && !wide && passing > 0 && above_chance < SIGNIFICANT {
        // Nothing ties it to the failure but the window, and it is in few of them: that is what noise looks like.
        return Verdict::Inconclusive;
    }
    match inferred {
        0 if wide && (joined || exclusive && passing >= 3) => Verdict::Confirmed,
        0 | 1 if joined || exclusive && passing >= 3 && (wide || above_chance >= SIGNIFICANT) => Verdict::Likely,
        0 | 1 if wide && above_chance > 0.0 => Verdict::Likely,
        _ => Verdict::Possible,
    }
}

/// The weakest join between two records of the chain; `None` where no two different records are joined.
fn weakest_join(chain: &Chain, scene: &Scene) -> Option<Join> {
    let mut before: Option<&Link> = None;
    let mut weakest = None;
    for link in chain.links.iter().filter(|link| !link.findings.is_empty()) {
        if before.is_some_and(|before| !scene.same_records(before, link)) {
            weakest = weakest.max(Some(link.join));
        }
        before = Some(link);
    }
    weakest
}

/// Effects on the way that rest on records of their own.
fn depth_part(chain: &Chain, scene: &Scene) -> Option<ScorePart> {
    let recorded: Vec<&Link> = chain.links.iter().filter(|link| !link.findings.is_empty()).collect();
    let between = recorded.windows(2).filter(|pair| !scene.same_records(pair[0], pair[1])).count() as i32;
    (between > 0).then(|| ScorePart {
        name: "depth",
        points: (between * DEPTH).min(DEPTH_MOST),
        reason: format!(
            "{between} effect{} on the way {} logged",
            if between == 1 { "" } else { "s" },
            if between == 1 { "was" } else { "were" }
        ),
    })
}

/// Whether the root's records lie where the case itself was at work.
fn inside_part(chain: &Chain, scene: &Scene, window: &WatchedWindow) -> Option<ScorePart> {
    let places: Vec<Place> = chain.root()?.findings.iter().map(|&finding| scene.place(finding, window)).collect();
    let (points, reason) = if places.contains(&Place::Inside) {
        (INSIDE, "it was logged while the test ran")
    } else if !places.is_empty() && places.iter().all(|&place| place == Place::After) {
        (AFTERWARDS, "it was logged only after the test had ended")
    } else {
        return None;
    };
    Some(ScorePart { name: "inside", points, reason: reason.to_owned() })
}

fn join_part(chain: &Chain, scene: &Scene) -> ScorePart {
    let (points, reason) = match weakest_join(chain, scene) {
        Some(Join::Trace) => (25, "cause and effect share a trace"),
        Some(Join::Request) => (24, "cause and effect share a request"),
        Some(Join::Instance) => (18, "cause and effect share a container instance"),
        Some(Join::Revision) => (15, "cause and effect share a revision"),
        Some(Join::Window) => (8, "cause and effect share only the time window"),
        None => (8, "the record lies in the test's time window"),
    };
    ScorePart { name: "join", points, reason: reason.to_owned() }
}

fn observed_part(chain: &Chain) -> ScorePart {
    let all = chain.links.len();
    let seen = chain.links.iter().filter(|link| link.footing == Footing::Observed).count();
    ScorePart {
        name: "observed",
        points: OBSERVED * seen as i32 / all.max(1) as i32,
        reason: format!("{seen} of {all} steps were seen"),
    }
}

fn lift_part(standing: &Standing) -> Option<ScorePart> {
    let points = match standing.kind {
        StandingKind::Exclusive(_) if standing.failing.0 == 0 => return None,
        StandingKind::Exclusive(deviations) => {
            let passing = standing.passing.1 as i32;
            let most = EXCLUSIVE * passing / (passing + EXCLUSIVE_HALF);
            (f64::from(most) * (deviations / SURE).min(1.0)) as i32
        }
        StandingKind::Elevated(deviations) => (deviations * ELEVATED_PER_DEVIATION).min(ELEVATED_MOST) as i32,
        StandingKind::Common => -EXCLUSIVE,
        StandingKind::Uncontrolled => 0,
    };
    Some(ScorePart { name: "lift", points, reason: standing.sentence() })
}

fn reach_part(reach: Reach) -> ScorePart {
    let points = REACH * reach.explained as i32 / reach.all.max(1) as i32;
    let reason = format!("explains {} of {} failures with this symptom", reach.explained, reach.all);
    ScorePart { name: "reach", points, reason }
}

fn order_part(chain: &Chain, scene: &Scene) -> Option<ScorePart> {
    let times = |link: &Link| link.findings.iter().filter_map(|&finding| scene.evidence(finding)).collect::<Vec<_>>();
    let (root, effects) = chain.links.split_last()?;
    let cause = times(root).iter().map(|evidence| evidence.timestamp).min()?;
    let effect =
        effects.iter().rev().map(times).find(|found| !found.is_empty())?.iter().map(|evidence| evidence.until()).max()?;
    (cause <= effect).then(|| ScorePart {
        name: "order",
        points: ORDER,
        reason: "it was logged before its effect was over".to_owned(),
    })
}

fn specificity_part(chain: &Chain, scene: &Scene) -> Option<ScorePart> {
    let rule = scene.catalog.rule(chain.root()?.rule);
    let refined = rule.refines.len() as i32;
    (refined > 0).then(|| ScorePart {
        name: "specificity",
        points: (refined * SPECIFICITY).min(SPECIFICITY_MOST),
        reason: format!("more specific than {refined} other rule{}", if refined == 1 { "" } else { "s" }),
    })
}
