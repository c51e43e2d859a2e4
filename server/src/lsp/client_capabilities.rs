//! Capabilities of a client that the server takes into account.

use lsp_types::{
    MarkupKind, PositionEncodingKind, ResourceOperationKind, TextDocumentClientCapabilities,
    WorkspaceClientCapabilities,
};
use rustc_hash::FxHashSet;
use serde_json::Value;

use super::position::Encoding;

/// Format of the texts that a client shows in some view.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum TextFormat {
    /// Plain text: what every client shows.
    #[default]
    Plain,
    /// Markdown.
    Markdown,
}

/// Capabilities of a client, by the names of the protocol where it has one.
#[derive(Debug, Clone, Default)]
pub(super) struct ClientCapabilities {
    pub(super) encoding: Encoding,
    pub(super) related_information: bool,
    /// True if it shows links of the codes of diagnostics.
    pub(super) code_description: bool,
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
    /// True if the edit of a code action may be computed when the action is chosen.
    pub(super) resolves_edits: bool,
    pub(super) apply_edit: bool,
    pub(super) show_document: bool,
    pub(super) hover_format: TextFormat,
    pub(super) signature_format: TextFormat,
    pub(super) completion_format: TextFormat,
    pub(super) snippets: bool,
    pub(super) nested_symbols: bool,
    pub(super) link_tooltips: bool,
    pub(super) refresh_lenses: bool,
    pub(super) refresh_hints: bool,
    /// True if it wants the notification that the state of images may have changed.
    pub(super) images_changed: bool,
    /// True if it shows documents with the documentation of rules.
    pub(super) rule_documents: bool,
    /// True if it shows semantic tokens.
    pub(super) semantic_tokens: bool,
    /// True if it has no colours for Nix unless the server gives them.
    pub(super) nix_tokens: bool,
    /// Commands that the client carries out, or completes before it sends them: it asks for a
    /// name.
    pub(super) own_commands: FxHashSet<String>,
}

impl ClientCapabilities {
    /// Reads what a client declares in `initialize`.
    pub(super) fn new(declared: &lsp_types::ClientCapabilities) -> ClientCapabilities {
        let workspace = declared.workspace.as_ref();
        let text = declared.text_document.as_ref();
        let window = declared.window.as_ref();
        let edit = workspace.and_then(|w| w.workspace_edit.as_ref());
        let action = text.and_then(|t| t.code_action.as_ref());
        let resource_operation = |kind: ResourceOperationKind| {
            edit.and_then(|e| e.resource_operations.as_ref())
                .is_some_and(|operations| operations.contains(&kind))
        };
        let watched = workspace.and_then(|w| w.did_change_watched_files.as_ref());
        let resolves_edits = action
            .and_then(|a| a.resolve_support.as_ref())
            .is_some_and(|r| r.properties.iter().any(|property| property == "edit"));
        let keeps_data = action.and_then(|a| a.data_support).unwrap_or_default();
        ClientCapabilities {
            encoding: encoding_of(declared),
            related_information: text
                .and_then(|t| t.publish_diagnostics.as_ref())
                .and_then(|p| p.related_information)
                .unwrap_or_default(),
            code_description: text
                .and_then(|t| t.publish_diagnostics.as_ref())
                .and_then(|p| p.code_description_support)
                .unwrap_or_default(),
            document_changes: edit.and_then(|e| e.document_changes).unwrap_or_default(),
            create_files: resource_operation(ResourceOperationKind::Create),
            rename_files: resource_operation(ResourceOperationKind::Rename),
            delete_files: resource_operation(ResourceOperationKind::Delete),
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
            ..ClientCapabilities::of_views(workspace, text)
        }
    }

    /// Reads what a client declares of its views of a document: outline, links, lenses, hints, and
    /// the format of texts in them.
    fn of_views(
        workspace: Option<&WorkspaceClientCapabilities>,
        text: Option<&TextDocumentClientCapabilities>,
    ) -> ClientCapabilities {
        let hover = text.and_then(|t| t.hover.as_ref());
        let signature = text
            .and_then(|t| t.signature_help.as_ref())
            .and_then(|s| s.signature_information.as_ref());
        let item = text
            .and_then(|t| t.completion.as_ref())
            .and_then(|c| c.completion_item.as_ref());
        ClientCapabilities {
            hover_format: format_of(hover.and_then(|h| h.content_format.as_deref())),
            signature_format: format_of(signature.and_then(|s| s.documentation_format.as_deref())),
            completion_format: format_of(item.and_then(|i| i.documentation_format.as_deref())),
            snippets: item.and_then(|i| i.snippet_support).unwrap_or_default(),
            nested_symbols: text
                .and_then(|t| t.document_symbol.as_ref())
                .and_then(|s| s.hierarchical_document_symbol_support)
                .unwrap_or_default(),
            semantic_tokens: text.is_some_and(|t| t.semantic_tokens.is_some()),
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
            ..ClientCapabilities::default()
        }
    }

    /// Takes over what the client declares in its initialization options: in `commands` those that
    /// it carries out or completes itself, in `imagesChanged` that it wants that notification,
    /// in `ruleDocuments` that it shows the documentation of rules, in `nixTokens` that nothing else
    /// colours Nix.
    pub(super) fn take_initialization_options(&mut self, options: &Value) {
        self.images_changed = options.get("imagesChanged") == Some(&Value::Bool(true));
        self.rule_documents = options.get("ruleDocuments") == Some(&Value::Bool(true));
        self.nix_tokens = options.get("nixTokens") == Some(&Value::Bool(true));
        let names = options.get("commands").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        self.own_commands = names.map(str::to_owned).collect();
    }
}

/// Returns the format for a view that shows some formats.
fn format_of(formats: Option<&[MarkupKind]>) -> TextFormat {
    match formats {
        Some(formats) if formats.contains(&MarkupKind::Markdown) => TextFormat::Markdown,
        _ => TextFormat::Plain,
    }
}

/// Returns the encoding of positions: the first of those that the server prefers.
fn encoding_of(declared: &lsp_types::ClientCapabilities) -> Encoding {
    let general = declared.general.as_ref();
    let encodings = general
        .and_then(|g| g.position_encodings.as_deref())
        .unwrap_or_default();
    let preferred = [
        (PositionEncodingKind::UTF8, Encoding::Utf8),
        (PositionEncodingKind::UTF16, Encoding::Utf16),
        (PositionEncodingKind::UTF32, Encoding::Utf32),
    ];
    let known = |(kind, encoding)| encodings.contains(&kind).then_some(encoding);
    preferred.into_iter().find_map(known).unwrap_or_default()
}
