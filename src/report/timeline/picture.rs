//! The timeline as it is drawn where no script runs: coordinates for an SVG, and the same as a table.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::{Mark, Micros, Timeline};

/// Width of the picture; all coordinates are in these units.
pub(in crate::report) const WIDTH: f64 = 1000.0;

/// Marks closer than this become one.
const COLUMN: f64 = 9.0;

/// Lanes drawn; the table has all.
const LANES: usize = 16;

/// Rows of causes told apart on one lane.
const CAUSE_ROWS: usize = 3;

/// Rows of windows told apart; where more overlap, they are counted instead.
const BAR_ROWS: usize = 24;

/// Heights: of a lane's name, of a row of marks, of a row of windows, of all of them at most, of what passed, of errors, of ticks.
const NAME: f64 = 20.0;
const ROW: f64 = 18.0;
const BAR: f64 = 11.0;
const TESTS: f64 = 88.0;
const PASSED: f64 = 8.0;
const ERRORS: f64 = 16.0;
const TICKS: f64 = 26.0;

/// Steps of time in microseconds, shortest first: what people count in.
const STEPS: [Micros; 27] = [
    1_000,
    2_000,
    5_000,
    10_000,
    20_000,
    50_000,
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    15_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    600_000_000,
    900_000_000,
    1_800_000_000,
    3_600_000_000,
    7_200_000_000,
    10_800_000_000,
    21_600_000_000,
    43_200_000_000,
    86_400_000_000,
];

/// The picture.
#[derive(Debug, Default, Serialize)]
pub(in crate::report) struct Picture {
    pub(in crate::report) height: f64,
    pub(in crate::report) day: String,
    ticks: Vec<Tick>,
    tests: TestLane,
    lanes: Vec<Lane>,
    /// Services that are not drawn.
    beyond: usize,
    /// Records before and after the part that is shown.
    before: usize,
    after: usize,
}

#[derive(Debug, Serialize)]
struct Tick {
    x: f64,
    label: String,
}

#[derive(Debug, Default, Serialize)]
struct TestLane {
    y: f64,
    bars: Vec<Rect>,
    counts: Vec<Rect>,
    passed: Vec<Rect>,
}

#[derive(Debug, Serialize)]
struct Lane {
    /// The place of its service.
    place: usize,
    y: f64,
    marks: Vec<Spot>,
    errors: Vec<Rect>,
}

/// A bar, with the places of its cause and its test.
#[derive(Debug, Serialize)]
struct Rect {
    x: f64,
    y: f64,
    width: f64,
    height: f64,
    cause: Option<usize>,
    test: Option<usize>,
    server: bool,
}

/// Marks of one cause that lie so close that they are drawn as one.
#[derive(Debug, Serialize)]
struct Spot {
    x: f64,
    y: f64,
    cause: Option<usize>,
    root: bool,
    count: usize,
    /// Key of the first.
    key: u32,
}

/// A line of the table.
#[derive(Debug, Serialize)]
pub(in crate::report) struct Line {
    lane: usize,
    cause: Option<usize>,
    count: usize,
    first: String,
    last: String,
    key: u32,
}

impl Timeline {
    /// Draws the part to look at first. Linear in records, windows and lanes; the picture is bounded.
    pub(in crate::report) fn picture(&self) -> Picture {
        if self.is_empty() {
            return Picture::default();
        }
        let mut picture = Picture { day: self.day(), ticks: self.ticks(), ..Picture::default() };
        let shown = |mark: &&Mark| mark.at.is_some();
        picture.before = self.records.iter().filter(shown).filter(|mark| mark.at < Some(self.view.0)).count();
        picture.after = self.records.iter().filter(shown).filter(|mark| mark.at > Some(self.view.1)).count();
        let mut y = TICKS;
        y = self.draw_tests(y, &mut picture.tests);
        let mut places: Vec<usize> = (0..self.services.len()).collect();
        // Lanes keep their order; where there are too many, those that are cited come first.
        if places.len() > LANES {
            let cited = |place: &usize| self.records.iter().any(|mark| mark.lane == *place);
            places.sort_by_key(|place| !cited(place));
            picture.beyond = places.len() - LANES;
            places.truncate(LANES);
            places.sort_unstable();
        }
        for place in places {
            let (lane, end) = self.lane(place, y);
            picture.lanes.push(lane);
            y = end;
        }
        picture.height = y + 4.0;
        picture
    }

    fn x(&self, at: Micros) -> f64 {
        let (start, end) = self.view;
        let x = (at - start) as f64 / (end - start).max(1) as f64 * WIDTH;
        (x * 10.0).round() / 10.0
    }

    fn day(&self) -> String {
        let at = Timestamp::from_microsecond(self.origin.saturating_add(self.view.0)).unwrap_or_default();
        at.strftime("%Y-%m-%d").to_string()
    }

    fn ticks(&self) -> Vec<Tick> {
        let (start, end) = (self.origin.saturating_add(self.view.0), self.origin.saturating_add(self.view.1));
        let day = STEPS[STEPS.len() - 1];
        let wanted = (end - start) / 7;
        let step = STEPS.iter().copied().find(|step| *step >= wanted).unwrap_or_else(|| (wanted / day + 1) * day);
        let form = match step {
            86_400_000_000.. => "%m-%d",
            60_000_000.. => "%H:%M",
            1_000_000.. => "%H:%M:%S",
            _ => "%H:%M:%S%.3f",
        };
        let first = start.div_euclid(step) + 1;
        let moments = (first..).map(|number| number * step).take_while(|at| *at <= end);
        let label = |at: Micros| Timestamp::from_microsecond(at).unwrap_or_default().strftime(form).to_string();
        moments.map(|at| Tick { x: self.x(at - self.origin), label: label(at) }).collect()
    }

    /// The part of a stretch that is in view, as a bar.
    fn bar(&self, span: (Micros, Micros), y: f64, height: f64) -> Option<Rect> {
        let (start, end) = (self.x(span.0).max(0.0), self.x(span.1).min(WIDTH));
        let width = ((end - start).max(2.0) * 10.0).round() / 10.0;
        (end >= 0.0 && start <= WIDTH).then_some(Rect { x: start, y, width, height, cause: None, test: None, server: false })
    }

    fn draw_tests(&self, y: f64, lane: &mut TestLane) -> f64 {
        lane.y = y;
        let mut y = y + NAME;
        let mut windows: Vec<(Micros, Micros, usize)> = self
            .tests
            .iter()
            .enumerate()
            .filter_map(|(place, test)| test.window.map(|(start, end)| (start, end, place)))
            .collect();
        windows.sort_unstable();
        match packed(&windows) {
            Some(rows) => {
                let deep = rows.iter().max().map_or(0.0, |row| (row + 1) as f64);
                let high = BAR.min((TESTS / deep * 10.0).floor() / 10.0);
                for (&(start, end, place), &row) in windows.iter().zip(&rows) {
                    if let Some(bar) = self.bar((start, end), y + row as f64 * high, high - (high / 5.0).min(2.0)) {
                        lane.bars.push(Rect { cause: self.tests[place].causes.first().copied(), test: Some(place), ..bar });
                    }
                }
                y += deep * high;
            }
            None => {
                lane.counts = self.counts(&windows, y);
                y += TESTS;
            }
        }
        let mut end = f64::MIN;
        for bar in self.passed.iter().filter_map(|span| self.bar(*span, y + 2.0, PASSED - 2.0)) {
            match lane.passed.last_mut().filter(|_| bar.x <= end + 1.0) {
                Some(last) => last.width = (bar.x + bar.width).max(end) - last.x,
                None => lane.passed.push(bar),
            }
            end = lane.passed.last().map_or(end, |last| last.x + last.width);
        }
        y + if lane.passed.is_empty() { 6.0 } else { PASSED + 6.0 }
    }

    /// How many windows lie over each other, column by column and cause by cause.
    fn counts(&self, windows: &[(Micros, Micros, usize)], y: f64) -> Vec<Rect> {
        let columns = (WIDTH / COLUMN) as usize;
        let column = |at: Micros| (self.x(at) / COLUMN).clamp(0.0, columns as f64 - 1.0) as usize;
        let mut of_cause: BTreeMap<usize, Vec<i64>> = BTreeMap::new();
        for (start, end, place) in windows {
            // Unexplained ones come last.
            let cause = self.tests[*place].causes.first().copied().unwrap_or(usize::MAX);
            let changes = of_cause.entry(cause).or_insert_with(|| vec![0; columns + 1]);
            changes[column(*start)] += 1;
            changes[column(*end) + 1] -= 1;
        }
        for changes in of_cause.values_mut() {
            let mut deep = 0;
            changes.iter_mut().for_each(|change| {
                deep += *change;
                *change = deep;
            });
        }
        let all = |place: usize| of_cause.values().map(|counts| counts[place]).sum::<i64>();
        let most = (0..columns).map(all).max().unwrap_or(1).max(1) as f64;
        let mut bars = Vec::new();
        for place in 0..columns {
            let mut foot = y + TESTS - 2.0;
            for (cause, counts) in of_cause.iter().filter(|(_, counts)| counts[place] > 0) {
                let height = (counts[place] as f64 / most * (TESTS - 4.0) * 10.0).round() / 10.0;
                foot -= height;
                let cause = Some(*cause).filter(|cause| *cause < usize::MAX);
                bars.push(Rect {
                    x: place as f64 * COLUMN,
                    y: foot,
                    width: COLUMN - 1.0,
                    height,
                    cause,
                    test: None,
                    server: false,
                });
            }
        }
        bars
    }

    fn lane(&self, place: usize, top: f64) -> (Lane, f64) {
        let marks: Vec<&Mark> = self
            .records
            .iter()
            .filter(|mark| mark.lane == place && mark.at.is_some_and(|at| at >= self.view.0 && at <= self.view.1))
            .collect();
        let mut rows: BTreeMap<Option<usize>, usize> = BTreeMap::new();
        let mut causes: Vec<Option<usize>> = marks.iter().map(|mark| mark.causes.first().copied()).collect();
        // Causes in their order, leads last.
        causes.sort_by_key(|cause| cause.unwrap_or(usize::MAX));
        causes.dedup();
        for (row, cause) in causes.iter().enumerate() {
            rows.insert(*cause, row.min(CAUSE_ROWS - 1));
        }
        let mut spots: BTreeMap<(usize, Option<usize>, i64), Spot> = BTreeMap::new();
        let y = top + NAME;
        for mark in marks {
            let cause = mark.causes.first().copied();
            let row = rows.get(&cause).copied().unwrap_or_default();
            let x = self.x(mark.at.unwrap_or_default());
            let spot = spots.entry((row, cause, (x / COLUMN) as i64)).or_insert(Spot {
                x: x.clamp(6.0, WIDTH - 6.0),
                y: y + row as f64 * ROW + ROW / 2.0,
                cause,
                root: false,
                count: 0,
                key: mark.key,
            });
            spot.count += 1;
            spot.root |= mark.root;
        }
        let mut end = y + rows.values().max().map_or(0.0, |row| (row + 1) as f64 * ROW);
        let errors = self.draw_errors(place, end);
        end += if errors.is_empty() { 6.0 } else { ERRORS + 6.0 };
        (Lane { place, y: top, marks: spots.into_values().collect(), errors }, end.max(top + NAME + 8.0))
    }

    fn draw_errors(&self, lane: usize, y: f64) -> Vec<Rect> {
        let mut bars = Vec::new();
        for errors in self.errors.iter().filter(|errors| errors.lane == lane) {
            let most = errors.steps.iter().map(|(_, client, server)| client + server).max().unwrap_or(1).max(1) as f64;
            for &(at, client, server) in &errors.steps {
                let height = |count: u64| (count as f64 / most * (ERRORS - 3.0)).max(3.0).round();
                let Some(bar) = self.bar((at, at + errors.step), y, 0.0) else { continue };
                let width = bar.width.max(3.0);
                let mut foot = y + ERRORS;
                for (count, server) in [(server, true), (client, false)].into_iter().filter(|(count, _)| *count > 0) {
                    foot -= height(count);
                    bars.push(Rect { y: foot, width, height: height(count), server, ..bar });
                }
            }
        }
        bars
    }

    /// The same as a table: a line for each cause on each lane.
    pub(in crate::report) fn lines(&self) -> Vec<Line> {
        let moment = |at: Micros| Timestamp::from_microsecond(self.origin.saturating_add(at)).unwrap_or_default().to_string();
        let mut lines: BTreeMap<(usize, usize), (Micros, Micros, usize, u32)> = BTreeMap::new();
        for mark in &self.records {
            let Some(at) = mark.at else { continue };
            let cause = mark.causes.first().copied().unwrap_or(usize::MAX);
            let line = lines.entry((mark.lane, cause)).or_insert((at, at, 0, mark.key));
            *line = (line.0.min(at), line.1.max(at), line.2 + 1, line.3);
        }
        let line = |((lane, cause), (first, last, count, key)): ((usize, usize), (Micros, Micros, usize, u32))| Line {
            lane,
            cause: Some(cause).filter(|cause| *cause < usize::MAX),
            count,
            first: moment(first),
            last: moment(last),
            key,
        };
        lines.into_iter().map(line).collect()
    }
}

/// A row for each window such that none overlap, first come first served; `None` where that takes too many rows.
fn packed(windows: &[(Micros, Micros, usize)]) -> Option<Vec<usize>> {
    let mut ends: Vec<Micros> = Vec::new();
    let mut rows = Vec::with_capacity(windows.len());
    for (start, end, _) in windows {
        let row = match ends.iter().position(|free| free <= start) {
            Some(row) => row,
            None if ends.len() < BAR_ROWS => {
                ends.push(*end);
                ends.len() - 1
            }
            None => return None,
        };
        ends[row] = *end;
        rows.push(row);
    }
    Some(rows)
}
