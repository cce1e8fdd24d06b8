//! What all formats have in common, and the limits of each.

use std::collections::BTreeSet;

use fivewhys::diagnosis::Cause;
use fivewhys::report::{self, Format, Look};

use super::{rendered, scene};

#[test]
fn every_format_has_a_name_of_its_own_and_says_what_it_is_for() {
    let names: BTreeSet<&str> = Format::ALL.iter().map(|format| format.name()).collect();
    assert_eq!(names.len(), Format::ALL.len());
    for format in Format::ALL {
        assert_eq!(Format::named(format.name()), Some(*format));
        assert!(!format.about().is_empty() && !format.about().ends_with('.') && !format.about().starts_with(' '), "{format:?}");
    }
}

#[test]
fn a_format_that_shortens_keeps_within_the_limit_and_the_others_refuse() {
    let report = scene::many_failures(500).report();
    for &format in Format::ALL {
        let whole = rendered(&report, format);
        match report::render_within(&report, format, Look::default(), 6000) {
            Ok(page) => assert!(page.len() <= 6000 && (format.shortens() || whole.len() <= 6000), "{format:?}"),
            Err(error) => assert!(!format.shortens() && whole.len() > 6000, "{format:?}: {error}"),
        }
    }
}

#[test]
fn plain_is_text_of_80_columns_whatever_the_terminal_is() {
    let report = scene::chat_outage().report();
    let wide = report::render(&report, Format::Plain, Look { width: 200, colour: true }).unwrap();
    assert_eq!(wide, report::render(&report, Format::Text, Look { width: 80, colour: false }).unwrap());
}

#[test]
fn gitlab_shows_what_github_shows() {
    let report = scene::chat_outage().report();
    assert_eq!(rendered(&report, Format::Gitlab), rendered(&report, Format::Markdown));
    let many = scene::many_failures(3000).report();
    assert!(rendered(&many, Format::Gitlab).len() > rendered(&many, Format::Markdown).len(), "GitLab takes longer pages");
}

#[test]
fn an_annotation_names_cause_file_line_whys_and_remedy() {
    let page = rendered(&scene::chat_outage().report(), Format::Github);
    let lines: Vec<&str> = page.lines().collect();
    assert!(lines[0].starts_with("::notice title=fivewhys::4 failed · 2 root causes"), "{}", lines[0]);
    assert!(
        lines[1].starts_with("::error title=The WebSocket request carried no JWT,file=tests/e2e/test_chat.py::auth/missing-jwt")
    );
    assert!(lines[1].contains("%0AWhy 2 (inferred): ") && lines[1].contains("%0ANow: Send the token"), "{}", lines[1]);
    assert!(
        lines[2].starts_with("::error title=The user id `staging-e2e-user-001` was refused,file=auth.py,line=41::"),
        "{}",
        lines[2]
    );
    assert!(
        lines[3].starts_with("::warning title=Unexplained%3A tests/e2e/test_agent.py%3A%3Atest_agent_completes,file="),
        "{}",
        lines[3]
    );
    assert_eq!(lines.len(), 4);
}

#[test]
fn no_more_annotations_than_github_keeps_of_a_step() {
    let mut scene = scene::many_failures(60);
    let cause = scene.diagnosis.causes[0].clone();
    scene.diagnosis.causes = (0..30).map(|place| Cause { cases: vec![place], evidence: vec![place], ..cause.clone() }).collect();
    let page = rendered(&scene.report(), Format::Github);
    assert_eq!(page.lines().filter(|line| line.starts_with("::error ")).count(), 10);
    assert!(page.lines().next().unwrap().contains("more than GitHub shows of a step left out"));
}

#[test]
fn the_new_formats_look_like_this() {
    let report = scene::chat_outage().report();
    insta::with_settings!({ snapshot_path => "../../snapshots", prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("junit", rendered(&report, Format::Junit));
        insta::assert_snapshot!("sarif", rendered(&report, Format::Sarif).replace(env!("CARGO_PKG_VERSION"), "VERSION"));
        insta::assert_snapshot!("annotations", rendered(&report, Format::Github));
    });
}
