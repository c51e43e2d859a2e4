import ../../make-template.nix {
  name = "start-stop";
  description = "Containers start and stop";

  script =
    { distribution, version }:
    ''
      node.succeeds("osctl ct new --distribution ${distribution} --version ${version} subject")
      node.succeeds("osctl ct start subject")
      node.succeeds("osctl ct stop subject")
    '';
}
