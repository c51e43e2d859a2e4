
# Maintenance that the node does for all of its containers.
configure-append <<'EOF'
for job in @PACKAGES@ ; do
	rm -f "/etc/cron.daily/$job" "/etc/cron.weekly/$job"
done
EOF
