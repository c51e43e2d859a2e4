{
  pkgs ? <nixpkgs>,
  system ? builtins.currentSystem,
}:
let
  nixpkgs = import pkgs { inherit system; };
  inherit (nixpkgs) lib;

  distributions = import ./distributions.nix { inherit lib; };

  onDistributions = rows: name: {
    inherit name;
    value = import (./suite + "/${name}.nix") {
      inherit pkgs system;
      distributions = rows;
    };
  };
in
builtins.listToAttrs (
  map (onDistributions distributions.all) [ "dist-config/start-stop" ]
  ++ map (onDistributions distributions.systemd) [ "systemd/device-units" ]
)
