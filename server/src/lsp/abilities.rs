//! What client and server tell each other of themselves when they begin.

use lsp_types::*;
use rustc_hash::FxHashSet;
use serde_json::Value;

use super::actions::FIX_ALL;
use super::commands;
use super::position::Encoding;

/// What of the protocol a client understands.
#[derive(Debug, Clone, Default)]
pub(super) struct Abilities {
    pub(super) encoding: Encoding,
    pub(super) related_information: bool,
    pub(super) document_changes: bool,
    pub(super) create_files: bool,
    pub(super) rename_files: bool,
    pub(super) delete_files: bool,
    pub(super) change_annotations: bool,
    pub(super) watch_files: bool,
    pub(super) relative_patterns: bool,
    pub(super) configuration: bool,
    pub(super) progress: bool,
    pub(super) is_preferred: bool,
    /// Whether a code action's edit may be asked for when the action is chosen.
    pub(super) resolves_edits: bool,
    pub(super) apply_edit: bool,
    pub(super) show_document: bool,
    /// What texts may be written in Markdown.
    pub(super) markdown_hover: bool,
    pub(super) markdown_signature: bool,
    pub(super) markdown_completion: bool,
    /// Whether what a completion puts in may have places to go through.
    pub(super) snippets: bool,
    pub(super) nested_symbols: bool,
    pub(super) link_tooltips: bool,
    /// Whether lenses, or hints, are asked for again when the server says so.
    pub(super) refresh_lenses: bool,
    pub(super) refresh_hints: bool,
    /// Whether it wants to be told when images may be in another state.
    pub(super) shows_images: bool,
    /// Commands that the client carries out, or completes before it sends them: it asks for a
    /// name.
    pub(super) asking_commands: FxHashSet<String>,
}

impl Abilities {
    /// What a client says of itself.
    pub(super) fn of(capabilities: &ClientCapabilities) -> Abilities {
        let workspace = capabilities.workspace.as_ref();
        let text = capabilities.text_document.as_ref();
        let window = capabilities.window.as_ref();
        let edit = workspace.and_then(|w| w.workspace_edit.as_ref());
        let action = text.and_then(|t| t.code_action.as_ref());
        let operation = |kind: ResourceOperationKind| {
            edit.and_then(|e| e.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&kind))
        };
        let watched = workspace.and_then(|w| w.did_change_watched_files.as_ref());
        let resolves_edits = action
            .and_then(|a| a.resolve_support.as_ref())
            .is_some_and(|r| r.properties.iter().any(|property| property == "edit"));
        let keeps_data = action.and_then(|a| a.data_support).unwrap_or_default();
        Abilities {
            encoding: encoding_of(capabilities),
            related_information: text
                .and_then(|t| t.publish_diagnostics.as_ref())
                .and_then(|p| p.related_information)
                .unwrap_or_default(),
            document_changes: edit.and_then(|e| e.document_changes).unwrap_or_default(),
            create_files: operation(ResourceOperationKind::Create),
            rename_files: operation(ResourceOperationKind::Rename),
            delete_files: operation(ResourceOperationKind::Delete),
            change_annotations: edit.is_some_and(|e| e.change_annotation_support.is_some()),
            watch_files: watched
                .and_then(|w| w.dynamic_registration)
                .unwrap_or_default(),
            relative_patterns: watched
                .and_then(|w| w.relative_pattern_support)
                .unwrap_or_default(),
            configuration: workspace.and_then(|w| w.configuration).unwrap_or_default(),
            progress: window
                .and_then(|w| w.work_done_progress)
                .unwrap_or_default(),
            is_preferred: action
                .and_then(|c| c.is_preferred_support)
                .unwrap_or_default(),
            resolves_edits: resolves_edits && keeps_data,
            apply_edit: workspace.and_then(|w| w.apply_edit).unwrap_or_default(),
            show_document: window
                .and_then(|w| w.show_document.as_ref())
                .is_some_and(|s| s.support),
            ..Abilities::of_views(workspace, text)
        }
    }

    /// What it says of the views that it has of a document: outline, links, lenses, hints, and of
    /// what texts in them may be.
    fn of_views(
        workspace: Option<&WorkspaceClientCapabilities>,
        text: Option<&TextDocumentClientCapabilities>,
    ) -> Abilities {
        let item = { text.and_then(|t| t.completion.as_ref()) }
            .and_then(|completion| completion.completion_item.as_ref());
        Abilities {
            markdown_hover: { text.and_then(|t| t.hover.as_ref()) }
                .is_some_and(|h| reads_markdown(h.content_format.as_deref())),
            markdown_signature: { text.and_then(|t| t.signature_help.as_ref()) }
                .and_then(|s| s.signature_information.as_ref())
                .is_some_and(|s| reads_markdown(s.documentation_format.as_deref())),
            markdown_completion: item
                .is_some_and(|i| reads_markdown(i.documentation_format.as_deref())),
            snippets: item.and_then(|i| i.snippet_support).unwrap_or_default(),
            nested_symbols: text
                .and_then(|t| t.document_symbol.as_ref())
                .and_then(|s| s.hierarchical_document_symbol_support)
                .unwrap_or_default(),
            link_tooltips: text
                .and_then(|t| t.document_link.as_ref())
                .and_then(|l| l.tooltip_support)
                .unwrap_or_default(),
            refresh_lenses: workspace
                .and_then(|w| w.code_lens.as_ref()?.refresh_support)
                .unwrap_or_default(),
            refresh_hints: workspace
                .and_then(|w| w.inlay_hint.as_ref()?.refresh_support)
                .unwrap_or_default(),
            ..Abilities::default()
        }
    }

    /// Takes over what the client says of itself in its initialization options: in `commands`
    /// those that it completes itself, in `imagesChanged` whether it shows the state of images.
    pub(super) fn take_options(&mut self, options: &Value) {
        self.shows_images = options.get("imagesChanged") == Some(&Value::Bool(true));
        let names = options.get("commands").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        self.asking_commands = names.map(str::to_owned).collect();
    }
}

/// Whether Markdown is among the formats that a client shows.
fn reads_markdown(formats: Option<&[MarkupKind]>) -> bool {
    formats.is_some_and(|formats| formats.contains(&MarkupKind::Markdown))
}

fn encoding_of(capabilities: &ClientCapabilities) -> Encoding {
    let encodings = capabilities
        .general
        .as_ref()
        .and_then(|g| g.position_encodings.as_deref())
        .unwrap_or_default();
    [
        (PositionEncodingKind::UTF8, Encoding::Utf8),
        (PositionEncodingKind::UTF16, Encoding::Utf16),
        (PositionEncodingKind::UTF32, Encoding::Utf32),
    ]
    .into_iter()
    .find(|(kind, _)| encodings.contains(kind))
    .map(|(_, encoding)| encoding)
    .unwrap_or_default()
}

/// What begins a name of ours: a variable, a path, a string, a list, a value, a code.
const TRIGGERS: [&str; 7] = ["$", "/", "\"", "[", "=", "-", ","];

/// What the server does.
pub(super) fn server_capabilities(abilities: &Abilities) -> ServerCapabilities {
    // What the client completes before it sends it is a command of the client's.
    let own = commands::NAMES.iter();
    let own = own.filter(|name| !abilities.asking_commands.contains(**name));
    ServerCapabilities {
        position_encoding: Some(match abilities.encoding {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }),
        text_document_sync: Some(TextDocumentSyncCapability::Options(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::INCREMENTAL),
                save: Some(TextDocumentSyncSaveOptions::Supported(true)),
                ..TextDocumentSyncOptions::default()
            },
        )),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR,
                CodeActionKind::REFACTOR_REWRITE,
                FIX_ALL,
            ]),
            resolve_provider: Some(true),
            ..CodeActionOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        signature_help_provider: Some(SignatureHelpOptions {
            trigger_characters: Some(vec![" ".to_owned()]),
            ..SignatureHelpOptions::default()
        }),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(TRIGGERS.map(str::to_owned).to_vec()),
            resolve_provider: Some(true),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        declaration_provider: Some(DeclarationCapability::Simple(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(OneOf::Right(RenameOptions {
            prepare_provider: Some(true),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        })),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        document_link_provider: Some(DocumentLinkOptions {
            resolve_provider: Some(false),
            work_done_progress_options: WorkDoneProgressOptions::default(),
        }),
        code_lens_provider: Some(CodeLensOptions {
            resolve_provider: Some(true),
        }),
        inlay_hint_provider: Some(OneOf::Left(true)),
        call_hierarchy_provider: Some(CallHierarchyServerCapability::Simple(true)),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: own.map(|name| (*name).to_owned()).collect(),
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: Some(file_operations()),
        }),
        ..ServerCapabilities::default()
    }
}

/// The files and folders whose coming, going and renaming the server wants to be asked about.
fn file_operations() -> WorkspaceFileOperationsServerCapabilities {
    let parts = "{images,include,builders}/**";
    // As a repository of its own, `image-scripts` may have any name.
    let globs = [format!("**/image-scripts/{parts}"), format!("**/{parts}")];
    let filters = globs.map(|glob| FileOperationFilter {
        scheme: Some("file".to_owned()),
        pattern: FileOperationPattern {
            glob,
            ..FileOperationPattern::default()
        },
    });
    let options = Some(FileOperationRegistrationOptions {
        filters: filters.to_vec(),
    });
    WorkspaceFileOperationsServerCapabilities {
        will_create: options.clone(),
        will_rename: options.clone(),
        will_delete: options,
        ..WorkspaceFileOperationsServerCapabilities::default()
    }
}
