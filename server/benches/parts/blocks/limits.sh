
LIMIT=@BUILD@

configure-append <<EOF
mkdir -p /etc/security/limits.d
cat > /etc/security/limits.d/container.conf <<LIMITS
* soft nofile $LIMIT
* hard nofile \$(( $LIMIT * 4 ))
LIMITS

for dir in /var/cache /var/tmp ; do
	find "\$dir" -xdev -type f -mtime +7 -delete
done
EOF
