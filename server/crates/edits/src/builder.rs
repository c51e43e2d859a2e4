//! `new-builder`: a builder made after another one.

use std::sync::Arc;

use smol_str::{SmolStr, format_smolstr};

use crate::image::difference::own_words;
use crate::image::script::{range_at, slice, words};
use crate::image::similar_builder;
use crate::{Change, Edit, Note, Refusal, Verify};
use model::identity::split_name;
use model::view::View;
use model::{Builder, Image};

/// Description of a new builder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewBuilder {
    /// Name of the builder.
    pub name: SmolStr,
    /// The builder that it is made after; the one whose name is most like its own, unless another one
    /// is named.
    pub like: Option<SmolStr>,
    /// Distribution and release of the image that it starts from.
    pub from: Option<(SmolStr, SmolStr)>,
}

/// Reads what a builder starts from, as users write it: `DIST:RELEASE`.
pub fn parse_base(text: &str) -> Option<(SmolStr, SmolStr)> {
    let (distribution, release) = text.split_once(':')?;
    let is_whole = !distribution.is_empty() && !release.is_empty();
    is_whole.then(|| (distribution.into(), release.into()))
}

/// Longest name, in bytes.
const MAX_LENGTH: usize = 200;

/// Makes a builder.
///
/// # Errors
/// When the name is not one, or taken, or what it would start from is not published, or only it would
/// build that.
pub fn new_builder(view: &View<'_>, new: &NewBuilder) -> Result<Change, Refusal> {
    let (change, (distribution, release)) = after_another(view, new)?;
    refuse_base(view, &new.name, &distribution, &release)?;
    Ok(change)
}

/// Distribution and release, or tag, of an image.
type Base = (SmolStr, SmolStr);

/// Makes a builder, and returns what it starts from, published or not.
///
/// # Errors
/// When the name is not one, or taken, or there is no builder that it could be made after.
pub(crate) fn after_another(view: &View<'_>, new: &NewBuilder) -> Result<(Change, Base), Refusal> {
    let name = &new.name;
    check_name(name)?;
    let path = format_smolstr!("{}builders/{name}", view.tree.layout.prefix());
    if view.tree.node(&path).is_some() {
        return Err(Refusal::new(format!(
            "{path} exists already: choose another name, or remove it first"
        )));
    }
    let like = find_like(view, new)?;
    let setup = like.setup.and_then(|id| view.tree.file(id));
    let Some(setup) = setup else {
        return Err(Refusal::new(format!(
            "builder `{}` has no `setup.sh`: say another one that it is like (`--like BUILDER`)",
            like.name
        )));
    };
    let (distribution, release) = base_of(view, new, like)?;
    let config = format!("DISTNAME={distribution}\nRELVER={release}\n");
    let config_path = format_smolstr!("{path}/config.sh");
    let setup_path = format_smolstr!("{path}/setup.sh");
    let mut verify = Vec::new();
    if new.from.is_none() {
        let start = config.len() - release.len() - 1;
        verify.push(Verify {
            path: config_path.clone(),
            range: range_at(start, release.len()),
            text: release.to_string(),
            why: "the release that the builder starts from: no `--from` was given".to_owned(),
        });
    }
    let doubt = match like.base.distname.fixed() == Some(distribution.as_str()) {
        true => CommandDoubt::own(view, name, like, &distribution),
        false => CommandDoubt::OtherDistribution(&distribution),
    };
    verify.extend(commands(&setup.text, &setup_path, like, &doubt));
    let edits = [(config_path, config), (setup_path, setup.text.to_string())];
    let edits = edits.map(|(path, text)| Edit::Create { path, text });
    let mut images = view.model.images.values();
    let is_used = images.any(|image| image.identity.builder.fixed() == Some(name.as_str()));
    let unused = || Note::general(format!("no image is built in it yet: set `BUILDER={name}`"));
    let change = Change {
        title: format!("New builder {name}"),
        edits: edits.to_vec(),
        verify,
        notes: (!is_used).then(unused).into_iter().collect(),
        image: name.clone(),
        like: Some(like.name.clone()),
    };
    Ok((change, (distribution, release)))
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
    let begins = name.starts_with(|c: char| c.is_ascii_alphanumeric());
    if begins && name.len() <= MAX_LENGTH && name.chars().all(fits) {
        return Ok(());
    }
    Err(Refusal::new(format!(
        "`{}` cannot be a builder: begin with a letter or digit, and use letters, digits, `.`, `_`, `+` \
         and `-`",
        name.escape_default()
    )))
}

/// Returns the builder whose name begins most like another one.
pub fn similar_builder_of<'a>(view: &View<'a>, name: &str) -> Option<&'a Arc<Builder>> {
    let common = |other: &str| {
        let pairs = name.bytes().zip(other.bytes());
        pairs.take_while(|(a, b)| a == b).count()
    };
    let builders = view.model.builders.values();
    let complete = builders.filter(|builder| builder.setup.is_some());
    let nearest = complete.max_by_key(|builder| (common(&builder.name), builder.name.clone()));
    // A letter or two are no family.
    nearest.filter(|builder| {
        let [own, ..] = split_name(name);
        common(&builder.name) >= own.len()
    })
}

/// Returns the builder that a new one is made after.
fn find_like<'a>(view: &View<'a>, new: &NewBuilder) -> Result<&'a Arc<Builder>, Refusal> {
    if let Some(like) = &new.like {
        return view.model.builders.get(like).ok_or_else(|| {
            let similar = similar_builder(view, like);
            Refusal::new(format!(
                "there is no builder `{like}` that it could be like{similar}"
            ))
        });
    }
    similar_builder_of(view, &new.name).ok_or_else(|| {
        Refusal::new(format!(
            "no builder is named like `{}`: say which one it is like (`--like BUILDER`)",
            new.name
        ))
    })
}

/// Returns distribution and release that a builder starts from: those that the user gave; those that it
/// is named after, if that is published; else those of the older builder.
fn base_of(view: &View<'_>, new: &NewBuilder, like: &Builder) -> Result<Base, Refusal> {
    if let Some((distribution, release)) = &new.from {
        let fits = |text: &str| {
            let is_allowed = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
            !text.is_empty() && text.chars().all(is_allowed)
        };
        if !fits(distribution) || !fits(release) {
            return Err(Refusal::new(
                "`--from` takes a distribution and a release or tag: `DIST:RELEASE`",
            ));
        }
        return Ok((distribution.clone(), release.clone()));
    }
    let named = view
        .model
        .images
        .get(&new.name)
        .filter(|image| !image.is_mistaken());
    let release = |image: &Arc<Image>| {
        let identity = &image.identity;
        let (distribution, release) = identity.distname.fixed().zip(identity.relver.fixed())?;
        let is_whole = !distribution.is_empty() && !release.is_empty();
        is_whole.then(|| (SmolStr::new(distribution), SmolStr::new(release)))
    };
    let is_usable = |(distribution, release): &Base| {
        refuse_base(view, &new.name, distribution, release).is_ok()
    };
    if let Some(found) = named.and_then(release).filter(is_usable) {
        return Ok(found);
    }
    let base = like.base.distname.fixed().zip(like.base.relver.fixed());
    let base =
        base.filter(|(distribution, release)| !distribution.is_empty() && !release.is_empty());
    let base = base.map(|(distribution, release)| (distribution.into(), release.into()));
    base.ok_or_else(|| {
        Refusal::new(format!(
            "reading does not tell what builder `{}` starts from: say it (`--from DIST:RELEASE`)",
            like.name
        ))
    })
}

/// Refuses an image to start from that is not published, and one that only the builder would build.
fn refuse_base(
    view: &View<'_>,
    builder: &str,
    distribution: &str,
    release: &str,
) -> Result<(), Refusal> {
    let is_built_in = |image: &Image| image.identity.builder.fixed() == Some(builder);
    let circular = |image: &Image| {
        Refusal::new(format!(
            "builder `{builder}` would start from {distribution} `{release}`, and only it would build \
             that (`{}`): say another one (`--from DIST:RELEASE`)",
            image.name
        ))
    };
    view.with_joined(|joined| {
        let found = joined.registrations.and_then(|r| r.resolve(distribution, release));
        let Some(found) = found else {
            return Ok(());
        };
        if found.is_empty() {
            return Err(Refusal::new(format!(
                "no published image is {distribution} `{release}`: say what the builder starts from \
                 (`--from DIST:RELEASE`)"
            )));
        }
        let images: Vec<&Image> = found.iter().filter_map(|r| r.image).collect();
        match images.first() {
            Some(first) if images.iter().all(|image| is_built_in(image)) => Err(circular(first)),
            _ => Ok(()),
        }
    })
}

/// Reason why commands of a copied `setup.sh` are in doubt.
enum CommandDoubt<'d> {
    /// All of them: they were written for another distribution than this one.
    OtherDistribution(&'d str),
    /// Those that serve what the older builder alone is for.
    Own {
        /// Name of the new builder.
        name: &'d str,
        /// Words in the older one's name that the new one has not.
        words: Vec<&'d str>,
        /// What the setups of all other builders of the distribution say.
        others: Vec<&'d str>,
    },
}

impl<'d> CommandDoubt<'d> {
    fn own(view: &View<'d>, name: &'d str, like: &'d Builder, distribution: &str) -> Self {
        let words = own_words(&like.name, name).into_iter();
        let words = words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic()));
        let builders = view.model.builders.values();
        let others = builders.filter(|other| {
            other.name != like.name && other.base.distname.fixed() == Some(distribution)
        });
        let setups = others.filter_map(|other| view.tree.file(other.setup?));
        CommandDoubt::Own {
            name,
            words: words.collect(),
            others: setups.map(|file| &*file.text).collect(),
        }
    }

    /// Returns why a command is in doubt.
    fn why(&self, command: &str, like: &str) -> Option<String> {
        match self {
            CommandDoubt::OtherDistribution(distribution) => Some(format!(
                "a command of builder `{like}`: check that {distribution} has it"
            )),
            CommandDoubt::Own {
                name,
                words: own,
                others,
            } => {
                let has_line = |text: &&str| text.lines().any(|line| line.trim() == command);
                let is_alone = !others.is_empty() && !others.iter().any(has_line);
                let names_it = own.iter().any(|word| !words(command, word).is_empty());
                (!own.is_empty() && (is_alone || names_it)).then(|| {
                    format!("what builder `{like}` alone does: check that `{name}` needs it")
                })
            }
        }
    }
}

/// Returns the commands of a copied `setup.sh` that are in doubt.
fn commands(text: &str, path: &SmolStr, like: &Builder, doubt: &CommandDoubt<'_>) -> Vec<Verify> {
    let mut found = Vec::new();
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let command = line.trim();
        let says_nothing = command.is_empty() || command.starts_with('#') || command == "set -e";
        if let Some(why) = doubt.why(command, &like.name).filter(|_| !says_nothing) {
            let range = range_at(
                start + line.find(command).unwrap_or_default(),
                command.len(),
            );
            found.push(Verify {
                path: path.clone(),
                range,
                text: slice(text, range).to_owned(),
                why,
            });
        }
        start += line.len();
    }
    found
}

/// Returns the change that makes a builder of a checkout, from one without it: after the builder that its
/// `setup.sh` has most lines from.
pub(crate) fn made_again(base: &View<'_>, now: &View<'_>, builder: &Builder) -> Option<Change> {
    let setup =
        |view: &View<'_>, builder: &Builder| Some(view.tree.file(builder.setup?)?.text.clone());
    let own = setup(now, builder)?;
    let share = |other: &Builder| {
        let theirs = setup(base, other).unwrap_or_default();
        let same = own
            .lines()
            .filter(|line| theirs.lines().any(|l| l == *line));
        same.count()
    };
    let others = base
        .model
        .builders
        .values()
        .map(|other| (share(other), other));
    let (shared, like) = others.max_by_key(|(share, _)| *share)?;
    let new = NewBuilder {
        name: builder.name.clone(),
        like: Some(like.name.clone()),
        from: None,
    };
    let is_copy = shared >= own.lines().count().div_ceil(2);
    let change = after_another(base, &new).ok().filter(|_| is_copy)?;
    Some(change.0)
}
