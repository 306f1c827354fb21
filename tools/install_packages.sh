#!/usr/bin/env bash
# Installs the Debian packages of tools/packages.txt that are missing; seconds when none is.
set -euo pipefail
list=$(dirname "$0")/packages.txt
mapfile -t wanted < <(grep -v '^#' "$list" | grep .)
missing=()
for package in "${wanted[@]}"; do
  dpkg-query -W -f='${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
done
if [ ${#missing[@]} -eq 0 ]; then
  echo "== packages: all ${#wanted[@]} are installed"
  exit 0
fi
echo "== packages: installing ${#missing[@]} of ${#wanted[@]}: ${missing[*]}"
sudo=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || { echo "need root or sudo to install packages" >&2; exit 1; }
  sudo=(sudo)
fi
"${sudo[@]}" apt-get update
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}"
