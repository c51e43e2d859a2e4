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
    pub(super) nested_symbols: bool,
    pub(super) link_tooltips: bool,
    /// Whether lenses, or hints, are asked for again when the server says so.
    pub(super) refresh_lenses: bool,
    pub(super) refresh_hints: bool,
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

    /// What it says of the views that it has of a document: outline, links, lenses, hints.
    fn of_views(
        workspace: Option<&WorkspaceClientCapabilities>,
        text: Option<&TextDocumentClientCapabilities>,
    ) -> Abilities {
        Abilities {
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

    /// Takes over which commands the client completes itself: `commands` of its
    /// initialization options.
    pub(super) fn take_commands(&mut self, options: &Value) {
        let names = options.get("commands").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        self.asking_commands = names.map(str::to_owned).collect();
    }
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

/// What the server does.
pub(super) fn server_capabilities(encoding: Encoding) -> ServerCapabilities {
    ServerCapabilities {
        position_encoding: Some(match encoding {
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
            commands: commands::NAMES.map(str::to_owned).to_vec(),
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
