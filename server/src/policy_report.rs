//! What an image does to its container, for people and programs: the command line prints it with
//! `policy --format json`, and the server answers `imageScripts/policy` with it.
//!
//! Within a version, keys are only added. Ranges count from 0, in UTF-16.

use serde::Serialize;
use smol_str::SmolStr;

use crate::lsp::position::Encoding;
use crate::render_report::{Reporter, SourceRange};
use container::BuildCache;
use container::policy::{Arrangement, NeighbourKind, Policy, PolicyItem, Topic, neighbours};
use model::Image;
use model::view::View;

/// Version of the format.
const VERSION: u32 = 1;

/// What an image does to its container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PolicyReport {
    /// Version of the format.
    pub version: u32,
    /// Name of the image.
    pub image: SmolStr,
    /// Units of systemd, and services of another init.
    pub units: Vec<ReportedItem>,
    /// Packages.
    pub packages: Vec<ReportedItem>,
    /// Files.
    pub files: Vec<ReportedItem>,
    /// Users and groups.
    pub users: Vec<ReportedItem>,
    /// The init command with its arguments; null where reading does not tell.
    pub init: Option<InitCommand>,
    /// The images that it is best compared with.
    pub neighbours: Vec<ReportedNeighbour>,
    /// The images of the same family and systemd.
    pub peers: Vec<SmolStr>,
    /// What each of them does, and this one does not.
    pub missing: Vec<ReportedItem>,
    /// The difference from another image, where one is named.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub difference: Option<DifferenceReport>,
}

/// One thing that is done to a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedItem {
    /// What is done, in one word: `mask`, `install`, `write`.
    pub action: &'static str,
    /// The unit, package, path, or the command that changes a user.
    pub name: SmolStr,
    /// Of a drop-in, its settings with their sections; of a link, where it leads.
    pub details: Vec<String>,
    /// True if it is done only where some condition holds.
    pub conditional: bool,
    /// `network` or `cgroups`; null where it is a part of neither.
    pub arrangement: Option<&'static str>,
    /// The range that says so.
    pub at: SourceRange,
}

/// An image that another one is best compared with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ReportedNeighbour {
    /// Name of the image.
    pub image: SmolStr,
    /// `predecessor`; `family`, the nearest of its family; `systemd`, the nearest of another family with
    /// the same kind of systemd.
    pub kind: &'static str,
}

/// The init command of a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitCommand {
    /// The command and its arguments.
    pub command: String,
    /// The call that says so; null where it is the runner's.
    pub at: Option<SourceRange>,
}

/// What two images do not share.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DifferenceReport {
    /// Name of the other image.
    pub image: SmolStr,
    /// What this one does alone.
    pub only: Vec<ReportedItem>,
    /// What the other one does alone.
    pub other: Vec<ReportedItem>,
    /// The init command of the other one, where it is another.
    pub init: Option<InitCommand>,
}

impl PolicyReport {
    /// Reports the policy of an image, and how it differs from that of another one.
    pub fn new(
        view: &View<'_>,
        (image, policy): (&Image, &Policy),
        other: Option<(&Image, &Policy)>,
        encoding: Encoding,
        cache: &BuildCache,
    ) -> PolicyReport {
        let reporter = Reporter {
            tree: view.tree,
            encoding,
        };
        let missing = policy.missing(view, image, cache);
        let of = |topic: Topic| {
            let items = policy.items.iter().filter(move |item| item.topic == topic);
            reporter.items(items)
        };
        PolicyReport {
            version: VERSION,
            image: image.name.clone(),
            units: of(Topic::Unit),
            packages: of(Topic::Package),
            files: of(Topic::File),
            users: of(Topic::User),
            init: reporter.init(policy),
            neighbours: reported_neighbours(view, image),
            missing: reporter.items(missing.items.iter()),
            peers: missing.peers,
            difference: other.map(|(other, theirs)| {
                let difference = policy.difference(theirs);
                let command = |policy: &Policy| policy.init.as_ref().map(|init| init.0.clone());
                let is_other = command(policy) != command(theirs);
                DifferenceReport {
                    image: other.name.clone(),
                    only: reporter.items(difference.only.into_iter()),
                    other: reporter.items(difference.other.into_iter()),
                    init: reporter.init(theirs).filter(|_| is_other),
                }
            }),
        }
    }
}

/// Reports the images that one is best compared with.
pub(crate) fn reported_neighbours(view: &View<'_>, image: &Image) -> Vec<ReportedNeighbour> {
    let found = neighbours(view, image).into_iter();
    let found = found.map(|neighbour| ReportedNeighbour {
        image: neighbour.image,
        kind: match neighbour.kind {
            NeighbourKind::Predecessor => "predecessor",
            NeighbourKind::Family => "family",
            NeighbourKind::Systemd => "systemd",
        },
    });
    found.collect()
}

impl Reporter<'_> {
    fn items<'p>(&self, items: impl Iterator<Item = &'p PolicyItem>) -> Vec<ReportedItem> {
        let reported = items.map(|item| ReportedItem {
            action: item.action,
            name: item.name.clone(),
            details: item.details.clone(),
            conditional: item.is_conditional,
            arrangement: item.arrangement().map(|arrangement| match arrangement {
                Arrangement::Network => "network",
                Arrangement::Cgroups => "cgroups",
            }),
            at: self.source(item.at),
        });
        reported.collect()
    }

    fn init(&self, policy: &Policy) -> Option<InitCommand> {
        let (command, at) = policy.init.as_ref()?;
        Some(InitCommand {
            command: command.clone(),
            at: at.map(|at| self.source(at)),
        })
    }
}
