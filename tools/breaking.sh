#!/usr/bin/env bash
# Compares proto/ with that of an earlier commit: tools/breaking.sh [base].
# buf's own git input fails with our second, ignored module .protodeps, so the old protos are unpacked beside the new.
set -euo pipefail
cd "$(dirname "$0")/.."

base=${1:-}
if [[ -z $base ]]; then
  base=$(git describe --tags --abbrev=0 2>/dev/null || true) # what was never released may change
elif ! git rev-parse --verify --quiet "$base^{commit}" >/dev/null; then
  echo "breaking: no such commit: $base" >&2
  exit 1
fi
if [[ -z $base ]] || ! git cat-file -e "$base:proto" 2>/dev/null || ! git cat-file -e "$base:buf.yaml" 2>/dev/null; then
  echo "breaking: nothing was released yet, nothing to compare with"
  exit 0
fi

old=$(mktemp -d .breaking.XXXXXX)
trap 'rm -rf "$old"' EXIT
git archive "$base" buf.yaml proto | tar x -C "$old"
ln -s ../.protodeps "$old/.protodeps"
.bin/buf breaking --against "$old"
echo "breaking: compatible with $(git rev-parse --short "$base")"
