//! The stages that several commands share: an incident read as far as no rule is needed, then met with a catalog.

use std::path::{Path, PathBuf};

use clap::Parser;
use fivewhys::diagnosis::{self, Diagnosis, Question};
use fivewhys::findings::{Finder, Findings, Watch};
use fivewhys::logs::{self, Pulled, Record, Selection};
use fivewhys::results::TestRun;
use fivewhys::rules::Catalog;
use fivewhys::rules::graph::CauseGraph;
use fivewhys::rules::matching::Matcher;
use fivewhys::window::{self, Spans};
use jiff::{SignedDuration, Timestamp};

use crate::diagnose::{self, DiagnoseArgs};
use crate::incident::Incident;
use crate::when::WhenArgs;

/// An incident without rules: its files, what the tests said, and the windows to look into.
pub struct Scene {
    /// Its files.
    pub incident: Incident,
    /// What the tests said.
    pub run: TestRun,
    /// The failing windows and the control group.
    pub watch: Watch,
    /// How far before an effect its cause may lie.
    pub lookback: SignedDuration,
}

/// What a reading of the logs brought.
pub struct Sighted {
    /// The catalog's matchers.
    pub matcher: Matcher,
    /// What they found.
    pub findings: Findings,
    /// What was there.
    pub pulled: Pulled,
}

/// Reads the logs once and meets every entry with the rules; of the records only those are read that a diagnosis may cite.
///
/// # Errors
///
/// Where a log source cannot be opened.
pub fn look_for_citable(
    incident: &Incident,
    catalog: &Catalog,
    graph: &CauseGraph,
    run: &TestRun,
    watch: &Watch,
    lookback: SignedDuration,
) -> anyhow::Result<Sighted> {
    let matcher = Matcher::new(catalog);
    let nothing = Pulled::default();
    let citable = |findings: &Findings| {
        diagnosis::citable(&Question { run, watch, catalog, graph, findings, pulled: &nothing, suspects: &[], lookback })
    };
    let finder = Finder::new(catalog, &matcher, watch).choosing(run, &citable);
    let (findings, pulled) = meet(incident, reach(watch, lookback), &matcher, finder, run)?;
    Ok(Sighted { matcher, findings, pulled })
}

fn meet(
    incident: &Incident,
    (windows, reach): (Windows, Spans),
    matcher: &Matcher,
    mut finder: Finder,
    run: &TestRun,
) -> anyhow::Result<(Findings, Pulled)> {
    let mut pulled = logs::pull_for(&incident.logs, &Selection { windows, reach }, matcher, &mut finder)?;
    pulled.gaps.extend(incident.gaps());
    Ok((finder.finish(run), pulled))
}

type Windows = Vec<(Timestamp, Timestamp)>;

/// The windows, and all that must be read for them: a cause may lie before its effect.
fn reach(watch: &Watch, lookback: SignedDuration) -> (Windows, Spans) {
    let windows: Windows = watch.windows().iter().map(|window| (window.window.start, window.window.end)).collect();
    let reach = Spans::union(windows.iter().map(|&(start, end)| (start.saturating_sub(lookback).unwrap_or(Timestamp::MIN), end)));
    (windows, reach)
}

/// `diagnose` as it would be typed, without the program's name and the command's.
#[derive(Parser)]
#[command(no_binary_name = true, name = "diagnose")]
struct Typed {
    #[command(flatten)]
    args: DiagnoseArgs,
}

impl Scene {
    /// Finds the inputs and reads the test results.
    ///
    /// # Errors
    ///
    /// Where an input is missing or unreadable as a whole.
    pub fn find(folder: Option<&Path>, when: &WhenArgs, logs: &[PathBuf]) -> anyhow::Result<Scene> {
        let incident = Incident::find(folder, &when.results, &when.control, logs)?;
        incident.suffices(folder, when.has_window() || incident.saved.is_some())?;
        let run = when.read_results(&incident.results)?;
        let windows = window::around(&run, when.margins());
        let (watch, _) = diagnose::watch(when.watched(&run, &windows)?, incident.saved.as_ref());
        Ok(Scene { incident, run, watch, lookback: when.lookback() })
    }

    /// Reads what `fivewhys diagnose` would read with these arguments.
    ///
    /// # Errors
    ///
    /// Where an argument is wrong, or an input is missing or unreadable as a whole.
    pub fn of(words: &[String]) -> anyhow::Result<Scene> {
        Typed::try_parse_from(words)?.args.scene()
    }

    /// Meets every record with the rules.
    ///
    /// # Errors
    ///
    /// Where a log source cannot be opened.
    pub fn look(&self, catalog: &Catalog) -> anyhow::Result<Sighted> {
        let matcher = Matcher::new(catalog);
        let finder = Finder::new(catalog, &matcher, &self.watch);
        let (findings, pulled) = meet(&self.incident, reach(&self.watch, self.lookback), &matcher, finder, &self.run)?;
        Ok(Sighted { matcher, findings, pulled })
    }

    /// What `fivewhys diagnose` would say.
    pub fn diagnose(&self, catalog: &Catalog, sighted: &Sighted) -> Diagnosis {
        diagnosis::diagnose(&Question {
            run: &self.run,
            watch: &self.watch,
            catalog,
            graph: &CauseGraph::new(catalog),
            findings: &sighted.findings,
            pulled: &sighted.pulled,
            suspects: &[],
            lookback: self.lookback,
        })
    }

    /// Reads everything: the windows, what lies before them, and the whole run.
    ///
    /// # Errors
    ///
    /// Where a log source cannot be opened.
    pub fn read(&self, visit: &mut (dyn FnMut(Record) + Send)) -> anyhow::Result<Pulled> {
        let (windows, reach) = reach(&self.watch, self.lookback);
        let reach = Spans::union(reach.iter().chain(window::whole_run(&self.run)));
        Ok(logs::pull(&self.incident.logs, &Selection { windows, reach }, &logs::Everything, visit)?)
    }
}
