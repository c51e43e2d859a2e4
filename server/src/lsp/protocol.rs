//! Names that the server and its clients agree on: methods and commands that are not part of LSP,
//! the source of diagnostics, kinds of code actions. `editors/PROTOCOL.md` documents them.

use lsp_types::CodeActionKind;
use lsp_types::notification::Notification;

/// Source of all our diagnostics.
pub(super) const SOURCE: &str = "image-scripts";

/// Section of the settings in editors.
pub(super) const SETTINGS_SECTION: &str = "imageScripts";

/// Command of the server that creates an image.
pub(super) const NEW_IMAGE: &str = "imageScripts.newImage";
/// Command of the server that retires an image.
pub(super) const RETIRE_IMAGE: &str = "imageScripts.retireImage";
/// Command of the server that renames an image.
pub(super) const RENAME_IMAGE: &str = "imageScripts.renameImage";
/// Command of the server that bumps an image.
pub(super) const BUMP_IMAGE: &str = "imageScripts.bumpImage";

/// Command of the server that makes a builder.
pub(super) const NEW_BUILDER: &str = "imageScripts.newBuilder";

/// Command of the server that masks a unit in an image, as another one does.
pub(super) const MASK_UNIT: &str = "imageScripts.maskUnit";

/// Command of the server that has the client open an address in a browser.
pub(super) const OPEN_ADDRESS: &str = "imageScripts.openAddress";

/// All commands of the server.
pub(super) const SERVER_COMMANDS: [&str; 7] = [
    NEW_IMAGE,
    RETIRE_IMAGE,
    RENAME_IMAGE,
    BUMP_IMAGE,
    NEW_BUILDER,
    MASK_UNIT,
    OPEN_ADDRESS,
];

/// Command of the client that shows a list of locations.
pub(super) const SHOW_REFERENCES: &str = "imageScripts.showReferences";
/// Command of the client that runs a checkout's tests: the server runs nothing.
pub(super) const RUN_TEST: &str = "imageScripts.runTest";

/// Command of the client that compares what two images do to their containers.
pub(super) const COMPARE_POLICY: &str = "imageScripts.comparePolicy";
/// Command of the client that shows the script of an image's container.
pub(super) const SHOW_CONTAINER: &str = "imageScripts.showContainerScript";

/// Command of the client that shows the documentation of a rule.
pub(super) const EXPLAIN_RULE: &str = "imageScripts.explainRule";

/// Request for every image of the open checkouts and its state.
pub(super) const IMAGES: &str = "imageScripts/images";
/// Request for the images that a range is about.
pub(super) const IMAGES_AT: &str = "imageScripts/imagesAt";
/// Request for the values of an image that can be bumped.
pub(super) const BUMP_VALUES: &str = "imageScripts/bumpValues";
/// Request for the overview of a checkout, as a page of HTML.
pub(super) const OVERVIEW: &str = "imageScripts/overview";
/// Request for what an image's build generates.
pub(super) const RENDER: &str = "imageScripts/render";
/// Request for what an image does to its container.
pub(super) const POLICY: &str = "imageScripts/policy";
/// Request for the causes of a failed test run.
pub(super) const TRIAGE: &str = "imageScripts/triage";

/// Request for the values that only upstream can confirm and nobody has confirmed.
pub(super) const OPEN_VALUES: &str = "imageScripts/openValues";
/// Request for the edit that records one of them as right.
pub(super) const CONFIRM_VALUE: &str = "imageScripts/confirmValue";

/// Request for the documentation of a rule.
pub(super) const RULE_DOCUMENTATION: &str = "imageScripts/ruleDocumentation";
/// Scheme of the documents that a client shows with it.
pub(super) const RULE_SCHEME: &str = "image-scripts-rule";

/// Notification that the state of some image may have changed.
pub(super) enum ImagesChanged {}

impl Notification for ImagesChanged {
    type Params = ();
    const METHOD: &'static str = "imageScripts/imagesChanged";
}

/// Method that a client registers to send changes of watched files.
pub(super) const WATCHED_FILES: &str = "workspace/didChangeWatchedFiles";

/// Kind of the code action that applies all safe fixes of a file.
pub(super) const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.imageScripts");
