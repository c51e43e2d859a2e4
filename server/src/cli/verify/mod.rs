//! `verify`: asks vendors' servers about images (`ask`), or lists the values that only they can confirm and
//! records those that are right (`list`). Nothing else in the program uses the network.

mod ask;
mod list;
mod open_items;
mod table;
mod write;

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::change::refuse_unread;
use super::{CheckoutOption, CommandStatus, FailOn};

#[derive(Args)]
pub(super) struct VerifyArgs {
    /// Images to ask upstream about. With `--list` or `--right` an image or builder, or one of its values as
    /// the list names it: IMAGE/VARIABLE.
    #[arg(value_name = "IMAGE[/VARIABLE]")]
    names: Vec<String>,
    /// Ask about all images.
    #[arg(long, conflicts_with_all = ["names", "list", "right"])]
    all: bool,
    /// Say which releases are out upstream and have no image, and which images are of releases that have ended or left the
    /// mirrors, each with the command to run. With images or `--all`, those are asked about, too.
    #[arg(long, conflicts_with_all = ["list", "right"])]
    new: bool,
    /// List what is open without asking, and exit with 1 if there is something: the default where no image is
    /// named.
    #[arg(long, conflicts_with = "right")]
    list: bool,
    /// Record in `.image-scripts.toml` that these values are right.
    #[arg(long, requires = "names")]
    right: bool,
    /// The git revision since which values count as added, in place of the merge base with the
    /// upstream branch.
    #[arg(long, value_name = "REF")]
    since: Option<String>,
    #[command(flatten)]
    asking: AskingArgs,
    #[command(flatten)]
    checkout: CheckoutOption,
    /// The output format. A list is printed as text or JSON.
    #[arg(long, value_enum, default_value_t = VerifyFormat::Text)]
    format: VerifyFormat,
}

/// The options that are for asking alone.
#[derive(Args)]
struct AskingArgs {
    /// Answer from what `--record` has kept in a directory, without the network.
    #[arg(long, value_name = "DIR", conflicts_with = "record")]
    offline: Option<PathBuf>,
    /// Keep what servers say in a directory.
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Ask servers with loopback, private and link-local addresses, too.
    #[arg(long)]
    allow_private: bool,
    /// Seconds that one attempt to ask takes at most.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Write what is newer into the scripts, as `bump` would, and print a commit message for each image.
    #[arg(long)]
    write: bool,
    /// The lowest severity that makes the exit status 1.
    #[arg(long, value_enum, default_value_t = FailOn::Warning)]
    fail_on: FailOn,
    /// Say on standard error how far it is: for editors.
    #[arg(long, hide = true)]
    progress: bool,
}

/// The formats of `verify`: those of `check`, and a table for people.
#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum VerifyFormat {
    /// For people: findings with an excerpt of the source, and a table of the images.
    #[value(alias = "full")]
    Text,
    /// A line for each finding.
    Concise,
    /// As JSON.
    Json,
    /// GitHub Actions annotations.
    Github,
    /// SARIF 2.1.0.
    Sarif,
}

impl VerifyArgs {
    /// Returns whether upstream is asked. A value alone cannot be asked about.
    fn asks(&self) -> bool {
        let names_values = self.names.iter().any(|name| name.contains('/'));
        let names_images = !self.names.is_empty() && !names_values;
        self.all || self.new || (names_images && !self.list && !self.right)
    }

    /// Returns an option that is for asking alone, and is given.
    fn asking_option(&self) -> Option<&'static str> {
        let AskingArgs {
            offline,
            record,
            allow_private,
            write,
            ..
        } = &self.asking;
        let given = [
            ("--offline", offline.is_some()),
            ("--record", record.is_some()),
            ("--allow-private", *allow_private),
            ("--write", *write),
        ];
        given
            .iter()
            .find(|(_, is_given)| *is_given)
            .map(|(name, _)| *name)
    }
}

pub(super) fn verify(options: &VerifyArgs) -> Result<CommandStatus, String> {
    let checkout = options.checkout.args();
    let root = checkout.root()?;
    let snapshot = checkout.read(&root);
    refuse_unread(&snapshot)?;
    if options.asks() {
        return ask::verify(options, snapshot);
    }
    if let Some(option) = options.asking_option() {
        return Err(format!(
            "`{option}` is for asking upstream: name images, or pass `--all` or `--new`"
        ));
    }
    if !matches!(options.format, VerifyFormat::Text | VerifyFormat::Json) {
        return Err("values to verify are listed as text or JSON".to_owned());
    }
    list::verify(options, &snapshot)
}
