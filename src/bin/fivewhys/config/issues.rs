//! `[issues]`: where issues are kept, how much noise a project bears, and who looks after what.

use fivewhys::issues::Settings;
use fivewhys::issues::settings::{LabelLook, Route};
use fivewhys::report::schema::Verdict;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::page::{Page, Placed, kind};

/// Keys of `[issues]`.
const KEYS: [&str; 12] = [
    "repo",
    "api-url",
    "label",
    "ignore-label",
    "verdict",
    "reopen-days",
    "quiet-runs",
    "budget",
    "per-run",
    "per-day",
    "route",
    "labels",
];

/// The classes that a route may name.
const CLASSES: [&str; 5] = ["product", "test", "infrastructure", "config", "data"];

/// `[issues]`
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IssuesSection {
    /// `repo`: where issues are kept.
    pub repo: Option<Placed<String>>,
    /// `api-url`: GitHub Enterprise.
    pub api_url: Option<Placed<String>>,
    /// All else.
    pub settings: Settings,
}

impl IssuesSection {
    pub(super) fn read(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>) -> IssuesSection {
        let Some(table) = page.inner(value, "[issues]") else { return IssuesSection::default() };
        let mut keys = page.table(table, "[issues]", &KEYS);
        let mut section = IssuesSection::default();
        let settings = &mut section.settings;
        section.repo = keys.remove("repo").and_then(|value| page.text(value, "repo"));
        section.api_url = keys.remove("api-url").and_then(|value| page.text(value, "api-url"));
        for (name, target) in [("label", &mut settings.label), ("ignore-label", &mut settings.ignore_label)] {
            if let Some(label) = keys.remove(name).and_then(|value| filled(page, value, name)) {
                *target = label;
            }
        }
        if let Some(verdict) = keys.remove("verdict").and_then(|value| verdict(page, value)) {
            settings.verdict = verdict;
        }
        for (name, target) in [("reopen-days", &mut settings.reopen_days), ("quiet-runs", &mut settings.quiet_runs)] {
            if let Some(number) = keys.remove(name).and_then(|value| number(page, value, name)) {
                *target = number;
            }
        }
        for (name, target) in
            [("budget", &mut settings.budget), ("per-run", &mut settings.per_run), ("per-day", &mut settings.per_day)]
        {
            if let Some(number) = keys.remove(name).and_then(|value| number(page, value, name)) {
                *target = number as usize;
            }
        }
        if let Some(table) = keys.remove("route").and_then(|value| page.inner(value, "[issues.route]")) {
            routes(page, table, settings);
        }
        if let Some(table) = keys.remove("labels").and_then(|value| page.inner(value, "[issues.labels]")) {
            labels(page, table, settings);
        }
        section
    }
}

fn routes(page: &mut Page<'_>, table: &DeTable<'_>, settings: &mut Settings) {
    for (name, value) in table.iter() {
        let written = name.get_ref().to_string();
        if written != "*" && !written.contains('/') && !CLASSES.contains(&written.as_str()) {
            let known = "expected a rule (`auth/missing-jwt`), a family (`auth/*`), a class (`config`) or `*`";
            page.note(name.span().start, &format!("`{written}` leads nowhere; {known}"));
        }
        let title = format!("[issues.route.\"{written}\"]");
        let Some(table) = page.inner(value, &title) else { continue };
        let mut keys = page.table(table, &title, &["labels", "assignees", "milestone", "owners"]);
        let mut texts = |page: &mut Page<'_>, name: &str| {
            let texts = keys.remove(name).map(|value| page.texts(value, name)).unwrap_or_default();
            texts.into_iter().map(|text| text.value).collect::<Vec<_>>()
        };
        let labels = texts(page, "labels");
        let assignees = texts(page, "assignees").into_iter().map(|login| login.trim_start_matches('@').to_owned()).collect();
        let owners = texts(page, "owners");
        let milestone = keys.remove("milestone").and_then(|value| filled(page, value, "milestone"));
        settings.routes.insert(written, Route { labels, assignees, milestone, owners });
    }
}

fn labels(page: &mut Page<'_>, table: &DeTable<'_>, settings: &mut Settings) {
    for (name, value) in table.iter() {
        let name = name.get_ref().to_string();
        let title = format!("[issues.labels.\"{name}\"]");
        let Some(table) = page.inner(value, &title) else { continue };
        let mut keys = page.table(table, &title, &["color", "description"]);
        let default = settings.look(&name);
        let color = keys.remove("color").and_then(|value| {
            let color = page.text(value, "color")?.value.trim_start_matches('#').to_owned();
            let well = color.len() == 6 && color.bytes().all(|byte| byte.is_ascii_hexdigit());
            if !well {
                page.note(value.span().start, "`color` must be six hexadecimal digits, such as \"d73a4a\"");
            }
            well.then_some(color)
        });
        let description = keys.remove("description").and_then(|value| {
            let text = page.text(value, "description")?.value;
            let long = text.chars().count() > 100;
            if long {
                page.note(value.span().start, "`description` may have 100 characters at most");
            }
            (!long).then_some(text)
        });
        let look = LabelLook { color: color.unwrap_or(default.color), description: description.unwrap_or(default.description) };
        settings.labels.insert(name, look);
    }
}

fn filled(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>, name: &str) -> Option<String> {
    let text = page.text(value, name)?.value.trim().to_owned();
    if text.is_empty() {
        page.note(value.span().start, &format!("`{name}` is empty"));
        return None;
    }
    Some(text)
}

fn verdict(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>) -> Option<Verdict> {
    let text = page.text(value, "verdict")?.value;
    let known = [Verdict::Confirmed, Verdict::Likely, Verdict::Possible].into_iter().find(|verdict| verdict.word() == text);
    if known.is_none() {
        page.note(value.span().start, "`verdict` must be \"confirmed\", \"likely\" or \"possible\"");
    }
    known
}

fn number(page: &mut Page<'_>, value: &Spanned<DeValue<'_>>, name: &str) -> Option<u32> {
    let number = value.get_ref().as_integer().and_then(|number| number.to_string().parse().ok());
    if number.is_none() {
        page.note(value.span().start, &format!("`{name}` must be a whole number from 0 on, this is {}", kind(value)));
    }
    number
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::Config;

    fn read(text: &str) -> Result<super::IssuesSection, String> {
        Config::read(Path::new("fivewhys.toml"), text).map(|config| config.issues).map_err(|fatal| fatal.message)
    }

    #[test]
    fn a_project_says_who_looks_after_what() {
        let section = read(
            "[issues]\nrepo = \"octo/app\"\nverdict = \"possible\"\nbudget = 2\n\
             [issues.route.\"auth/*\"]\nlabels = [\"auth\"]\nassignees = \"@octocat\"\nowners = [\"@octo/identity\"]\n\
             [issues.labels.auth]\ncolor = \"#D73A4A\"\ndescription = \"Who may do what\"\n",
        )
        .unwrap();
        assert_eq!((section.repo.unwrap().value.as_str(), section.settings.budget), ("octo/app", 2));
        assert_eq!(section.settings.routes["auth/*"].assignees, ["octocat"]);
        assert_eq!(section.settings.look("auth").color, "D73A4A");
        assert_eq!(section.settings.reopen_days, 30, "what is not said stays as it is");
    }

    #[test]
    fn every_mistake_is_named_with_its_place() {
        let wrong = read(
            "[issues]\nverdict = \"sure\"\nbudget = -1\nreopen = 3\nlabel = \"\"\n[issues.route.auth]\nlabel = 1\n\
             [issues.labels.a]\ncolor = \"red\"\n",
        )
        .unwrap_err();
        for expected in [
            "2:11: `verdict` must be",
            "3:10: `budget` must be a whole number",
            "4:1: unknown key `reopen`",
            "5:9: `label` is empty",
            "`auth` leads nowhere",
            "did you mean `labels`?",
            "six hexadecimal digits",
        ] {
            assert!(wrong.contains(expected), "{expected} is not in\n{wrong}");
        }
    }
}
