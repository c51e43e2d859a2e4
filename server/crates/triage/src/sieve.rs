//! Tells whether a line has one of many texts, in a fraction of the time of an automaton: nearly all lines
//! have none.
//!
//! Of each text a few windows that lie next to each other are kept. Of a line only each n-th window is
//! looked at: n is such that one of those of a text is among them wherever it stands. A table of bits, by
//! hash, tells of nearly all windows that they are none of those; else the text itself is compared.

/// The bytes of a window.
const WINDOW: usize = 4;
/// Bits of a hash: the table fits into the first cache of a processor.
const HASH_BITS: u32 = 18;
/// Bits of a hash by which windows are looked up that are kept.
const BUCKET_BITS: u32 = 12;
/// Bytes of the table.
const TABLE: usize = 1 << (HASH_BITS - 3);

/// A set of texts.
pub(crate) struct Sieve {
    table: Box<[u8; TABLE]>,
    /// The windows that are kept, sorted.
    kept: Vec<Kept>,
    /// For each bucket the index of its first window.
    starts: Vec<usize>,
    /// Windows of a text that are kept, and of a line that one is looked at of.
    step: usize,
}

/// A window of a text.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Kept {
    bucket: usize,
    window: [u8; WINDOW],
    /// Offset of the window in the text.
    offset: usize,
    text: Box<[u8]>,
}

impl Sieve {
    /// Returns one for some texts; `None` if there is one that is too short.
    pub(crate) fn new(texts: &[String]) -> Option<Sieve> {
        let shortest = texts.iter().map(String::len).min()?;
        let step = (shortest + 1)
            .checked_sub(WINDOW)
            .filter(|step| *step > 0)?;
        let mut sieve = Sieve {
            table: Box::new([0; TABLE]),
            kept: Vec::new(),
            starts: Vec::new(),
            step,
        };
        for text in texts {
            // Where the bytes are rarest.
            let all = text.as_bytes().windows(step + WINDOW - 1).enumerate();
            let rareness = |bytes: &[u8]| bytes.iter().map(|byte| rareness_of(*byte)).sum::<u32>();
            let (first, bytes) = all.max_by_key(|(_, bytes)| rareness(bytes))?;
            for (offset, window) in windows_of(bytes).enumerate() {
                let (byte, bit) = place_of(window);
                if let Some(byte) = sieve.table.get_mut(byte) {
                    *byte |= bit;
                }
                sieve.kept.push(Kept {
                    bucket: bucket_of(window),
                    window,
                    offset: first + offset,
                    text: text.as_bytes().into(),
                });
            }
        }
        sieve.kept.sort();
        let start = |bucket| sieve.kept.partition_point(|kept| kept.bucket < bucket);
        sieve.starts = (0..1 << BUCKET_BITS).map(start).collect();
        Some(sieve)
    }

    /// Returns whether a line has one of the texts.
    pub(crate) fn is_in(&self, line: &[u8]) -> bool {
        let mut windows = windows_of(line).step_by(self.step).enumerate();
        windows.any(|(index, window)| {
            let (byte, bit) = place_of(window);
            let may_be_kept = self.table.get(byte).is_some_and(|bits| bits & bit != 0);
            may_be_kept && self.is_around(line, index * self.step, window)
        })
    }

    /// Returns whether one of the texts stands around a window of a line.
    fn is_around(&self, line: &[u8], at: usize, window: [u8; WINDOW]) -> bool {
        let bucket = bucket_of(window);
        let first = self.starts.get(bucket).copied();
        let kept = first.and_then(|first| self.kept.get(first..));
        let kept = kept.unwrap_or_default().iter();
        let mut same = kept.take_while(|kept| kept.bucket == bucket);
        same.any(|kept| {
            if kept.window != window {
                return false;
            }
            let start = at.checked_sub(kept.offset);
            let from = start.and_then(|start| line.get(start..));
            from.is_some_and(|from| from.starts_with(&kept.text))
        })
    }
}

fn windows_of(bytes: &[u8]) -> impl Iterator<Item = [u8; WINDOW]> {
    let window = |bytes: &[u8]| bytes.try_into().unwrap_or_default();
    bytes.windows(WINDOW).map(window)
}

/// Returns the byte of the table that a window is in, and the bit of it.
fn place_of(window: [u8; WINDOW]) -> (usize, u8) {
    let hash = hash_of(window, HASH_BITS);
    (hash >> 3, 1 << (hash & 7))
}

fn bucket_of(window: [u8; WINDOW]) -> usize {
    hash_of(window, BUCKET_BITS)
}

/// Returns a hash of some bits.
fn hash_of(window: [u8; WINDOW], bits: u32) -> usize {
    (u32::from_le_bytes(window).wrapping_mul(0x9e37_79b1) >> (u32::BITS - bits)) as usize
}

/// Returns a number that is the higher the rarer a byte is in logs.
fn rareness_of(byte: u8) -> u32 {
    match byte {
        b' ' | b'a' | b'c'..=b'e' | b'g'..=b'i' | b'k'..=b'p' | b'r'..=b'u' => 0,
        b'b' | b'f' | b'v' | b'w' | b'y' | b'.' | b'-' | b'/' | b'0'..=b'9' => 2,
        b'A'..=b'Z' | b'_' | b':' => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_wherever_they_stand() {
        let texts = ["failed", "curl: (", "No space left on device", "●loaded"];
        let texts = texts.map(str::to_owned);
        let sieve = Sieve::new(&texts).unwrap();
        for text in &texts {
            for before in 0..9 {
                for after in 0..5 {
                    let line = format!("{}{text}{}", "x".repeat(before), "y".repeat(after));
                    assert!(sieve.is_in(line.as_bytes()), "{line}");
                }
            }
            let almost = text.chars().skip(1).collect::<String>();
            assert!(!sieve.is_in(almost.as_bytes()), "{almost}");
        }
        for line in ["", "abc", "faile", "space left on", "+ echo 1"] {
            assert!(!sieve.is_in(line.as_bytes()), "{line}");
        }
    }

    #[test]
    fn a_short_text_has_no_sieve() {
        assert!(Sieve::new(&["abc".to_owned()]).is_none());
        assert!(Sieve::new(&[]).is_none());
    }
}
