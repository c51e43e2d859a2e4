import ./base.nix {
  distribution = "@DISTRIBUTION@";
  version = "latest";
  install = ''
    node.succeeds("osctl ct exec outer install-docker")
  '';
}
