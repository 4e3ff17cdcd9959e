#!/usr/bin/env bash
# tools/run.sh COMMAND...: runs a program for `make run` so that Ctrl-C stops it without an error from make.
set -euo pipefail
# At a terminal the program gets a process group of its own, so that Ctrl-C goes to it and not to make as well:
# make 4.3 would answer with "wait: No child processes". Elsewhere it takes this shell's place, and signals to make reach it.
if [[ -t 0 ]]; then
  set -m
  "$@" || exit $?
else
  exec "$@"
fi
