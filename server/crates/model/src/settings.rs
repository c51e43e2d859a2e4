//! `.image-scripts.toml`: the settings of a checkout.

use rustc_hash::{FxHashMap, FxHashSet};
use smol_str::SmolStr;
use toml::Spanned as TomlSpanned;
use toml::de::{DeTable, DeValue};

use super::data::{self, SystemdVersion};
use syntax::{Spanned, TextRange, TextSize};

/// The tables that there are.
const TABLES: [&str; 8] = [
    "rules",
    "images",
    "tests",
    "systemd",
    "codenames",
    "end-of-life",
    "commands",
    "verified",
];

/// The settings of a checkout.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Severities by rule; `None` is off.
    pub severities: FxHashMap<SmolStr, Option<Severity>>,
    /// Codes of the rules that it gives a severity, where they are written.
    pub rules: Vec<Spanned<SmolStr>>,
    /// Images that are retired: not published, and that is right.
    pub retired: FxHashSet<SmolStr>,
    /// Images that are not published, on purpose.
    pub unpublished: FxHashSet<SmolStr>,
    /// Releases, as `DISTRIBUTION-VERSION`, that tests name and that are published from elsewhere.
    pub external: Vec<Spanned<SmolStr>>,
    /// More systemd versions; the last one for a release holds.
    pub systemd: Vec<SystemdVersion>,
    /// Codenames by distribution and release.
    pub codenames: FxHashMap<(SmolStr, SmolStr), SmolStr>,
    /// Last days of standard support by distribution and release.
    pub end_of_life: FxHashMap<(SmolStr, SmolStr), SmolStr>,
    /// Commands with a dash that nothing in the checkout defines.
    pub commands: FxHashSet<SmolStr>,
    /// Values that upstream is known to confirm, by image.
    pub verified: FxHashMap<SmolStr, VerifiedValues>,
    /// Parts that could not be understood, with the reason.
    pub problems: Vec<Spanned<String>>,
}

/// Values of an image that upstream is known to confirm.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerifiedValues {
    /// The values, by name.
    pub values: Vec<VerifiedValue>,
    /// Range of the table that has them.
    pub range: TextRange,
}

/// A value that upstream is known to confirm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedValue {
    /// The variable that it is assigned to, or the name of its file.
    pub name: SmolStr,
    /// Exactly the values that are confirmed.
    pub values: Vec<SmolStr>,
    /// Range of the setting's value.
    pub range: TextRange,
}

/// Severity of a finding.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth a look.
    Hint,
    /// Good to know.
    Information,
    /// Most likely a mistake.
    Warning,
    /// Does not work.
    Error,
}

impl Severity {
    /// Returns the name on the command line, in settings and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Hint => "hint",
            Severity::Information => "information",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }

    /// The severity of that name.
    pub fn parse(name: &str) -> Option<Severity> {
        [
            Severity::Hint,
            Severity::Information,
            Severity::Warning,
            Severity::Error,
        ]
        .into_iter()
        .find(|s| s.name() == name)
    }
}

impl Settings {
    /// Reads settings. `is_rule` knows the codes of rules. Unknown keys are problems; the others
    /// still hold.
    pub fn read(text: &str, is_rule: &dyn Fn(&str) -> bool) -> Settings {
        let mut settings = Settings::default();
        match DeTable::parse(text) {
            Ok(table) => settings.root(table.get_ref(), is_rule),
            Err(error) => {
                let range = error.span().unwrap_or(0..0);
                settings.problem(
                    range,
                    format!("the file is not valid TOML: {}", error.message()),
                );
            }
        }
        settings
    }

    fn problem(&mut self, range: std::ops::Range<usize>, message: String) {
        self.problems.push(Spanned::new(message, text_range(range)));
    }

    fn root(&mut self, table: &DeTable<'_>, is_rule: &dyn Fn(&str) -> bool) {
        for (key, value) in table {
            match (key.get_ref().as_ref(), value.get_ref()) {
                ("rules", DeValue::Table(rules)) => self.rules(rules, is_rule),
                ("images", DeValue::Table(images)) => self.images(images),
                ("tests", DeValue::Table(tests)) => self.tests(tests),
                ("systemd", DeValue::Table(distributions)) => self.systemd(distributions),
                ("codenames", DeValue::Table(distributions)) => self.codenames(distributions),
                ("end-of-life", DeValue::Table(distributions)) => self.end_of_life(distributions),
                ("commands", DeValue::Table(commands)) => self.commands(commands),
                ("verified", DeValue::Table(images)) => self.verified(images),
                (known, _) if TABLES.contains(&known) => {
                    self.problem(
                        value.span(),
                        format!("`{known}` is a table: write `[{known}]`"),
                    );
                }
                (other, _) => {
                    let message = format!("unknown setting `{other}`: there are {}", tables());
                    self.problem(key.span(), message);
                }
            }
        }
    }

    fn rules(&mut self, rules: &DeTable<'_>, is_rule: &dyn Fn(&str) -> bool) {
        for (key, value) in rules {
            let code = key.get_ref().as_ref();
            if !is_rule(code) {
                self.problem(
                    key.span(),
                    format!("there is no rule `{code}`: `image-scripts-ls explain` lists them"),
                );
                continue;
            }
            self.rules
                .push(Spanned::new(SmolStr::new(code), text_range(key.span())));
            let severity = match value.get_ref().as_str() {
                Some("off") => Some(None),
                Some(name) => Severity::parse(name).map(Some),
                None => None,
            };
            match severity {
                Some(severity) => {
                    self.severities.insert(SmolStr::new(code), severity);
                }
                None => {
                    let message = "a severity is \"off\", \"hint\", \"information\", \"warning\" or \"error\"";
                    self.problem(value.span(), message.to_owned());
                }
            }
        }
    }

    /// Reads a list of names of what `one` and `many` say.
    fn names(
        &mut self,
        value: &TomlSpanned<DeValue<'_>>,
        (one, many): (&str, &str),
    ) -> Vec<Spanned<SmolStr>> {
        let Some(list) = value.get_ref().as_array() else {
            self.problem(value.span(), format!("this is a list of {many} names"));
            return Vec::new();
        };
        let mut names = Vec::new();
        for name in list {
            match name.get_ref().as_str() {
                Some(text) => names.push(Spanned::new(SmolStr::new(text), text_range(name.span()))),
                None => self.problem(name.span(), format!("{one} is named by a string")),
            }
        }
        names
    }

    fn images(&mut self, images: &DeTable<'_>) {
        for (key, value) in images {
            let names = self.names(value, ("an image", "images'"));
            let names = names.into_iter().map(|name| name.value).collect();
            match key.get_ref().as_ref() {
                "retired" => self.retired = names,
                "unpublished" => self.unpublished = names,
                other => {
                    let message = format!(
                        "unknown setting `images.{other}`: there are `retired` and `unpublished`"
                    );
                    self.problem(key.span(), message);
                }
            }
        }
    }

    /// Goes through `distribution.release = value`.
    fn releases(
        &mut self,
        distributions: &DeTable<'_>,
        mut each: impl FnMut(&mut Settings, &str, &str, &TomlSpanned<DeValue<'_>>),
    ) {
        for (distribution, releases) in distributions {
            match releases.get_ref().as_table() {
                Some(releases) => {
                    for (release, value) in releases {
                        each(self, distribution.get_ref(), release.get_ref(), value);
                    }
                }
                None => self.problem(
                    releases.span(),
                    "releases with their values: `debian.\"14\" = ...`".to_owned(),
                ),
            }
        }
    }

    fn systemd(&mut self, distributions: &DeTable<'_>) {
        self.releases(distributions, |settings, distribution, release, value| {
            let number = value
                .get_ref()
                .as_integer()
                .and_then(|i| i.as_str().parse().ok());
            match number {
                Some(systemd) => settings.systemd.push(SystemdVersion {
                    distribution: SmolStr::new(distribution),
                    release: Some(SmolStr::new(release)),
                    track: None,
                    systemd,
                    certain: true,
                    remark: Some(SmolStr::new(".image-scripts.toml")),
                }),
                None => {
                    settings.problem(value.span(), "systemd's major version, a number".to_owned())
                }
            }
        });
    }

    fn codenames(&mut self, distributions: &DeTable<'_>) {
        self.releases(
            distributions,
            |settings, distribution, release, value| match value.get_ref().as_str() {
                Some(codename) => {
                    let key = (SmolStr::new(distribution), SmolStr::new(release));
                    settings.codenames.insert(key, SmolStr::new(codename));
                }
                None => settings.problem(value.span(), "a codename, a string".to_owned()),
            },
        );
    }

    fn end_of_life(&mut self, distributions: &DeTable<'_>) {
        self.releases(distributions, |settings, distribution, release, value| {
            let day = match value.get_ref() {
                DeValue::String(text) => text.to_string(),
                DeValue::Datetime(date) => date.to_string(),
                _ => String::new(),
            };
            if data::is_day(&day) {
                let key = (SmolStr::new(distribution), SmolStr::new(release));
                settings.end_of_life.insert(key, SmolStr::new(day));
            } else {
                let message = "the last day of standard support, a date: `2026-01-31`";
                settings.problem(value.span(), message.to_owned());
            }
        });
    }

    fn tests(&mut self, tests: &DeTable<'_>) {
        for (key, value) in tests {
            let names = self.names(value, ("a release", "releases'"));
            match key.get_ref().as_ref() {
                "external" => self.external = names,
                other => {
                    let message = format!("unknown setting `tests.{other}`: there is `external`");
                    self.problem(key.span(), message);
                }
            }
        }
    }

    fn commands(&mut self, commands: &DeTable<'_>) {
        for (key, value) in commands {
            let names = self.names(value, ("a command", "commands'"));
            match key.get_ref().as_ref() {
                "known" => self.commands = names.into_iter().map(|name| name.value).collect(),
                other => {
                    let message = format!("unknown setting `commands.{other}`: there is `known`");
                    self.problem(key.span(), message);
                }
            }
        }
    }

    fn verified(&mut self, images: &DeTable<'_>) {
        for (image, table) in images {
            let Some(own) = table.get_ref().as_table() else {
                let message = "an image's variables with the values that upstream confirms";
                self.problem(table.span(), message.to_owned());
                continue;
            };
            let mut verified = VerifiedValues {
                values: Vec::new(),
                range: text_range(table.span()),
            };
            for (name, value) in own {
                let values: Vec<SmolStr> = match value.get_ref() {
                    DeValue::String(text) => vec![SmolStr::new(text)],
                    DeValue::Array(list) => {
                        let texts = list.iter().filter_map(|text| text.get_ref().as_str());
                        texts.map(SmolStr::new).collect()
                    }
                    _ => {
                        let message = "a value as a string, or a list of values";
                        self.problem(value.span(), message.to_owned());
                        Vec::new()
                    }
                };
                verified.values.push(VerifiedValue {
                    name: SmolStr::new(name.get_ref()),
                    values,
                    range: text_range(value.span()),
                });
            }
            self.verified
                .insert(SmolStr::new(image.get_ref()), verified);
        }
    }

    /// Returns whether upstream is known to confirm exactly this value of an image.
    pub fn is_verified(&self, image: &str, name: &str, value: &str) -> bool {
        let verified = self.verified.get(image);
        let mut values = verified.into_iter().flat_map(|image| &image.values);
        values.any(|known| known.name == name && known.values.iter().any(|known| known == value))
    }

    /// Returns whether a release that tests name is declared to be published from elsewhere.
    pub fn is_external(&self, distribution: &str, version: &str) -> bool {
        self.external
            .iter()
            .any(|name| is_release(&name.value, distribution, version))
    }

    /// Returns whether an image is declared not to be published.
    pub fn is_unpublished(&self, image: &str) -> bool {
        self.retired.contains(image) || self.unpublished.contains(image)
    }
}

/// Returns whether a name is that of a release: `DISTRIBUTION-VERSION`.
pub fn is_release(name: &str, distribution: &str, version: &str) -> bool {
    let rest = name.strip_prefix(distribution);
    rest.and_then(|rest| rest.strip_prefix('-')) == Some(version)
}

/// The names of all tables, in a sentence.
fn tables() -> String {
    let names: Vec<String> = TABLES.iter().map(|name| format!("`{name}`")).collect();
    match names.split_last() {
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

fn text_range(range: std::ops::Range<usize>) -> TextRange {
    let size = |at: usize| TextSize::try_from(at).unwrap_or_default();
    let (start, end) = (size(range.start), size(range.end));
    TextRange::new(start, end.max(start))
}
