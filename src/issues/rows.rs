//! The table of an issue: in which runs its cause was seen. It is written into the body, and read back from it.

use crate::report::inert;

/// Rows kept; older ones are folded into one.
const KEPT: usize = 20;

/// Revisions named in a row, and in the folded one.
const NAMED: usize = 4;

/// The first line of the table.
const HEADER: &str = "| Run | Revision | Tests | When (UTC) |";

/// A run in which the cause was seen, or several old ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) run: String,
    pub(super) url: Option<String>,
    pub(super) revisions: Vec<String>,
    pub(super) tests: usize,
    /// `2026-11-20 09:26:54.647`; of folded rows the first and the last.
    pub(super) when: String,
    /// How many rows were folded into this one.
    pub(super) folded: usize,
}

/// Runs, newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Rows(pub(super) Vec<Row>);

impl Rows {
    /// Reads the last table of a text: what a log says before it is no table of ours.
    pub(super) fn read(text: &str) -> Rows {
        let Some(at) = text.rfind(HEADER) else { return Rows::default() };
        let lines = text.get(at..).unwrap_or_default().lines().skip(2);
        Rows(lines.take_while(|line| line.starts_with('|')).filter_map(Row::read).collect())
    }

    /// How many runs.
    pub(super) fn runs(&self) -> usize {
        self.0.iter().map(|row| row.folded.max(1)).sum()
    }

    /// All revisions that are still named.
    pub(super) fn revisions(&self) -> Vec<String> {
        self.0.iter().flat_map(|row| row.revisions.iter().cloned()).collect()
    }

    /// Whether this run is there.
    pub(super) fn holds(&self, row: &Row) -> bool {
        self.0.iter().any(|old| old.is(row))
    }

    /// Whether the run began before the newest that is there.
    pub(super) fn is_late(&self, row: &Row) -> bool {
        let dated = |when: &str| when.starts_with(|c: char| c.is_ascii_digit());
        !self.holds(row) && dated(&row.when) && self.0.first().is_some_and(|newest| dated(&newest.when) && newest.when > row.when)
    }

    /// Puts a run in: in its place where it is there, else in order of time.
    pub(super) fn put(&mut self, row: Row) {
        match self.0.iter_mut().find(|old| old.is(&row)) {
            Some(old) => *old = row,
            None => {
                let place = self.0.iter().position(|old| old.folded > 0 || old.when < row.when).unwrap_or(self.0.len());
                self.0.insert(place, row);
            }
        }
        if self.0.len() > KEPT {
            let old = self.0.split_off(KEPT - 1);
            self.0.push(fold(&old));
        }
    }

    /// The table as Markdown.
    pub(super) fn table(&self) -> String {
        let mut out = format!("{HEADER}\n|---|---|---|---|\n");
        for row in &self.0 {
            out.push_str(&row.line());
        }
        out
    }
}

impl Row {
    fn is(&self, other: &Row) -> bool {
        (&self.run, &self.when, self.folded) == (&other.run, &other.when, other.folded)
    }

    fn line(&self) -> String {
        let run = match &self.url {
            _ if self.folded > 0 => format!("{} earlier", self.folded),
            Some(url) if is_plain(url) => format!("[{}]({url})", inert::cell(&self.run)),
            _ => inert::cell(&self.run),
        };
        let names: Vec<String> = self.revisions.iter().take(NAMED).map(|name| inert::cell(name)).collect();
        let most = if self.folded > 0 { "up to " } else { "" };
        format!("| {run} | {} | {most}{} | {} |\n", names.join(", "), self.tests, self.when)
    }

    fn read(line: &str) -> Option<Row> {
        let cells: Vec<&str> = line.trim().trim_matches('|').split('|').map(str::trim).collect();
        let [run, revisions, tests, when] = cells.as_slice() else { return None };
        let folded = run.strip_suffix(" earlier").and_then(|count| count.parse().ok()).unwrap_or(0);
        let url = run.split_once("](").and_then(|(_, url)| url.strip_suffix(')')).map(str::to_owned);
        let name = run.split('`').nth(1).unwrap_or_default().to_owned();
        let revisions = revisions.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        let tests = tests.trim_start_matches("up to ").parse().ok()?;
        (folded > 0 || !name.is_empty()).then(|| Row { run: name, url, revisions, tests, when: (*when).to_owned(), folded })
    }
}

/// Several rows as one.
fn fold(rows: &[Row]) -> Row {
    let mut revisions: Vec<String> = Vec::new();
    for name in rows.iter().flat_map(|row| &row.revisions) {
        if !revisions.contains(name) && revisions.len() < NAMED {
            revisions.push(name.clone());
        }
    }
    let newest = rows.first().map_or("", |row| row.when.rsplit(" to ").next().unwrap_or_default());
    let oldest = rows.last().map_or("", |row| row.when.split(" to ").next().unwrap_or_default());
    Row {
        revisions,
        tests: rows.iter().map(|row| row.tests).max().unwrap_or(0),
        when: format!("{oldest} to {newest}"),
        folded: rows.iter().map(|row| row.folded.max(1)).sum(),
        ..Row::default()
    }
}

/// A name that one code span can hold.
pub(super) fn short(name: &str) -> String {
    inert::visible(name).chars().map(|c| if "`\n\t".contains(c) { '-' } else { c }).take(80).collect()
}

/// A link that ends nothing around it.
fn is_plain(url: &str) -> bool {
    (url.starts_with("https://") || url.starts_with("http://"))
        && url.bytes().all(|byte| byte.is_ascii_alphanumeric() || b":/._-?=&%+~#".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(number: usize) -> Row {
        Row {
            run: format!("run-{number}"),
            url: Some(format!("https://github.com/o/r/actions/runs/{number}")),
            revisions: vec![format!("api-{number:05}-abc")],
            tests: number,
            when: format!("2026-11-{:02} 09:00:00.000", number + 1),
            folded: 0,
        }
    }

    #[test]
    fn a_table_is_read_back_as_it_was_written() {
        let rows = Rows(vec![row(3), row(2), fold(&[row(1), row(0)])]);
        assert_eq!(Rows::read(&format!("before\n\n{}\nafter", rows.table())), rows);
        assert_eq!(rows.runs(), 4);
    }

    #[test]
    fn a_run_is_written_once_and_old_runs_are_folded() {
        let mut rows = Rows::default();
        for number in (0..28).chain([27, 5]) {
            rows.put(row(number));
        }
        assert_eq!((rows.0.len(), rows.0[0].run.as_str()), (KEPT, "run-27"));
        let last = rows.0.last().unwrap();
        assert!(last.when.starts_with("2026-11-01 ") && last.folded >= 9, "{last:?}");
        assert_eq!(Rows::read(&rows.table()), rows);
    }

    #[test]
    fn a_name_from_a_log_cannot_leave_its_cell() {
        let hostile =
            Row { run: "r".to_owned(), revisions: vec![short("a`|b @team\n| x")], when: "w".to_owned(), ..Row::default() };
        let table = Rows(vec![hostile]).table();
        assert_eq!(table.lines().count(), 3);
        assert_eq!(Rows::read(&table).0[0].revisions.len(), 1);
    }
}
