#!/bin/sh
# collect.sh BINARY FOLDER: what the image needs of a built tailrace: the stripped binary, and the
# Debian packages of the libraries that it names. apt finds what these need in turn.
set -eu
binary=$1
folder=$2
mkdir -p "$folder"
strip -o "$folder/tailrace" "$binary"
ldd "$binary" > "$folder/libraries"
for library in $(objdump -p "$binary" | awk '$1 == "NEEDED" {print $2}'); do
  path=$(awk -v name="$library" '$1 == name {print $3} $1 ~ "/" name "$" {print $1}' "$folder/libraries")
  [ -e "$path" ] || { echo "collect.sh: $library is not installed" >&2; exit 1; }
  path=$(readlink -f "$path")
  # dpkg knows a file by the name under which it was packed: with /usr in front or without.
  owner=$(dpkg-query -S "$path" 2>/dev/null || dpkg-query -S "${path#/usr}")
  echo "${owner%%:*}"
done > "$folder/owners"
sort -u "$folder/owners" > "$folder/packages"
rm "$folder/libraries" "$folder/owners"
