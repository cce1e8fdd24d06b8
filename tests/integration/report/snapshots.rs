//! Golden files: what a report looks like, to be read by the next person who changes it.

use fivewhys::report::{self, Format, Look};

use super::scene;

fn snapshot(name: &str, format: Format, look: Look) {
    let page = report::render(&scene::chat_outage().report(), format, look).unwrap();
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
    snapshot("html", Format::Html, Look::default());
}

#[test]
fn the_machine_view() {
    snapshot("json", Format::Json, Look::default());
}
