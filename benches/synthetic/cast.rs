//! Who and what the lines of one act speak of: one user, one connection, one agent run, one trace.

use super::entry::{Micros, timestamp};
use super::random::Random;

/// The names that the lines of one act share.
#[derive(Debug, Clone)]
pub struct Cast {
    /// A trace's id.
    pub trace: String,
    user: String,
    ws: String,
    run: String,
    ip: String,
}

impl Cast {
    /// A new act at this moment.
    pub fn new(at: Micros, random: &mut Random) -> Cast {
        Cast {
            trace: random.hex(32),
            user: format!("staging-e2e-user-{:03}", random.below(400)),
            ws: format!("ws_{}_{}_{}", random.between(10_000_000, 99_999_999), at / 1_000_000, random.hex(8)),
            run: format!("run_{}", random.hex(12)),
            ip: format!("34.{}.{}.{}", random.below(250), random.below(250), random.below(250)),
        }
    }

    /// The caller's address.
    pub fn ip(&self) -> &str {
        &self.ip
    }

    /// A line with its `{user}`, `{ws}`, `{run}`, `{ip}`, `{clock}`, `{n}`, `{ms}`, `{hex}` and `{uuid}` filled in;
    /// any other brace stays.
    pub fn speak(&self, line: &str, at: Micros, random: &mut Random) -> String {
        let mut out = String::with_capacity(line.len() + 80);
        let mut rest = line;
        while let Some(open) = rest.find('{') {
            out.push_str(&rest[..open]);
            rest = &rest[open..];
            let word = rest.find('}').map_or("", |close| &rest[1..close]);
            match self.name(word, at, random) {
                Some(name) => {
                    out.push_str(&name);
                    rest = &rest[word.len() + 2..];
                }
                None => {
                    out.push('{');
                    rest = &rest[1..];
                }
            }
        }
        out.push_str(rest);
        out
    }

    fn name(&self, word: &str, at: Micros, random: &mut Random) -> Option<String> {
        Some(match word {
            "user" => self.user.clone(),
            "ws" => self.ws.clone(),
            "run" => self.run.clone(),
            "ip" => self.ip.clone(),
            "clock" => format!("{},{:03}", timestamp(at).strftime("%Y-%m-%d %H:%M:%S"), at / 1000 % 1000),
            "n" => (1 + random.below(97)).to_string(),
            "ms" => (1 + random.below(3000)).to_string(),
            "hex" => random.hex(12),
            "uuid" => {
                let hex = random.hex(32);
                format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
            }
            _ => return None,
        })
    }
}
