# Ferry's supervisor: sees one program through to its end on this host, whatever happens to the line.
#
#   sh supervisor.sh start  ID SIZE TIMEOUT GRACE MAX   the program (SIZE bytes) on standard input
#   sh supervisor.sh follow ID OUT ERR LEASE MARK       both outputs as they grow, from these offsets
#   sh supervisor.sh status ID
#   sh supervisor.sh cancel ID
#   sh supervisor.sh remove ID
#
# POSIX sh and small tools (GNU or busybox) only; times are seconds, sizes bytes.
# What lies in a run directory and what the exit record says: docs/supervisor.md.

runs=$HOME/.cache/ferry/runs

# posh reads `kill -s TERM -- -123` as "everything this user owns".
[ -z "${POSH_VERSION-}" ] || { echo "Ferry cannot work with posh as sh" >&2; exit 64; }

# ---- small things ------------------------------------------------------------------------------

say() { printf '\036ferry %s\n' "$*"; } # what login files print before it is told apart by this mark
pause() { sleep "${1:-0.05}" 2>/dev/null || sleep 1; } # fractions of a second are not POSIX
size() { set -- $(ls -ln -- "$1" 2>/dev/null); echo "${5:-0}"; } # `wc -c` of busybox reads it all
count() { set -- $1; echo $#; }
is_pid() { case $1 in '' | *[!0-9]* | 0 | 1) return 1 ;; esac; } # 0, 1 and -1 mean "everybody" to kill
boot_id() { cat /proc/sys/kernel/random/boot_id 2>/dev/null || sysctl -n kern.boottime 2>/dev/null || echo none; }

clock() { # seconds that no clock correction moves, for deadlines
  if read -r clock_now clock_rest 2>/dev/null </proc/uptime; then echo "${clock_now%%.*}"; else date +%s; fi
}

can_make_session() { command -v setsid >/dev/null 2>&1 || command -v perl >/dev/null 2>&1; }

in_new_session() { # becomes the given command, as leader of its own session and process group
  # A command started with & ignores INT and QUIT, and would hand that down to the script.
  if env --default-signal=INT,QUIT true >/dev/null 2>&1; then set -- env --default-signal=INT,QUIT "$@"; fi
  if command -v setsid >/dev/null 2>&1; then exec setsid "$@"; fi
  exec perl -e 'use POSIX; POSIX::setsid(); $SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec {$ARGV[0]} @ARGV; exit 127' "$@"
}

# ---- the state of a run --------------------------------------------------------------------------

# A run belongs to whoever makes the symbolic link `claim` ("pid token boot"): made in one step, with
# its content, by one process only. It is made before anything is launched and never removed; so a
# start may be repeated as often as one likes.
claim() { ln -s "$1" claim 2>/dev/null; }

is_keeper() { # is_keeper PID ID: is that process a supervisor of this run, and not a later user of the number?
  is_pid "$1" || return 1
  if [ -d /proc/self ]; then
    case $(tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline") in *" supervise $2 "*) return 0 ;; esac
  else
    case $(ps -o args= -p "$1" 2>/dev/null) in *" supervise $2 "*) return 0 ;; esac
  fi
  return 1
}

# Sets state (in the run's directory) to: exited, running, starting, incomplete, reboot or died.
look() { # look ID
  supervisor= payload= watchdog= started=
  if [ -e exit ]; then state=exited; return; fi
  claimed=$(readlink claim)
  case $claimed in
  '') look_unclaimed; return ;;
  retired) state=incomplete; return ;;
  esac
  supervisor=${claimed%% *}
  [ -e pids ] && read -r supervisor payload watchdog started <pids
  if [ "${claimed##* }" != "$(boot_id)" ]; then state=reboot
  elif is_keeper "$supervisor" "$1" || is_keeper "$watchdog" "$1"; then
    state=running
    [ "$payload" ] || state=starting
  else state=died; fi
  [ -e exit ] && state=exited # it ended while we looked
}

look_unclaimed() { # nobody has begun; after 30 s nobody will, see retire
  state=starting
  if [ -e born ]; then
    read -r born <born
    [ $(($(date +%s) - born)) -lt 30 ] || state=incomplete
  else # whole or not at all: one who read an empty one would take us for very old
    date +%s >"born.$$" && mv -f "born.$$" born
  fi
}

# retire ID: nothing was launched here, and by taking the claim we see to it that nothing ever will.
retire() {
  claim retired
  # By its path: others may have put ours away already, and what stands there now may be alive.
  [ "$(readlink "$runs/$1/claim")" = retired ] || return 1
  mv "$runs/$1" "$runs/.incomplete.$1.$$" 2>/dev/null
  rm -rf "$runs/.incomplete.$1.$$"
}

# ---- processes -----------------------------------------------------------------------------------

# Sets grouped (in the script's process group), strays (in its session, but another group) and outside
# (left the session; known by the cookie in their environment). Zombies are not counted.
census() {
  grouped= strays= outside= carriers=
  if [ ! -d /proc/self ]; then
    kill -0 "-$payload" 2>/dev/null && grouped=$payload
    return
  fi
  # Cookies first, then sessions: a process born in between is seen where it belongs. `head` names each
  # file before its content; a grep that looks into NUL-separated files itself is not everywhere.
  for word in $(head -c 1000000 /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' |
    LC_ALL=C grep -e '^==> /proc/[0-9]*/environ <==$' -e "^FERRY_RUN=$id;\$"); do
    case $word in
    /proc/*/environ) process=${word#/proc/} process=${process%/environ} ;;
    FERRY_RUN=*) carriers="$carriers $process" ;;
    esac
  done
  for word in $(cat /proc/[0-9]*/stat 2>/dev/null | sed -n \
    -e "s/^\([0-9]*\) (.*) [^ZX] [0-9]* $payload .*/g\1/p" \
    -e "s/^\([0-9]*\) (.*) [^ZX] [0-9]* [0-9]* $payload .*/s\1/p" \
    -e "s/^\([0-9]*\) (.*) [^ZX] .*/\1/p"); do
    case $word in
    g*) grouped="$grouped ${word#g}" ;;
    s*) strays="$strays ${word#s}" ;;
    *) case "$carriers " in *" $word "*) outside="$outside $word" ;; esac ;;
    esac
  done
}

nobody() { [ -z "$grouped$strays$outside" ]; }

signal_all() { # signal_all SIGNAL: to everybody of the last census
  # The number of a group or session cannot be given away while it has a member, and census saw one.
  if [ "$grouped" ] && is_pid "$payload"; then kill -s "$1" -- "-$payload" 2>/dev/null; fi
  for target in $strays $outside; do
    if is_pid "$target"; then kill -s "$1" "$target" 2>/dev/null; fi
  done
}

remember() { # who was seen inside and outside so far, each once
  for found in $grouped $strays; do
    case $seen_inside in *" $found "*) ;; *) seen_inside="$seen_inside$found " ;; esac
  done
  for found in $outside; do
    case $seen_outside in *" $found "*) ;; *) seen_outside="$seen_outside$found " ;; esac
  done
}

# TERM, GRACE seconds, KILL, recount. Sets receipt: processes/on TERM/on KILL/had left/remaining.
end_all() { # end_all GRACE
  seen_inside=' ' seen_outside=' ' killed=0
  census; remember
  signal_all TERM
  patience=$(($(clock) + $1))
  until nobody || [ "$(clock)" -ge "$patience" ]; do pause; census; remember; done
  if ! nobody; then
    killed=$(count "$grouped $strays")
    for round in 1 2 3 4 5 6 7 8 9 10; do # again, for what was forked in between
      signal_all KILL
      pause; census; remember
      nobody && break
    done
  fi
  left=0 stayed=0
  for found in $seen_outside; do left=$((left + 1)); done
  for found in $seen_inside; do case $seen_outside in *" $found "*) ;; *) stayed=$((stayed + 1)) ;; esac; done
  remaining=$(count "$grouped $strays $outside")
  [ "$killed" -le "$stayed" ] || killed=$stayed
  receipt=$((stayed + left))/$((stayed - killed))/$killed/$left/$remaining
}

# ---- start ---------------------------------------------------------------------------------------

start() { # start ID SIZE TIMEOUT GRACE MAX, program on standard input
  if ! can_make_session; then say error nosession; return 0; fi
  (umask 077; mkdir -p "$runs") || { say error nodirectory; return 0; }
  find "$runs" -name '.new.*' -mmin +60 -exec rm -f {} + 2>/dev/null # uploads that were cut off by KILL
  upload=$runs/.new.$1.$$
  trap 'rm -f "$upload"' EXIT
  trap 'exit 75' HUP INT TERM
  (umask 077; cat >"$upload") || { say error nospace; return 0; }
  [ "$(size "$upload")" = "$2" ] || { say error short; return 0; } # a cut line must not run half a program
  mkdir -m 700 "$runs/$1" 2>/dev/null
  cd "$runs/$1" || { say error nodirectory; return 0; }
  look "$1"
  if [ "$state" = incomplete ]; then
    retire "$1"
    mkdir -m 700 "$runs/$1" 2>/dev/null
    cd "$runs/$1" || { say error nodirectory; return 0; }
  fi
  if [ -L claim ]; then say existing; return 0; fi
  true >>wanted && mv "$upload" "program.$$" || { say error nospace; return 0; }
  # Its own session and no stream of ours: sshd can close the channel, and a lost line means nothing.
  (in_new_session sh "$0" supervise "$1" "program.$$" "$3" "$4" "$5" "$$") </dev/null >/dev/null 2>&1 &
  until [ -L claim ] || ! kill -0 "$!" 2>/dev/null; do pause 0.01; done
  case $(readlink claim) in
  *" $$ "*) say started ;;
  '' | retired) rm -f "program.$$"; say error nolaunch ;;
  *) say existing ;;
  esac
}

# ---- the supervisor itself -----------------------------------------------------------------------

supervise() { # supervise ID PROGRAM TIMEOUT GRACE MAX TOKEN
  program=$2 timeout=$3 grace=$4 blocks=$((($5 + 511) / 512))
  cd "$runs/$id" && [ -e "$program" ] || exit 1
  trap 'rm -f "$program" ./*".$$"' EXIT # it may hold secrets
  prepare || exit 1
  claim "$$ $6 $(boot_id)" || exit 0
  interrupted=; trap 'interrupted=1' HUP TERM # not ignored: that would be handed down to the script
  started=$(date +%s) deadline=$(($(clock) + timeout))
  launch
  trap '' USR1 # until the watchdog listens
  (exec 3<&- 4<&- 5>&- 6>&-; watch) & watchdog=$!
  exec 3<&- 4<&- 5>&- 6>&-
  echo "$$ $payload $watchdog $started" >"pids.$$"; mv -f "pids.$$" pids
  reap "$payload"; exit_status=$status
  receipt=
  if decide exit; then
    kill "$watchdog" 2>/dev/null
    reason=exit
    leftovers
    [ -s reason ] && read -r reason <reason
  else # the watchdog was faster: it is ending the run
    reap "$watchdog"
    for reason in decided-*; do reason=${reason#decided-}; done
    read -r receipt remainder <"receipt.$$"
    case $receipt in */*) ;; *) end_all 0 ;; esac # somebody killed the watchdog over it
  fi
  cut=; finish_pump "$pump_out" out; finish_pump "$pump_err" err
  record
}

prepare() { # all that may fail for want of space or rights, while nothing has begun
  true >>out && true >>err && true >>bell || return 1
  # Written over later, in place: the end can be recorded on a full disk.
  printf '%0300d\n' 0 >"exit.$$" && printf '%080d\n' 0 >"receipt.$$" || return 1
  true >"undecided.$$" && mkfifo "out.$$" "err.$$" || return 1
  # Both ends are opened here, so that no side ever waits for the other to come.
  exec 7<>"out.$$" 8<>"err.$$" 3<"out.$$" 4<"err.$$" 5>"out.$$" 6>"err.$$" 7>&- 8>&-
  rm -f "out.$$" "err.$$"
}

launch() { # the script, and a pump for each of its streams
  # Pipes, not files: `echo x >/dev/stderr` in a script would empty a file.
  (exec 4<&- 5>&- 6>&-; pump out) & pump_out=$!
  (exec 3<&4 4<&- 5>&- 6>&-; pump err) & pump_err=$!
  (
    # The program may hold secrets: gone from the disk before its first line runs.
    exec <"$program" >&5 2>&6 3<&- 4<&- 5>&- 6>&-
    rm -f "$program"
    FERRY_RUN="$id;"; export FERRY_RUN
    in_new_session sh -s
  ) & payload=$!
  # Until it leads its own group it could not be told from us.
  until kill -0 "-$payload" 2>/dev/null || ! kill -0 "$payload" 2>/dev/null; do pause 0.01; done
}

pump() { # pump FILE: append descriptor 3 to it, as far as the limit; the rest is read and dropped
  ulimit -f "$blocks" 2>/dev/null
  trap 'kill "$copier" 2>/dev/null; exit 3' TERM
  cat <&3 >>"$1" 2>/dev/null & copier=$!
  wait "$copier" && exit 0
  # Over the limit, or no space left: a reader must stay, or the script dies of SIGPIPE.
  cat <&3 >/dev/null & copier=$!
  wait "$copier"
  exit 3
}

finish_pump() { # finish_pump PID STREAM: 2 s for what is on its way, even if a stranger holds the pipe open
  rounds=0
  while kill -0 "$1" 2>/dev/null && [ "$rounds" -lt 40 ]; do pause; rounds=$((rounds + 1)); done
  kill "$1" 2>/dev/null
  reap "$1"
  [ "$status" -eq 0 ] || cut="$cut${cut:+,}$2"
}

reap() { # reap PID: its exit status in $status; a signal to us must not be taken for its end
  while :; do
    interrupted=
    wait "$1"; status=$?
    [ "$interrupted" ] || return 0
  done
}

# One of exit, cancel and timeout wins; a rename has one winner and needs no space on the disk.
decide() { mv "undecided.$$" "decided-$1" 2>/dev/null; }

leftovers() { # the script ended; what it left behind gets 2 s (`exec > >(tee log)` needs a moment), then goes
  patience=$(($(clock) + 2))
  census
  until nobody || [ "$(clock)" -gt "$patience" ]; do pause; census; done
  nobody || end_all 1
}

record() { # the end, in one step and after everything else: who sees `exit` has all there is
  sizes="out=$(size out) err=$(size err)" times="started=$started ended=$(date +%s)"
  echo "1 status=$exit_status reason=$reason $sizes $times cut=$cut receipt=$receipt ;" 1<>"exit.$$"
  mv -f "exit.$$" exit
  echo over >>bell
  rm -f wanted decided-*
}

watch() { # beside the supervisor: timeout and cancel, also when no Ferry lives; USR1: look now
  nap=
  trap 'kill "$nap" 2>/dev/null' USR1
  trap 'kill "$nap" 2>/dev/null; exit 0' TERM
  while [ -e "undecided.$$" ]; do
    tick=5
    if [ ! -e wanted ]; then stop cancel; break; fi
    if [ "$timeout" -gt 0 ]; then
      rest=$((deadline - $(clock)))
      if [ "$rest" -le 0 ]; then stop timeout; break; fi
      [ "$rest" -ge "$tick" ] || tick=$rest
    fi
    if ! is_keeper $$ "$id"; then orphaned; break; fi
    sleep "$tick" & nap=$!
    wait "$nap"
  done
}

stop() { # stop cancel|timeout
  decide "$1" || return 0
  end_all "$grace"
  echo "$receipt ." 1<>"receipt.$$"
  is_keeper $$ "$id" || { exit_status= reason=$1 cut=; record; }
}

orphaned() { # the supervisor was killed: its script may finish, but how it ended cannot be known
  trap - USR1 TERM
  until census; nobody; do
    if [ ! -e wanted ]; then stop cancel; return 0; fi
    if [ "$timeout" -gt 0 ] && [ "$(clock)" -ge "$deadline" ]; then stop timeout; return 0; fi
    sleep 1
  done
  decide exit
  pause # the pumps are on their own now, and have nothing to wait for
  exit_status= reason=supervisor_died cut= receipt=
  record
}

# ---- follow --------------------------------------------------------------------------------------

# Ends with 0: all of it was sent; 66: no such run; 75: lease over, come again; 76: the supervisor is
# dead, all there is was sent; 77: the run ended meanwhile, come again for the rest.
follow() { # follow ID OUT ERR LEASE MARK
  # Login files may have printed: on each stream the run's own bytes begin after this mark.
  printf '\036%s\n' "$5"; printf '\036%s\n' "$5" >&2
  exec 9>&2 2>/dev/null # from here on nothing but the run's bytes may reach the second stream
  cd "$runs/$1" || return 66
  until_over=$(($(clock) + $4))
  while look "$1"; [ "$state" = starting ]; do
    [ "$(clock)" -lt "$until_over" ] || return 75
    pause 0.01
  done
  case $state in
  incomplete) retire "$1"; return 66 ;;
  running) follow_growing "$@"; return ;;
  esac
  tail -c "+$(($2 + 1))" out
  tail -c "+$(($3 + 1))" err >&9
  [ "$state" = exited ] || return 76
}

follow_growing() { # as follow; its end is never the end of the output, that only follow knows
  case $(tail --version 2>/dev/null) in *GNU*) follow_tail "$@" ;; *) follow_poll "$@" ;; esac
  [ -e exit ] && return 77
  return 75
}

follow_tail() { # GNU tail wakes on each change (inotify): a line is on its way within a millisecond
  # Whatever ends this writes a line into one pipe, and we sleep on reading it.
  mkfifo "$runs/.wake.$$" || { follow_poll "$@"; return; } # a full disk has no room for it
  exec 5<&0 7<>"$runs/.wake.$$"
  rm -f "$runs/.wake.$$"
  asides=
  tail -c "+$(($2 + 1))" -f out 7>&- & asides="$asides $!"
  tail -c "+$(($3 + 1))" -f err >&9 7>&- & asides="$asides $!"
  tail -c +1 -f bell >&7 & asides="$asides $!"
  wake_after sleep "$4"
  wake_after cat # our standard input ends when the client is gone
  read -r woken <&7
  kill $asides 2>/dev/null
  wait
}

wake_after() { # beside us: run the command, then wake us
  (
    exec >/dev/null 9>&- # sshd keeps the channel for as long as anybody holds its streams
    trap 'kill "$aside" 2>/dev/null; exit 0' TERM
    "$@" <&5 & aside=$!
    wait "$aside"
    echo >&7
  ) & asides="$asides $!"
}

follow_poll() { # each stream keeps one open file: every `cat` goes on exactly where the last one stopped
  exec 3<out 4<err
  tail -c "+$(($2 + 1))" <&3; tail -c "+$(($3 + 1))" <&4 >&9
  (read -r -t 0.01 ring </dev/null) 2>/dev/null; [ $? -le 1 ] && has_timed_read=1 || has_timed_read=
  until [ -e exit ] || [ "$(clock)" -ge "$until_over" ]; do
    cat <&3 && cat <&4 >&9 || return
    if [ "$has_timed_read" ]; then
      read -r -t 0.2 ring
      [ $? -ne 1 ] || return # end of file: the client is gone
    else pause 0.2; fi
  done
}

# ---- status, cancel, remove ----------------------------------------------------------------------

status() { # status ID
  cd "$runs/$1" 2>/dev/null || { say gone; return 0; }
  look "$1"
  case $state in
  exited) read -r record <exit; say exited "$record" ;;
  incomplete) retire "$1"; say gone ;;
  starting) say starting ;;
  running) say running "out=$(size out) err=$(size err) started=$started ;" ;;
  reboot) say lost "reason=reboot out=$(size out) err=$(size err) started=$started ;" ;;
  died) say lost "reason=supervisor_died out=$(size out) err=$(size err) started=$started ;" ;;
  esac
}

cancel() { # cancel ID: ask the watchdog to end the run; returns at once
  if cd "$runs/$1" 2>/dev/null; then
    look "$1"
    case $state in
    starting | running)
      if [ -L claim ]; then rm -f wanted; else retire "$1"; fi # a request that a full disk cannot refuse
      if is_keeper "$watchdog" "$1"; then kill -s USR1 "$watchdog" 2>/dev/null; fi
      ;;
    died) end_orphans ;;
    esac
  fi
  status "$1"
}

end_orphans() { # nobody watches any more: what still carries the cookie is ended here and now
  payload= # the number may be somebody else's by now
  census
  nobody && return
  end_all 5
  exit_status= reason=supervisor_died cut=
  true >"exit.$$"
  record
}

remove() { # remove ID: finished runs only
  if cd "$runs/$1" 2>/dev/null; then
    look "$1"
    case $state in starting | running) say error running; return 0 ;; esac
    cd "$runs" && mv "$1" ".removed.$1.$$" && rm -rf ".removed.$1.$$"
  fi
  say removed
}

verb=${1-} id=${2-}
case $verb in
start | supervise | follow | status | cancel | remove) ;;
*) echo "supervisor.sh: expected start, follow, status, cancel or remove, not '$verb'" >&2; exit 64 ;;
esac
case $id in
'' | [.-]* | *[!A-Za-z0-9._-]*) say error badid; exit 64 ;;
esac
shift
"$verb" "$@"
