#!/usr/bin/env bash
# Runs the race tests of every module given, keeps their events in .testjson/, and prints the closing lines. The largest package takes
# near the ten minutes that Go gives it where the machine is busy.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p .testjson
rm -f .testjson/*.json
failed=0
for module in "$@"; do
  go test -race -timeout 20m -json "./$module/..." | .bin/features show -save ".testjson/$module.json" || failed=1
done
exit "$failed"
