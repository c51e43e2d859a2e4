
configure-append <<'EOF'
cat > /etc/profile.d/motd.sh <<"PROFILE"
# Only for shells that somebody looks at.
case "$-" in
	*i*) [ -r /etc/motd.container ] && cat /etc/motd.container ;;
esac
PROFILE
echo "This container was made from @IMAGE@" > /etc/motd.container
EOF
