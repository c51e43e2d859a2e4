//! What came of all images: a line for each, those that nothing covers, and a table by family.

use std::collections::BTreeMap;
use std::fmt::{self, Display, Formatter};

use super::comparison::Difference;
use super::entry::EntryComparison;
use super::said::Cover;
use super::trial::{Outcome, Trial};

/// All of them.
pub(super) struct Summary(Vec<Trial>);

/// Numbers of a family, or of all.
#[derive(Debug, Default)]
struct Count {
    images: usize,
    /// Those that `new` makes.
    made: usize,
    equal: usize,
    /// Those with an entry to compare with.
    entered: usize,
    equal_entries: usize,
    lines: usize,
    covered: usize,
    /// Those that were made and of which each line that differs is covered.
    all_covered: usize,
}

impl Count {
    fn add(&mut self, trial: &Trial) {
        self.images += 1;
        let Outcome::Made(made) = &trial.outcome else {
            return;
        };
        self.made += 1;
        self.equal += usize::from(made.is_equal);
        if let EntryComparison::Compared { made, real, .. } = &made.entry {
            self.entered += 1;
            self.equal_entries += usize::from(made == real);
        }
        let covered = made.differences.iter().filter(|d| d.cover.is_some());
        let covered = covered.count();
        self.lines += made.differences.len();
        self.covered += covered;
        self.all_covered += usize::from(covered == made.differences.len());
    }

    fn row(&self, f: &mut Formatter<'_>, name: &str) -> fmt::Result {
        let Count { images, made, .. } = self;
        let of = |part: usize, all: usize| format!("{part}/{all}");
        writeln!(
            f,
            "{name:<12} {images:>6} {made:>6} {:>8} {:>8} {:>10} {:>8}",
            of(self.equal, *images),
            of(self.equal_entries, self.entered),
            of(self.covered, self.lines),
            of(self.all_covered, *made),
        )
    }
}

impl Summary {
    pub(super) fn of(trials: impl Iterator<Item = Trial>) -> Summary {
        Summary(trials.collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Display for Summary {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut families: BTreeMap<&str, Count> = BTreeMap::new();
        let mut all = Count::default();
        for trial in &self.0 {
            trial.fmt(f)?;
            families.entry(&trial.family).or_default().add(trial);
            all.add(trial);
        }
        let mut covers: BTreeMap<Option<Cover>, usize> = BTreeMap::new();
        for difference in self.0.iter().flat_map(Trial::differences) {
            *covers.entry(difference.cover).or_default() += 1;
        }
        writeln!(f, "\nLines that differ, by what covers them")?;
        for (cover, count) in covers {
            let cover = cover.map_or("nothing".to_owned(), |cover| format!("{cover:?}"));
            writeln!(f, "  {cover:<8} {count:>4}")?;
        }
        writeln!(
            f,
            "\n{:<12} {:>6} {:>6} {:>8} {:>8} {:>10} {:>8}",
            "family", "images", "made", "equal", "entries", "lines", "all said"
        )?;
        for (family, count) in &families {
            count.row(f, family)?;
        }
        all.row(f, "all")
    }
}

impl Trial {
    fn differences(&self) -> &[Difference] {
        match &self.outcome {
            Outcome::Made(made) => &made.differences,
            Outcome::NoModel(_) => &[],
        }
    }
}

impl Display for Trial {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let commit = self.commit.get(..8).unwrap_or_default();
        write!(f, "{} {commit} new {}", self.day, self.image)?;
        for argument in &self.arguments {
            write!(f, " {argument}")?;
        }
        let made = match &self.outcome {
            Outcome::NoModel(refusal) => return writeln!(f, ": no model\n    {refusal}"),
            Outcome::Made(made) => made,
        };
        let files = match made.is_equal {
            true => "equal".to_owned(),
            false => format!("{} lines differ", made.differences.len()),
        };
        writeln!(f, " (like {}): {files}, {}", made.like, made.entry)?;
        for difference in &made.differences {
            let Difference {
                file,
                line,
                sign,
                text,
                cover,
            } = difference;
            let cover = cover.map_or("NOTHING".to_owned(), |cover| format!("{cover:?}"));
            writeln!(f, "    {cover:<8} {file}:{line}: {sign} {text}")?;
        }
        Ok(())
    }
}

impl Display for EntryComparison {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (made, real, is_joined) = match self {
            EntryComparison::NoRepository => return f.write_str("no repository yet"),
            EntryComparison::NeverEntered => return f.write_str("never entered"),
            EntryComparison::Compared {
                made,
                real,
                is_joined,
            } => (made, real, *is_joined),
        };
        match made == real {
            true => f.write_str("same entry")?,
            false => write!(f, "entry `{made}` where they wrote `{real}`")?,
        }
        f.write_str(if is_joined { " (joined)" } else { "" })
    }
}
