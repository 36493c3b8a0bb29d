#!/usr/bin/env bash
# build.sh COMPILER PROGRAM: the tests of what counts and measures, for a 32-bit machine.
set -euo pipefail
compiler=$1 program=$2
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

joined=(tests/core/base/{units,wide}_test.cpp
  tests/core/measure/{histogram,loss,round_trip,schedule}_test.cpp
  tests/core/codec/session_table_test.cpp)
# Their private names are those of another one.
alone=(tests/support/main.cpp tests/core/measure/{outages,sequence_tracker}_test.cpp)
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# Catch2 is a header alone: that of the host will do.
options=(-std=c++20 -D_GLIBCXX_ASSERTIONS -D_FILE_OFFSET_BITS=64 -D_TIME_BITS=64 -Wno-psabi
  -I "$PWD" -idirafter /usr/include)
# What is joined takes a fraction of the time. The version is known to CMake alone.
shopt -s extglob
printf '#include "%s"\n' core/base/!(build_info).cpp core/measure/*.cpp core/codec/session_table.cpp >"$folder/tested.cpp"
printf '#include "%s"\n' "${joined[@]}" >"$folder/tests.cpp"
# As many at once as there are cores; -c puts NAME.o into the folder, and no two have one name.
printf '%s\0' "${alone[@]/#/$PWD/}" "$folder"/test{s,ed}.cpp |
  (cd "$folder" && xargs -0 -n 1 -P "$(nproc)" "$compiler" "${options[@]}" -c)
"$compiler" -static -pthread "$folder"/*.o -o "$program"
