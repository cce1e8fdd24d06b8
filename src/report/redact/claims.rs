//! What a JSON web token says about itself that is no secret and often the cause: when it expires, and for whom it is.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;

/// Longest audience shown, in bytes.
const AUDIENCE_BYTES: usize = 80;

/// ` exp=2026-11-20T09:00:00Z aud=orbit-api` for a token that says so; empty for one that does not, or is cut off.
pub(super) fn claims(token: &str, is_secret: impl Fn(&str) -> bool) -> String {
    let payload = token.split('.').nth(1).and_then(|payload| URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok());
    let Some(Value::Object(payload)) = payload.and_then(|payload| serde_json::from_slice(&payload).ok()) else {
        return String::new();
    };
    // RFC 7519, 4.1.4: seconds since the epoch, perhaps with a fraction.
    let expires = payload.get("exp").and_then(|exp| Timestamp::from_second(exp.as_f64()? as i64).ok());
    let audience = payload.get("aud").and_then(|aud| aud.as_str().or_else(|| aud.get(0)?.as_str()));
    let harmless = |audience: &&str| {
        let plain = audience.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._:/-".contains(&byte));
        plain && !audience.is_empty() && audience.len() <= AUDIENCE_BYTES && !is_secret(audience)
    };
    let expires = expires.map(|at| format!(" exp={at}")).unwrap_or_default();
    expires + &audience.filter(harmless).map(|audience| format!(" aud={audience}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(payload: &str) -> String {
        format!("eyJhbGciOiJIUzI1NiJ9.{}.c2ln", URL_SAFE_NO_PAD.encode(payload))
    }

    #[test]
    fn expiry_and_audience_are_shown_and_nothing_else() {
        let shown = |payload: &str| claims(&token(payload), |text| text.contains("10."));
        assert_eq!(shown(r#"{"sub":"ada","exp":1795166400,"aud":"orbit-api"}"#), " exp=2026-11-20T09:20:00Z aud=orbit-api");
        assert_eq!(shown(r#"{"exp":1795166400.5,"aud":["a","b"]}"#), " exp=2026-11-20T09:20:00Z aud=a");
        assert_eq!(shown(r#"{"aud":"@team <b>"}"#), "");
        assert_eq!(shown(r#"{"aud":"10.0.0.1","exp":1e300}"#), "");
        assert_eq!(claims("eyJhbGciOiJIUzI1NiJ9", |_| false), "");
    }
}
