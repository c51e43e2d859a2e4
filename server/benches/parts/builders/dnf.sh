set -e
dnf -y upgrade

# for images with a bootstrap archive
dnf -y install curl wget tar xz zstd

# for the verification of what they download
dnf -y install git openssl
