//! What a terminal and a workflow runner would obey.

use fivewhys::report::{self, Format, Look};

use super::{attack, each, rendered};

/// The commands that a runner knows, of both kinds.
const KNOWN: [&str; 19] = [
    "add-mask",
    "add-matcher",
    "add-path",
    "debug",
    "echo",
    "endgroup",
    "error",
    "group",
    "internal-set-repo-path",
    "notice",
    "remove-matcher",
    "save-state",
    "set-env",
    "set-output",
    "stop-commands",
    "warning",
    "command",
    "section",
    "zqx",
];

/// A command as the runner understood it.
#[derive(Debug, PartialEq, Eq)]
struct Command {
    name: String,
    properties: Vec<(String, String)>,
    data: String,
}

/// What GitHub's runner takes a line for (its `ActionCommand`, `TryParseV2`, then `TryParse`).
fn obeyed(line: &str) -> Option<Command> {
    let trimmed = line.trim_start();
    if let Some((head, data)) = trimmed.strip_prefix("::").and_then(|rest| rest.split_once("::")) {
        let (name, properties) = head.split_once(' ').unwrap_or((head, ""));
        if KNOWN.contains(&name.to_ascii_lowercase().as_str()) {
            let pairs = properties.trim().split(',').filter(|pair| !pair.is_empty());
            let pairs = pairs.filter_map(|pair| pair.trim_start_matches('=').split_once('='));
            let properties = pairs.filter(|(_, value)| !value.is_empty());
            let properties = properties.map(|(name, value)| (name.to_owned(), unescaped(value, &[("%3A", ":"), ("%2C", ",")])));
            return Some(Command { name: name.to_owned(), properties: properties.collect(), data: unescaped(data, &[]) });
        }
    }
    let (head, data) = line.split_once("##[")?.1.split_once(']')?;
    let name = head.split(' ').next().unwrap_or(head);
    let known = KNOWN.contains(&name.to_ascii_lowercase().as_str());
    known.then(|| Command { name: name.to_owned(), properties: Vec::new(), data: data.to_owned() })
}

fn unescaped(text: &str, more: &[(&str, &str)]) -> String {
    let mut out = text.replace("%0D", "\r").replace("%0A", "\n");
    for (written, sign) in more {
        out = out.replace(written, sign);
    }
    out.replace("%25", "%")
}

#[test]
fn the_runner_of_this_test_obeys_commands() {
    let command = obeyed("  ::error title=a%3Ab,file=x.py,line=3::50%25%0Aof it").unwrap();
    let property = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(command.properties, [property("title", "a:b"), property("file", "x.py"), property("line", "3")]);
    assert_eq!((command.name.as_str(), command.data.as_str()), ("error", "50%\nof it"));
    assert!(obeyed("x ##[add-mask]y").is_some() && obeyed("::unheard-of::x").is_none());
}

#[test]
fn no_format_prints_what_a_terminal_obeys_and_none_but_annotations_what_a_runner_obeys() {
    let hidden =
        regex::Regex::new(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u{202a}-\u{202e}\u{2066}-\u{2069}\u{200e}\u{200f}\u{feff}]").unwrap();
    // All that a runner could take for a command, known to it or not.
    let command = regex::Regex::new(r"(^|[\r\n])\s*::|##\[").unwrap();
    assert!(hidden.is_match("\r") && ["::error::x", "a\n ::x::", "a ##[x]"].iter().all(|line| command.is_match(line)));
    each(|report| {
        for format in Format::ALL {
            let page = rendered(report, *format);
            if let Some(wrong) = hidden.find(&page) {
                return Err(format!("{format:?} prints {:?}", wrong.as_str()));
            }
            if let Some(found) = command.find(&page).filter(|_| *format != Format::Github) {
                return Err(format!(
                    "{format:?} prints {:?}",
                    &page[found.start()..page.ceil_char_boundary((found.end() + 40).min(page.len()))]
                ));
            }
        }
        Ok(())
    });
}

#[test]
fn every_line_of_the_annotations_is_one_of_our_commands_with_our_properties() {
    each(|report| {
        let page = rendered(report, Format::Github);
        let mut levels = Vec::new();
        for line in page.lines() {
            let Some(command) = obeyed(line) else { return Err(format!("no command: {line:?}")) };
            let names: Vec<&str> = command.properties.iter().map(|(name, _)| name.as_str()).collect();
            let ours = matches!(names[..], [] | ["title"] | ["title", "file"] | ["title", "file", "line"]);
            if !["error", "warning", "notice"].contains(&command.name.as_str()) || !ours {
                return Err(format!("{command:?}"));
            }
            let odd = |letter: char| letter.is_control() && letter != '\n' && letter != '\t';
            if command.data.contains(odd) || line.contains("##[") {
                return Err(format!("control characters in {command:?}"));
            }
            let file = command.properties.iter().find(|(name, _)| name == "file").map(|(_, file)| file.as_str());
            if file.is_some_and(|file| file.starts_with('/') || file.contains("..") || file.contains([':', ',', '%', '<'])) {
                return Err(format!("a file that is none: {file:?}"));
            }
            levels.push(command.name);
        }
        let many = ["error", "warning", "notice"].iter().any(|level| levels.iter().filter(|name| name == level).count() > 10);
        if many || levels.is_empty() { Err(format!("{levels:?}")) } else { Ok(()) }
    });
}

#[test]
fn in_colour_a_terminal_gets_our_own_colours_and_nothing_else() {
    let ours = regex::Regex::new("\x1b\\[[0-9;]{1,5}m").unwrap();
    each(|report| {
        let page = report::render(report, Format::Text, Look { width: 80, colour: true }).unwrap();
        let bare = ours.replace_all(&page, "");
        bare.chars()
            .find(|letter| letter.is_control() && !"\n\t".contains(*letter))
            .map_or(Ok(()), |wrong| Err(format!("{wrong:?}")))
    });
    assert!(attack("zqx").reports.iter().all(|report| rendered(report, Format::Plain).len() > 500));
}
