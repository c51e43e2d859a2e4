# For users of Nix: the program with its manual pages and completions, the Neovim plugin, and a
# shell to work in.
#
#     nix run --no-write-lock-file 'git+https://example.org/image-scripts-ls.git?ref=main' -- check
#     nix build .#vimPlugin
#     nix develop
#
# There is no flake.lock, and Nix could not write one to a repository that is elsewhere. What is run
# like this does not know its commit; as an input of another flake it does. Before 2.9, Nix looks for
# a branch `master` unless told of another.
{
  description = "Language server and linter for the container image scripts of vpsAdminOS";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      inherit (nixpkgs) lib;

      forEachSystem =
        make:
        lib.genAttrs [
          "x86_64-linux"
          "aarch64-linux"
        ] (system: make nixpkgs.legacyPackages.${system});

      workspace = (builtins.fromTOML (builtins.readFile ./Cargo.toml)).workspace.package;

      program =
        {
          lib,
          stdenv,
          rustPlatform,
          installShellFiles,
        }:
        rustPlatform.buildRustPackage {
          pname = "image-scripts-ls";
          inherit (workspace) version;

          # What the program is built from: a change of anything else builds nothing anew.
          src = lib.fileset.toSource {
            root = ./.;
            fileset = lib.fileset.unions [
              ./Cargo.toml
              ./Cargo.lock
              ./server
              ./tests/Cargo.toml
              ./tests/src
            ];
          };
          cargoLock.lockFile = ./Cargo.lock;
          cargoBuildFlags = [ "--package=image-scripts-ls" ];

          # There is no clone to ask here.
          env.IMAGE_SCRIPTS_LS_COMMIT = self.shortRev or self.dirtyShortRev or "";

          # `tests/run` runs them: they want Bash, git, Nix and editors.
          doCheck = false;

          nativeBuildInputs = [ installShellFiles ];
          postInstall = lib.optionalString (stdenv.buildPlatform.canExecute stdenv.hostPlatform) ''
            for shell in bash fish zsh ; do
              "$out/bin/image-scripts-ls" completions "$shell" > "image-scripts-ls.$shell"
            done
            installShellCompletion --cmd image-scripts-ls image-scripts-ls.{bash,fish,zsh}
            mkdir man
            "$out/bin/image-scripts-ls" man --out man
            installManPage man/*
          '';

          meta = {
            description = "Language server and linter for the container image scripts of vpsAdminOS";
            homepage = workspace.repository;
            license = [
              lib.licenses.mit
              lib.licenses.asl20
            ];
            mainProgram = "image-scripts-ls";
            platforms = lib.platforms.linux;
          };
        };

      vimPlugin =
        { vimUtils }:
        vimUtils.buildVimPlugin {
          pname = "image-scripts.nvim";
          inherit (workspace) version;
          src = ./editors/nvim;
        };
    in
    {
      packages = forEachSystem (pkgs: {
        default = pkgs.callPackage program { };
        vimPlugin = pkgs.callPackage vimPlugin { };
      });

      apps = forEachSystem (pkgs: {
        default = {
          type = "app";
          program = lib.getExe self.packages.${pkgs.stdenv.hostPlatform.system}.default;
        };
      });

      overlays.default = final: prev: {
        image-scripts-ls = final.callPackage program { };
        vimPlugins = prev.vimPlugins // {
          image-scripts-nvim = final.callPackage vimPlugin { };
        };
      };

      devShells = forEachSystem (pkgs: {
        default = pkgs.mkShell {
          packages = with pkgs; [
            cargo
            clippy
            rustc
            rustfmt
            git
            nix
            nodejs
            python3
            # Clients that the tests drive.
            emacs-nox
            kakoune
            kakoune-lsp
            neovim
          ];
        };
      });
    };
}
