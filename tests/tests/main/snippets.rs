//! What users copy to set up their editors: it says what it means to, and the README has the same.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn read(path: &str) -> String {
    fs::read_to_string(project().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The README has a file of `editors/` between fences. Each is written once: there.
fn check_readme(language: &str, path: &str) {
    let block = format!("```{language}\n{}```\n", read(path));
    let found = read("README.md").contains(&block);
    assert!(found, "README.md does not have {path} as it is:\n\n{block}");
}

#[test]
fn the_readme_has_the_snippets() {
    check_readme("toml", "editors/helix/languages.toml");
    check_readme("elisp", "editors/emacs/init.el");
}

#[test]
fn helix_starts_the_server_beside_others() {
    let settings: Value = toml::from_str(&read("editors/helix/languages.toml")).unwrap();
    let server = &settings["language-server"]["image-scripts"];
    assert_eq!(*server, json!({ "command": "image-scripts-ls" }));
    let languages = settings["language"].as_array().unwrap();
    let names: Vec<&Value> = languages.iter().map(|language| &language["name"]).collect();
    assert_eq!(names, ["bash", "nix", "toml"]);
    for language in languages {
        let servers = language["language-servers"].as_array().unwrap();
        assert_eq!(servers[0], "image-scripts");
        assert!(
            servers.len() > 1,
            "{language}: an own list replaces Helix's"
        );
    }
}

#[test]
fn sublime_starts_the_server() {
    let settings: Value =
        serde_json::from_str(&read("editors/sublime/LSP.sublime-settings")).unwrap();
    let client = &settings["clients"]["image-scripts"];
    assert_eq!(client["command"], json!(["image-scripts-ls"]));
    assert_eq!(client["enabled"], true);
    for scope in ["source.shell.bash", "source.nix", "source.toml"] {
        assert!(client["selector"].as_str().unwrap().contains(scope));
    }
}

#[test]
fn zed_starts_the_server_in_place_of_others() {
    let settings: Value = serde_json::from_str(&read("editors/zed/settings.json")).unwrap();
    for (language, server) in [("Nix", "nil"), ("Shell Script", "bash-language-server")] {
        let servers = settings["languages"][language]["language_servers"].as_array();
        assert!(servers.unwrap().contains(&json!(server)));
        let binary = &settings["lsp"][server]["binary"];
        assert!(
            binary["path"]
                .as_str()
                .unwrap()
                .ends_with("/image-scripts-ls")
        );
    }
}

/// Every file that is to be copied is told of on the page about editors.
#[test]
fn the_page_names_every_file() {
    let page = read("editors/README.md");
    for folder in fs::read_dir(project().join("editors")).unwrap() {
        let folder = folder.unwrap().path();
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        if !folder.is_dir() {
            continue;
        }
        assert!(page.contains(&format!("({name}")), "{name} has no link");
        // Extensions have pages of their own.
        if ["nvim", "vscode"].contains(&name.as_str()) {
            continue;
        }
        for file in fs::read_dir(folder).unwrap() {
            let file = file.unwrap().file_name();
            let link = format!("({name}/{})", file.to_str().unwrap());
            assert!(page.contains(&link), "{link} is missing");
        }
    }
}
