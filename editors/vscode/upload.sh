#!/usr/bin/env bash
# Uploads extensions to the registries whose secrets are in the environment: VSCE_PAT for the
# VS Code Marketplace, OVSX_PAT for Open VSX. Without either, nothing is sent.
#
#   editors/vscode/upload.sh FILE.vsix ...
#
# What a registry has already is left alone, so a run that failed halfway can be repeated.
set -euo pipefail
[ "$#" -gt 0 ] || { echo "upload.sh: which files? See package.sh" >&2 ; exit 2 ; }

# `npx` takes vsce from node_modules where package.json has it. Both programs read the secret
# from the environment.
if [ -n "${VSCE_PAT:-}" ] ; then
	npx --yes @vscode/vsce@4 publish --skip-duplicate --packagePath "$@"
else
	echo "upload.sh: nothing is sent to the VS Code Marketplace: VSCE_PAT is not set"
fi
if [ -n "${OVSX_PAT:-}" ] ; then
	npx --yes ovsx@1 publish --skip-duplicate --packagePath "$@"
else
	echo "upload.sh: nothing is sent to Open VSX: OVSX_PAT is not set"
fi
