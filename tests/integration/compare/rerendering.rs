//! A report.json rendered again: in every format, within a limit, and with a template of the user's own.

use std::fs;
use std::path::{Path, PathBuf};

use super::mill::{Mill, RIDDLE, Said, fivewhys};
use super::{BEFORE, OLD, run};

fn report(mill: &Mill) -> PathBuf {
    let mut tests = BEFORE.to_vec();
    tests.push(("oils @octocat <b>", RIDDLE));
    mill.report("run", &run(0, OLD, &tests))
}

fn with_template(mill: &Mill, report: &Path, name: &str, template: &str) -> Said {
    let path = mill.path(name);
    fs::write(&path, template).unwrap();
    fivewhys(&["report", "--template", path.to_str().unwrap()], &[report])
}

#[test]
fn a_report_rendered_again_is_the_same_bytes() {
    let mill = Mill::new();
    let report = report(&mill);
    let folder = report.parent().unwrap();
    for (format, file) in [("json", "report.json"), ("markdown", "report.md"), ("html", "report.html")] {
        let said = fivewhys(&["report", "-f", format], &[folder]);
        assert_eq!((said.status, said.out), (0, fs::read_to_string(folder.join(file)).unwrap()));
    }
    let out = mill.path("again");
    assert_eq!(fivewhys(&["report", "-f", "none", "-o", out.to_str().unwrap()], &[&report]).out, "");
    assert_eq!(fs::read(out.join("report.html")).unwrap(), fs::read(folder.join("report.html")).unwrap());
}

#[test]
fn a_limit_drops_details_and_never_what_a_reader_needs() {
    let mill = Mill::new();
    let report = report(&mill);
    for format in ["text", "markdown"] {
        let whole = fivewhys(&["report", "-f", format], &[&report]).out;
        let mut shorter = 0;
        let too_little = fivewhys(&["report", "-f", format, "--max-bytes", "50"], &[&report]).err;
        let least: usize = too_little.split_whitespace().find_map(|word| word.parse().ok()).unwrap();
        let parts = (1..20).map(|part| least + (whole.len() - least) * part / 20);
        for limit in [whole.len(), whole.len() - 1, least].into_iter().chain(parts) {
            let said = fivewhys(&["report", "-f", format, "--max-bytes", &limit.to_string()], &[&report]);
            assert_eq!(said.status, 0, "{format} {limit}: {}", said.err);
            assert!(said.out.len() <= limit);
            shorter += usize::from(said.out.contains("Left out"));
            for kept in ["3 failed", "mill/valve-stuck", "batch lost", "Mend it.", "fivewhys diagnose"] {
                assert!(said.out.contains(kept), "{format} {limit}: {kept} was dropped\n{}", said.out);
            }
        }
        assert!(shorter >= 2, "{format} was never shortened");
        let said = fivewhys(&["report", "-f", format, "--max-bytes", "50"], &[&report]);
        assert_eq!((said.status, said.out.as_str()), (2, ""));
        assert!(said.err.contains("more than the 50 allowed"), "{}", said.err);
    }
    assert_eq!(fivewhys(&["report", "-f", "json", "--max-bytes", "5000"], &[&report]).status, 2);
}

#[test]
fn a_template_sees_the_report_and_its_story() {
    let mill = Mill::new();
    let report = report(&mill);
    let template = "{{ story.headline }}\n{% for test in report.tests %}\n{{ test.id }}={{ test.verdict }}\n{% endfor %}\n";
    let said = with_template(&mill, &report, "list.txt", template);
    assert!(said.out.starts_with("3 failed · 1 root cause") && said.out.contains("\ngrinds="), "{}{}", said.out, said.err);
    let markdown = with_template(&mill, &report, "list.md.j2", template).out;
    assert!(markdown.contains("oils `@octocat` `<b>`"), "{markdown}");
    let html = with_template(&mill, &report, "list.html", template).out;
    assert!(html.contains("oils @octocat &lt;b&gt;"), "{html}");
}

#[test]
fn the_templates_in_the_guide_work() {
    let mill = Mill::new();
    let report = report(&mill);
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/templates.md")).unwrap();
    let examples: Vec<&str> = guide.split("```jinja\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert!(!examples.is_empty());
    for example in examples {
        let said = with_template(&mill, &report, "guide.md", example);
        assert_eq!(said.status, 0, "{}\n{example}", said.err);
        assert!(said.out.contains("mill/valve-stuck"), "{}", said.out);
    }
}

#[test]
fn no_template_can_hide_that_an_answer_is_inferred() {
    let mill = Mill::new();
    let report = mill.edited(&report(&mill), "inferred.json", |report| {
        let whys = report["tests"][0]["hypotheses"][0]["whys"].as_array_mut().unwrap();
        whys[0]["footing"] = "inferred".into();
        whys[0]["answer"] = "The mill stood still.".into();
    });
    let template = "{% for cause in story.causes %}{% for chain in cause.chains %}{% for step in chain.steps %}\n{{ step.answer }}\n{% endfor %}{% endfor %}{% endfor %}\n{{ report.tests[0].hypotheses[0].whys[0].answer }}\n";
    let page = with_template(&mill, &report, "answers.txt", template).out;
    assert_eq!(page.matches("(inferred) The mill stood still.").count(), 2, "{page}");
    assert_eq!(page.matches("The mill stood still.").count(), 2);
}

#[test]
fn a_wrong_template_is_named_with_its_line() {
    let mill = Mill::new();
    let report = report(&mill);
    for (template, line, expected) in [
        ("one\n{{ report.tests[0].nothing }}", ":2:", "does not exist"),
        ("one\ntwo\n{% for x in %}", ":3:", "syntax error"),
        ("{{ nothing }}", ":1:", "does not exist"),
        ("{% include '/etc/passwd' %}", ":1:", "opens no other"),
        ("{% import 'report.md' as other %}", ":1:", "opens no other"),
        ("{% extends 'report.md' %}", ":1:", "opens no other"),
        ("{{ report.tests|nofilter }}", ":1:", "nofilter"),
    ] {
        let said = with_template(&mill, &report, "wrong.txt", template);
        assert_eq!((said.status, said.out.as_str()), (3, ""), "{template}: {}", said.err);
        assert!(said.err.contains(&format!("wrong.txt{line}")) && said.err.contains(expected), "{template}: {}", said.err);
    }
}

#[test]
fn a_template_without_end_is_stopped() {
    let mill = Mill::new();
    let report = report(&mill);
    for (template, expected) in [
        (
            "{% for a in range(9999) %}{% for b in range(9999) %}{% for c in range(9999) %}{% endfor %}{% endfor %}{% endfor %}",
            "steps",
        ),
        ("{% for a in range(9999) %}{{ 'long' * 10000 }}{% endfor %}", "longer than"),
        ("{{ 'long' * 9999999 }}", "printed more than"),
        ("{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}", "recursion"),
    ] {
        let said = with_template(&mill, &report, "endless.txt", template);
        assert_eq!(said.status, 3, "{template}: {} {}", said.err, said.out.len());
        assert!(said.err.contains(expected), "{template}: {}", said.err);
    }
}
