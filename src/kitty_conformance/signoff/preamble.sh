could_not() { # could_not WHY: the promise could not be put to the test
  [ -z "${NOTES:-}" ] || printf '\nEverything is left in %s\n' "$ROOT"
  printf 'COULD NOT BE TRIED: %s\n' "$1"
  exit 3
}

shopt -u patsub_replacement 2>/dev/null || true # from bash 5.2 on, & in a replacement would be special
export -n SPEC_KITTY ROOT
SPEC_KITTY=${1:-${SPEC_KITTY:-spec-kitty}}
found=$(type -P -- "$SPEC_KITTY") || could_not "there is no executable $SPEC_KITTY; usage: $0 [SPEC_KITTY]"
case $found in /*) SPEC_KITTY=$found ;; *) SPEC_KITTY=$PWD/$found ;; esac
if [ -n "${ROOT:-}" ]; then
  mkdir -p -- "$ROOT" && ROOT=$(cd -- "$ROOT" && pwd -P) || could_not "the folder $ROOT cannot be used"
  [ -z "$(ls -A -- "$ROOT")" ] || could_not "the folder $ROOT is not empty"
else
  ROOT=$(mktemp -d "${TMPDIR:-/tmp}/repro-XXXXXX") && ROOT=$(cd -- "$ROOT" && pwd -P) \
    || could_not "no temporary folder can be made"
fi
NOTES=$ROOT/.repro # output of every command, one file each
mkdir -p -- "$NOTES"

# Nothing of the caller's own set-up may play a part.
unset ${!GIT_@} ${!PYTHON@} ${!SPEC_KITTY_@} ${!KITTY_@} ${!XDG_@}

NAMES='ROOT SPEC_KITTY'
fill() { # fill TEXT: leaves the text in $FILLED, every @{NAME} known so far replaced by its value
  local name token
  FILLED=$1
  for name in $NAMES; do
    token="@{$name}"
    FILLED=${FILLED//"$token"/${!name}}
  done
}

put() { # put FILE [bare] <CONTENT: writes a file; bare: without the last newline
  local content
  IFS= read -r -d '' content || true
  [ "${2:-}" != bare ] || content=${content%$'\n'}
  fill "$content"
  mkdir -p -- "${1%/*}" && printf %s "$FILLED" >"$1" || could_not "$1 cannot be written"
}

put_bytes() { # put_bytes FILE ESCAPED: writes a file that holds NUL bytes
  fill "$2"
  mkdir -p -- "${1%/*}" && printf %b "$FILLED" >"$1" || could_not "$1 cannot be written"
}

COUNT=0 FOLDER='' INPUT=/dev/null EXIT=0 STDOUT=/dev/null STDERR=/dev/null STARTED=''
QUIET=yes # while the scene is set, output is shown only of what fails

announce() { # announce FOLDER COMMAND...: shows what is run, and where
  [ -d "$1" ] || could_not "there is no folder $1"
  if [ "$1" != "$FOLDER" ]; then
    FOLDER=$1
    printf '\n+ cd %q' "$1"
  fi
  shift
  printf '\n+'
  printf ' %q' "$@"
  [ "$INPUT" = /dev/null ] || printf ' <%q' "$INPUT"
  printf '\n'
}

print_file() { # print_file MARK FILE: its first lines
  local line lines=0
  while IFS= read -r line || [ -n "$line" ]; do
    lines=$((lines + 1))
    [ "$lines" -le 40 ] && printf '  %s| %s\n' "$1" "$line"
  done <"$2"
  [ "$lines" -le 40 ] || printf '  %s| … %s lines in all: %s\n' "$1" "$lines" "$2"
}

printed() { # what the latest command printed
  print_file '' "$STDOUT"
  print_file '2>' "$STDERR"
}

came_back() { # what the latest command printed, and how it ended
  [ -n "$QUIET" ] || printed
  printf '  exit %s\n' "$EXIT"
}

run() { # run FOLDER COMMAND...: leaves $EXIT, and $STDOUT and $STDERR (files)
  COUNT=$((COUNT + 1))
  EXIT=0 STDOUT=$NOTES/$COUNT.stdout STDERR=$NOTES/$COUNT.stderr
  announce "$@"
  (cd -- "$1" && shift && exec "$@") <"$INPUT" >"$STDOUT" 2>"$STDERR" || EXIT=$?
  INPUT=/dev/null
  came_back
}

must_succeed() { # must_succeed WHAT: a step that sets the scene worked when this was recorded
  [ "$EXIT" -eq 0 ] && return
  printed
  could_not "$1 sets the scene and must work, but ended with exit status $EXIT"
}

the_scene_is_set() {
  QUIET=''
  printf '\n--- The scene is set; this is the case. ---\n'
}

start() { # start FOLDER COMMAND...: in the background
  COUNT=$((COUNT + 1))
  announce "$@"
  (cd -- "$1" && shift && exec "$@") <"$INPUT" >"$NOTES/$COUNT.stdout" 2>"$NOTES/$COUNT.stderr" &
  STARTED="$STARTED $COUNT:$!"
  INPUT=/dev/null
}

finish() { # waits for all that was started: $EXIT_1 $STDOUT_1 $STDERR_1 and so on; $EXIT … are the last one's
  local each place=0
  for each in $STARTED; do
    place=$((place + 1)) EXIT=0
    wait "${each#*:}" || EXIT=$?
    STDOUT=$NOTES/${each%:*}.stdout STDERR=$NOTES/${each%:*}.stderr
    printf -v "EXIT_$place" %s "$EXIT"
    printf -v "STDOUT_$place" %s "$STDOUT"
    printf -v "STDERR_$place" %s "$STDERR"
    printf '\n  (%s of those started together)\n' "$place"
    came_back
  done
  STARTED=''
}

capture() { # capture NAME FOLDER EXPRESSION: a name the target made up, found again
  local value
  fill "$3"
  printf '\n+ %s=$(%s)\n' "$1" "$FILLED"
  value=$(cd -- "$2" && eval "$FILLED") && [ -n "$value" ] || could_not "$1 cannot be found out"
  printf '  %s\n' "$value"
  printf -v "$1" %s "$value"
  NAMES="$NAMES $1"
}

arm() { # arm FOLDER WHAT: the sitecustomize.py there disturbs every Python started from now on
  fill "$2"
  printf '\n+ export PYTHONPATH=%q   # fault: %s\n' "$1" "$FILLED"
  export PYTHONPATH=$1
}

disarm() {
  printf '\n+ unset PYTHONPATH   # end of the fault\n'
  unset PYTHONPATH
}

BROKEN='' KEPT='' UNTOLD=''

summary() { # summary PROMISE EXPECTED SEEN: one line, in $SUMMARY
  fill "promise: $1 · expected: $2 · seen when recorded: $3"
  SUMMARY=$FILLED
}

check() { # check PROMISE EXPECTED SEEN FOLDER TEST: does the promise hold now?
  local status
  summary "$1" "$2" "$3"
  fill "$5"
  printf '\n? %s\n+ %s\n' "$1" "$FILLED"
  "$BASH" -n -c "$FILLED" 2>/dev/null || could_not "the test is no bash: $FILLED"
  [ -d "$4" ] || could_not "there is no folder $4 to test in"
  (cd -- "$4" && eval "$FILLED") >/dev/null 2>"$NOTES/test.stderr"
  status=$?
  print_file '2>' "$NOTES/test.stderr"
  if [ "$status" -eq 0 ]; then
    printf '  holds\n'
    fill "promise: $1 · expected: $2"
    KEPT=$FILLED
  elif [ "$status" -ge 126 ]; then # a command of the test is missing, or died: that says nothing
    could_not "the test itself failed with exit status $status"
  else
    printf '  DOES NOT HOLD\n'
    BROKEN=${BROKEN:-$SUMMARY}
  fi
}

cannot_tell() { # cannot_tell PROMISE EXPECTED SEEN: broken when recorded, and no shell test can tell
  summary "$1" "$2" "$3"
  printf '\n? no shell test can tell: %s\n' "$SUMMARY"
  UNTOLD=$SUMMARY
}

conclude() {
  if [ -n "$BROKEN" ]; then
    printf '\nEverything is left in %s\n' "$ROOT"
    printf 'VIOLATED: %s\n' "$BROKEN"
    exit 1
  fi
  [ -z "$UNTOLD" ] || could_not "look at the output above: $UNTOLD"
  [ -n "$KEPT" ] || could_not 'no promise was put to the test here'
  printf '\nEverything is left in %s\nHOLDS: %s\n' "$ROOT" "$KEPT"
  exit 0
}
