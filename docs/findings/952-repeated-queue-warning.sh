#!/usr/bin/env bash
# With the queue database locked the same warnings appear twice. Exit 1: they do; 0: they do not.
set -euo pipefail
SPEC_KITTY=${1:?usage: bash 952-repeated-queue-warning.sh path/to/spec-kitty}
PYTHON=$(dirname "$SPEC_KITTY")/python
ROOT=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null; rm -rf "$ROOT"' EXIT
export HOME=$ROOT/home SPEC_KITTY_HOME=$ROOT/home/.kittify TMPDIR=$ROOT/tmp NO_COLOR=1 TERM=dumb COLUMNS=400
export SPEC_KITTY_NO_UPGRADE_CHECK=1 SPEC_KITTY_NO_NAG=1 SPEC_KITTY_ALLOW_PROTECTED_BRANCH_COMMITS=1
export GIT_CONFIG_NOSYSTEM=1 GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.org
export GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.org
mkdir -p "$HOME/.spec-kitty" "$SPEC_KITTY_HOME" "$TMPDIR" "$ROOT/repo"

# A hosted service on loopback that signs anybody in, and says no to everything else.
"$PYTHON" - "$ROOT/port" <<'SERVICE' &
import json, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
YEAR = 31536000
TEAM = {"id": "t", "slug": "t", "name": "Private", "role": "owner", "is_private_teamspace": True}
class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answers = {
            "/oauth/device": {"device_code": "d", "user_code": "KITTYOK1", "expires_in": 60, "interval": 0,
                              "verification_uri": "http://127.0.0.1/device"},
            "/oauth/token": {"access_token": "a", "refresh_token": "r", "token_type": "Bearer", "scope": "s",
                             "expires_in": YEAR, "refresh_token_expires_in": YEAR, "session_id": "s"},
            "/api/v1/me": {"user_id": "u", "email": "operator@example.org", "name": "O", "teams": [TEAM]},
        }
        path = self.path.partition("?")[0]
        body = json.dumps(answers.get(path, {"error": "internal_server_error"})).encode()
        self.send_response(200 if path in answers else 500)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_POST = do_PUT = do_GET
    def log_message(self, *_):
        pass
server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
open(sys.argv[1], "w").write(f"{server.server_port}\n")
server.serve_forever()
SERVICE
until [ -s "$ROOT/port" ]; do sleep 0.1; done
URL=http://127.0.0.1:$(cat "$ROOT/port")
for folder in "$HOME/.spec-kitty" "$SPEC_KITTY_HOME"; do
  printf '[sync]\nserver_url = "%s"\nbackground_daemon = "manual"\n' "$URL" >"$folder/config.toml"
done

# A mission with one task, made with synchronisation off.
cd "$ROOT/repo"
git init -q -b main
"$SPEC_KITTY" init --ai claude --non-interactive >/dev/null
git add -A && git commit -qm 'Set up'
MISSION=$("$SPEC_KITTY" agent mission create demo --mission-type software-dev --topology lanes \
  --friendly-name Demo --purpose-tldr 'Provide demo' --purpose-context 'Demo gives developers small modules.' \
  --json | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["mission_slug"])')
printf '# Tasks\n\n## Work Package WP01: Demo\n\n### Included Subtasks\n\n- [ ] T001 Write it (WP01)\n' \
  >"kitty-specs/$MISSION/tasks.md"
git add -A && git commit -qm 'Plan'
mark() { "$SPEC_KITTY" agent tasks mark-status T001 --status "$1" --mission "$MISSION" --json; }

# Signed in, and this project synchronised.
export SPEC_KITTY_ENABLE_SAAS_SYNC=1 SPEC_KITTY_SAAS_URL=$URL
"$SPEC_KITTY" auth login --headless >/dev/null
mark done >/dev/null 2>&1
"$SPEC_KITTY" sync opt-in >/dev/null

DATABASE=$({ ls "$SPEC_KITTY_HOME"/projects/*/sync/sync.db "$HOME"/.spec-kitty/*.db 2>/dev/null || :; } | head -n 1)
"$PYTHON" -c 'import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("BEGIN EXCLUSIVE")
time.sleep(300)' "$DATABASE" &
sleep 1
time mark pending 2>"$ROOT/stderr"
cat "$ROOT/stderr"
repeated=$(sed -E 's/[0-9]+/#/g' "$ROOT/stderr" | sort | uniq -d)
[ -z "$repeated" ] && echo HOLDS || { printf 'VIOLATED, repeated:\n%s\n' "$repeated"; exit 1; }
