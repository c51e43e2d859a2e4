# These distributions have no tool that would install it into a directory. Packages are
# picked from the list of the mirror and unpacked by installpkg, which itself
# comes from one of them.
require_cmd wget

TREE="https://mirror.example.org/$DISTNAME/tree-$TREEVER"
REPO="$DOWNLOAD/packages"
TOOLS="$DOWNLOAD/tools"

PACKAGES="aaa_base aaa_glibc-solibs aaa_libraries aaa_terminfo acl attr bash bin bzip2
ca-certificates coreutils cracklib cyrus-sasl dcron devs dhcpcd dialog diffutils elogind
etc eudev file findutils gawk glibc-zoneinfo gmp gnupg grep gzip hostname iproute2 iputils
kmod less libpsl logrotate lzip man-db ncurses net-tools network-scripts openssh openssl
pam pcre pkgtools procps-ng sed shadow pkgupdate sysklogd sysvinit sysvinit-scripts tar
util-linux vim wget which xz"

function fetch-filelist {
	mkdir -p "$REPO"
	wget -q -O "$REPO/CHECKSUMS.md5" "$TREE/CHECKSUMS.md5" || fail "unable to fetch checksums"
}

# The path of a package, whatever its version, build and architecture are.
function find-package {
	local name="$1"

	grep -o -m 1 "\./packages/[a-z]*/$name-[^-]*-[^-]*-[^-]*\.txz\$" "$REPO/CHECKSUMS.md5"
}

function fetch-package {
	local name="$1" path

	path=$(find-package "$name")
	[ -n "$path" ] || fail "package $name is not on the mirror"
	wget -q -P "$REPO" "$TREE/$path" || fail "unable to fetch $name"
}

function bootstrap {
	local name

	fetch-filelist
	for name in $PACKAGES ; do
		fetch-package "$name"
	done

	mkdir -p "$TOOLS"
	tar -C "$TOOLS" -xJf "$REPO"/pkgtools-*.txz

	for name in $PACKAGES ; do
		"$TOOLS/sbin/installpkg" --root "$INSTALL" --terse "$REPO/$name"-[0-9]*.txz \
			|| warn "$name is not installed properly"
	done

	cp /etc/resolv.conf "$INSTALL/etc/"
	install -m 755 "$IMAGEDIR/rc.cgroups" "$INSTALL/etc/rc.d/rc.cgroups"
}

function configure-tarball {
	configure-append <<EOF
echo "$TREE/" > /etc/pkgupdate/mirrors

for script in rc.udev rc.modules rc.acpid rc.gpm ; do
	[ -e /etc/rc.d/\$script ] && chmod a-x /etc/rc.d/\$script
done
chmod a+x /etc/rc.d/rc.sshd

# Called by the multi-user runlevel before anything else.
sed -i '1a [ -x /etc/rc.d/rc.cgroups ] && /etc/rc.d/rc.cgroups' /etc/rc.d/rc.M

sed -i '/agetty/d' /etc/inittab
cat >> /etc/inittab <<INITTAB
co:1235:respawn:/sbin/agetty --noclear 38400 console linux
pw::powerwait:/sbin/shutdown -h now
INITTAB

for action in update upgrade-all ; do
	pkgupdate -default_answer=yes -batch=on \$action
done

passwd -l root
: > /etc/resolv.conf
EOF

	configure-sshd PermitRootLogin yes
}
