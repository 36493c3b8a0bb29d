#!/usr/bin/env bash
# Arrows run one way: cmd → protocols → core, and inside core upwards only. Fails with each include
# that goes against them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

# folder: the folders it may include (besides itself).
allowed() {
  case "$1" in
    core/base) echo '' ;;
    core/codec) echo 'core/base' ;;
    core/net) echo 'core/base core' ;;
    core/host) echo 'core/base' ;;
    core/measure) echo 'core/base core/codec' ;;
    core/report) echo 'core/base core/net' ;;
    core) echo 'core/base core/net' ;;
    core/engine) echo 'core core/base core/net core/host core/codec core/measure core/report' ;;
    protocols*) echo 'core core/base core/net core/host protocols protocols/stream protocols/message protocols/tcp protocols/udp protocols/unix protocols/inherited' ;;
    cmd*) echo 'core core/base core/net core/host core/measure core/report core/engine protocols cmd' ;;
  esac
}

bad=0
while IFS=: read -r file line text; do
  from=$(dirname "$file")
  header=$(sed -E 's/^[^"]*"([^"]+)".*/\1/' <<<"$text")
  to=$(dirname "$header")
  [ "$from" = "$to" ] && continue
  case " $(allowed "$from") " in
    *" $to "*) ;;
    *)
      echo "$file:$line: $from may not include $to ($header)" >&2
      bad=1
      ;;
  esac
done < <(grep -rnE '^#include "' cmd core protocols --include='*.cpp' --include='*.hpp')

# Libraries that one place knows.
only() {
  local header=$1 place=$2 hits
  hits=$(grep -rnE "#include <$header" cmd core protocols --include='*.cpp' --include='*.hpp' | grep -v "^$place" || true)
  [ -z "$hits" ] && return
  printf 'only %s may include %s:\n%s\n' "$place" "$header" "$hits" >&2
  bad=1
}
only CLI/ cmd/
only spdlog/ cmd/
only nlohmann/ core/report/
exit "$bad"
