//! What stays of a line when ids, numbers and times are masked: two lines with one template say the same thing.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::stack;

pub mod alike;

/// Stands for a masked part.
const MASK: char = '#';

/// Longest template, in bytes; what follows is cut.
const TEMPLATE_BYTES: usize = 320;

/// Masks what varies between two occurrences of one line, in one pass.
///
/// Numbers, hexadecimal ids, UUIDs, addresses, times and long random words become `#`; words stay, and
/// so do HTTP statuses and close codes that follow a word announcing them (`status 503`, `code 1011`),
/// because a 403 and a 404 are different failures. Only the first line is read, and for a stack trace
/// the line of its last exception.
pub fn template(text: &str) -> String {
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default();
    let mut masked = mask_line(first);
    if let Some(last) = exception_line(text) {
        masked.push_str(" … ");
        masked.push_str(&mask_line(last));
    }
    cut(masked)
}

/// The kind of line that a record's text is, for telling kinds apart before anything is known of them.
///
/// As [`template`], but a stack trace is named by its exception and its innermost own frame, whoever logged it and
/// with whatever words in front; the status of a request stays, and the time at the head of a line goes.
pub fn kind(text: &str) -> String {
    if let Some(named) = traced(text) {
        return cut(named);
    }
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let first = lines.next().unwrap_or_default().trim();
    let mut masked = mask_request(first);
    if first.starts_with(|c: char| c.is_ascii_digit() || c == '[') && looks_dated(first) {
        let rest = masked.strip_prefix("[#]").or_else(|| masked.strip_prefix(MASK)).unwrap_or(&masked);
        masked = rest.trim_start_matches([' ', '|', '-', ':', ',']).to_owned();
    }
    if let Some(last) = exception_line(text) {
        masked.push_str(" … ");
        masked.push_str(&mask_line(last));
    }
    cut(masked.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// `KeyError: 'seat' at /app/orders.py in reserve`; the line number goes, as it moves with each revision.
fn traced(text: &str) -> Option<String> {
    let has_trace =
        ["Traceback (most recent call last)", "\n    at ", "\n\tat ", "\ngoroutine "].iter().any(|sign| text.contains(sign));
    let found = has_trace.then(|| stack::exception(text)).flatten()?;
    let mut named = found.kind;
    if !found.message.is_empty() {
        named.push_str(": ");
        named.push_str(&mask_line(&found.message));
    }
    if let Some(frame) = found.frame {
        let (place, function) = frame.rsplit_once(" in ").unwrap_or((&frame, ""));
        let file = place.trim_end_matches(|c: char| c.is_ascii_digit() || c == ':');
        named.push_str(&format!(" at {file}"));
        if !function.is_empty() {
            named.push_str(&format!(" in {function}"));
        }
    }
    Some(named)
}

/// The line masked, with the status that follows a URL or the protocol's name: `GET https://… 503 0.2s`.
fn mask_request(line: &str) -> String {
    let mut before = "";
    for word in line.split_whitespace() {
        let after_target = before.contains("://") || before.starts_with("HTTP/");
        if after_target && word.len() == 3 && word.bytes().all(|byte| byte.is_ascii_digit()) && ("100".."600").contains(&word) {
            // Both are slices of one line, so their distance is the place of the word.
            let at = word.as_ptr() as usize - line.as_ptr() as usize;
            return format!("{} {word} {}", mask_line(&line[..at]), mask_line(&line[at + word.len()..]));
        }
        before = word;
    }
    mask_line(line)
}

/// `2026-11-20…`, `[2026-11-20…`, `09:27:43…`.
fn looks_dated(line: &str) -> bool {
    let head: Vec<u8> = line.trim_start_matches('[').bytes().take(8).collect();
    let digits = |range: std::ops::Range<usize>| head.get(range).is_some_and(|part| part.iter().all(u8::is_ascii_digit));
    digits(0..4) && head.get(4).is_some_and(|byte| b"-/".contains(byte))
        || digits(0..2) && head.get(2) == Some(&b':') && digits(3..5)
}

/// The last line of a stack trace that names an exception, after the first line.
pub fn exception_line(text: &str) -> Option<&str> {
    static TRACEBACK: LazyLock<Finder<'_>> = LazyLock::new(|| Finder::new("Traceback (most recent call last)"));
    memchr::memchr(b'\n', text.as_bytes())?;
    let traced = TRACEBACK.find(text.as_bytes()).is_some();
    text.lines().skip(1).filter(|line| if traced { opens_with_a_name(line) } else { names_an_exception(line) }).last()
}

/// `package.module.AnyName: message` or `package.AnyName`, not indented: how Python ends a traceback.
fn opens_with_a_name(line: &str) -> bool {
    let (name, rest) = line.split_once(':').map_or((line.trim_end(), ""), |(name, rest)| (name, rest));
    let last = name.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.')
        && (rest.is_empty() || rest.starts_with(' '))
        && !["Traceback", "Message", "Arguments", "During", "The"].contains(&name)
}

fn cut(mut text: String) -> String {
    if text.len() > TEMPLATE_BYTES {
        let mut end = TEMPLATE_BYTES;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
    }
    text
}

/// `module.SomeError: message` at the start of a line.
fn names_an_exception(line: &str) -> bool {
    let name = line.split([':', ' ']).next().unwrap_or_default();
    let last = name.rsplit('.').next().unwrap_or_default();
    last.starts_with(|c: char| c.is_ascii_uppercase())
        && ["Error", "Exception", "Exit", "Warning", "Interrupt"].iter().any(|end| last.ends_with(end))
}

fn mask_line(line: &str) -> String {
    let line = without_addresses(line.trim());
    let mut masked = Masked(String::with_capacity(line.len()));
    let mut announced = false;
    let mut rest = &*line;
    while let Some(first) = rest.bytes().next() {
        if matches!(first, 0xe2 | b'e' | b'm')
            && let Some(length) = token_length(rest)
        {
            masked.mask();
            rest = &rest[length..];
            continue;
        }
        let (word, has_digits) = word(rest);
        if word.is_empty() {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            match &rest[..length] {
                // As if it were one: what stands between two is no more than what stands between masks.
                "#" => masked.mask(),
                other => masked.0.push_str(other),
            }
            rest = &rest[length..];
            continue;
        }
        rest = &rest[word.len()..];
        if !has_digits {
            announced = announces_a_status(word);
            // Long random words without a digit are rare; keep words, mask what no language has.
            if word.len() > 40 { masked.mask() } else { masked.0.push_str(word) }
        } else if announced && is_status(word) {
            masked.0.push_str(word);
        } else {
            masked.push(word);
        }
    }
    masked.0
}

/// The letters and digits that a text begins with, and whether there are ASCII digits among them.
fn word(text: &str) -> (&str, bool) {
    let mut has_digits = false;
    let mut end = 0;
    for byte in text.bytes() {
        has_digits |= byte.is_ascii_digit();
        if byte.is_ascii_alphanumeric() {
            end += 1;
        } else if byte.is_ascii() {
            return (&text[..end], has_digits);
        } else {
            break;
        }
    }
    end += text[end..].find(|c: char| !c.is_alphanumeric()).unwrap_or(text.len() - end);
    let word = &text[..end];
    (word, has_digits || word.bytes().any(|byte| byte.is_ascii_digit()))
}

/// The line with a mask for each e-mail address, and for each password in a URL with the host behind it. A line
/// without `@` costs nothing.
fn without_addresses(line: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut shown = 0;
    for at in memchr::memchr_iter(b'@', line.as_bytes()) {
        let (before, after) = (&line[shown..at], &line[at + 1..]);
        let is_name = |c: char| c.is_ascii_alphanumeric() || "._%+-‹:›".contains(c);
        let start = before
            .rfind(|c: char| !is_name(c))
            .map_or(0, |place| place + before[place..].chars().next().map_or(0, char::len_utf8));
        let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.' || c == '-')).unwrap_or(after.len());
        // What stands in front of a colon is the user's name, unless the colon is in a token.
        let name = &before[start..];
        let colon = name.rfind(':').filter(|colon| !name[*colon..].contains('›'));
        let start = start + colon.map_or_else(|| name.rfind(":‹").map_or(0, |place| place + 1), |colon| colon + 1);
        let is_password = before[..start].ends_with(':') && before[..start].contains("://");
        if start == before.len() || end == 0 || !(is_password || after[..end].contains('.')) {
            continue;
        }
        out.push_str(&before[..start]);
        out.push(MASK);
        shown = at + 1 + end;
    }
    if shown == 0 { Cow::Borrowed(line) } else { Cow::Owned(out + &line[shown..]) }
}

/// How long what begins here is, if it is a JSON web token, or a token that stands for a secret: in whichever form
/// a secret was written or taken out, the template is the same.
fn token_length(text: &str) -> Option<usize> {
    let end = |is_part: fn(char) -> bool| text.find(|c: char| !is_part(c)).unwrap_or(text.len());
    if text.starts_with('‹') {
        let close = text.find('›')?;
        return (close <= 240 && text[..close].contains(':')).then(|| close + '›'.len_utf8());
    }
    if text.starts_with("eyJ") {
        let length = end(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
        return (length >= 20).then_some(length);
    }
    let code = text.strip_prefix("masked_")?.as_bytes().get(2)?;
    (code.is_ascii_digit() || *code == b'x').then(|| end(|c| c.is_ascii_alphanumeric() || c == '_'))
}

/// A line so far. `#-#-# #:#:#,#` and `#.#.#.#` say no more than `#`.
struct Masked(String);

impl Masked {
    fn mask(&mut self) {
        if let [.., b'#', b'-' | b':' | b'.' | b',' | b'_' | b'+' | b'T' | b'Z' | b' '] = self.0.as_bytes() {
            self.0.pop();
        } else {
            self.0.push(MASK);
        }
    }

    /// Adds a word with digits in it.
    fn push(&mut self, word: &str) {
        let digits = word.strip_prefix("0x").unwrap_or(word);
        let hexadecimal = (digits.len() < word.len() || word.len() >= 4) && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !hexadecimal && word.len() < 20 {
            for c in word.chars() {
                if !c.is_ascii_digit() {
                    self.0.push(c);
                } else if !self.0.ends_with(MASK) {
                    self.mask();
                }
            }
            return;
        }
        if word.len() >= 20
            && word.bytes().any(|byte| byte.is_ascii_uppercase())
            && word.bytes().any(|byte| byte.is_ascii_lowercase())
            && self.0.ends_with('_')
        {
            // `ghp_`, `sk_live_`: what stands before a key is a part of it.
            let kept = self.0.trim_end_matches(|c: char| c.is_ascii_lowercase() || c == '_').len();
            self.0.truncate(kept);
        }
        self.mask();
    }
}

/// Whether a number behind this word is a status, and no more a number than a name.
fn announces_a_status(word: &str) -> bool {
    let known: &[&str] = match word.len() {
        4 => &["http", "code", "exit"],
        5 => &["error", "errno"],
        6 => &["status", "signal"],
        8 => &["answered", "returned", "response"],
        10 => &["statuscode"],
        _ => return false,
    };
    known.iter().any(|known| word.eq_ignore_ascii_case(known))
}

fn is_status(word: &str) -> bool {
    (1..=4).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{kind, template};

    #[test]
    fn a_trace_is_one_kind_whoever_logged_it_and_the_status_of_a_request_stays() {
        let trace = |head: &str, line: u32| {
            format!(
                "{head}Traceback (most recent call last):\n  File \"/app/orders.py\", line {line}, in reserve\n    x\n  File \"/usr/lib/python3.12/json/__init__.py\", line 3, in loads\n    y\nKeyError: 'seat'"
            )
        };
        assert_eq!(kind(&trace("", 30)), "KeyError: 'seat' at /app/orders.py in reserve");
        assert_eq!(kind(&trace("2026-11-20 09:27:43,141 ERROR Exception in ASGI application\n", 31)), kind(&trace("", 30)));
        assert_eq!(
            kind("GET https://a.run.app/v2/x 503 0.2s python-httpx/0.28"),
            "GET https://a.run.app/v#/x 503 #s python-httpx/#"
        );
        assert_eq!(
            kind("2026-11-20 09:29:44.674 | ERROR    | app.seats - job-7ab8f: off by 3"),
            "ERROR | app.seats - job-#: off by #"
        );
        assert_eq!(kind("12 rows of 30 are stale"), "# rows of # are stale");
        assert_eq!(kind("[2026-11-20 09:29:44,674] [WARNING] late"), "[WARNING] late");
    }

    #[test]
    fn ids_numbers_and_times_are_masked_and_words_stay() {
        assert_eq!(
            template(
                "2026-11-20 09:27:43,141 - api.auth - ERROR - No JWT (client=34.135.18.77 connection=ws_65339809_1795166844_b004c5d7)"
            ),
            "# - api.auth - ERROR - No JWT (client=# connection=ws_#)"
        );
        assert_eq!(template("user 7d9f0c1e-4b52-4f6a-9c58-1f0f6f6f2a11 took 312 ms"), "user # took # ms");
        assert_eq!(template("checksum 0x1f3a of 0x1"), "checksum # of #");
    }

    #[test]
    fn a_secret_and_the_token_that_stands_for_it_have_one_template() {
        let jwt = format!("{}.{}.x-y_z", "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiJ1LTEifQ");
        for (secret, token) in [
            (jwt.as_str(), "‹jwt:1›"),
            (jwt.as_str(), "masked_jw12"),
            (jwt.as_str(), "‹jwt:1 exp=2026-11-20T09:20:00Z aud=orbit-api›"),
            ("ada.lovelace@mail.example.org", "‹email:~0123456789abcdef›"),
            ("postgres://app:s3cr3t-Pa55@db:5432/chat", "postgres://app:‹password:2›@db:5432/chat"),
            ("10.12.3.77:5012", "‹ip:3›:5012"),
            ("10.12.3.77", "240.0.0.3"),
            (&format!("ghp_{}", "16C7e42F292c6912E7710c838347Ae178B4a"), "‹api-key:1›"),
        ] {
            let line = |word: &str| template(&format!("refused '{word}' for /x of user svc:sync"));
            assert_eq!(line(secret), line(token));
        }
        assert_eq!(template("logo@2x and @mention and a@b"), "logo@#x and @mention and a@b");
    }

    #[test]
    fn a_status_stays_where_a_word_announces_it() {
        assert_ne!(template("answered 403 for /x"), template("answered 404 for /x"));
        assert_ne!(template("closed with code 1011"), template("closed with code 1000"));
        assert_eq!(template("took 403 ms"), template("took 404 ms"));
    }

    #[test]
    fn two_clients_of_one_complaint_differ() {
        assert_ne!(template("Invalid user_id format: svc:legacy-sync"), template("Invalid user_id format: e2e-user-003"));
        assert_eq!(template("Invalid user_id format: e2e-user-001"), template("Invalid user_id format: e2e-user-003"));
    }

    #[test]
    fn a_stack_trace_is_named_by_its_exception() {
        let text = "Traceback (most recent call last):\n  File \"/app/x.py\", line 3, in f\n    g()\nasyncpg.exceptions.TooManyConnectionsError: 53 of 50 slots";
        assert_eq!(
            template(text),
            "Traceback (most recent call last): … asyncpg.exceptions.TooManyConnectionsError: # of # slots"
        );
    }
}
