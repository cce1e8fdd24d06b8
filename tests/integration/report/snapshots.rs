//! Golden files: what a report looks like, to be read by the next person who changes it.

use fivewhys::report::{self, Format, Look};

use super::scene;

fn snapshot(name: &str, format: Format, look: Look) {
    golden(name, &report::render(&scene::chat_outage().report(), format, look).unwrap());
}

fn golden(name: &str, page: &str) {
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, page);
    });
}

#[test]
fn a_terminal_of_80_columns() {
    snapshot("terminal_80", Format::Text, Look { width: 80, colour: false });
}

#[test]
fn a_terminal_of_200_columns() {
    snapshot("terminal_200", Format::Text, Look { width: 200, colour: false });
}

#[test]
fn an_issue_on_github() {
    snapshot("markdown", Format::Markdown, Look::default());
}

#[test]
fn a_page() {
    // Style and script are files of their own, with a history of their own.
    let page = report::render(&scene::chat_outage().report(), Format::Html, Look::default()).unwrap();
    let page = regex::Regex::new("(?s)(<style>|<script>).*?(</)").unwrap().replace_all(&page, "$1…$2");
    let page = regex::Regex::new("'sha256-[^']*'").unwrap().replace_all(&page, "'sha256-…'");
    golden("html", &page);
}

#[test]
fn the_machine_view() {
    snapshot("json", Format::Json, Look::default());
}
