#!/usr/bin/env bash
# #952 Final sync diagnostics: case 952-13/not-signed-in, violates on spec-kitty 3.2.7
#
# Promise:      Each distinct diagnostic of final sync appears once in one invocation (FR-011).
#
# Usage: bash 952-repeated-when-signed-out.sh [SPEC_KITTY]
# Needs bash, git, python3 and that executable. Works in a new temporary folder.
# Exit status: 1 the promise is broken, 0 it holds, 3 it could not be tried.
SPEC_KITTY=$(type -P -- "${1:-${SPEC_KITTY:-spec-kitty}}") || { echo "COULD NOT BE TRIED: no executable"; exit 3; }
case $SPEC_KITTY in /*) ;; *) SPEC_KITTY=$PWD/$SPEC_KITTY ;; esac
ROOT=$(mktemp -d "${TMPDIR:-/tmp}/repro-XXXXXX") || { echo "COULD NOT BE TRIED: no temporary folder"; exit 3; }
trap 'rm -rf -- "$ROOT"' EXIT
unset ${!GIT_@} ${!PYTHON@} ${!SPEC_KITTY_@} ${!XDG_@}
export HOME=$ROOT/home SPEC_KITTY_HOME=$ROOT/home/.kittify NO_COLOR=1 TERM=dumb COLUMNS=400
export SPEC_KITTY_NO_UPGRADE_CHECK=1 SPEC_KITTY_NO_NAG=1 SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1
export GIT_CONFIG_NOSYSTEM=1
mkdir -p -- "$HOME/.spec-kitty" "$SPEC_KITTY_HOME" "$ROOT/repo" && cd -- "$ROOT/repo" || exit 3
tried() { "$@" </dev/null >"$ROOT/said" 2>&1 || { tail -n 3 "$ROOT/said"; echo "COULD NOT BE TRIED: ${*:1:4}"; exit 3; }; }

# Nothing listens there, and nobody is signed in.
URL=http://127.0.0.1:9
for folder in "$HOME/.spec-kitty" "$SPEC_KITTY_HOME"; do
  printf '[sync]\nserver_url = "%s"\nbackground_daemon = "manual"\n' "$URL" >"$folder/config.toml"
done

# A mission with one task, made with synchronisation off.
tried git init -q -b main .
git config user.name Agent && git config user.email agent@example.org
tried "$SPEC_KITTY" init . --ai claude --non-interactive
tried git add -A && tried git commit -qm 'Set up'
tried "$SPEC_KITTY" agent mission create demo --mission-type software-dev --topology lanes --friendly-name Demo \
  --purpose-tldr 'Provide demo' --purpose-context 'Demo gives developers small modules.' --json
MISSION=$(sed -n 's/.*"mission_slug": *"\([^"]*\)".*/\1/p' "$ROOT/said" | head -n 1)
[ -d "kitty-specs/$MISSION" ] && [ -n "$MISSION" ] || { echo "COULD NOT BE TRIED: no mission"; exit 3; }
printf '# Tasks\n\n## Work Package WP01: Demo\n\n### Included Subtasks\n\n- [ ] T001 Write it (WP01)\n' \
  >"kitty-specs/$MISSION/tasks.md"
tried git add -A && tried git commit -qm 'Plan'

export SPEC_KITTY_ENABLE_SAAS_SYNC=1 SPEC_KITTY_SAAS_URL=$URL
echo "+ spec-kitty agent tasks mark-status T001 --status done --mission $MISSION"
"$SPEC_KITTY" agent tasks mark-status T001 --status done --mission "$MISSION" </dev/null >"$ROOT/out" 2>"$ROOT/err" \
  || { cat "$ROOT/err"; echo "COULD NOT BE TRIED: mark-status failed"; exit 3; }
cat "$ROOT/out" "$ROOT/err"
repeated=$(cat "$ROOT/out" "$ROOT/err" | grep '[a-z] ' | sed -E 's/[0-9]+/#/g' | sort | uniq -d)
[ -z "$repeated" ] && { echo HOLDS; exit 0; }
printf 'VIOLATED, told more than once:\n%s\n' "$repeated"
exit 1
