//! Reads stack traces: which exception, and where in one's own code.

/// The exception that a text tells of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// Its type as it is printed: `NameError`, `java.lang.IllegalStateException`, `panic`.
    pub kind: String,
    /// The first line of its message; may be empty.
    pub message: String,
    /// The innermost frame in one's own code, `file:line in function`: not in the standard library, not in
    /// an installed package.
    pub frame: Option<String>,
    /// For a chain, the exception that all others followed from, for a group its first one: `(type, message)`.
    pub first_cause: Option<(String, String)>,
}

/// The exception in the text of a record: the last of a chain for Python, the one thrown last for others;
/// `None` where there is no stack trace and no line that reads like an exception. Linear in the text.
pub fn exception(text: &str) -> Option<Exception> {
    python(text).or_else(|| go(text)).or_else(|| at_frames(text)).or_else(|| lone_line(text))
}

/// One raised exception with its frames, outermost first.
#[derive(Default)]
struct Raised {
    kind: String,
    message: String,
    frames: Vec<String>,
}

fn assemble(chain: Vec<Raised>) -> Option<Exception> {
    let mut chain: Vec<Raised> = chain.into_iter().filter(|raised| !raised.kind.is_empty()).collect();
    let last = chain.pop()?;
    let frame = last.frames.last().or_else(|| chain.iter().rev().find_map(|raised| raised.frames.last())).cloned();
    let first_cause = chain.into_iter().next().map(|raised| (raised.kind, raised.message));
    Some(Exception { kind: last.kind, message: last.message, frame, first_cause })
}

/// `Traceback (most recent call last):`, frames, exception; linked to the next by a sentence between them.
fn python(text: &str) -> Option<Exception> {
    const LOGGING_TAILS: [&str; 3] = ["Call stack:", "Message: ", "Arguments: "];
    let mut chain: Vec<Raised> = Vec::new();
    let mut linked = false;
    let mut inside = false;
    let mut part_of_group = None;
    let mut lines = text.lines();
    while let Some(whole_line) = lines.next() {
        let line = without_group_margin(whole_line);
        if line.contains("Traceback (most recent call last)") {
            // A second traceback without a link is another event; the first one is what the record is about.
            if !chain.is_empty() && !linked {
                let grouped = line.len() < whole_line.len();
                let ending = |line| named(without_group_margin(line)).filter(|_| !without_group_margin(line).starts_with(' '));
                part_of_group = lines.find_map(ending).filter(|_| grouped);
                break;
            }
            chain.push(Raised::default());
            (inside, linked) = (true, false);
        } else if line.starts_with("During handling of the above") || line.starts_with("The above exception was") {
            linked = true;
        } else if LOGGING_TAILS.iter().any(|tail| line.starts_with(tail)) {
            break;
        } else if inside && let Some(raised) = chain.last_mut() {
            if line.starts_with(' ') {
                raised.frames.extend(python_frame(line));
            } else if let Some((kind, message)) = named(line) {
                (raised.kind, raised.message) = (kind.to_owned(), message.to_owned());
                inside = false;
            }
        }
    }
    let mut found = assemble(chain)?;
    found.first_cause = found.first_cause.or_else(|| part_of_group.map(|(kind, message)| (kind.to_owned(), message.to_owned())));
    Some(found)
}

/// Lines of an exception group begin with `  | ` or `  + `.
fn without_group_margin(line: &str) -> &str {
    let inner = line.trim_start();
    inner.strip_prefix("| ").or_else(|| inner.strip_prefix("+ ")).unwrap_or(line)
}

/// `  File "/app/a.py", line 3, in f`, if it is one's own.
fn python_frame(line: &str) -> Option<String> {
    let (file, rest) = line.trim_start().strip_prefix("File \"")?.split_once('"')?;
    let rest = rest.strip_prefix(", line ")?;
    let (number, function) = rest.split_once(", in ").unwrap_or((rest, "<module>"));
    let foreign = file.starts_with('<')
        || ["site-packages", "dist-packages", "/lib/python", "\\lib\\python", "\\Lib\\"].iter().any(|place| file.contains(place));
    (!foreign).then(|| format!("{file}:{number} in {function}"))
}

/// `Type: message`, `Type`.
fn named(line: &str) -> Option<(&str, &str)> {
    let line = line.trim_end();
    let (kind, message) = line.split_once(": ").unwrap_or((line.strip_suffix(':').unwrap_or(line), ""));
    let word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '$' | '<' | '>');
    (!kind.is_empty() && kind.chars().all(word)).then_some((kind, message))
}

/// `panic: message`, then goroutines: function, then file and line below it.
fn go(text: &str) -> Option<Exception> {
    let mut lines = text.lines().skip_while(|line| !line.starts_with("panic: ") && !line.starts_with("fatal error: "));
    let (kind, message) = lines.next()?.split_once(": ")?;
    let mut frame = None;
    let mut function = "";
    for line in lines.take_while(|line| !line.starts_with("created by ")) {
        let Some(place) = line.strip_prefix('\t') else {
            function = line.rsplit_once('(').map_or(line, |(name, _)| name);
            continue;
        };
        let place = place.split_once(" +0x").map_or(place, |(place, _)| place);
        let foreign = function.starts_with("runtime.")
            || function.starts_with("panic")
            || ["/go/src/", "/pkg/mod/", "/vendor/"].iter().any(|folder| place.contains(folder));
        if !foreign && place.contains(".go:") {
            frame = Some(format!("{place} in {function}"));
            break;
        }
    }
    Some(Exception { kind: kind.to_owned(), message: message.to_owned(), frame, first_cause: None })
}

/// Node, Java and .NET: the exception, then frames `at …`, innermost first; causes behind `Caused by:`, `[cause]:` or `--->`.
fn at_frames(text: &str) -> Option<Exception> {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.iter().position(|line| is_at(line))?;
    let opener = lines[..first].iter().rev().find_map(|line| {
        let line = line.trim_start_matches("Uncaught ").trim_start_matches("Unhandled exception. ");
        let line =
            line.strip_prefix("Exception in thread ").and_then(|line| line.split_once("\" ")).map_or(line, |(_, line)| line);
        thrown(line)
    });
    let (kind, message) = opener?;
    let frame = lines[first..].iter().take_while(|line| is_at(line)).find_map(|line| own_at_frame(line));
    let cause = lines.iter().rev().find_map(|line| {
        let line = line.trim_start();
        thrown(["Caused by: ", "[cause]: ", "---> "].iter().find_map(|link| line.strip_prefix(link))?)
    });
    let first_cause = cause.map(|(kind, message)| (kind.to_owned(), message.to_owned()));
    Some(Exception { kind: kind.to_owned(), message: message.to_owned(), frame, first_cause })
}

fn is_at(line: &str) -> bool {
    line.starts_with([' ', '\t']) && line.trim_start().starts_with("at ")
}

/// `Type: message`, also `Type [CODE]: message` and with a log's own words in front of it.
fn thrown(line: &str) -> Option<(&str, &str)> {
    let mut rest = Some(line);
    while let Some(line) = rest {
        let (head, message) = line.split_once(": ").map_or((line, None), |(head, message)| (head, Some(message)));
        let head = head.split_once(" [").map_or(head, |(head, _)| head);
        if let Some((kind, _)) = named(head).filter(|(kind, _)| is_exception_name(kind)) {
            return Some((kind, message.unwrap_or_default()));
        }
        rest = message;
    }
    None
}

fn is_exception_name(name: &str) -> bool {
    let own = name.rsplit('.').next().unwrap_or(name);
    ["Error", "Exception", "Throwable", "Warning", "Interrupt", "Failure", "Timeout", "Exit", "Group"]
        .iter()
        .any(|end| own.ends_with(end))
}

/// `at f (file:1:2)`, `at file:1:2`, `at a.b.C.f(C.java:1)`, `at A.B.C.F(Int32 n) in file:line 1`, if it is one's own.
fn own_at_frame(line: &str) -> Option<String> {
    const FOREIGN: [&str; 14] = [
        "node_modules",
        "node:",
        "(native",
        "<anonymous>)",
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "jakarta.",
        "kotlin.",
        "scala.",
        "org.springframework.",
        "System.",
        "Microsoft.",
    ];
    let frame = line.trim_start().strip_prefix("at ")?;
    let foreign = FOREIGN.iter().any(|place| if place.ends_with('.') { frame.starts_with(place) } else { frame.contains(place) });
    if foreign {
        return None;
    }
    if let Some((call, place)) = frame.rsplit_once(") in ") {
        // .NET; without symbols it names no file.
        let function = call.split_once('(').map_or(call, |(function, _)| function);
        return Some(format!("{} in {function}", place.replace(":line ", ":")));
    }
    match frame.trim_end_matches(')').split_once('(') {
        Some((_, place)) if !place.contains(':') => None,
        Some((function, place)) => Some(format!("{place} in {}", function.trim_end().trim_start_matches("async "))),
        None => Some(frame.to_owned()),
    }
}

/// No trace, but a line that reads `SomeError: message`: the last such line.
fn lone_line(text: &str) -> Option<Exception> {
    let (kind, message) = text.lines().rev().find_map(|line| named(line).filter(|(kind, _)| is_exception_name(kind)))?;
    Some(Exception { kind: kind.to_owned(), message: message.to_owned(), frame: None, first_cause: None })
}
