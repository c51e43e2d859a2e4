//! Rules on an image's own files, on includes and on builders.

pub mod builder_base_unpublished;
pub mod heredoc_expansion;
pub mod missing_abstract;
pub mod missing_build_script;
pub mod missing_builder;
pub mod missing_config;
pub mod shell_syntax;
pub mod stray_abstract;
pub mod undefined_helper;
pub mod unknown_builder;
pub mod unreachable_configure;
pub mod unresolved_include;
pub mod unset_name_field;
