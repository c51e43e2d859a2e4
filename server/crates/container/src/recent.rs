//! A map with a bound: what has not been used for long is forgotten.

use std::hash::Hash;

use rustc_hash::FxHashMap;

/// A map of at most twice as many entries as its limit says. Those that were asked for last, that
/// many, are all there.
#[derive(Debug)]
pub(crate) struct Recent<K, V> {
    limit: usize,
    used: FxHashMap<K, V>,
    /// What was not used since `used` was full the last time.
    older: FxHashMap<K, V>,
}

impl<K: Hash + Eq, V: Clone> Recent<K, V> {
    pub(crate) fn new(limit: usize) -> Recent<K, V> {
        Recent {
            limit,
            used: FxHashMap::default(),
            older: FxHashMap::default(),
        }
    }

    pub(crate) fn get(&mut self, key: &K) -> Option<V> {
        if let Some((key, value)) = self.older.remove_entry(key) {
            self.insert(key, value);
        }
        self.used.get(key).cloned()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        if self.limit == 0 {
            return;
        }
        self.older.remove(&key);
        if self.used.len() >= self.limit && !self.used.contains_key(&key) {
            self.older = std::mem::take(&mut self.used);
        }
        self.used.insert(key, value);
    }
}

#[cfg(test)]
mod tests {
    use super::Recent;

    #[test]
    fn what_was_used_last_is_kept() {
        let mut recent = Recent::new(3);
        for number in 0..100 {
            recent.insert(number, number);
            assert_eq!(recent.get(&0), Some(0), "used all the time");
            let kept = recent.used.len() + recent.older.len();
            assert!(kept <= 6, "{kept} entries");
        }
        assert_eq!(recent.get(&99), Some(99));
        assert_eq!(recent.get(&98), Some(98));
        assert_eq!(recent.get(&50), None);
    }

    #[test]
    fn another_value_takes_the_place_of_an_older_one() {
        let mut recent = Recent::new(1);
        recent.insert("a", 1);
        recent.insert("b", 1);
        recent.insert("a", 2);
        assert_eq!(recent.get(&"a"), Some(2));
        recent.insert("c", 1);
        recent.insert("d", 1);
        assert_eq!(recent.get(&"a"), None);
    }
}
