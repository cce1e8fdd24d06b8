//! Tells a secret from its look-alikes where a regex cannot: words, code, placeholders, versions, loopback.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::detectors::Captures;

/// Values that say something about a secret instead of being one.
const PLACEHOLDERS: &[&str] = &[
    "none",
    "null",
    "nil",
    "undefined",
    "true",
    "false",
    "str",
    "string",
    "bytes",
    "optional",
    "any",
    "int",
    "required",
    "missing",
    "invalid",
    "redacted",
    "empty",
    "expired",
    "wrong",
    "incorrect",
    "unset",
    "set",
    "hidden",
    "masked",
    "filtered",
    "removed",
    "secret",
    "password",
    "token",
    "bearer",
    "basic",
    "changeme",
    "not_set",
    "not-set",
    "n/a",
    "yes",
    "no",
    "present",
    "absent",
    "ok",
    "failed",
    "valid",
    "unknown",
    "default",
    "disabled",
    "enabled",
    "provided",
    "malformed",
    "rejected",
    "revoked",
    "mismatch",
    "blank",
    "header",
    "cookie",
    "env",
    "authorization",
    "access",
    "refresh",
    "id_token",
    "jwt",
];

/// Whether a digit is in it.
pub(super) fn has_digit(value: &str) -> bool {
    value.bytes().any(|byte| byte.is_ascii_digit())
}

/// Whether digits, capitals and small letters are in it.
pub(super) fn is_mixed(value: &str) -> bool {
    has_digit(value) && value.bytes().any(|byte| byte.is_ascii_uppercase()) && value.bytes().any(|byte| byte.is_ascii_lowercase())
}

/// Entropy of a key in base64, in bits a character: 32 random characters have 4.4 on average, words fewer than 4.
const LEAST_ENTROPY: f64 = 4.0;

/// How often a character is of another class (small, capital, digit) than the one before it: 0.6 in base64,
/// 0.3 in `namesLikeThis2`.
const LEAST_CHANGES: f64 = 0.42;

/// Whether a long run of letters and digits is as random as only a key is, and not the checksum of something public.
pub(super) fn is_random(text: &str, range: &Range<usize>) -> bool {
    let value = text[range.clone()].trim_end_matches('=');
    let before = &text[range.start - last_bytes(&text[..range.start], 12)..range.start];
    let is_checksum = |part: &str| {
        ["sha1", "sha256", "sha384", "sha512", "md5", "crc32c", "digest", "integrity", "checksum"]
            .iter()
            .any(|name| part.to_ascii_lowercase().trim_end_matches(['-', ':', '=', ' ', '"']).ends_with(name))
    };
    let own = value.split('-').next().unwrap_or_default();
    if !is_mixed(value) || is_checksum(before) || (own.len() < value.len() && is_checksum(own)) {
        return false;
    }
    // A path has names in it.
    let named = |part: &str| part.len() > 2 && part.bytes().all(|byte| byte.is_ascii_lowercase());
    if value.split(['/', '_', '-', '+']).filter(|part| named(part)).count() > 1 {
        return false;
    }
    let class = |byte: u8| (byte.is_ascii_lowercase(), byte.is_ascii_uppercase(), byte.is_ascii_digit());
    let changes = value.as_bytes().windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count();
    changes as f64 >= LEAST_CHANGES * (value.len() - 1) as f64 && entropy(value) >= LEAST_ENTROPY
}

/// Shannon's entropy of a text by its bytes, in bits a byte.
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    text.bytes().for_each(|byte| counts[usize::from(byte)] += 1);
    let length = text.len() as f64;
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length);
    -shares.map(|share| share * share.log2()).sum::<f64>()
}

/// Whether it reads as words: no digit, and every run of letters (`camelHumps` taken apart) has 3 to 24.
fn is_wording(value: &str) -> bool {
    if has_digit(value) {
        return false;
    }
    let mut run = 0;
    let mut before = ' ';
    for letter in value.chars().chain([' ']) {
        let hump = letter.is_uppercase() && before.is_lowercase();
        if !letter.is_alphabetic() || hump {
            if run > 24 || (1..3).contains(&run) {
                return false;
            }
            run = 0;
        }
        run += usize::from(letter.is_alphabetic());
        before = letter;
    }
    true
}

/// Whether somebody took the value out before, or never filled it in: `***`, `<token>`, `${TOKEN}`, `%s`, a token of our own.
pub(super) fn is_masked(value: &str) -> bool {
    let bare = value.trim_matches(|letter: char| !letter.is_alphanumeric()).to_ascii_lowercase();
    let enclosed = ["<>", "{}", "[]"].iter().any(|pair| value.starts_with(&pair[..1]) && value.ends_with(&pair[1..]));
    let begins = enclosed || ["***", "‹", "%(", "%s", "${", "$("].iter().any(|start| value.starts_with(start));
    let word = ["redacted", "masked", "hidden", "filtered", "removed"].contains(&bare.as_str());
    begins || word || bare.chars().all(|letter| letter == 'x')
}

/// Whether it is said of a secret, and is none: `expired`, `None`, `settings.password`.
pub(super) fn speaks_of_a_secret(value: &str) -> bool {
    is_placeholder(value) || is_code(value)
}

/// Whether it says something about a secret: masked, or a word like `None` or `expired`.
pub(super) fn is_placeholder(value: &str) -> bool {
    let bare = value.trim_matches(|letter: char| !letter.is_alphanumeric()).to_ascii_lowercase();
    is_masked(value) || PLACEHOLDERS.contains(&bare.as_str())
}

/// Whether it is code that names a value: `settings.password`, `user_token`, `os.environ`.
fn is_code(value: &str) -> bool {
    let named = value.contains(['_', '.']) || value.eq_ignore_ascii_case("self");
    named && !has_digit(value) && value.chars().all(|letter| letter.is_alphabetic() || letter == '_' || letter == '.')
}

/// Whether what follows `Authorization:` or `Bearer` is a credential and not a word about one.
pub(super) fn is_credential(value: &str, has_scheme: bool) -> bool {
    // Base64 has `=` at its end only: `bearer token_count=17` is none.
    if is_placeholder(value) || is_wording(value) || value.trim_end_matches('=').contains('=') {
        return false;
    }
    has_scheme || (value.len() >= 8 && (has_digit(value) || value.len() >= 20))
}

/// Whether the value of `sig=` or `X-Goog-Signature=` is one.
pub(super) fn is_signature(value: &str) -> bool {
    !is_placeholder(value) && !is_wording(value)
}

/// The kind of secret that `key=value` assigns; `None` where the value is a word, a placeholder or code.
pub(super) fn assigned(text: &str, found: &Captures<'_>) -> Option<&'static str> {
    let key = found.name("key")?;
    let name = key.as_str().to_ascii_lowercase();
    let quoted = found.name("quoted");
    let value = quoted.or_else(|| found.name("secret"))?;
    let separator = found.name("sep")?.as_str();
    let value_text = value.as_str();
    let in_token = text[..key.start()].ends_with('‹') || value_text.contains('›');
    if in_token || is_placeholder(value_text) || value_text.starts_with("projects/") || value_text.starts_with("//") {
        return None;
    }
    if name == "pwd" && value_text.starts_with('/') {
        return None; // The working directory.
    }
    let password = name.starts_with("pass") || name == "pwd";
    let kind = match name.as_str() {
        _ if password => "password",
        "token" | "jwt" | "otp" | "sessionid" | "session_id" => "token",
        _ => "secret",
    };
    let spoken = quoted.is_none() && separator == ":" && found.name("close").is_none();
    let called = quoted.is_none() && text[value.end()..].starts_with(['(', '[', '{']);
    if called || (quoted.is_none() && is_code(value_text)) {
        return None;
    }
    // `name: value` in running text: "Invalid token: signature mismatch".
    let strong = if spoken || kind == "token" {
        value_text.len() >= 6 && !is_wording(value_text)
    } else {
        password || value_text.len() >= 4
    };
    // Quoted prose: `"password": "must be at least 8 characters"`.
    let prose = value_text.matches(' ').count() >= 2;
    (strong && !prose && value_text.len() >= 3).then_some(kind)
}

/// End of the credential that goes on at `from`; patterns match only so much of it.
pub(super) fn end_of_token(text: &str, from: usize) -> usize {
    let more = text[from..].find(|letter: char| !(letter.is_ascii_alphanumeric() || "._~+/=%-".contains(letter)));
    more.map_or(text.len(), |more| from + more)
}

/// End of the unquoted value that goes on at `from`.
pub(super) fn end_of_value(text: &str, from: usize) -> usize {
    let more = text[from..].find(|letter: char| letter.is_whitespace() || ",;&\"'<>()[]{}\\".contains(letter));
    more.map_or(text.len(), |more| from + more)
}

/// The same for a password: `hunter2&horse` has no parameter behind it, `hunter2&room=7` and `hunter2;host=db` have. `key` is
/// where its name stands: in the query of a URL, `&` ends what stands before it.
pub(super) fn end_of_password(text: &str, key: usize, from: usize) -> usize {
    let mut end = end_of_value(text, from);
    let before = text[..key].trim_end_matches(|letter: char| letter.is_ascii_alphanumeric() || "_-.".contains(letter));
    if before.ends_with(['?', '&']) {
        return end;
    }
    while let Some(behind) = text[end..].strip_prefix(['&', ';']) {
        let next = end_of_value(behind, 0);
        if next == 0 || behind[..next].contains(['=', ':']) || behind.starts_with("amp;") {
            break;
        }
        end += 1 + next;
    }
    end
}

/// Whether it is an address of somebody: not `git@github.com`, not `logo@2x.png`.
pub(super) fn is_email(value: &str) -> bool {
    let ending = value.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let is_file = ["png", "jpg", "jpeg", "gif", "svg", "webp", "js", "ts", "css", "py", "rs", "go", "json", "yaml", "html"]
        .contains(&ending.as_str());
    !is_file && !value.starts_with("git@")
}

/// Top-level domains that addresses have: countries, then those of many letters.
const TOP_LEVELS: &str = "ac ad ae af ag ai al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bv bw by bz ca cc cd \
    cf cg ch ci ck cl cm cn co cr cu cv cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fm fo fr ga gd ge gf gg gh gi gl gm gn gp \
    gq gr gs gt gu gw gy hk hm hn hr ht hu id ie il im in io iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt \
    lu lv ly ma mc md me mg mh mk ml mm mn mo mp mq mr ms mt mu mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm \
    pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sj sk sl sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr \
    tt tv tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw \
    com org net edu gov mil int info biz name pro dev app cloud online site tech store shop blog page digital agency company group team email \
    mobi museum jobs travel coop aero asia cat tel xyz club live life world today news media systems solutions services software network \
    academy consulting studio design health bank local internal localdomain lan home corp intranet example test invalid localhost";

/// Whether it is a top-level domain of those that most addresses have.
pub(super) fn is_top_level(label: &str) -> bool {
    TOP_LEVELS.split_ascii_whitespace().any(|known| known.eq_ignore_ascii_case(label))
}

/// Whether the dotted quad is an address, not a version, and not one that every machine has.
pub(super) fn is_private_ipv4(text: &str, range: &Range<usize>) -> bool {
    let Ok(address) = text[range.clone()].parse::<Ipv4Addr>() else { return false };
    let (before, after) = (&text[..range.start], &text[range.end..]);
    // 1.2.3.4.5 and 1.2.3.4-rc1 are versions.
    let goes_on =
        after.strip_prefix(['.', '-', '+']).is_some_and(|rest| rest.starts_with(|letter: char| letter.is_ascii_alphanumeric()));
    let follows = before.ends_with('.') && before.trim_end_matches('.').ends_with(|letter: char| letter.is_ascii_digit());
    let product = before.strip_suffix('/').is_some_and(|name| {
        let word = name.rsplit(|letter: char| !letter.is_ascii_alphanumeric()).next().unwrap_or_default();
        word.starts_with(|letter: char| letter.is_ascii_uppercase())
    });
    let near = &before[before.len() - last_bytes(before, 16)..];
    let near = near.to_ascii_lowercase();
    let before = near.trim_end_matches(|letter: char| " :=v\"'`(".contains(letter));
    let version = before.ends_with("version") || ["==", ">=", "<=", "~="].iter().any(|sign| near.trim_end().ends_with(sign));
    !goes_on && !follows && !product && !version && tells(IpAddr::V4(address))
}

fn last_bytes(text: &str, most: usize) -> usize {
    text.len() - text.ceil_char_boundary(text.len().saturating_sub(most))
}

/// The place of an IPv6 address in what looks like one; `None` for times, paths and loopback.
pub(super) fn private_ipv6(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == ':';
    let before = text[..range.start].chars().next_back();
    let value = &text[range.clone()];
    // A colon after the address belongs to the sentence.
    let value = if value.ends_with("::") { value } else { value.strip_suffix(':').unwrap_or(value) };
    let range = range.start..range.start + value.len();
    let after = text[range.end..].chars().next();
    if before.is_some_and(is_part) || after.is_some_and(|letter| letter.is_alphanumeric() || letter == '_') {
        return None;
    }
    let address: Ipv6Addr = value.parse().ok()?;
    // `bad::cafe` is a path in some language.
    (has_digit(value) && tells(IpAddr::V6(address))).then_some(range)
}

/// Whether an address says where something is: loopback and unspecified say the same on every machine,
/// and so does the metadata server's.
fn tells(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let metadata_server = address == IpAddr::V4(Ipv4Addr::new(169, 254, 169, 254));
    !address.is_loopback() && !address.is_unspecified() && !metadata_server
}

/// Whether a secret can be looked for without the words around it: long, and like no ordinary word or number.
pub(crate) fn is_telling(value: &str) -> bool {
    value.len() >= 10
        && has_digit(value)
        && value.bytes().any(|byte| byte.is_ascii_alphabetic())
        && !value.contains(char::is_whitespace)
}
