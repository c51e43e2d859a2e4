require_cmd git openssl wget

MIRROR="https://mirror.example.org/$DISTNAME"
REPOSITORY="$MIRROR/v$RELVER/main"
KEYRING="$DOWNLOAD/keyring"
APK="$DOWNLOAD/sbin/apk.static"
TIMEZONE=Europe/Bratislava

EXTRAPKGS="openssh iproute2 vim tzdata"

# One service and its runlevel per line.
SERVICES="cgroups-mount sysinit
bootmisc boot
hostname boot
syslog boot
networking default
crond default
sshd default"

function fetch-keyring {
	git clone --quiet --depth 1 "$MIRROR/aports.git" "$DOWNLOAD/aports" \
		|| fail "unable to clone aports"
	mkdir -p "$KEYRING"
	cp "$DOWNLOAD"/aports/main/$DISTNAME-keys/*.pub "$KEYRING"
}

# The static build of apk is the only thing that is needed to install the rest.
function fetch-apk {
	local version package key

	version=$(wget -q -O - "$REPOSITORY/$ARCH/APKINDEX.tar.gz" \
		| tar -xzO APKINDEX \
		| awk -F: '/^P:/ { name = $2 } /^V:/ && name == "apk-tools-static" { print $2 }')
	[ -n "$version" ] || fail "apk-tools-static is not in the index of v$RELVER"

	package="apk-tools-static-$version.apk"
	wget -q "$REPOSITORY/$ARCH/$package" || fail "unable to fetch $package"
	tar -xzf "$package" -C "$DOWNLOAD" sbin

	for key in "$KEYRING"/*.pub ; do
		openssl dgst -sha256 -verify "$key" \
			-signature "$APK".SIGN.*."${key##*/}" "$APK" > /dev/null 2>&1 && return
	done

	fail "no key of the keyring fits the signature of $package"
}

function bootstrap {
	fetch-keyring
	fetch-apk

	mkdir -p "$INSTALL/etc/apk"
	printf '%s\n' "$REPOSITORY" "${REPOSITORY%/main}/community" > "$INSTALL/etc/apk/repositories"
	cp /etc/resolv.conf "$INSTALL/etc/"

	"$APK" --root "$INSTALL" --arch "$ARCH" --keys-dir "$KEYRING" \
		--initdb --update-cache add base-layout || fail "unable to install base-layout"
}

function configure-apk {
	configure-append <<EOF
apk update
apk add $EXTRAPKGS

# Only the console makes sense in a container.
sed -i '/getty/d' /etc/inittab
cat >> /etc/inittab <<INITTAB
::respawn:/sbin/getty -L 0 console vt100
INITTAB
echo console >> /etc/securetty

cat >> /etc/rc.conf <<RCCONF
rc_sys="lxc"
rc_logger="YES"
rc_controller_cgroups="NO"
RCCONF

while read -r name level ; do
	rc-update add "\$name" "\$level"
done <<SERVICES
$SERVICES
SERVICES

echo "# managed from outside" > /etc/network/interfaces
passwd -l root
: > /etc/resolv.conf
EOF
}
