//! `flake.nix`, evaluated by the real Nix as a flake: with a stand-in for nixpkgs, in which what
//! would build something says what it was given.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use image_scripts_ls_tests::checkout::{Folder, copy};
use image_scripts_ls_tests::command::{Output, git, output_of};
use image_scripts_ls_tests::program;
use serde_json::{Value, json};

/// What of nixpkgs the flake uses. Paths are shown from the flake's folder on.
const NIXPKGS: &str = r##"
{
  outputs =
    { self }:
    let
      lib = {
        genAttrs = names: f: builtins.listToAttrs (map (name: { inherit name; value = f name; }) names);
        getExe = package: "${built package}/bin/${package.meta.mainProgram}";
        optionalString = condition: text: if condition then text else "";
        licenses = { mit = "MIT"; asl20 = "Apache-2.0"; };
        platforms.linux = "linux";
        fileset = {
          unions = paths: paths;
          toSource = { root, fileset }: map (inside root) fileset;
        };
      };
      # Nix runs nothing that it did not build.
      built = package: derivation {
        name = package.pname;
        inherit (package) system;
        program = "#!/bin/sh\necho ran \"$@\"\n";
        PATH = "/usr/bin:/bin";
        builder = "/bin/sh";
        args = [ "-c" "mkdir -p $out/bin && cd $out/bin && printf %s \"$program\" > $name && chmod +x $name" ];
      };
      inside =
        root: path:
        builtins.replaceStrings [ (toString root + "/") ] [ "" ] (toString path);
      packages = system: let pkgs = {
        inherit lib;
        stdenv = { buildPlatform.canExecute = host: host.system == system; hostPlatform.system = system; };
        callPackage = f: given: f (builtins.intersectAttrs (builtins.functionArgs f) pkgs // given);
        rustPlatform.buildRustPackage =
          given: given // { inherit system; cargoLock.lockFile = builtins.readFile given.cargoLock.lockFile; };
        installShellFiles = "installShellFiles";
        vimUtils.buildVimPlugin = given: given // { src = baseNameOf given.src; };
        vimPlugins.other = "other";
        mkShell = given: given;
      } // builtins.listToAttrs (map (name: { inherit name; value = name; }) [
        "cargo" "clippy" "emacs-nox" "git" "kakoune" "kakoune-lsp" "neovim" "nix" "nodejs"
        "python3" "rustc" "rustfmt"
      ]); in pkgs;
    in
    {
      inherit lib;
      legacyPackages = lib.genAttrs [ "x86_64-linux" "aarch64-linux" ] packages;
    };
}
"##;

/// A repository with the flake in it, as it is published, and a Nix store for it alone. What the
/// flake asks for is the stand-in.
struct Repository {
    folder: Folder,
}

impl Repository {
    fn new() -> Repository {
        let folder = Folder::new();
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let [clone, nixpkgs] = ["clone", "nixpkgs"].map(|name| folder.path().join(name));
        for part in ["server", "tests/src", "editors/nvim"] {
            copy(&project.join(part), &clone.join(part));
        }
        for file in ["Cargo.toml", "Cargo.lock", "tests/Cargo.toml"] {
            fs::copy(project.join(file), clone.join(file)).unwrap();
        }
        let (flake, nixpkgs_url) = (flake(), "github:NixOS/nixpkgs/nixos-unstable");
        assert!(flake.contains(nixpkgs_url));
        let stand_in = format!("path:{}", nixpkgs.display());
        fs::write(
            clone.join("flake.nix"),
            flake.replace(nixpkgs_url, &stand_in),
        )
        .unwrap();

        fs::create_dir(&nixpkgs).unwrap();
        fs::write(nixpkgs.join("flake.nix"), NIXPKGS).unwrap();

        git(&clone, &["init", "--quiet"]);
        git(&clone, &["add", "."]);
        git(&clone, &["commit", "--quiet", "--message=Begin"]);
        // Nix may write to a clone, but not to where others clone from.
        git(
            folder.path(),
            &["clone", "--quiet", "--bare", "clone", "bare"],
        );
        Repository { folder }
    }

    /// Where it was made.
    fn path(&self) -> PathBuf {
        self.folder.path().join("clone")
    }

    /// As Nix is told of it.
    fn url(&self) -> String {
        format!("git+file://{}", self.folder.path().join("bare").display())
    }

    fn nix(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new("nix");
        command
            .args(["--extra-experimental-features", "nix-command flakes"])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("HOME", self.folder.path())
            .env(
                "NIX_CONFIG",
                "build-users-group =\nsandbox = false\nsubstituters =",
            );
        for part in ["STATE", "STORE", "LOCALSTATE", "LOG", "CONF"] {
            command.env(
                format!("NIX_{part}_DIR"),
                self.folder.path().join(part.to_lowercase()),
            );
        }
        output_of(&mut command, "", "apt-get install nix-bin")
    }

    /// The flake of somebody who has ours as an input, by which it knows its commit.
    fn user(&self) -> PathBuf {
        let path = self.folder.path().join("user");
        let flake = format!(
            r#"{{
                inputs.published.url = "{}?ref=main";
                outputs = {{ self, published }}: {{ inherit published; }};
            }}"#,
            self.url(),
        );
        fs::create_dir_all(&path).unwrap();
        fs::write(path.join("flake.nix"), flake).unwrap();
        path
    }

    /// What an output of the flake comes to, after a function.
    fn output(&self, name: &str, apply: &str) -> Value {
        let name = format!("path:{}#published.{name}", self.user().display());
        let arguments = ["eval", "--no-write-lock-file", "--json", &name];
        let text = self.nix(&[&arguments[..], &["--apply", apply]].concat());
        let text = text.ok();
        serde_json::from_str(&text).unwrap()
    }
}

fn flake() -> String {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    fs::read_to_string(project.join("flake.nix")).unwrap()
}

const AS_IT_IS: &str = "output: output";

#[test]
fn the_flake_is_formatted() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let nixfmt =
        std::env::var_os("NIXFMT").map_or(project.join("target/tools/bin/nixfmt"), Into::into);
    let mut command = Command::new(nixfmt);
    command.arg("--check").arg(project.join("flake.nix"));
    output_of(
        &mut command,
        "",
        "cargo install nixfmt_rs --root target/tools",
    )
    .ok();
}

/// The command that users are told.
#[test]
fn the_program_is_run_from_elsewhere() {
    let flake = flake();
    let command = flake
        .lines()
        .find_map(|line| line.strip_prefix("#     nix "));
    let command = command.unwrap().replace('\'', "");
    let published = concat!("git+", env!("CARGO_PKG_REPOSITORY"), ".git");
    assert!(command.contains(published), "{command}");
    let repository = Repository::new();
    let command = command.replace(published, &repository.url());
    let words: Vec<&str> = command.split(' ').collect();
    assert_eq!(repository.nix(&words).ok(), "ran check\n");
}

#[test]
fn packages_say_what_is_built() {
    let clone = Repository::new();
    let commit = git(&clone.path(), &["rev-parse", "--short=7", "HEAD"]);
    for system in ["x86_64-linux", "aarch64-linux"] {
        let package = clone.output(&format!("packages.{system}.default"), AS_IT_IS);
        assert_eq!(package["pname"], "image-scripts-ls");
        assert_eq!(package["version"], env!("CARGO_PKG_VERSION"));
        assert_eq!(package["env"]["IMAGE_SCRIPTS_LS_COMMIT"], commit.trim());
        let locked = fs::read_to_string(clone.path().join("Cargo.lock")).unwrap();
        assert_eq!(package["cargoLock"]["lockFile"], locked);
        assert_eq!(package["meta"]["mainProgram"], "image-scripts-ls");
        let plugin = clone.output(&format!("packages.{system}.vimPlugin"), AS_IT_IS);
        let expected = json!({
            "pname": "image-scripts.nvim",
            "version": env!("CARGO_PKG_VERSION"),
            "src": "nvim",
        });
        assert_eq!(plugin, expected);
    }
}

/// Cargo reads the whole workspace even to build one package of it.
#[test]
fn the_source_is_a_workspace() {
    let clone = Repository::new();
    let parts = clone.output("packages.x86_64-linux.default.src", AS_IT_IS);
    let source = Folder::new();
    for part in parts.as_array().unwrap() {
        let part = part.as_str().unwrap();
        let (from, to) = (clone.path().join(part), source.path().join(part));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(from, to).unwrap();
        }
    }
    let mut command = Command::new(env!("CARGO"));
    command
        .args([
            "tree",
            "--offline",
            "--locked",
            "--package=image-scripts-ls",
        ])
        .current_dir(source.path());
    output_of(&mut command, "", "rustup").ok();
}

#[test]
fn completions_and_manual_pages_are_installed() {
    let clone = Repository::new();
    let script = clone.output("packages.x86_64-linux.default.postInstall", AS_IT_IS);
    let build = Folder::new();
    let bin = build.path().join("out/bin");
    fs::create_dir_all(&bin).unwrap();
    std::os::unix::fs::symlink(program!(), bin.join("image-scripts-ls")).unwrap();
    // What nixpkgs has of that name, as far as it is used.
    let installers = r#"
        set -eu
        installShellCompletion() { shift 2 ; for file ; do head -c 1 "$file" > /dev/null ; echo "$file" ; done }
        installManPage() { for file ; do [ "${file##*.}" = 1 ] ; echo "$file" ; done }
    "#;
    let mut command = Command::new("bash");
    command
        .current_dir(build.path())
        .env("out", build.path().join("out"))
        .args(["-c", &format!("{installers}\n{}", script.as_str().unwrap())]);
    let installed = output_of(&mut command, "", "apt-get install bash").ok();
    let installed: Vec<&str> = installed.lines().collect();
    for file in [
        "image-scripts-ls.bash",
        "image-scripts-ls.fish",
        "image-scripts-ls.zsh",
        "man/image-scripts-ls.1",
        "man/image-scripts-ls-check.1",
    ] {
        assert!(installed.contains(&file), "{file} is not in {installed:?}");
        let size = fs::metadata(build.path().join(file)).unwrap().len();
        assert!(size > 100, "{file} has {size} bytes");
    }
}

#[test]
fn apps_overlays_and_shells_lead_to_the_same() {
    let clone = Repository::new();
    let app = clone.output("apps.aarch64-linux.default", AS_IT_IS);
    assert_eq!(app["type"], "app");
    let program = app["program"].as_str().unwrap();
    assert!(
        program.ends_with("-image-scripts-ls/bin/image-scripts-ls"),
        "{program}"
    );
    let overlay = clone.output(
        "overlays.default",
        r#"overlay:
        let
          final = {
            callPackage = f: given: builtins.attrNames (builtins.functionArgs f);
          };
          made = overlay final { vimPlugins.other = "other"; };
        in
        [ (builtins.attrNames made) (builtins.attrNames made.vimPlugins) made.image-scripts-ls ]"#,
    );
    let expected = json!([
        ["image-scripts-ls", "vimPlugins"],
        ["image-scripts-nvim", "other"],
        ["installShellFiles", "lib", "rustPlatform", "stdenv"],
    ]);
    assert_eq!(overlay, expected);
    let shell = clone.output("devShells.x86_64-linux.default", AS_IT_IS);
    let packages = shell["packages"].as_array().unwrap();
    for tool in ["cargo", "rustc", "nix", "git"] {
        assert!(packages.contains(&json!(tool)), "{tool}");
    }
}
