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
        // The last letters of a key stand alone, `a` and `if` do not.
        let known = is_known(word) && (word.len() >= SHORTEST || word.len() < line.trim_end().len());
        let constant =
            word.len() > 5 && word[1..word.len() - 1].contains('_') && !word.bytes().any(|byte| byte.is_ascii_lowercase());
        if known || constant || is_name(word) {
            return true;
        }
    }
    let named = token.trim_end_matches([':', ',', '.', ';']);
    is_exception(named) || is_enum(named) || is_hash_or_product(token)
}

/// Whether a piece, the first one of `line`, is the rest of the secret that ends with `before`.
pub(super) fn goes_on(before: &str, piece: &str, line: &str) -> bool {
    let behind = &line[piece.len()..];
    let before = Alphabet::of(before);
    if piece.len() < SHORTEST || piece.starts_with("-----") || begins_a_line(line) {
        return false;
    }
    if piece.bytes().all(|byte| byte.is_ascii_digit()) {
        // Seconds or milliseconds since the epoch.
        let moment = matches!(piece.len(), 10 | 13) && piece.starts_with("17");
        return piece.len() > SHORTEST && (before.of_digits() || !moment);
    }
    let beyond_hexadecimal = |letter: u8| letter.is_ascii_alphabetic() && !letter.is_ascii_hexdigit();
    if before.of_digits() && before.length >= SHORTEST && piece.bytes().take(8).any(beyond_hexadecimal) {
        return false;
    }
    let token = line.split_whitespace().next().unwrap_or_default();
    !is_measure(piece)
        && !is_measure(token)
        && !names_a_value(line, &before)
        && !is_identifier(token, &before)
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
    let numbered = digits > 0 && end.matches('-').count() > 1;
    let hexadecimal = digits > 0 && end.len() >= 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    let word = end.trim_end_matches('.');
    let known = word.split(['_', '-', '.']).all(is_known) || is_camel(word) || is_inflected(word);
    let shouted = word.bytes().all(|byte| byte.is_ascii_uppercase());
    end.len() >= SHORTEST && digits * 3 <= end.len() && !numbered && !hexadecimal && !known && !shouted
}

/// What a secret is made of, by its last characters.
struct Alphabet {
    length: usize,
    digits: usize,
    small: usize,
    /// Small letters among the very last.
    small_last: usize,
    beyond_hexadecimal: usize,
    changes: usize,
}

impl Alphabet {
    fn of(secret: &str) -> Alphabet {
        const LOOKED_AT: usize = 32;
        const VERY_LAST: usize = 12;
        let last: Vec<u8> = secret.bytes().rev().filter(u8::is_ascii_alphanumeric).take(LOOKED_AT).collect();
        let class = |byte: u8| (byte.is_ascii_lowercase(), byte.is_ascii_uppercase(), byte.is_ascii_digit());
        Alphabet {
            length: last.len(),
            digits: last.iter().filter(|byte| byte.is_ascii_digit()).count(),
            small: last.iter().filter(|byte| byte.is_ascii_lowercase()).count(),
            small_last: last.iter().take(VERY_LAST).filter(|byte| byte.is_ascii_lowercase()).count(),
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
        self.length >= 8 && self.digits > 0 && (self.changes * 9 >= self.length * 2 || self.is_hexadecimal())
    }

    /// Whether chance hardly makes this word, which is all small or all capital letters but the first, of such characters.
    fn makes_hardly(&self, word: &str) -> bool {
        const HARDLY: f64 = 0.002;
        let capitals = self.length - self.digits - self.small;
        let such = if word.bytes().skip(1).all(|byte| byte.is_ascii_uppercase()) { capitals } else { self.small };
        let share = (such + 1) as f64 / (self.length + 2) as f64;
        let beyond = self.length >= 12 && self.is_hexadecimal() && !word.bytes().all(|byte| byte.is_ascii_hexdigit());
        self.is_random() && (beyond || share.powf(word.len() as f64) < HARDLY)
    }
}

/// `2026-11-20T09:00:00Z`, `09:27:07,141`, `11/20/2026`.
fn is_dated(token: &str) -> bool {
    let shape: String = token.chars().map(|letter| if letter.is_ascii_digit() { '0' } else { letter }).take(12).collect();
    let is_time = |start: &str| {
        shape.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with([',', '.', 'T', 'Z', '+', ']', '|']))
    };
    ["0000-00-00", "0000/00/00", "00/00/0000", "00:00:00", "00-00-0000", "00:00"].into_iter().any(is_time)
}

/// `sha256:e3b0…`, `md5`, `Python/3.11`, `v1.2.3`.
fn is_hash_or_product(token: &str) -> bool {
    const HASHES: [&str; 12] =
        ["md5", "sha1", "sha224", "sha256", "sha384", "sha512", "crc32", "crc32c", "blake2b", "blake3", "base64", "ed25519"];
    let word = leading(token, |byte| byte.is_ascii_alphanumeric());
    let behind = &token[word.len()..];
    let hash =
        HASHES.iter().any(|name| name.eq_ignore_ascii_case(word)) && (behind.is_empty() || behind.starts_with([':', '-', '=']));
    let version = |version: &str| version.starts_with(|first: char| first.is_ascii_digit()) && version.contains('.');
    let is_version = token.strip_prefix('v').is_some_and(|numbers| numbers.contains('.') && is_measure(numbers));
    hash || is_version || word.len() >= 3 && reads(word) && is_pronounced(word) && behind.strip_prefix('/').is_some_and(version)
}

/// `312`, `1.25`, `v1.2.3`, `4.5s`, `200ms`, `12%`.
fn is_measure(piece: &str) -> bool {
    let piece = piece.strip_prefix('v').filter(|version| version.contains('.')).unwrap_or(piece);
    let number = leading(piece, |byte| byte.is_ascii_digit() || byte == b'.');
    let unit = &piece[number.len()..];
    let units = ["", "s", "ms", "us", "ns", "m", "h", "%", "kb", "mb", "gb", "kib", "mib", "gib", "x"];
    let few = number.len() <= 3 || number.contains('.') || unit.len() > 1;
    few && number.starts_with(|letter: char| letter.is_ascii_digit())
        && !number.ends_with('.')
        && units.contains(&unit.to_ascii_lowercase().as_str())
}

/// `request_id=`, `sha256:`, `uvicorn==0.30`, `connect(`: a name with its value.
fn names_a_value(line: &str, before: &Alphabet) -> bool {
    let name = leading(line, |byte| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte));
    let pins =
        line[name.len()..].strip_prefix("==").is_some_and(|version| version.starts_with(|first: char| first.is_ascii_digit()));
    if pins && !name.is_empty() {
        return true;
    }
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
    assigns
        && parts().all(reads)
        && (before.is_random() || parts().any(|part| is_known(part.trim_end_matches(|last: char| last.is_ascii_digit()))))
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
    let uuid =
        token.len() == 36 && token.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') && shape() == [8, 4, 4, 4, 12];
    if uuid || hexadecimal && !has_capitals && matches!(token.len(), 16 | 24 | 32 | 40 | 64 | 96 | 128) {
        return !before.is_hexadecimal();
    }
    if token.starts_with("0x") && token[2..].bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return true;
    }
    if before.is_hexadecimal() && token.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-') {
        return false;
    }
    let first = leading(token, |byte| byte.is_ascii_alphabetic());
    let behind = &token[first.len()..];
    let spoken = first.bytes().all(|byte| byte.is_ascii_lowercase()) && is_pronounced(first);
    let named = behind.len() > SHORTEST
        && behind.starts_with('-')
        && token.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte));
    let path = behind.starts_with('/') && spoken && token.matches('/').count() >= 2 && (is_known(first) || is_pronounced(first));
    before.is_random() && (first.len() >= 3 && spoken && named || path && first.len() != 2)
}

/// A word and not a piece of a key.
fn is_word(piece: &str, behind: &str, before: &Alphabet) -> bool {
    let letters = leading(piece, |byte| byte.is_ascii_alphabetic());
    let prose = is_prose(behind);
    if before.is_hexadecimal() && piece.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return false;
    }
    let tail = &piece[letters.len()..];
    // `python3.11 main`, `http2 200`
    let numbered = tail.len() <= 6 && tail.starts_with(|first: char| first.is_ascii_digit()) && is_measure(tail);
    if numbered && letters.len() >= 3 && letters.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return prose && before.is_random() && (is_known(letters) || is_pronounced(letters) && piece.len() > SHORTEST);
    }
    if !tail.trim_end_matches([',', '.', ':', '!']).is_empty() || !reads(letters) {
        return false;
    }
    if letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return before.small_last >= 3
            && is_pronounced(letters)
            && (prose && before.makes_hardly(letters) || is_inflected(letters));
    }
    let sayable = is_name(letters) || humps(letters).len() == 1 && is_pronounced(letters);
    prose && sayable && (before.makes_hardly(letters) || is_inflected(letters))
}

/// `reconnecting`, `unexpectedly`
fn is_inflected(word: &str) -> bool {
    let small = word.to_ascii_lowercase();
    let ends = ["ing", "tion", "sion", "ment", "able", "ed", "ly", "ier"].iter().any(|ending| small.ends_with(ending));
    small.len() >= 7 && ends && small.bytes().all(|byte| byte.is_ascii_lowercase()) && is_pronounced(&small)
}

/// Whether a sentence goes on here.
fn is_prose(behind: &str) -> bool {
    behind.strip_prefix(' ').is_some_and(|next| next.starts_with(|next: char| next.is_alphanumeric() || "('\"[".contains(next)))
}

/// Whether it may be a part of a long random text: no word, no number, no hash.
pub(super) fn is_part_of_a_blob(piece: &str) -> bool {
    let has = |test: fn(&u8) -> bool| piece.bytes().any(|byte| test(&byte));
    // A hash in hexadecimal is of one case.
    let one_case = !has(u8::is_ascii_uppercase) || !has(u8::is_ascii_lowercase);
    if piece.len() < 8 && has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) {
        return true;
    }
    !one_case
        && !piece.get(1..).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_lowercase()))
        && !is_known(piece)
        && !is_camel(piece)
}

/// `TimeoutException`, `psycopg2.OperationalError`, `KeyboardInterrupt`.
fn is_exception(name: &str) -> bool {
    const ENDINGS: [&str; 12] = [
        "Error",
        "Exception",
        "Warning",
        "Fault",
        "Timeout",
        "Exit",
        "Interrupt",
        "Failure",
        "Refused",
        "Denied",
        "Abort",
        "Violation",
    ];
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._".contains(&byte));
    let last = name.rsplit('.').next().unwrap_or_default();
    plain && ENDINGS.iter().any(|ending| last.ends_with(ending) && last.len() > ending.len())
}

/// `WebSocketState.CONNECTED`, `Status.Code`.
fn is_enum(name: &str) -> bool {
    let mut parts = name.split('.');
    let is_type = parts
        .next()
        .is_some_and(|first| first.starts_with(|letter: char| letter.is_ascii_uppercase()) && is_camel_or_word(first));
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
    let humps = humps(word);
    let last = humps.last().map_or(0, |hump| hump.len());
    let letters = word.bytes().all(|byte| byte.is_ascii_alphabetic());
    letters && humps.len() >= 2 && last >= 2 && humps[..humps.len() - 1].iter().all(|hump| hump.len() >= 3)
}

/// A word cut before its capitals.
fn humps(word: &str) -> Vec<&str> {
    let mut starts: Vec<usize> =
        word.bytes().enumerate().skip(1).filter(|(_, byte)| byte.is_ascii_uppercase()).map(|(at, _)| at).collect();
    starts.insert(0, 0);
    let ends = starts.iter().skip(1).copied().chain([word.len()]);
    starts.iter().zip(ends).filter_map(|(start, end)| word.get(*start..end)).collect()
}

/// `WebSocketState`: humps that can be said, and at least one of them is known.
fn is_name(word: &str) -> bool {
    let is_known_hump = |hump: &&str| hump.len() >= SHORTEST && is_known(hump);
    is_camel(word) && humps(word).iter().all(|hump| is_pronounced(hump)) && humps(word).iter().any(is_known_hump)
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
        Some('.' | '!' | '?' | ',' | ';' | ':') => {
            behind.next().is_none_or(|next| next.is_whitespace() || "\"'\\.".contains(next))
        }
        Some('(' | '[' | '{' | '…') => true,
        Some(letter) => letter.is_whitespace(),
    }
}

fn leading(text: &str, is_part: impl Fn(u8) -> bool) -> &str {
    &text[..text.bytes().take_while(|byte| is_part(*byte)).count()]
}
