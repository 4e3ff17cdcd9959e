#!/usr/bin/env bash
# tools/features.sh write MODULE...: runs the tests and writes docs/features.md, also where some of them fail.
# tools/features.sh check:           compares docs/features.md with the runs kept in .testjson/.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=${1:?usage: features.sh write MODULE... | check}
shift
shopt -s nullglob
if [[ $mode == write ]]; then
  tools/tests.sh "$@" || echo "some tests failed: what they show counts as missing" >&2
fi
.bin/features "$mode" -requirements docs/requirements.yaml -out docs/features.md .testjson/*.json
