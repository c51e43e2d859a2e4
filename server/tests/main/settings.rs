//! Editors offer the settings that the server has, and say the same of them.

use std::collections::BTreeSet;

use image_scripts_ls::lsp::editor_settings::{SETTINGS, Values};
use serde_json::{Value, json};

/// Settings of the extension, not of the server.
const OF_VS_CODE: [&str; 3] = ["server.path", "server.allowPrivate", "trace.server"];

fn text(path: &str) -> String {
    let path = format!("{}/../{path}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn the_extension_for_vs_code() {
    let package: Value = serde_json::from_str(&text("editors/vscode/package.json")).unwrap();
    let properties = { package["contributes"]["configuration"]["properties"].as_object() }.unwrap();
    let offered: BTreeSet<&str> = { properties.keys() }
        .map(|key| key.strip_prefix("imageScripts.").expect("our prefix"))
        .filter(|key| !OF_VS_CODE.contains(key))
        .collect();
    let ours: BTreeSet<&str> = SETTINGS.iter().map(|setting| setting.key).collect();
    assert_eq!(offered, ours);
    for setting in SETTINGS {
        let property = &properties[&format!("imageScripts.{}", setting.key)];
        let described = property["markdownDescription"].as_str();
        assert_eq!(described, Some(setting.description), "{}", setting.key);
        match setting.values {
            Values::Switch => {
                assert_eq!(property["type"], "boolean", "{}", setting.key);
                assert_eq!(property["default"], true, "{}", setting.key);
            }
            Values::Option => {
                assert_eq!(property["type"], "boolean", "{}", setting.key);
                assert_eq!(property["default"], false, "{}", setting.key);
            }
            Values::Words(words) => {
                assert_eq!(property["enum"], json!(words), "{}", setting.key);
                assert_eq!(property["default"], words[0], "{}", setting.key);
            }
            Values::Path => {
                assert_eq!(property["type"], "string", "{}", setting.key);
                assert_eq!(property["default"], "", "{}", setting.key);
                assert_eq!(property["scope"], "machine", "{}", setting.key);
            }
        }
    }
}

#[test]
fn the_versions_are_one() {
    let package: Value = serde_json::from_str(&text("editors/vscode/package.json")).unwrap();
    assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn the_help_of_neovim_and_the_readme_name_all() {
    for path in ["editors/nvim/doc/image_scripts.txt", "README.md"] {
        let text = text(path);
        for setting in SETTINGS {
            let word = setting.key.rsplit('.').next().unwrap();
            assert!(text.contains(word), "{path}: {}", setting.key);
        }
    }
}
