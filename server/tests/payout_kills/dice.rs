//! Numbers that look random and are the same in every run with the same seed (SplitMix64).

/// A generator.
#[derive(Clone)]
pub struct Dice(pub u64);

impl Dice {
    /// The seed to use: `PAYOUT_KILLS_SEED`, or always the same one.
    pub fn of_environment(default: u64) -> Self {
        let seed = number("PAYOUT_KILLS_SEED", default);
        eprintln!("seed: PAYOUT_KILLS_SEED={seed}");
        Self(seed)
    }

    /// From 0 up to, without, `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut roll = self.0;
        roll = (roll ^ (roll >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        roll = (roll ^ (roll >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (roll ^ (roll >> 31)) % end
    }

    /// True in so many of a hundred.
    pub fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// One of several; nothing of nothing.
    pub fn one_of<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        if of.is_empty() { None } else { of.get(self.below(of.len() as u64) as usize) }
    }
}

/// A number from the environment.
pub fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{name} is no number")))
}
