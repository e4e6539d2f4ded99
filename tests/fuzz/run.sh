#!/usr/bin/env bash
# Fuzzes each target for so many seconds, from its seeds. Needs cargo-fuzz and a nightly toolchain.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds="${1:?how many seconds for each target}"
for target in $(cargo +nightly fuzz list --fuzz-dir tests/fuzz); do
  mkdir -p "tests/fuzz/corpus/$target"
  cargo +nightly fuzz run --fuzz-dir tests/fuzz --sanitizer none "$target" \
    "tests/fuzz/corpus/$target" "tests/fuzz/seeds/$target" -- -max_total_time="$seconds" -print_final_stats=1
done
