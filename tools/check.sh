#!/usr/bin/env bash
# Everything CI checks, for the modules given. Every step runs, so that one round shows all that is wrong.
set -uo pipefail
cd "$(dirname "$0")/.."
root=$PWD
failed=()

# step runs a command under a name and remembers its failure.
step() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  "$@" || failed+=("$name")
  echo "   $name: $((SECONDS - began)) s"
}

# in_module runs a command in a module's folder; tools stands outside go.work.
in_module() {
  local module=$1
  shift
  if [[ $module == tools ]]; then
    (cd "$root/$module" && GOWORK=off "$@")
  else
    (cd "$root/$module" && "$@")
  fi
}

step 'format of protos' .bin/buf format --diff --exit-code proto
step 'lint of protos' .bin/buf lint
step 'protos after the AIPs' tools/apilint.sh
step 'breaking changes' tools/breaking.sh "${BASE:-}"
step 'generated code' tools/generate.sh check
for module in "$@" tools; do
  step "tidy $module" in_module "$module" env GOWORK=off go mod tidy -diff
  step "format of $module" in_module "$module" "$root/.bin/golangci-lint" fmt --diff --config "$root/.golangci.yml" ./...
  step "lint of $module" in_module "$module" "$root/.bin/golangci-lint" run --config "$root/.golangci.yml" ./...
done
step 'tests of tools' in_module tools go test ./...
step 'tests with the race detector' tools/tests.sh "$@"
step 'docs/features.md' tools/features.sh check

if ((${#failed[@]} > 0)); then
  printf 'check failed: %s\n' "${failed[@]}" >&2
  exit 1
fi
echo 'check passed'
