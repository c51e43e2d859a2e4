
mkdir -p "$INSTALL/usr/local/share/ca-certificates"
cat > "$INSTALL/usr/local/share/ca-certificates/README" <<EOF
Certificates of $DISTNAME that are put here are trusted after update-ca-certificates.
EOF
