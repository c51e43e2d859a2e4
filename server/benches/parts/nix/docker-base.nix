{
  distribution,
  version,
  install,
}:
import ../../make-test.nix (_: {
  name = "docker-${distribution}-${version}";
  description = "Docker runs a container inside ${distribution} ${version}";
  machines.node = import ../../machines/node.nix;
  script = ''
    node.wait_for_pool("tank")
    node.succeeds("osctl ct new --distribution ${distribution} --version ${version} outer")
    node.succeeds("osctl ct netif new bridge --link lxcbr0 outer eth0")
    node.succeeds("osctl ct start outer")
    node.wait_until_online("outer")

    ${install}

    node.succeeds("osctl ct exec outer docker run --rm registry.example.org/hello")
  '';
})
