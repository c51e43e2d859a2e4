
# Settings of the node, which a container may not touch.
configure-append <<EOF
for setting in kernel.printk vm.swappiness fs.protected_regular ; do
	sed -i "s/^\$setting *=/# &/" /etc/sysctl.conf
done
rm -f /etc/sysctl.d/*-$DISTNAME.conf
EOF
