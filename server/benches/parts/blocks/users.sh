
configure-append <<EOF
while IFS=: read -r name _ uid _ ; do
	[ "\$uid" -lt 1000 ] || [ "\$name" = nobody ] || userdel -r "\$name"
done < /etc/passwd

groupadd -r containers
EOF
