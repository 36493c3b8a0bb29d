#!/bin/sh
# Unpacks Debian's xinetd and inetutils-inetd into a folder, for the interop tests.
#
# The packages conflict with each other, and installing one starts a daemon: so they are only
# unpacked. Does nothing when they are there already; fails when they can't be had.
set -eu

folder=${1:?"usage: fetch-inetd.sh FOLDER"}
mkdir -p "$folder"
cd "$folder"

for package in xinetd inetutils-inetd; do
  [ ! -x "$package/usr/sbin/$package" ] || continue
  # A folder of its own and a rename: tests that run side by side may fetch at the same time.
  work=$(mktemp -d "$PWD/.fetch-XXXXXX")
  trap 'rm -rf "$work"' EXIT
  # apt drops to a user of its own for downloads, which must be able to write here.
  chmod 755 "$work"
  (cd "$work" && apt-get -qq -o APT::Sandbox::User=root download "$package" >&2)
  dpkg-deb -x "$work/$package"_*.deb "$work/unpacked"
  mv -T "$work/unpacked" "$package" 2>/dev/null || [ -x "$package/usr/sbin/$package" ]
  rm -rf "$work"
done
