//! The table of detectors: for each kind of secret what it looks like.

/// The kinds of secrets, as they stand in tokens.
pub(in super::super) const KINDS: [&str; 11] = [
    "private-key",
    "jwt",
    "api-key",
    "cookie",
    "token",
    "password",
    "signature",
    "secret",
    "email",
    "ip",
    super::super::settings::KIND,
];

/// One kind of thing to take out.
pub(super) struct Detector {
    /// As it stands in the token.
    pub(super) kind: &'static str,
    /// One of these is in every text it can find something in; upper and lower case alike. None: it is always asked.
    pub(super) literals: &'static [&'static str],
    /// The group `secret` is taken out, else the whole match.
    pub(super) pattern: &'static str,
    /// Judges a match that a regex alone cannot; `super::glance` says what such a match has in it.
    pub(super) verify: Verify,
}

/// What a match must pass beyond the regex.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Verify {
    /// Nothing: the pattern is exact.
    Exact,
    /// Nothing: the pattern is exact, and a match is one long run of letters and digits.
    Run,
    /// It has digits, capitals and small letters: a hash in hexadecimal has not.
    Mixed,
    /// It has a digit: words joined by hyphens have none.
    Digit,
    /// The value of `Authorization:` or `Bearer …` is no English word.
    Credentials,
    /// The password of a URL is not masked already.
    Password,
    /// `password=…` and its kin: the value is neither a word about it nor code.
    Assignment,
    /// A signature in a URL.
    Signature,
    /// It is as random as only a key is.
    Random,
    /// An e-mail address.
    Email,
    /// An IPv4 address that tells something about somebody.
    Ipv4,
    /// An IPv6 address that tells something about somebody.
    Ipv6,
}

/// In order of precedence: of two that find the same place, the first names it.
pub(super) const DETECTORS: &[Detector] = &[
    Detector {
        kind: "private-key",
        literals: &["private key", "private%20key", "private+key"],
        // A key may be cut before its end, or begin in an entry before this one; its lines may be joined by escaped line breaks.
        pattern: concat!(
            r"-----BEGIN(?:[A-Z0-9 +]|%20){0,40}PRIVATE(?: |\+|%20)KEY(?:(?: |\+|%20)BLOCK)?-----",
            r"(?:(?:\s|\\[nr]|%0[ADad]|\\|[\x22',+])*(?:Proc-Type|DEK-Info|Version|Comment):[^\r\n\\]*)*",
            r"(?:(?:\s|\\[nr]|%0[ADad]|\\|[\x22',+])*[A-Za-z0-9+/=]{16,})+",
            r"(?:(?:\s|\\[nr]|%0[ADad]|\\|[\x22',+])*(?:=?[A-Za-z0-9+/=]{1,64}(?:\s|\\[nr]|%0[ADad]|\\|[\x22',+])*)?-----END(?:[A-Z0-9 +]|%20){0,40}PRIVATE(?: |\+|%20)KEY(?:(?: |\+|%20)BLOCK)?-----)?",
            r"|(?:[A-Za-z0-9+/=]{16,}(?:\s|\\[nr]|%0[ADad]|\\|[\x22',+])+)+",
            r"(?:[A-Za-z0-9+/=]{1,64}(?:\s|\\[nr]|%0[ADad]|\\|[\x22',+])*)?-----END(?:[A-Z0-9 +]|%20){0,40}PRIVATE(?: |\+|%20)KEY(?:(?: |\+|%20)BLOCK)?-----",
        ),
        verify: Verify::Exact,
    },
    Detector {
        kind: "private-key",
        literals: &[],
        // RFC 7468: a line of a key that arrived one line an entry, without the words around it.
        pattern: r"(?m)^[ \t]*(?P<secret>[A-Za-z0-9+/]{60,76}={0,2})[ \t]*\r?$",
        verify: Verify::Mixed,
    },
    Detector {
        kind: "jwt",
        // `eyJ` is `{"` in base64; `ZXlK` is `eyJ` encoded once more, as subprotocols carry it.
        literals: &["eyj", "zxlk"],
        pattern: concat!(
            r"eyJ[A-Za-z0-9_-]{8,}(?:(?:\.|%2[Ee])[A-Za-z0-9_-]*){1,4}",
            r"|eyJ(?:hbGci|0eXAi|raWQi|lbmMi|qd2si|4NXQ)[A-Za-z0-9_-]*",
            r"|ZXlK[A-Za-z0-9+/_-]{16,}=*",
        ),
        verify: Verify::Exact,
    },
    Detector {
        kind: "api-key",
        literals: &[
            "aiza",
            "gocspx-",
            "ya29.",
            "1//0",
            "akia",
            "asia",
            "abia",
            "acca",
            "ghp_",
            "gho_",
            "ghu_",
            "ghs_",
            "ghr_",
            "github_pat_",
            "glpat-",
            "gldt-",
            "glrt-",
            "glptt-",
            "glft-",
            "glsoat-",
            "glcbt-",
            "xox",
            "xapp-",
            "hooks.slack.com",
            "sk_live_",
            "sk_test_",
            "rk_live_",
            "rk_test_",
            "pk_live_",
            "pk_test_",
            "whsec_",
            "sg.",
            "npm_",
            "pypi-",
            "hf_",
            "dop_v1_",
            "shpat_",
            "shpss_",
            "hvs.",
            "dapi",
            "lin_api_",
            "atatt3",
            "glsa_",
            "glc_",
            "dckr_pat_",
            "sntrys_",
            "pscale_",
            "nrak-",
            "age-secret-key-1",
            ":aa",
            "discord.com/api",
            "rubygems_",
            "figd_",
            "eaac",
            "sq0",
            "pat-na1-",
            "key-",
            "do00",
            "xkeysib-",
            "r8_",
            "gsk_",
            "xai-",
            "pplx-",
            "nvapi-",
            "ntn_",
            "pmak-",
            "lsv2_",
            "sbp_",
            "sb_secret_",
            "doo_v1_",
            "dor_v1_",
            "shpca_",
            "shppa_",
            "atlasv1.",
            "rzp_",
            "amzn.mws.",
            "glagent-",
            "gloas-",
            "cfpat-",
            "atctt3",
            "flwseck",
            "hvb.",
            "access_token$",
            "q~",
            "-us",
            "sl.b",
            "sk_org_",
            "p8e-",
            "ops_ey",
        ],
        pattern: concat!(
            r"\b(?:AIza[0-9A-Za-z_-]{35,}|GOCSPX-[0-9A-Za-z_-]{20,}|ya29\.[0-9A-Za-z_-]{20,}|1//0[0-9A-Za-z_-]{20,}",
            r"|(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}\b",
            r"|gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{22,}",
            r"|gl(?:pat|dt|rt|ptt|ft|soat|cbt)-[A-Za-z0-9_.-]{18,}",
            r"|xox[abeoprs](?:\.[a-z]+)?-[A-Za-z0-9-]{10,}|xapp-[0-9]-[A-Za-z0-9-]{10,}|hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9+/]{20,}",
            r"|[spr]k_(?:live|test)_[A-Za-z0-9]{10,}|whsec_[A-Za-z0-9+/=]{20,}",
            r"|SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}|npm_[A-Za-z0-9]{30,}|pypi-[A-Za-z0-9_-]{50,}|hf_[A-Za-z0-9]{30,}",
            r"|dop_v1_[a-f0-9]{40,}|shp(?:at|ss)_[a-fA-F0-9]{30,}|hvs\.[A-Za-z0-9_-]{20,}|dapi[a-f0-9]{32}|lin_api_[A-Za-z0-9]{30,}",
            r"|ATATT3[A-Za-z0-9_=-]{50,}|gls?[ac]_[A-Za-z0-9_+/=-]{30,}|dckr_pat_[A-Za-z0-9_-]{20,}|sntrys_[A-Za-z0-9_+/=-]{30,}",
            r"|pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.=-]{20,}|NRAK-[A-Z0-9]{20,}|AGE-SECRET-KEY-1[A-Z0-9]{50,}|(?:bot)?[0-9]{8,10}:AA[A-Za-z0-9_-]{30,}",
            r"|discord(?:app)?\.com/api/webhooks/[0-9]+/[A-Za-z0-9_-]{20,}|rubygems_[a-f0-9]{40,}|figd_[A-Za-z0-9_-]{30,}",
            r"|EAAC[A-Za-z0-9]{30,}|sq0[a-z]{3}-[A-Za-z0-9_-]{20,}|pat-na1-[a-f0-9-]{30,}|key-[a-f0-9]{32}\b|DO00[A-Z0-9]{16}",
            r"|xkeysib-[a-f0-9]{64}-[A-Za-z0-9]{16}|r8_[A-Za-z0-9]{37}|gsk_[A-Za-z0-9]{40,}|xai-[A-Za-z0-9]{60,}|pplx-[A-Za-z0-9]{40,}|nvapi-[A-Za-z0-9_-]{40,}",
            r"|ntn_[A-Za-z0-9]{40,}|PMAK-[a-f0-9]{24}-[a-f0-9]{30,}|lsv2_[a-z]{2}_[a-f0-9_]{32,}|sb(?:p|_secret)_[A-Za-z0-9_-]{30,}|do[or]_v1_[a-f0-9]{40,}",
            r"|shp(?:ca|pa)_[a-fA-F0-9]{30,}|[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_=-]{60,}|rzp_(?:live|test)_[A-Za-z0-9]{14,}|amzn\.mws\.[a-f0-9-]{36}",
            r"|gl(?:agent|oas)-[A-Za-z0-9_.-]{20,}|CFPAT-[A-Za-z0-9_-]{40,}|ATCTT3[A-Za-z0-9_=-]{50,}|FLWSECK(?:_TEST)?-[a-zA-Z0-9-]{20,}|hvb\.[A-Za-z0-9_-]{20,}",
            r"|access_token\$(?:production|sandbox)\$[0-9a-z]{16}\$[0-9a-f]{32}|[A-Za-z0-9_~.]{3}[78]Q~[A-Za-z0-9_~.-]{31,34}|[a-f0-9]{32}-us[0-9]{1,2}\b",
            r"|sl\.B[A-Za-z0-9_-]{60,}|sk_org_[A-Za-z0-9]{20,}|p8e-[a-z0-9]{32}|ops_ey[A-Za-z0-9]{60,})",
        ),
        verify: Verify::Exact,
    },
    Detector {
        kind: "api-key",
        literals: &["."],
        // Discord: the bot's number in base64, a time, a signature.
        pattern: r"\b[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6,7}\.[A-Za-z0-9_-]{27,}",
        verify: Verify::Mixed,
    },
    Detector {
        kind: "api-key",
        literals: &["sk-"],
        pattern: r"\bsk-(?:[a-z]{2,8}-)?(?:[a-z]{2,5}[0-9]{2}-)?[A-Za-z0-9_-]{20,}",
        verify: Verify::Digit,
    },
    Detector {
        kind: "api-key",
        literals: &["sk", "ac"],
        // Twilio.
        pattern: r"\b(?:SK|AC)[0-9a-f]{32}\b",
        verify: Verify::Run,
    },
    Detector {
        kind: "cookie",
        literals: &["cookie"],
        pattern: concat!(
            r"(?i)\b(?:set-)?cookie\\?[\x22']?(?:\s*[:=,]\s*|\s+)\[?b?\\?[\x22']?",
            r"(?P<secret>[^\s;,=\x22'\\()]+=\\?\x22?[^\s;,\x22'\\]+\\?\x22?(?:;[ +]*[^\s;,=\x22'\\]+(?:=\\?\x22?[^\s;,\x22'\\]*\\?\x22?)?)*)",
        ),
        verify: Verify::Exact,
    },
    Detector {
        kind: "token",
        literals: &["authorization"],
        pattern: concat!(
            r"(?i)authorization\\?[\x22']?\s*(?:[:=,]|%3[ad])\s*b?\\?[\x22']?",
            r"(?P<scheme>(?:bearer|basic|digest|token|apikey|negotiate|key|aws4-hmac-sha256)(?:[\s:+]|%20)+)?(?P<secret>[A-Za-z0-9._~+/=%-]{6,400})",
        ),
        verify: Verify::Credentials,
    },
    Detector {
        kind: "token",
        literals: &["bearer"],
        pattern: r"(?i)\bbearer(?:\s+|%20|[+=:,]\s*)+\\?[\x22']?(?P<secret>[A-Za-z0-9._~+/=%-]{8,400})",
        verify: Verify::Credentials,
    },
    Detector {
        kind: "token",
        literals: &["basic"],
        // RFC 7617: base64 of `user:password`, which is longer than the words that follow "basic" in prose.
        pattern: r"(?i)\bbasic(?:\s+|%20)(?P<secret>[A-Za-z0-9+/=%]{16,400})",
        verify: Verify::Credentials,
    },
    Detector {
        kind: "password",
        literals: &["://", r":\/\/", "%3a%2f%2f"],
        // RFC 3986, 3.2.1: what stands between the scheme and the last `@` before the path.
        pattern: r"(?i)[a-z][a-z0-9+.-]{1,30}(?:://|:\\/\\/|%3a%2f%2f)[^\s:/@\x22'<>‹]{0,100}(?::|%3a)(?P<secret>[^\s/\x22'<>]{1,200})(?:@|%40)",
        verify: Verify::Password,
    },
    Detector {
        kind: "signature",
        literals: &["sig", "credential", "x-amz", "x-goog"],
        pattern: concat!(
            r"(?i)(?:^|[?&;\s\x22']|%26|%3f|\\u0026|amp;)(?:x-(?:goog|amz)-(?:signature|security-token|credential)|signature|sig)(?:=|%3d)",
            r"(?P<secret>[A-Za-z0-9._~+/=%-]{8,})",
        ),
        verify: Verify::Signature,
    },
    Detector {
        kind: "secret",
        literals: &["pass", "pwd", "secret", "token", "key", "credential", "jwt", "otp", "sessionid", "session_id"],
        pattern: concat!(
            r"(?i)(?P<key>pass(?:word|wd|phrase)|pwd|secret(?:[_-]?access)?(?:[_-]?key)?|token|(?:api|access|private|auth|account|shared|signing|encryption|subscription|master|service)[_-]?(?:access)?[_-]?key",
            r"|credentials?|jwt|otp|session_?id)",
            r"(?P<close>\\*[\x22'])?(?:\s|\+|%20){0,4}(?P<sep>=>|:=|[=:]|%3d)(?:\s|\+|%20){0,4}b?(?:(?P<open>\\*[\x22'])(?P<quoted>[^\x22'\\\r\n]{1,400})|(?P<secret>[^\s,;&\x22'<>()\[\]{}\\]{1,80}))",
        ),
        verify: Verify::Assignment,
    },
    Detector {
        kind: "secret",
        literals: &[],
        // Nothing says what it is, but nobody writes so.
        pattern: r"[A-Za-z0-9+/_-]{32,512}={0,2}",
        verify: Verify::Random,
    },
    Detector {
        kind: "email",
        literals: &["@", "%40", "\\u0040"],
        pattern: r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}(?:@|%40|\\u0040)(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}",
        verify: Verify::Email,
    },
    Detector { kind: "ip", literals: &["."], pattern: r"\b[0-9]{1,3}(?:\.[0-9]{1,3}){3}\b", verify: Verify::Ipv4 },
    Detector {
        kind: "ip",
        literals: &[":"],
        pattern: r"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\.[0-9]{1,3}){3})?",
        verify: Verify::Ipv6,
    },
];
