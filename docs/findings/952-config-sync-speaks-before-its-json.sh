#!/usr/bin/env bash
# #952 Final sync diagnostics: case 952-10/agent, violates on spec-kitty 4.0.0rc7
#
# Promise:      What a command prints with --json is one JSON document (FR-010).
#
# Usage: bash 952-config-sync-speaks-before-its-json.sh [SPEC_KITTY]
# Needs bash, git, python3 and that executable. Works in a new temporary folder.
# Exit status: 1 the promise is broken, 0 it holds, 3 it could not be tried.
SPEC_KITTY=$(type -P -- "${1:-${SPEC_KITTY:-spec-kitty}}") || { echo "COULD NOT BE TRIED: no executable"; exit 3; }
case $SPEC_KITTY in /*) ;; *) SPEC_KITTY=$PWD/$SPEC_KITTY ;; esac
ROOT=$(mktemp -d "${TMPDIR:-/tmp}/repro-XXXXXX") || { echo "COULD NOT BE TRIED: no temporary folder"; exit 3; }
trap 'rm -rf -- "$ROOT"' EXIT
unset ${!GIT_@} ${!PYTHON@} ${!SPEC_KITTY_@} ${!XDG_@}
export HOME=$ROOT/home
mkdir -p -- "$HOME" "$ROOT/repo" && cd -- "$ROOT/repo" || exit 3

git init -q . && git config user.name Agent && git config user.email agent@example.org \
  && git commit -q --allow-empty -m "Begin" || { echo "COULD NOT BE TRIED: no repository"; exit 3; }
"$SPEC_KITTY" init . --ai claude --non-interactive </dev/null >"$ROOT/init" 2>&1 \
  || { tail -n 3 "$ROOT/init"; echo "COULD NOT BE TRIED: init"; exit 3; }

echo '+ spec-kitty agent config sync --json'
"$SPEC_KITTY" agent config sync --json </dev/null >"$ROOT/out" 2>"$ROOT/err"
EXIT=$?
cat "$ROOT/out"
if [ "$EXIT" -ne 0 ]; then
  cat "$ROOT/err"
  echo "COULD NOT BE TRIED: exit status $EXIT"
  exit 3
fi
if python3 -c 'import json, sys; json.load(sys.stdin)' <"$ROOT/out" 2>/dev/null; then
  echo "HOLDS: standard output is one JSON document"
  exit 0
fi
echo "BROKEN: success is reported, and standard output is not one JSON document"
exit 1
