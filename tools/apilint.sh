#!/usr/bin/env bash
# Holds the protos to the AIPs, but for the rules that .api-linter.yaml argues away.
set -euo pipefail
cd "$(dirname "$0")/../proto"
found=$(find qingfeng -name '*.proto' -print0 | LC_ALL=C sort -z |
  xargs -0 ../.bin/api-linter --config ../.api-linter.yaml --set-exit-status --output-format github -I . -I ../.protodeps) || {
  printf '%s\n' "$found"
  exit 1
}
