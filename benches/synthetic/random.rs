//! Numbers that look random and are the same for the same seed on every machine.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014). Its own few lines
/// rather than a library, because a library may change its sequence from one version to the next, and then
/// yesterday's measurement was made on other bytes.
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// The sequence of this seed.
    pub fn new(seed: u64) -> Random {
        Random(seed)
    }

    /// Any 64 bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 up to, not including, `end`; 0 where `end` is 0.
    pub fn below(&mut self, end: u64) -> u64 {
        // The upper half of the product is even enough for data, and needs no division.
        ((u128::from(self.bits()) * u128::from(end)) >> 64) as u64
    }

    /// From `start` up to, not including, `end`.
    pub fn between(&mut self, start: i64, end: i64) -> i64 {
        start + self.below(end.abs_diff(start)) as i64
    }

    /// True this often in a thousand.
    pub fn per_mille(&mut self, often: u64) -> bool {
        self.below(1000) < often
    }

    /// One of them; `choices` is never empty.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u64) as usize]
    }

    /// So many hexadecimal digits.
    pub fn hex(&mut self, digits: usize) -> String {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut text = String::with_capacity(digits);
        let mut bits = 0;
        for place in 0..digits {
            if place % 16 == 0 {
                bits = self.bits();
            }
            text.push(char::from(DIGITS[(bits & 15) as usize]));
            bits >>= 4;
        }
        text
    }
}
