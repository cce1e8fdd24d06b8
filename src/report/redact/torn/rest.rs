//! Tells the rest of a torn secret from the beginning of another line.
//!
//! A line that begins like lines of logs do ends a secret before it: a date, a severity, a status, an exception, a known word.
//! In doubt a word behind a secret is taken for its rest: a word less can be borne, half a password cannot. What the secret
//! is made of decides where it can: no key in base64 goes on with `resolved the address of`, nor with 32 hexadecimal digits.

use super::words::is_known;

/// A rest shorter than this gives nothing away.
const SHORTEST: usize = 4;

/// Whether the line begins as a line of a log does, whatever stood before it.
pub(super) fn begins_a_line(line: &str) -> bool {
    let token = line.split_whitespace().next().unwrap_or_default();
    if token.starts_with('‹') || token.starts_with("masked_") || is_dated(token) {
        return true;
    }
    let word = leading(line, |byte| byte.is_ascii_alphabetic() || byte == b'_');
    let ends = ends_word(&line[word.len()..]);
    if !word.is_empty() && ends {
        let short = word.len() < SHORTEST && word.bytes().all(|byte| byte.is_ascii_lowercase());
        let constant = word.len() > 5 && word[1..word.len() - 1].contains('_') && !word.bytes().any(|byte| byte.is_ascii_lowercase());
        if short || constant || is_known(word) || is_camel(word) {
            return true;
        }
    }
    let named = token.trim_end_matches([':', ',', '.', ';']);
    is_exception(named) || is_enum(named)
}

/// Whether a piece, the first one of `line`, is the rest of the secret that ends with `before`.
pub(super) fn goes_on(before: &str, piece: &str, line: &str) -> bool {
    let behind = &line[piece.len()..];
    let before = Alphabet::of(before);
    if piece.len() < SHORTEST || begins_a_line(line) {
        return false;
    }
    if piece.bytes().all(|byte| byte.is_ascii_digit()) {
        // Seconds or milliseconds since the epoch; or `20315 rows`.
        let moment = matches!(piece.len(), 10 | 13) && piece.starts_with("17");
        let counts = before.is_random() && !before.is_hexadecimal() && is_prose(behind);
        return piece.len() > 4 && (before.of_digits() || !moment && !counts);
    }
    if before.of_digits() && before.length >= SHORTEST && piece.starts_with(|letter: char| letter.is_ascii_alphabetic()) {
        return false;
    }
    !is_measure(piece)
        && !names_a_value(line, &before)
        && !is_identifier(line.split_whitespace().next().unwrap_or_default(), &before)
        && !is_word(piece, behind, &before)
}

/// Whether a piece looks like a part of a key: letters and digits mixed as no word and no date has them, or a long number.
pub(in super::super) fn is_key(piece: &str) -> bool {
    let bytes = piece.as_bytes();
    let changes = bytes.windows(2).filter(|two| two[0].is_ascii_alphabetic() != two[1].is_ascii_alphabetic()).count();
    let cases = bytes.windows(2).any(|two| two[0].is_ascii_lowercase() && two[1].is_ascii_uppercase());
    let has = |test: fn(&u8) -> bool| bytes.iter().any(test);
    let number = piece.len() >= 6 && bytes.iter().all(u8::is_ascii_digit);
    let mixed = piece.len() >= 4 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && (changes >= 2 || cases);
    number || mixed
}

/// Whether the end of a line may be the first half of a name: `ada.love`, but not `connection`, `4bf92f35` or `00282-4bh`.
pub(super) fn is_half_a_name(end: &str) -> bool {
    let digits = end.bytes().filter(u8::is_ascii_digit).count();
    let hexadecimal = digits > 0 && end.len() >= 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    end.len() >= SHORTEST && digits * 3 <= end.len() && !hexadecimal && !is_known(end) && !is_camel(end) && !end.ends_with(['.', '-'])
}

/// What a secret is made of, by its last characters.
struct Alphabet {
    length: usize,
    digits: usize,
    /// Among the very last.
    small: usize,
    beyond_hexadecimal: usize,
    changes: usize,
}

impl Alphabet {
    fn of(secret: &str) -> Alphabet {
        const LOOKED_AT: usize = 32;
        let last: Vec<u8> = secret.bytes().rev().filter(u8::is_ascii_alphanumeric).take(LOOKED_AT).collect();
        let class = |byte: u8| (byte.is_ascii_lowercase(), byte.is_ascii_uppercase(), byte.is_ascii_digit());
        Alphabet {
            length: last.len(),
            digits: last.iter().filter(|byte| byte.is_ascii_digit()).count(),
            small: last.iter().take(12).filter(|byte| byte.is_ascii_lowercase()).count(),
            beyond_hexadecimal: last.iter().filter(|byte| !byte.is_ascii_hexdigit()).count(),
            changes: last.windows(2).filter(|two| class(two[0]) != class(two[1])).count(),
        }
    }

    fn of_digits(&self) -> bool {
        self.length > 0 && self.digits == self.length
    }

    fn is_hexadecimal(&self) -> bool {
        self.length > 0 && self.beyond_hexadecimal == 0 && self.digits > 0
    }

    /// Letters and digits in no order that a person would write: what comes next is as unlikely to be a word.
    fn is_random(&self) -> bool {
        self.length >= 8 && self.digits > 0 && self.changes * 3 >= self.length
    }
}

/// `2026-11-20T09:00:00Z`, `09:27:07,141`, `11/20/2026`.
fn is_dated(token: &str) -> bool {
    let shape: String = token.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).take(12).collect();
    let is_time = |start: &str| shape.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', '.', 'T', 'Z', '+', ']', '|']));
    ["0000-00-00", "0000/00/00", "00/00/0000", "00:00:00", "00-00-0000", "00:00"].into_iter().any(is_time)
}

/// `312`, `1.25`, `4.5s`, `200ms`, `12%`.
fn is_measure(piece: &str) -> bool {
    let number = leading(piece, |byte| byte.is_ascii_digit() || byte == b'.');
    let unit = &piece[number.len()..];
    let units = ["", "s", "ms", "us", "ns", "m", "h", "%", "b", "kb", "mb", "gb", "kib", "mib", "gib", "x"];
    number.starts_with(|letter: char| letter.is_ascii_digit()) && !number.ends_with('.') && units.contains(&unit.to_ascii_lowercase().as_str())
}

/// `request_id=`, `sha256:`, `uvicorn==0.30`, `connect(`: a name with its value.
fn names_a_value(line: &str, before: &Alphabet) -> bool {
    let name = leading(line, |byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let mut behind = line[name.len()..].chars();
    let sign = behind.next();
    // Base64 ends with `=`.
    let value = behind.as_str().trim_start_matches('=').chars().next();
    let assigns = match sign {
        Some('=') => value.is_some_and(|value| value.is_ascii_alphanumeric() || "\"'[{(/\\".contains(value)),
        Some(':' | '(') => true,
        _ => false,
    };
    let parts = || name.split(['_', '.', '-']).filter(|part| !part.is_empty());
    assigns && parts().all(reads) && (before.is_random() || parts().any(|part| is_known(part.trim_end_matches(|last: char| last.is_ascii_digit()))))
}

/// A part of a name: letters as words have them, perhaps a number behind.
fn reads(part: &str) -> bool {
    let letters = part.trim_end_matches(|last: char| last.is_ascii_digit());
    let one_case = |rest: &str| rest.bytes().all(|byte| byte.is_ascii_lowercase());
    let shouted = letters.bytes().all(|byte| byte.is_ascii_uppercase());
    let written = letters.get(1..).is_none_or(one_case) || shouted || is_camel(letters);
    part.len() - letters.len() <= 5 && letters.bytes().all(|byte| byte.is_ascii_alphabetic()) && written
}

/// An id, a hash, a path, the name of a revision, where the secret before is made of other characters.
fn is_identifier(token: &str, before: &Alphabet) -> bool {
    let token = token.trim_end_matches([',', ';', ':', '.', ')', ']', '}', '"', '\'']);
    if before.length < 8 {
        return false;
    }
    let has_capitals = token.bytes().any(|byte| byte.is_ascii_uppercase());
    let hexadecimal = token.bytes().all(|byte| byte.is_ascii_hexdigit());
    let shape = || token.split('-').map(str::len).collect::<Vec<_>>();
    let uuid = token.len() == 36 && token.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && shape() == [8, 4, 4, 4, 12];
    if uuid || hexadecimal && !has_capitals && matches!(token.len(), 16 | 24 | 32 | 40 | 64 | 96 | 128) {
        return !before.is_hexadecimal();
    }
    if token.starts_with("0x") && token[2..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return true;
    }
    let first = leading(token, |byte| byte.is_ascii_alphabetic());
    let behind = &token[first.len()..];
    let spoken = first.bytes().all(|byte| byte.is_ascii_lowercase());
    let named = behind.starts_with('-') && token.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
    let product = behind.strip_prefix('/').is_some_and(|version| is_measure(version) || version.starts_with(|next: char| next.is_ascii_digit()) && version.contains('.'));
    let path = behind.starts_with('/') && spoken && token.matches('/').count() >= 2 && (is_known(first) || is_pronounced(first));
    before.is_random() && (first.len() >= 3 && (spoken && named || product) || path && first.len() != 2)
}

/// A word and not a piece of a key.
fn is_word(piece: &str, behind: &str, before: &Alphabet) -> bool {
    let letters = leading(piece, |byte| byte.is_ascii_alphabetic());
    let prose = is_prose(behind);
    let tail = &piece[letters.len()..];
    // `python3.11 main`, `http2 200`
    let numbered = tail.len() <= 6 && tail.starts_with(|first: char| first.is_ascii_digit()) && is_measure(tail);
    if numbered && letters.len() >= 3 && letters.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return prose && before.is_random();
    }
    if !tail.trim_end_matches([',', '.', ':', '!']).is_empty() || !reads(letters) {
        return false;
    }
    let small = letters.to_ascii_lowercase();
    let inflected = ["ing", "tion", "sion", "ment", "able", "ed", "ly"].iter().any(|ending| small.ends_with(ending)) && is_pronounced(&small);
    if letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return before.small >= 3 && (prose || inflected);
    }
    prose && (before.is_random() || letters.len() >= 7 && inflected)
}

/// Whether a sentence goes on here.
fn is_prose(behind: &str) -> bool {
    behind.strip_prefix(' ').is_some_and(|next| next.starts_with(|next: char| next.is_alphanumeric() || "('\"[".contains(next)))
}

/// Whether it may be a part of a long random text: no word, no number, no hash.
pub(super) fn is_part_of_a_blob(piece: &str) -> bool {
    let has = |test: fn(&u8) -> bool| piece.bytes().any(|byte| test(&byte));
    let one_case = !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase);
    if piece.len() >= 16 {
        let alphabet = Alphabet::of(piece);
        return !one_case && (has(u8::is_ascii_digit) || alphabet.changes * 5 >= alphabet.length * 2);
    }
    !one_case && !piece.get(1..).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_lowercase())) && !is_known(piece) && !is_camel(piece)
}

/// `TimeoutException`, `psycopg2.OperationalError`, `KeyboardInterrupt`.
fn is_exception(name: &str) -> bool {
    const ENDINGS: [&str; 12] =
        ["Error", "Exception", "Warning", "Fault", "Timeout", "Exit", "Interrupt", "Failure", "Refused", "Denied", "Abort", "Violation"];
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    let last = name.rsplit('.').next().unwrap_or_default();
    plain && ENDINGS.iter().any(|ending| last.ends_with(ending) && last.len() > ending.len())
}

/// `WebSocketState.CONNECTED`, `Status.Code`.
fn is_enum(name: &str) -> bool {
    let mut parts = name.split('.');
    let is_type = parts.next().is_some_and(|first| first.starts_with(|letter: char| letter.is_ascii_uppercase()) && is_camel_or_word(first));
    let mut members = parts.peekable();
    let member = |part: &str| {
        let constant = part.len() > 1 && part.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        constant || is_camel_or_word(part)
    };
    is_type && members.peek().is_some() && members.all(member)
}

fn is_camel_or_word(word: &str) -> bool {
    is_camel(word) || word.len() >= 3 && word.bytes().skip(1).all(|byte| byte.is_ascii_lowercase()) && is_pronounced(word)
}

/// `WebSocketState`, `insertId`: at least two humps, of which none is shorter than a word but the last.
fn is_camel(word: &str) -> bool {
    if !word.bytes().all(|byte| byte.is_ascii_alphabetic()) {
        return false;
    }
    let starts: Vec<usize> = std::iter::once(0).chain((1..word.len()).filter(|at| word.as_bytes()[*at].is_ascii_uppercase())).collect();
    let ends = starts.iter().skip(1).copied().chain([word.len()]);
    let humps: Vec<usize> = starts.iter().zip(ends).map(|(start, end)| end - start).collect();
    let last = humps.last().copied().unwrap_or_default();
    humps.len() >= 2 && last >= 2 && humps[..humps.len() - 1].iter().all(|hump| *hump >= 3)
}

/// Whether somebody could say it: vowels, and no more than four consonants in a row.
fn is_pronounced(word: &str) -> bool {
    let is_vowel = |byte: u8| b"aeiouy".contains(&byte.to_ascii_lowercase());
    let mut run = 0;
    let longest = word.bytes().fold(0, |longest: usize, byte| {
        run = if is_vowel(byte) { 0 } else { run + 1 };
        longest.max(run)
    });
    longest <= 4 && word.bytes().any(is_vowel)
}

/// Whether a word is over where this begins.
fn ends_word(behind: &str) -> bool {
    let mut behind = behind.chars();
    match behind.next() {
        None => true,
        Some('.' | '!' | '?' | ',' | ';' | ':') => behind.next().is_none_or(|next| next.is_whitespace() || "\"'\\.".contains(next)),
        // Base64 ends with `=`.
        Some('=') => behind.next().is_some_and(|next| next.is_alphanumeric() || "\"'[{(/\\‹".contains(next)),
        Some('(' | '[' | '{' | '…') => true,
        Some(letter) => letter.is_whitespace(),
    }
}

fn leading(text: &str, is_part: impl Fn(u8) -> bool) -> &str {
    &text[..text.bytes().take_while(|byte| is_part(*byte)).count()]
}
