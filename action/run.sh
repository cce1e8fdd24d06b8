#!/usr/bin/env bash
# What the steps of action.yml run: `run.sh key | install | diagnose | issues | status`.
#
# Inputs come as INPUT_* variables, never as text put into a script. Lists have one entry a line. Everything that
# could hold text of a log is printed between ::stop-commands:: and a random word, and written to files of the
# runner behind a random delimiter.
set -euo pipefail

# Bytes that a step may add to the job summary, and what is kept free of them.
readonly SUMMARY_LIMIT=1048576 SUMMARY_MARGIN=4096

action_path=${GITHUB_ACTION_PATH:?is set by the runner}
temp=${RUNNER_TEMP:-/tmp}
out=${INPUT_OUT:-fivewhys-report}
fivewhys=${INPUT_FIVEWHYS_PATH:-$temp/fivewhys/bin/fivewhys}

fail() { printf 'fivewhys action: %s\n' "$1" >&2; exit "${2:-2}"; }

# 128 random bits that no log can know.
random() { od -An -N16 -tx1 /dev/urandom | tr -d ' \n'; }

# output NAME VALUE: the value may have many lines.
output() {
  local end
  end="fivewhys_$(random)"
  printf '%s<<%s\n%s\n%s\n' "$1" "$end" "$2" "$end" >> "${GITHUB_OUTPUT:?is set by the runner}"
}

# Runs a command whose output may hold anything; its status is kept in $status.
quietly() {
  local word
  word="fivewhys_$(random)"
  printf '::stop-commands::%s\n' "$word"
  status=0
  "$@" 2>&1 || status=$?
  printf '\n::%s::\n' "$word"
}

# The lines of a list, without blank ones, into $lines.
lines_of() {
  local line
  lines=()
  while IFS= read -r line || [ -n "$line" ]; do
    line=${line#"${line%%[![:space:]]*}"}
    line=${line%"${line##*[![:space:]]}"}
    if [ -n "$line" ]; then lines+=("$line"); fi
  done <<< "$1"
}

# The files that the lines of a list name, patterns among them, into $files; a name never reads as an option.
files_of() {
  local line file
  files=()
  lines_of "$2"
  for line in ${lines[@]+"${lines[@]}"}; do
    if [[ "$line" == -* ]]; then line="./$line"; fi
    if [ -e "$line" ]; then files+=("$line"); continue; fi
    local found=()
    while IFS= read -r file; do found+=("$file"); done < <(compgen -G "$line" || true)
    [ "${#found[@]}" -gt 0 ] || fail "input $1: nothing is at $line" 3
    files+=("${found[@]}")
  done
}

# Adds --OPTION FILE for each file that an input names.
with_files() {
  local file
  files_of "$2" "$3"
  for file in ${files[@]+"${files[@]}"}; do arguments+=("$1" "$file"); done
}

# Adds --OPTION=VALUE for each line of an input.
with_values() {
  local line
  lines_of "$2"
  for line in ${lines[@]+"${lines[@]}"}; do arguments+=("$1=$line"); done
}

# What the cached program depends on.
key() {
  local sum
  sum=$(cd "$action_path" && find Cargo.toml Cargo.lock build.rs src rules -type f | LC_ALL=C sort | tr '\n' '\0' | xargs -0 cat | sha256sum)
  output key "fivewhys-${RUNNER_OS:-any}-${RUNNER_ARCH:-any}-${sum%% *}"
}

install() {
  if [ -x "$fivewhys" ]; then return; fi
  command -v cargo > /dev/null || fail 'neither the input fivewhys-path nor a Rust toolchain (cargo) is there'
  cargo install --locked --path "$action_path" --root "$temp/fivewhys"
}

diagnose() {
  [ -x "$fivewhys" ] || fail "there is no program at $fivewhys; see the input fivewhys-path"
  local arguments=() status=0
  if [ -n "${INPUT_INCIDENT:-}" ]; then files_of incident "$INPUT_INCIDENT"; arguments+=("${files[@]}"); fi
  with_files --results results "${INPUT_RESULTS:-}"
  with_files --control control "${INPUT_CONTROL:-}"
  with_files --logs logs "${INPUT_LOGS:-}"
  with_files --rules rules "${INPUT_RULES:-}"
  with_files --config config "${INPUT_CONFIG:-}"
  with_values --project "${INPUT_PROJECT:-}"
  with_values --service "${INPUT_SERVICES:-}"
  lines_of "${INPUT_ARGS:-}"
  arguments+=(${lines[@]+"${lines[@]}"})
  lines_of "${INPUT_FORMATS:-}"
  local format
  for format in ${lines[@]+"${lines[@]}"}; do
    case $format in
      junit) arguments+=("--write=junit=$out/junit.xml") ;;
      sarif) arguments+=("--write=sarif=$out/report.sarif") ;;
      gitlab | plain | text) arguments+=("--write=$format=$out/report.$format.txt") ;;
      json | markdown | html) ;;
      *) fail "input formats: there is no format $format; there are junit, sarif, gitlab, plain and text" ;;
    esac
  done
  quietly "$fivewhys" diagnose "${arguments[@]}" --out "$out" --color never --width 120
  output status "$status"
  output report-path "$out"
  if [ ! -f "$out/report.json" ]; then
    output verdict none
    output root-causes ''
    return
  fi
  output verdict "$("$fivewhys" report "$out" --template "$action_path/action/verdict.txt")"
  output root-causes "$("$fivewhys" report "$out" --template "$action_path/action/root-causes.txt")"
  if [ "${INPUT_ANNOTATIONS:-true}" = true ]; then "$fivewhys" report "$out" --format github; fi
  if [ "${INPUT_SUMMARY:-true}" = true ]; then summary; fi
}

# Appends the report to the job summary, in what room is left there.
summary() {
  local file=${GITHUB_STEP_SUMMARY:-} used room
  if [ -z "$file" ]; then return; fi
  used=$(wc -c < "$file" 2> /dev/null || echo 0)
  room=$((SUMMARY_LIMIT - SUMMARY_MARGIN - used))
  if [ "$room" -lt 1 ] || ! "$fivewhys" report "$out" --format markdown --max-bytes "$room" >> "$file"; then
    echo 'fivewhys action: the job summary has no room for the report; it is in the artifact' >&2
  fi
}

# Opens and updates issues, or comments on one, as the inputs say.
issues() {
  [ -f "$out/report.json" ] || fail "there is no report at $out: nothing is written to GitHub" 3
  local status=0 repository=${INPUT_REPOSITORY:-${GITHUB_REPOSITORY:-}} failed=0
  if [ "${INPUT_ISSUES:-false}" = true ]; then
    quietly "$fivewhys" issue "$out" --repo "$repository" --apply
    if [ "$status" -ne 0 ]; then failed=$status; fi
  fi
  if [ -n "${INPUT_COMMENT:-}" ]; then
    [[ "$INPUT_COMMENT" =~ ^[1-9][0-9]*$ ]] || fail 'input comment: not the number of an issue or a pull request'
    quietly "$fivewhys" issue "$out" --repo "$repository" --comment "$INPUT_COMMENT" --apply
    if [ "$status" -ne 0 ]; then failed=$status; fi
  fi
  return "$failed"
}

# Ends as the diagnosis did, unless the input fail-on says otherwise.
status() {
  local ended=${INPUT_STATUS:-3} verdict=${INPUT_VERDICT:-none}
  [[ "$ended" =~ ^[0-9]+$ ]] || fail "the diagnosis ended with $ended"
  case ${INPUT_FAIL_ON:-unexplained} in
    never) exit 0 ;;
    error) if [ "$ended" -lt 2 ]; then exit 0; fi ;;
    unexplained) ;;
    failed) if [ "$ended" -eq 0 ] && [ "$verdict" != passed ]; then exit 1; fi ;;
    *) fail 'input fail-on: one of unexplained, failed, error and never' ;;
  esac
  exit "$ended"
}

case ${1:-} in
  key | install | diagnose | issues | status) "$1" ;;
  *) fail 'one of key, install, diagnose, issues and status' ;;
esac
