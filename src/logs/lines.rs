//! What lines of a log look like: the opening of a stack trace, a frame, an exception, or anything else.
//!
//! A line is judged alone, from its own bytes: so the judgement is the same whatever stood before it in the
//! file, and whether or not its neighbours were kept.

use memchr::memmem;

/// What a line looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// A line of a log like any other.
    #[default]
    Plain,
    /// Text without anything that loggers put in front: may be the rest of a message.
    Bare,
    /// Python: `Traceback (most recent call last):`.
    Traceback,
    /// Python: `--- Logging error ---`.
    LoggingError,
    /// Python: `During handling of the above exception, another exception occurred:` and its like.
    Link,
    /// Begins with white space: frames, source lines, carets, notes.
    Indented,
    /// `package.SomeError: message`, `SomeError`.
    Exception,
    /// `package.Some: message`, `Some`: an exception only where one is due.
    Named,
    /// `Caused by: …`, `[cause]: …`.
    Caused,
    /// Python's logging module: `Call stack:`.
    CallStack,
    /// Python's logging module: `Message: …`.
    Message,
    /// Python's logging module: `Arguments: …`.
    Arguments,
    /// Go: `panic: …`, `fatal error: …`.
    Panic,
    /// Go: `goroutine 1 [running]:`, a function with its arguments, `created by …`, `exit status 2`.
    Goroutine,
}

/// What a stack trace that is under way still expects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Expects {
    /// Frames, then the exception.
    Frames,
    /// Whatever follows an exception: more of its message, frames, causes, a link to the next one.
    Rest,
    /// The traceback that a link announces.
    NextTraceback,
    /// The traceback of a logging error.
    LoggingTraceback,
    /// The frames of `Call stack:`, then the message.
    CallStack,
    /// The arguments of the message that could not be logged.
    Arguments,
    /// Goroutines.
    Goroutines,
    /// More indented lines.
    Indented,
    /// Nothing.
    Nothing,
}

/// What a line of this kind makes of a trace under way; `None` if it does not belong to it.
pub(super) fn follow(expects: Expects, kind: Kind) -> Option<Expects> {
    use Expects as E;
    Some(match (expects, kind) {
        (E::Frames | E::NextTraceback, Kind::Indented) => E::Frames,
        (E::Frames, Kind::Exception | Kind::Named | Kind::Bare) => E::Rest,
        (E::Frames | E::Rest, Kind::Link) => E::NextTraceback,
        (E::Rest, Kind::Indented | Kind::Bare | Kind::Named | Kind::Caused) => E::Rest,
        (E::Rest | E::Frames, Kind::CallStack) => E::CallStack,
        (E::Rest | E::CallStack, Kind::Message) => E::Arguments,
        (E::NextTraceback | E::LoggingTraceback, Kind::Traceback) => E::Frames,
        (E::NextTraceback, Kind::Exception | Kind::Named) | (E::Indented, Kind::Exception) => E::Rest,
        (E::CallStack, Kind::Indented) => E::CallStack,
        (E::Arguments, Kind::Arguments) => E::Nothing,
        (E::Arguments, Kind::Indented | Kind::Bare | Kind::Named) => E::Arguments,
        (E::Goroutines, Kind::Goroutine | Kind::Indented | Kind::Panic) => E::Goroutines,
        (E::Rest, Kind::Goroutine) => E::Goroutines,
        (E::Indented, Kind::Indented) => E::Indented,
        _ => return None,
    })
}

/// What a line of this kind opens, where no trace is under way.
pub(super) fn open(kind: Kind) -> Option<Expects> {
    Some(match kind {
        Kind::Traceback => Expects::Frames,
        Kind::LoggingError => Expects::LoggingTraceback,
        Kind::Link => Expects::NextTraceback,
        Kind::Indented => Expects::Indented,
        Kind::Exception | Kind::Caused => Expects::Rest,
        Kind::CallStack => Expects::CallStack,
        Kind::Panic | Kind::Goroutine => Expects::Goroutines,
        Kind::Plain | Kind::Bare | Kind::Named | Kind::Message | Kind::Arguments => return None,
    })
}

/// Where the text of an entry comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Origin {
    /// `textPayload` of an entry that says nothing else, no severity: a raw line of standard output or error,
    /// which may be the rest of a longer message.
    #[default]
    Unmarked,
    /// `textPayload` of an entry with a severity: the platform or a logger has seen to it.
    Marked,
    /// A field of `jsonPayload`.
    Payload,
}

/// What a text of one or more lines looks like.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Shape {
    /// Its first line.
    pub(super) first: Kind,
    /// What it leaves open.
    pub(super) expects: Option<Expects>,
}

impl Shape {
    /// Whether it can be a part of a stack trace; a line for which this is false never is.
    pub(super) fn may_belong_to_a_trace(self) -> bool {
        self.first != Kind::Plain || self.expects.is_some()
    }
}

/// The shape of a text that still has its JSON escapes. Linear.
pub(super) fn shape(raw: &[u8], origin: Origin) -> Shape {
    // What a logger wrote as a field of its own is whole.
    if origin == Origin::Payload && first_line(raw).0.len() < raw.len() {
        return Shape::default();
    }
    let mut rest = raw;
    let mut shape: Option<Shape> = None;
    while !rest.is_empty() {
        let (line, behind) = first_line(rest);
        rest = behind;
        if line.is_empty() {
            continue;
        }
        // A line alone that says where it comes from is no rest of another: nothing needs to be known of its words.
        let is_whole = origin != Origin::Unmarked && shape.is_none() && behind.is_empty();
        let found = if is_whole { marked(line).unwrap_or_default() } else { kind(line) };
        shape = Some(match shape {
            None => Shape { first: found, expects: open(found) },
            Some(shape) => {
                let expects = shape.expects.and_then(|expects| follow(expects, found)).or_else(|| open(found));
                Shape { expects: expects.or(shape.expects), ..shape }
            }
        });
    }
    let mut shape = shape.unwrap_or_default();
    if matches!(shape.first, Kind::Bare | Kind::Named) && shape.expects.is_none() && origin != Origin::Unmarked {
        shape.first = Kind::Plain;
    }
    shape
}

/// The text up to the first escaped newline, and what comes behind it.
fn first_line(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut from = 0;
    while let Some(offset) = raw.get(from..).and_then(|rest| memchr::memchr(b'\\', rest)) {
        let at = from + offset;
        match raw.get(at + 1) {
            Some(b'n') => return (raw[..at].strip_suffix(br"\r").unwrap_or(&raw[..at]), &raw[at + 2..]),
            _ => from = at + 2,
        }
    }
    (raw, &[])
}

/// The kind of one line, JSON escapes still in it.
pub(super) fn kind(line: &[u8]) -> Kind {
    marked(line).unwrap_or_else(|| if is_bare(line) { Kind::Bare } else { Kind::Plain })
}

/// The kind of a line that is known by its beginning or end.
fn marked(line: &[u8]) -> Option<Kind> {
    Some(match line {
        [b' ', ..] | [b'\\', b't', ..] | [b'\t', ..] => {
            let opens_group = line.trim_ascii_start().starts_with(b"+ Exception Group Traceback (most recent call last)");
            if opens_group { Kind::Traceback } else { Kind::Indented }
        }
        // Some servers put a level in front of it.
        _ if line.ends_with(b"Traceback (most recent call last):") => Kind::Traceback,
        b"--- Logging error ---" => Kind::LoggingError,
        _ if line.starts_with(b"During handling of the above exception") => Kind::Link,
        _ if line.starts_with(b"The above exception was the direct cause") => Kind::Link,
        b"Call stack:" => Kind::CallStack,
        _ if line.starts_with(b"Message: ") => Kind::Message,
        _ if line.starts_with(b"Arguments: ") => Kind::Arguments,
        _ if line.starts_with(b"Caused by: ") || line.starts_with(b"[cause]: ") => Kind::Caused,
        _ if line.starts_with(b"Exception in thread ") || line.starts_with(b"Uncaught ") => Kind::Exception,
        _ if line.starts_with(b"panic: ") || line.starts_with(b"fatal error: ") => Kind::Panic,
        _ if is_goroutine(line) => Kind::Goroutine,
        _ if is_named(line) => {
            if is_exception(line) {
                Kind::Exception
            } else {
                Kind::Named
            }
        }
        _ => return None,
    })
}

fn is_goroutine(line: &[u8]) -> bool {
    let running = line.starts_with(b"goroutine ") && line.ends_with(b"]:");
    let call = line.ends_with(b")") && !line.contains(&b' ') && memchr::memchr(b'.', line).is_some() && line.contains(&b'(');
    let arguments = line.ends_with(b")") && memmem::find(line, b"(0x").is_some();
    let plain = [&b"created by "[..], b"[signal ", b"exit status "].iter().any(|start| line.starts_with(start));
    running || call || arguments || plain
}

/// One word, dotted or beginning with a capital, then nothing or a colon and the message.
fn is_named(line: &[u8]) -> bool {
    let end =
        line.iter().position(|byte| !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$'))).unwrap_or(line.len());
    let (name, rest) = line.split_at(end);
    let own = name.rsplit(|byte| *byte == b'.').next().unwrap_or_default();
    let starts_well = name.first().is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    let named = own.first().is_some_and(u8::is_ascii_uppercase) || (own.len() < name.len() && !own.is_empty());
    let ends_well = rest.is_empty() || rest == b":" || rest.starts_with(b": ") || rest.starts_with(b" [");
    starts_well && named && ends_well && !is_level(name)
}

/// Whether the word is one that names an exception by itself.
fn is_exception(line: &[u8]) -> bool {
    let name = line.split(|byte| matches!(byte, b':' | b' ')).next().unwrap_or_default();
    [&b"Error"[..], b"Exception", b"Throwable", b"Interrupt", b"Cancelled"].iter().any(|end| name.ends_with(end))
}

fn is_level(word: &[u8]) -> bool {
    const LEVELS: [&[u8]; 11] =
        [b"TRACE", b"DEBUG", b"INFO", b"NOTICE", b"WARN", b"WARNING", b"ERROR", b"CRITICAL", b"FATAL", b"ALERT", b"EMERGENCY"];
    LEVELS.contains(&word)
}

/// No time in front, no level near the beginning, not very long.
fn is_bare(line: &[u8]) -> bool {
    let opens_like_a_log = match line {
        [first, second, ..] => {
            first.is_ascii_digit() || (matches!(first, b'[' | b'(') && second.is_ascii_digit()) || *first == b'{'
        }
        _ => false,
    };
    let mut words = line[..line.len().min(80)].split(|byte| !byte.is_ascii_alphabetic());
    line.len() <= 500
        && !opens_like_a_log
        && !words.any(|word| is_level(word) || matches!(word, b"info" | b"debug" | b"warn" | b"error"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known_by_their_looks() {
        for (line, expected) in [
            ("Traceback (most recent call last):", Kind::Traceback),
            ("  + Exception Group Traceback (most recent call last):", Kind::Traceback),
            ("  | Traceback (most recent call last):", Kind::Indented),
            (r"\tat com.example.Main.main(Main.java:7)", Kind::Indented),
            ("NameError: name 'x' is not defined", Kind::Exception),
            ("starlette.websockets.WebSocketDisconnect", Kind::Named),
            ("socket.timeout: timed out", Kind::Named),
            ("ERROR:    Traceback (most recent call last):", Kind::Traceback),
            ("java.lang.IllegalStateException: no", Kind::Exception),
            ("INFO:     127.0.0.1 - accepted", Kind::Plain),
            ("ERROR: no", Kind::Plain),
            ("2026-11-20 09:27:43,141 - backend - ERROR - no", Kind::Plain),
            ("[2026-11-20 09:27:43 +0000] [1] [INFO] up", Kind::Plain),
            ("goroutine 1 [running]:", Kind::Goroutine),
            ("main.(*Server).serve(0xc000012345, {0x1, 0x2})", Kind::Goroutine),
            ("Remember to set the variable", Kind::Bare),
        ] {
            assert_eq!(kind(line.as_bytes()), expected, "{line}");
        }
    }

    #[test]
    fn a_text_of_several_lines_leaves_open_what_its_end_leaves_open() {
        let open = shape(br#"Traceback (most recent call last):\n  File \"a.py\", line 1, in f\n    g()"#, Origin::Marked);
        assert_eq!((open.first, open.expects), (Kind::Traceback, Some(Expects::Frames)));
        let raised =
            shape(br"Something failed with C:\\new\nTraceback (most recent call last):\n  File\nKeyError: 1", Origin::Marked);
        assert_eq!(raised.expects, Some(Expects::Rest));
    }
}
