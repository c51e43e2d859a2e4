require_cmd curl zstd

ARCHIVE="$DISTNAME-bootstrap-x86_64.tar.zst"
LIVE="$DOWNLOAD/root.x86_64"

function fetch-archive {
	local iso="$BASEURL/iso/latest"

	curl -fsS -O "$iso/$ARCHIVE" -O "$iso/sha256sums.txt" || fail "unable to fetch $ARCHIVE"
	grep -F " $ARCHIVE" sha256sums.txt | sha256sum -c - || fail "$ARCHIVE is damaged"
}

# The archive holds a live system; pacstrap from it installs the real one.
function bootstrap {
	fetch-archive
	zstd -d -c "$DOWNLOAD/$ARCHIVE" | tar -C "$DOWNLOAD" --numeric-owner -xp

	echo "Server = $BASEURL/\$repo/os/\$arch" > "$LIVE/etc/pacman.d/mirrorlist"
	sed -i '/^CheckSpace/d' "$LIVE/etc/pacman.conf"
	cp /etc/resolv.conf "$LIVE/etc/"

	cat > "$LIVE/install.sh" <<'EOF'
#!/bin/bash
pacman-key --init
pacman-key --populate
pacstrap -G -M /mnt base dhcpcd inetutils openssh vim
EOF
	chmod +x "$LIVE/install.sh"

	mkdir -p "$LIVE/mnt"
	mount --bind "$INSTALL" "$LIVE/mnt"
	enter-chroot "$LIVE" /install.sh || fail "pacstrap has failed"
	umount "$LIVE/mnt"

	cp "$LIVE/etc/pacman.d/mirrorlist" "$INSTALL/etc/pacman.d/"
}

function configure-pacstrap {
	configure-append <<EOF
sed -i 's/^#en_US.UTF-8/en_US.UTF-8/' /etc/locale.gen
locale-gen
echo "LANG=en_US.UTF-8" > /etc/locale.conf

pacman-key --init
pacman-key --populate $DISTNAME

for unit in sshd.service dhcpcd.service ; do
	systemctl enable "\$unit"
done
systemctl disable systemd-resolved.service

passwd -l root
: > /etc/resolv.conf
EOF
}
