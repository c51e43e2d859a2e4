//! Arguments of commands, as an object or in their order.

use std::path::{Path, PathBuf};

use lsp_types::{ExecuteCommandParams, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};

use crate::lsp::documents::file_path;
use crate::lsp::errors::error;
use crate::lsp::protocol::{
    BUMP_IMAGE, MASK_UNIT, NEW_BUILDER, NEW_IMAGE, RENAME_IMAGE, RETIRE_IMAGE,
};
use edits::{
    self, Bump, Change, Documentation, HostCgroups, InitSystem, MaskInto, MaskUnit, NewBuilder,
    NewImage, Refusal, TagChoice,
};
use model::view::View;

/// Command with its arguments.
pub(super) struct CommandArguments {
    /// Path of the checkout, or of something in it.
    pub(super) root: Option<PathBuf>,
    /// True if the change is to be reported, but not made.
    pub(super) dry_run: bool,
    /// True if that report is to have the texts of all changed files.
    pub(super) texts: bool,
    pub(super) command: ImageCommand,
    /// True if files that git does not know are deleted, too.
    pub(super) untracked: bool,
}

/// Change of an image, or of a builder.
pub(super) enum ImageCommand {
    New(NewImage),
    Retire {
        name: String,
    },
    Rename {
        old: String,
        new: String,
        force: bool,
    },
    Bump {
        name: String,
        bump: Bump,
    },
    NewBuilder(NewBuilder),
    MaskUnit(MaskUnit),
}

/// Arguments of all commands.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CommonArguments {
    root: Option<String>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    texts: bool,
    #[serde(default)]
    untracked: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NewArguments {
    name: SmolStr,
    like: Option<SmolStr>,
    builder: Option<SmolStr>,
    tags: Option<Vec<SmolStr>>,
    #[serde(default)]
    no_tags: bool,
    cgroup: Option<CgroupArgument>,
    replace: Option<SmolStr>,
    init: Option<InitArgument>,
    #[serde(default)]
    keep_tested: bool,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    plain: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum CgroupArgument {
    All,
    V1,
    V2,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum InitArgument {
    Systemd,
    Other,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RetireArguments {
    name: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RenameArguments {
    old: String,
    new: String,
    #[serde(default)]
    force: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BumpArguments {
    name: String,
    pointver: Option<String>,
    build: Option<String>,
    #[serde(default)]
    set: Map<String, Value>,
    #[serde(default)]
    force: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewBuilderArguments {
    name: SmolStr,
    like: Option<SmolStr>,
    from: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MaskArguments {
    name: SmolStr,
    unit: SmolStr,
    like: Option<SmolStr>,
    #[serde(default)]
    into: IntoArgument,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum IntoArgument {
    #[default]
    Image,
    Include,
}

fn invalid(command: &str, message: impl std::fmt::Display) -> Error {
    error(ErrorCode::InvalidParams, format!("{command}: {message}"))
}

impl CommandArguments {
    /// Reads a command.
    ///
    /// # Errors
    /// When there is no such command, or it takes other arguments.
    pub(super) fn read(params: ExecuteCommandParams) -> Result<CommandArguments> {
        let command = params.command.as_str();
        let order: &[&str] = match command {
            NEW_IMAGE | RETIRE_IMAGE | BUMP_IMAGE | NEW_BUILDER => &["name"],
            RENAME_IMAGE => &["old", "new"],
            MASK_UNIT => &["name", "unit"],
            _ => return Err(invalid(command, "there is no such command")),
        };
        let mut arguments = by_name(params.arguments, order).ok_or_else(|| {
            let example = order.iter().map(|name| (*name).to_owned());
            let example = Value::Object(example.map(|name| (name, json!("..."))).collect());
            invalid(command, format!("it takes one object, like {example}"))
        })?;
        // Null means the same as no argument.
        arguments.retain(|_, value| !value.is_null());
        let deletes = [NEW_IMAGE, RETIRE_IMAGE].contains(&command);
        let common = ["root", "dryRun", "texts"].into_iter();
        let common = common
            .chain(deletes.then_some("untracked"))
            .filter_map(|key| Some((key.to_owned(), arguments.remove(key)?)))
            .collect();
        let common: CommonArguments = read(command, common)?;
        let image_command = match command {
            NEW_IMAGE => new_image(command, read(command, arguments)?)?,
            RETIRE_IMAGE => {
                let RetireArguments { name } = read(command, arguments)?;
                ImageCommand::Retire { name }
            }
            RENAME_IMAGE => {
                let RenameArguments { old, new, force } = read(command, arguments)?;
                ImageCommand::Rename { old, new, force }
            }
            NEW_BUILDER => new_builder(command, read(command, arguments)?)?,
            MASK_UNIT => mask_unit(read(command, arguments)?),
            _ => bump(command, read(command, arguments)?)?,
        };
        Ok(CommandArguments {
            root: common.root.as_deref().map(path_or_url),
            dry_run: common.dry_run,
            texts: common.texts,
            command: image_command,
            untracked: common.untracked,
        })
    }
}

/// Returns the arguments by name: those of one object, or strings in their order.
fn by_name(arguments: Vec<Value>, order: &[&str]) -> Option<Map<String, Value>> {
    match <[Value; 1]>::try_from(arguments) {
        Ok([Value::Object(object)]) => Some(object),
        Ok(one) => by_order(one.to_vec(), order),
        Err(arguments) => by_order(arguments, order),
    }
}

fn by_order(arguments: Vec<Value>, order: &[&str]) -> Option<Map<String, Value>> {
    let fits = arguments.len() == order.len() && arguments.iter().all(Value::is_string);
    let names = order.iter().map(|name| (*name).to_owned());
    fits.then(|| names.zip(arguments).collect())
}

fn read<T: DeserializeOwned>(command: &str, arguments: Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(arguments)).map_err(|error| invalid(command, error))
}

/// Reads a path, or a file's URL.
fn path_or_url(text: &str) -> PathBuf {
    let url = Url::parse(text).ok();
    url.as_ref()
        .and_then(file_path)
        .unwrap_or_else(|| PathBuf::from(text))
}

fn new_image(command: &str, arguments: NewArguments) -> Result<ImageCommand> {
    let tags = match (arguments.tags, arguments.no_tags) {
        (Some(_), true) => return Err(invalid(command, "either `tags` or `noTags`")),
        (Some(tags), false) => TagChoice::Given(tags),
        (None, true) => TagChoice::None,
        (None, false) => TagChoice::Inherited,
    };
    Ok(ImageCommand::New(NewImage {
        name: arguments.name,
        like: arguments.like,
        builder: arguments.builder,
        tags,
        cgroup: arguments.cgroup.map(|name| match name {
            CgroupArgument::All => HostCgroups::All,
            CgroupArgument::V1 => HostCgroups::V1,
            CgroupArgument::V2 => HostCgroups::V2,
        }),
        replace: arguments.replace,
        init: arguments.init.map(|name| match name {
            InitArgument::Systemd => InitSystem::Systemd,
            InitArgument::Other => InitSystem::Other,
        }),
        keep_tested: arguments.keep_tested,
        force: arguments.force,
        elsewhere: None,
        plain: arguments.plain,
    }))
}

fn bump(command: &str, arguments: BumpArguments) -> Result<ImageCommand> {
    let set = arguments.set.into_iter().map(|(variable, value)| {
        let text = value.as_str().map(str::to_owned);
        let text = text.ok_or_else(|| invalid(command, format!("`{variable}` is not a string")))?;
        Ok((variable, text))
    });
    let bump = Bump {
        pointver: arguments.pointver,
        build: arguments.build,
        set: set.collect::<Result<_>>()?,
        force: arguments.force,
    };
    if bump.is_empty() {
        let message = "it takes `pointver`, `build` or `set`";
        return Err(invalid(command, message));
    }
    Ok(ImageCommand::Bump {
        name: arguments.name,
        bump,
    })
}

fn new_builder(command: &str, arguments: NewBuilderArguments) -> Result<ImageCommand> {
    let base = |text: String| {
        edits::parse_base(&text).ok_or_else(|| invalid(command, "write `from` as `DIST:RELEASE`"))
    };
    Ok(ImageCommand::NewBuilder(NewBuilder {
        name: arguments.name,
        like: arguments.like,
        from: arguments.from.map(base).transpose()?,
    }))
}

fn mask_unit(arguments: MaskArguments) -> ImageCommand {
    ImageCommand::MaskUnit(MaskUnit {
        image: arguments.name,
        unit: arguments.unit,
        like: arguments.like,
        into: match arguments.into {
            IntoArgument::Image => MaskInto::Image,
            IntoArgument::Include => MaskInto::Include,
        },
    })
}

impl ImageCommand {
    /// Returns the change.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn change(
        &self,
        view: &View<'_>,
        documents: &[Documentation],
    ) -> std::result::Result<Change, Refusal> {
        match self {
            ImageCommand::New(image) => edits::scaffold(view, image, documents),
            ImageCommand::Retire { name } => edits::retire(view, name, documents),
            ImageCommand::Rename { old, new, force } => {
                if !force {
                    edits::check_renamed(view, old, new)?;
                }
                edits::rename(view, old, new)
            }
            ImageCommand::Bump { name, bump } => edits::bump(view, name, bump),
            ImageCommand::NewBuilder(builder) => edits::new_builder(view, builder),
            ImageCommand::MaskUnit(mask) => edits::mask_unit(view, mask),
        }
    }

    /// Gives the command what it has to know of files outside of the snapshot.
    pub(super) fn look_elsewhere(&mut self, root: &Path) {
        if let ImageCommand::New(image) = self {
            let paths = edits::distribution_files(&image.name);
            image.elsewhere = Some(checkout::documents_at(root, &paths));
        }
    }

    /// Returns whether documentation is searched for names that are left.
    pub(super) fn reads_documents(&self) -> bool {
        match self {
            ImageCommand::New(image) => image.replace.is_some(),
            ImageCommand::Retire { .. } => true,
            ImageCommand::Rename { .. }
            | ImageCommand::Bump { .. }
            | ImageCommand::NewBuilder(_)
            | ImageCommand::MaskUnit(_) => false,
        }
    }

    /// Returns the command line that does the same.
    pub(super) fn command_line(&self) -> String {
        match self {
            ImageCommand::New(image) => format!("image-scripts-ls new {}", image.name),
            ImageCommand::Retire { name } => format!("image-scripts-ls retire {name}"),
            ImageCommand::Rename { old, new, .. } => format!("image-scripts-ls rename {old} {new}"),
            ImageCommand::Bump { name, .. } => format!("image-scripts-ls bump {name}"),
            ImageCommand::NewBuilder(builder) => {
                format!("image-scripts-ls new-builder {}", builder.name)
            }
            // There is none: whoever has no editor writes the line.
            ImageCommand::MaskUnit(mask) => format!("image-scripts-ls policy {}", mask.image),
        }
    }
}
