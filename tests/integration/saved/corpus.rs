//! Secrets of the shapes that real ones have, made here from a description, so that no scanner takes this file for a leak.

/// Numbers that are the same in every run (xorshift).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % end
    }

    fn pick(&mut self, letters: &[u8]) -> char {
        char::from(letters[self.below(letters.len())])
    }

    /// A text of this shape: `<24:x>` is 24 letters of a class.
    pub fn text(&mut self, shape: &str) -> String {
        let mut text = String::new();
        let mut rest = shape;
        while let Some((before, after)) = rest.split_once('<') {
            let (field, behind) = after.split_once('>').unwrap();
            let (count, class) = field.split_once(':').unwrap();
            text.push_str(before);
            (0..count.parse().unwrap()).for_each(|_| text.push(self.pick(class_of(class))));
            rest = behind;
        }
        text + rest
    }
}

fn class_of(name: &str) -> &'static [u8] {
    match name {
        "a" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "w" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-",
        "b" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
        "U" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
        "l" => b"abcdefghijklmnopqrstuvwxyz0123456789",
        "x" => b"0123456789abcdef",
        "d" => b"123456789",
        "c" => b"abcdefghijklmnopqrstuvwxyz",
        other => panic!("no class {other}"),
    }
}

/// A kind of secret: its shape, and how it stands in a text; `{}` alone where it is known by itself.
pub struct Shape {
    pub secret: &'static str,
    pub context: &'static str,
}

const fn shape(_name: &'static str, secret: &'static str, context: &'static str) -> Shape {
    Shape { secret, context }
}

pub const SHAPES: &[Shape] = &[
    shape("Google API key", "AIza<35:w>", "{}"),
    shape("Google OAuth client secret", "GOCSPX-<28:w>", "{}"),
    shape("Google OAuth access token", "ya29.<90:w>", "{}"),
    shape("Google OAuth refresh token", "1//0<60:w>", "{}"),
    shape("AWS access key id", "AKIA<16:U>", "{}"),
    shape("AWS secret key", "<40:b>", "aws_secret_access_key = {}"),
    shape("AWS session token", "IQoJb3JpZ2lu<200:b>=", "aws_session_token={}"),
    shape(
        "Azure storage key",
        "<86:b>==",
        "DefaultEndpointsProtocol=https;AccountName=a;AccountKey={};EndpointSuffix=core.windows.net",
    ),
    shape("Azure AD client secret", "<3:a>8Q~<34:w>", "{}"),
    shape("DigitalOcean token", "dop_v1_<64:x>", "{}"),
    shape("GitHub personal token", "ghp_<36:a>", "{}"),
    shape("GitHub fine-grained token", "github_pat_<22:a>_<59:a>", "{}"),
    shape("GitHub app token", "ghs_<36:a>", "{}"),
    shape("GitLab personal token", "glpat-<20:w>", "{}"),
    shape("GitLab runner token", "glrt-<20:w>", "{}"),
    shape("Bitbucket/Atlassian token", "ATATT3<180:w>", "{}"),
    shape("Slack bot token", "xoxb-<12:d>-<13:d>-<24:a>", "{}"),
    shape("Slack webhook", "https://hooks.slack.com/services/T<8:U>/B<8:U>/<24:a>", "{}"),
    shape("Discord webhook", "https://discord.com/api/webhooks/<18:d>/<68:w>", "{}"),
    shape("Discord bot token", "M<23:a>.<6:a>.<27:w>", "{}"),
    shape("Telegram bot token", "<9:d>:AA<33:w>", "{}"),
    shape("Stripe secret key", "sk_live_<24:a>", "{}"),
    shape("Stripe restricted key", "rk_live_<24:a>", "{}"),
    shape("Stripe webhook secret", "whsec_<32:a>", "{}"),
    shape("PayPal/Braintree token", "access_token$production$<16:l>$<32:x>", "{}"),
    shape("Square token", "sq0atp-<22:w>", "{}"),
    shape("Shopify token", "shpat_<32:x>", "{}"),
    shape("SendGrid key", "SG.<22:w>.<43:w>", "{}"),
    shape("Mailgun key", "key-<32:x>", "{}"),
    shape("Mailchimp key", "<32:x>-us1<1:d>", "{}"),
    shape("Twilio key", "SK<32:x>", "{}"),
    shape("OpenAI key", "sk-proj-<48:a>", "{}"),
    shape("Anthropic key", "sk-ant-api03-<80:w>", "{}"),
    shape("Hugging Face token", "hf_<34:a>", "{}"),
    shape("npm token", "npm_<36:a>", "{}"),
    shape("PyPI token", "pypi-AgEIcHlwaS5vcmc<70:w>", "{}"),
    shape("RubyGems key", "rubygems_<48:x>", "{}"),
    shape("Docker Hub token", "dckr_pat_<27:w>", "{}"),
    shape("HashiCorp Vault token", "hvs.<90:w>", "{}"),
    shape("Databricks token", "dapi<32:x>", "{}"),
    shape("PlanetScale password", "pscale_pw_<43:w>", "{}"),
    shape("Supabase key", "sbp_<40:x>", "{}"),
    shape("Grafana token", "glsa_<32:a>_<8:x>", "{}"),
    shape("Sentry token", "sntrys_<60:a>", "{}"),
    shape("New Relic key", "NRAK-<27:U>", "{}"),
    shape("Datadog key", "<32:x>", "DD_API_KEY={}"),
    shape("Linear key", "lin_api_<40:a>", "{}"),
    shape("Cloudflare token", "<40:w>", "CF_API_TOKEN={}"),
    shape("Heroku key", "<8:x>-<4:x>-<4:x>-<4:x>-<12:x>", "HEROKU_API_KEY={}"),
    shape("Postgres password", "<16:a>", "postgresql+asyncpg://app:{}@db.internal:5432/chat"),
    shape("Redis password", "<20:a>", "redis://:{}@cache:6379/0"),
    shape("MongoDB password", "<18:a>", "mongodb+srv://root:{}@cluster0.example.net/x"),
    shape("bearer token", "<32:x>", "Authorization: Bearer {}"),
    shape("basic credentials", "<28:a>==", "Authorization: Basic {}"),
    shape("session cookie", "<32:l>", "Cookie: session={}"),
    shape("CSRF cookie", "<24:a>", "Set-Cookie: csrftoken={}; Path=/; Secure"),
    shape("JSON web token", "eyJhbGciOiJIUzI1NiJ9.eyJ<40:a>.<43:w>", "{}"),
    shape("JWT in a subprotocol", "eyJhbGciOiJSUzI1NiJ9.eyJ<60:a>.<86:w>", "Sec-WebSocket-Protocol: jwt.{}"),
    shape(
        "signed URL of Cloud Storage",
        "<128:x>",
        "https://storage.googleapis.com/b/o?X-Goog-Algorithm=GOOG4-RSA-SHA256&X-Goog-Signature={}",
    ),
    shape("signed URL of S3", "<64:x>", "https://s3.amazonaws.com/b/k?X-Amz-Signature={}"),
    shape("SAS token", "<43:a>%3D", "https://acct.blob.core.windows.net/c?sv=2020&sig={}"),
    shape("private key", "MIIE<60:b>", "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----"),
    shape("age key", "AGE-SECRET-KEY-1<58:U>", "{}"),
    shape("password", "<12:a>", "password={}"),
    shape("signing secret", "<24:a>", "JWT_SECRET_KEY={}"),
    shape("one-time code", "<6:d>", "otp={}"),
    shape("e-mail address", "<6:c>.<7:c>@<6:c>.example.org", "{}"),
    shape("IPv4 address", "10.<2:d>.<2:d>.<2:d>", "{}"),
    shape("IPv6 address", "2001:db8:<4:d>::<4:d>:<3:d>", "{}"),
];

/// So many secrets of each kind: the secret, and the text it stands in.
pub fn secrets(each: usize) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (kind, shape) in SHAPES.iter().enumerate() {
        for number in 0..each {
            let mut dice = Dice::new((kind * 100 + number + 1) as u64);
            // The first numbers of a xorshift are much alike.
            (0..8).for_each(|_| {
                dice.below(2);
            });
            let secret = dice.text(shape.secret);
            all.push((secret.clone(), shape.context.replace("{}", &secret)));
        }
    }
    all
}

/// How many of the first characters of a secret everybody knows: `ghp_`, `https://hooks.slack.com/services/T`.
pub fn public(secret: &str) -> usize {
    let beginnings = SHAPES.iter().filter_map(|shape| shape.secret.split('<').next());
    beginnings.filter(|beginning| secret.starts_with(beginning)).map(str::len).max().unwrap_or(0)
}

/// Texts that look like secrets and are none.
pub fn innocents() -> Vec<String> {
    const SHAPES: [&str; 50] = [
        "request <8:x>-<4:x>-4<3:x>-a<3:x>-<12:x>",
        "trace=<32:x> span=<16:x>",
        "projects/orbit-staging/traces/<32:x>",
        "commit <40:x>",
        "sha256:<64:x>",
        "image europe-docker.pkg.dev/p/r/backend@sha256:<64:x>",
        "md5 <32:x>",
        "backend-<5:d>-<3:c>",
        "revision orbit-backend-staging-00<3:d>-<3:l>",
        "instance 00<100:x>",
        "insertId 6<23:x>",
        "connection ws_<8:d>_<10:d>_<8:x>",
        "run run_<12:x> completed in <3:d> ms",
        "session user-<4:d> joined room <3:d>",
        "etag W/\"<8:x>-<11:x>\"",
        "build <8:x>-<4:x>-<4:x>-<4:x>-<12:x> started",
        "pod worker-<9:x>-<5:l>",
        "uid <28:d>",
        "took 0.<6:d> s",
        "version 1<1:d>.<1:d>.<2:d>",
        "uvicorn==0.<2:d>.<1:d>",
        "Python/3.11 aiohttp/3.<1:d>.<1:d>",
        "port 80<2:d> is in use",
        "0x<8:x> points nowhere",
        "x-request-id: <32:x>",
        "operation <8:x>-<4:x>-<4:x>-<4:x>-<12:x> is RUNNING",
        "TypeError: __init__() got an unexpected keyword argument 'arg<2:d>'",
        "ConnectionResetError: [Errno <3:d>] reset by peer",
        "status RESOURCE_EXHAUSTED after <2:d> tries",
        "enum WebSocketState.CONNECTED=<1:d>",
        "integrity sha512-<86:a>==",
        "SHA256:<43:a> (ED25519)",
        "file s<7:c>_<5:c>.py line <3:d>",
        "window 2026-11-20T09:<2:d>:07.<9:d>Z",
        "tests/e2e/test_<6:c>.py::Test<5:c>::test_<9:c>[case<2:d>]",
        "max_tokens=<4:d> total_tokens: <5:d>",
        "token_count=<3:d> is above the limit",
        "key-value pair number <3:d>",
        "Authorization header was missing in <2:d> requests",
        "password must have at least <2:d> characters",
        "the token expired <2:d> minutes ago",
        "cookie jar is empty after <2:d> requests",
        "secret=projects/orbit/secrets/db-<5:c>/versions/<1:d>",
        "config map backend-config-<10:x> mounted",
        "job <6:d>/<9:d> done",
        "a/b/<12:x>/<12:x>.tmp",
        "checksum crc32c=<6:a>==",
        "migration <12:x>_add_users applied",
        "partition orders_2026<2:d>",
        "class com.example.orders.V<1:d>OrderServiceImpl$<1:d>",
    ];
    let mut all = Vec::new();
    for (kind, shape) in SHAPES.iter().enumerate() {
        for number in 0..10 {
            let mut dice = Dice::new((90_000 + kind * 100 + number) as u64);
            (0..8).for_each(|_| {
                dice.below(2);
            });
            all.push(dice.text(shape));
        }
    }
    all
}
