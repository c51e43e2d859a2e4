//! Capabilities of the server.

use lsp_types::*;

use super::client_capabilities::ClientCapabilities;
use super::handlers::semantic_tokens;
use super::position::Encoding;
use super::protocol::{FIX_ALL, SERVER_COMMANDS};

/// Characters before which a name of ours may begin: a variable, a path, a string, a list, a value,
/// a code.
const COMPLETION_TRIGGERS: [&str; 7] = ["$", "/", "\"", "[", "=", "-", ","];

/// Returns the capabilities of the server for a client.
pub(super) fn server_capabilities(client: &ClientCapabilities) -> ServerCapabilities {
    // What the client completes before it sends it is a command of the client's.
    let commands = SERVER_COMMANDS.iter();
    let commands = commands.filter(|name| !client.own_commands.contains(**name));
    ServerCapabilities {
        position_encoding: Some(match client.encoding {
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
            trigger_characters: Some(COMPLETION_TRIGGERS.map(str::to_owned).to_vec()),
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
        semantic_tokens_provider: client
            .semantic_tokens
            .then(|| semantic_tokens::options().into()),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: commands.map(|name| (*name).to_owned()).collect(),
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

/// Returns the files and folders about whose creation, renaming and deletion the server wants to
/// know beforehand.
fn file_operations() -> WorkspaceFileOperationsServerCapabilities {
    let scripts = "{images,include,builders}/**";
    // As a repository of its own, `image-scripts` may have any name.
    let globs = [
        format!("**/image-scripts/{scripts}"),
        format!("**/{scripts}"),
    ];
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
