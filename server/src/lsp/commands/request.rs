//! What a command asks for: its arguments, as an object or in their order.

use std::path::PathBuf;

use lsp_types::{ExecuteCommandParams, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use smol_str::SmolStr;
use tower_lsp::jsonrpc::{Error, ErrorCode, Result};

use super::{BUMP, NEW, RENAME, RETIRE, error};
use crate::lsp::documents::file_path;
use edits::{self, Bump, Change, Documentation, HostCgroups, NewImage, Refusal, TagChoice};
use model::view::View;

/// A command.
pub(super) struct Request {
    /// The checkout, or a place in it.
    pub(super) root: Option<PathBuf>,
    /// Only say what would be done.
    pub(super) dry_run: bool,
    /// Say it with what each file has before and after.
    pub(super) texts: bool,
    /// What is to be done.
    pub(super) what: What,
}

/// What is to be done.
pub(super) enum What {
    New(NewImage),
    Retire(String),
    Rename(String, String),
    Bump(String, Bump),
}

/// What all of them take.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Common {
    root: Option<String>,
    #[serde(default)]
    dry_run: bool,
    #[serde(default)]
    texts: bool,
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
    cgroup: Option<CgroupName>,
    replace: Option<SmolStr>,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum CgroupName {
    All,
    V1,
    V2,
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
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BumpArguments {
    name: String,
    pointver: Option<String>,
    build: Option<String>,
    #[serde(default)]
    set: Map<String, Value>,
}

fn invalid(command: &str, message: impl std::fmt::Display) -> Error {
    error(ErrorCode::InvalidParams, format!("{command}: {message}"))
}

impl Request {
    /// Reads a command.
    ///
    /// # Errors
    /// When there is none of that name, or it takes other arguments.
    pub(super) fn read(params: ExecuteCommandParams) -> Result<Request> {
        let command = params.command.as_str();
        let positions: &[&str] = match command {
            NEW | RETIRE | BUMP => &["name"],
            RENAME => &["old", "new"],
            _ => return Err(invalid(command, "there is no such command")),
        };
        let mut object = object(params.arguments, positions).ok_or_else(|| {
            let example = positions.iter().map(|name| (*name).to_owned());
            let example = Value::Object(example.map(|name| (name, json!("..."))).collect());
            invalid(command, format!("it takes one object, like {example}"))
        })?;
        // What is null is not said.
        object.retain(|_, value| !value.is_null());
        let common = { ["root", "dryRun", "texts"].into_iter() }
            .filter_map(|key| Some((key.to_owned(), object.remove(key)?)))
            .collect();
        let common: Common = read(command, common)?;
        let what = match command {
            NEW => new_image(command, read(command, object)?)?,
            RETIRE => What::Retire(read::<RetireArguments>(command, object)?.name),
            RENAME => {
                let RenameArguments { old, new } = read(command, object)?;
                What::Rename(old, new)
            }
            _ => bump(command, read(command, object)?)?,
        };
        Ok(Request {
            root: common.root.as_deref().map(place),
            dry_run: common.dry_run,
            texts: common.texts,
            what,
        })
    }
}

/// The arguments by name: one object, or words in their order.
fn object(arguments: Vec<Value>, positions: &[&str]) -> Option<Map<String, Value>> {
    match <[Value; 1]>::try_from(arguments) {
        Ok([Value::Object(object)]) => Some(object),
        Ok(one) => words(one.to_vec(), positions),
        Err(arguments) => words(arguments, positions),
    }
}

fn words(arguments: Vec<Value>, positions: &[&str]) -> Option<Map<String, Value>> {
    let fits = arguments.len() == positions.len() && arguments.iter().all(Value::is_string);
    let names = positions.iter().map(|name| (*name).to_owned());
    fits.then(|| names.zip(arguments).collect())
}

fn read<T: DeserializeOwned>(command: &str, object: Map<String, Value>) -> Result<T> {
    serde_json::from_value(Value::Object(object)).map_err(|error| invalid(command, error))
}

/// A path, or a file's URL.
fn place(text: &str) -> PathBuf {
    let url = Url::parse(text).ok();
    url.as_ref()
        .and_then(file_path)
        .unwrap_or_else(|| PathBuf::from(text))
}

fn new_image(command: &str, arguments: NewArguments) -> Result<What> {
    let tags = match (arguments.tags, arguments.no_tags) {
        (Some(_), true) => return Err(invalid(command, "either `tags` or `noTags`")),
        (Some(tags), false) => TagChoice::Given(tags),
        (None, true) => TagChoice::None,
        (None, false) => TagChoice::Inherited,
    };
    Ok(What::New(NewImage {
        name: arguments.name,
        like: arguments.like,
        builder: arguments.builder,
        tags,
        cgroup: arguments.cgroup.map(|name| match name {
            CgroupName::All => HostCgroups::All,
            CgroupName::V1 => HostCgroups::V1,
            CgroupName::V2 => HostCgroups::V2,
        }),
        replace: arguments.replace,
    }))
}

fn bump(command: &str, arguments: BumpArguments) -> Result<What> {
    let set = arguments.set.into_iter().map(|(variable, value)| {
        let text = value.as_str().map(str::to_owned);
        let text = text.ok_or_else(|| invalid(command, format!("`{variable}` is no string")))?;
        Ok((variable, text))
    });
    let bump = Bump {
        pointver: arguments.pointver,
        build: arguments.build,
        set: set.collect::<Result<_>>()?,
    };
    if bump == Bump::default() {
        let message = "say what is new: `pointver`, `build` or `set`";
        return Err(invalid(command, message));
    }
    Ok(What::Bump(arguments.name, bump))
}

impl What {
    /// The change that it comes to.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(super) fn change(
        &self,
        view: &View<'_>,
        documents: &[Documentation],
    ) -> std::result::Result<Change, Refusal> {
        match self {
            What::New(image) => edits::scaffold(view, image, documents),
            What::Retire(name) => edits::retire(view, name, documents),
            What::Rename(old, new) => edits::rename(view, old, new),
            What::Bump(name, bump) => edits::bump(view, name, bump),
        }
    }

    /// Whether documentation is looked through for names that are left.
    pub(super) fn reads_documents(&self) -> bool {
        match self {
            What::New(image) => image.replace.is_some(),
            What::Retire(_) => true,
            What::Rename(..) | What::Bump(..) => false,
        }
    }

    /// How the same is done on the command line.
    pub(super) fn command_line(&self) -> String {
        match self {
            What::New(image) => format!("image-scripts-ls new {}", image.name),
            What::Retire(name) => format!("image-scripts-ls retire {name}"),
            What::Rename(old, new) => format!("image-scripts-ls rename {old} {new}"),
            What::Bump(name, _) => format!("image-scripts-ls bump {name}"),
        }
    }
}
