#!/usr/bin/env bash
# One night: judge the target, compare it with the baseline, keep what the next night needs. Any CI system can call it.
#
#   PROFILE   what is to be tested                                      (specs/profiles/kpn.toml)
#   WAIVERS   failures that somebody answers for, if there are any      (none)
#   KEEP      the folder that is restored before and kept afterwards    (nightly)
#   REPORTS   where the run leaves its reports                          (reports)
#   OPTIONS   further options of `kandykit run`                         (--yes)
#   ACCEPT    "yes" makes tonight the baseline, whatever the gate says  (no)
#   KANDYKIT  the command                                               (.venv/bin/kandykit)
#
# A night that the gate lets pass becomes the baseline, so what was mended must stay so. One that it stops does not, so
# the gate goes on telling until the failure is mended, waived or accepted.
#
# Exit status: the gate's (see docs/gate.md); where it found nothing, 2 to 5 and 130 of the run. The first night has
# nothing to be compared with, so its exit status is the run's, but for waivers.
set -euo pipefail

profile=${PROFILE:-specs/profiles/kpn.toml}
keep=${KEEP:-nightly}
reports=${REPORTS:-reports}
kandykit=${KANDYKIT:-.venv/bin/kandykit}
read -ra options <<<"${OPTIONS:---yes}"
waivers=()
if [ -n "${WAIVERS:-}" ]; then waivers=(--waivers "$WAIVERS"); fi

mkdir -p "$keep"
rm -f "$reports/latest" # a run that is refused leaves nothing, and must not be taken for an earlier one
run=0
"$kandykit" run --profile "$profile" --out "$reports" --history "$keep/history.sqlite" \
  "${waivers[@]}" "${options[@]}" || run=$?
statement=$reports/latest/statement.json
if [ ! -f "$statement" ]; then
  echo "the run left no statement (exit status $run), so there is nothing to compare" >&2
  exit "$((run == 0 ? 4 : run))"
fi

first=no
baseline=$keep/baseline.json
if [ ! -f "$baseline" ]; then
  echo "no baseline is there yet: this is the first night"
  first=yes
  baseline=$statement
fi
gate=0
"$kandykit" gate --baseline "$baseline" "$statement" --history "$keep/history.sqlite" \
  --summary "$reports/summary.md" "${waivers[@]}" || gate=$?

# What a run could not finish, or not decide, is nothing that the next night could be held against.
case "$run" in 0 | 1 | 5) whole=yes ;; *) whole=no ;; esac
if [ "$whole" = yes ] && { [ "$first" = yes ] || [ "$gate" = 0 ] || [ "${ACCEPT:-}" = yes ]; }; then
  cp "$statement" "$keep/baseline.json.part"
  mv "$keep/baseline.json.part" "$keep/baseline.json"
  echo "tonight is the baseline now"
fi

if [ "$gate" != 0 ]; then exit "$gate"; fi
if [ "$first" = no ] && [ "$run" = 1 ]; then exit 0; fi # all of its failures are known
exit "$run"
