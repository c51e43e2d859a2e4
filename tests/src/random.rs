//! Chance that comes out the same every time, unless `tests/long` asks for another.

/// Set by `tests/long`, to a number that differs with every run.
const SEED: &str = "RANDOM_SEED";

/// A stream of numbers (xorshift64*).
#[derive(Debug, Clone)]
pub struct Random(u64);

impl Random {
    /// A stream that the seed decides, and the environment where it has another.
    pub fn new(seed: u64) -> Random {
        let other = std::env::var(SEED).ok();
        let other: u64 = other.map_or(0, |seed| seed.parse().unwrap());
        let seed = seed ^ (other << 8);
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let number = self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32;
        usize::try_from(number).unwrap() % bound.max(1)
    }

    /// One of several things.
    pub fn pick<'t, T>(&mut self, things: &'t [T]) -> &'t T {
        &things[self.below(things.len())]
    }
}
