# Ferry's supervisor: sees one program through to its end on this host, whatever happens to the line.
#
#   start  ID SIZE TIMEOUT GRACE MAX   the program (SIZE bytes) on standard input
#   follow ID OUT ERR LEASE MARK       both outputs as they grow, from these offsets
#   status ID
#   cancel ID
#   remove ID
#
# Read by `.` with these words as its arguments and its own path in $self (no process more). POSIX sh
# and small tools (GNU or busybox) only; times are seconds, sizes bytes. What lies in a run directory
# and what the exit record says: docs/supervisor.md.

ferry=$HOME/.cache/ferry
runs=$ferry/runs

# posh reads `kill -s TERM -- -123` as "everything this user owns".
[ -z "${POSH_VERSION-}" ] || { echo "Ferry cannot work with posh as sh" >&2; exit 64; }

# ---- small things --------------------------------------------------------------------------------

say() { printf '\036ferry %s\n' "$*"; } # what login files print before it is told apart by this mark
pause() { sleep "${1:-0.05}" 2>/dev/null || sleep 1; } # fractions of a second are not POSIX

# A $(…) is a process, and a host may have hundreds of runs: what is asked often sets a variable.

clock() { # sets now: seconds that no clock correction moves, for deadlines
  if read -r now clock_rest 2>/dev/null </proc/uptime; then now=${now%%.*}; else now=$(date +%s); fi
}

this_boot() { # sets boot
  read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id && return
  boot=$(sysctl -n kern.boottime 2>/dev/null | tr -c 'A-Za-z0-9\n' _)
  boot=${boot:-none}
}

measure() { # sets size, of a file; `wc -c` of busybox would read it
  set -- $(LS_BLOCK_SIZE=1 ls -ln -- "$1" 2>/dev/null) # GNU's looks at BLOCK_SIZE too
  size=${5:-0}
}

measure_both() { measure out; sizes="out=$size"; measure err; sizes="$sizes err=$size"; } # sets sizes

# ---- processes -----------------------------------------------------------------------------------

# A process is known as "number:birth": the number alone may be a stranger's once it is gone.

is_pid() { case $1 in '' | *[!0-9]* | 0 | 1) return 1 ;; esac; } # 0, 1 and -1 mean "everybody" to kill

identify() { # identify NUMBER: sets who to "number:birth", "number:" if it is gone; fails unless it lives
  who=$1:
  is_pid "$1" || return 1
  if [ -d /proc/self ]; then
    stat= # the name in it may hold anything, line breaks too
    while read -r line; do stat=$stat$line; done 2>/dev/null <"/proc/$1/stat"
    [ "$stat" ] || return 1
    set -- "$1" ${stat##*) }
    who=$1:${21-} # in ticks since the boot
    case $2 in
    X) return 1 ;;
    Z) [ "${19}" -gt 1 ] || return 1 ;; # its first thread ended, others may live on
    esac
  else
    set -- "$1" "$(ps -o lstart= -p "$1" 2>/dev/null | tr ' ' _)"
    who=$1:$2
  fi
}

is_alive() { [ "${1#*:}" ] && identify "${1%%:*}" && [ "$who" = "$1" ]; }

signal() { # signal NAME PROCESS…: to those that still live
  name=$1; shift
  for each; do
    if is_alive "$each"; then kill -s "$name" "${each%%:*}" 2>/dev/null; fi
  done
}

find_carriers() { # sets carriers: the numbers of all that have our cookie in their environment
  # A grep that knows -z does it alone; this one does if it finds our example.
  set -- $(LC_ALL=C grep -lzFx "FERRY_RUN=$id;" cookie /proc/[0-9]*/environ 2>/dev/null)
  if [ "${1-}" = cookie ]; then shift
  else
    set -- $(head -c 1000000 /proc/[0-9]*/environ 2>/dev/null | tr '\0' '\n' | LC_ALL=C awk \
      -v cookie="FERRY_RUN=$id;" '/^==> .* <==$/ { file = $2 } $0 == cookie { print file }')
  fi
  carriers=' '
  for each; do each=${each#/proc/} carriers="$carriers${each%/environ} "; done
}

# Sets grouped (in the script's process group), strays (in its session, but another group) and outside
# (left the session). $group: the leader of both, or nothing. Zombies are not counted.
census() {
  grouped= strays= outside=
  if [ ! -d /proc/self ]; then
    if is_pid "${group%%:*}" && kill -0 "-${group%%:*}" 2>/dev/null; then grouped=$group; fi
    return
  fi
  find_carriers # first, so that a process born in between is seen where it belongs
  # The carriers as its first line: of an argument Linux takes 128 KiB, some 16,000 processes.
  for each in $({ echo "$carriers"; cat /proc/[0-9]*/stat 2>/dev/null; } | LC_ALL=C awk -v leader="$group" '
    NR == 1 { carriers = $0; number = leader; sub(/:.*/, "", number); next }
    { $0 = begun $0; begun = $0; pid = $1; sub(/^.*\) /, ""); who = pid ":" $20 } # as in identify
    NF < 20 { next } # a line break in a name: it goes on
    { begun = "" }
    pid == number && who != leader { stranger = 1 } # then group and session are not ours either
    $1 == "X" || $1 == "Z" && $18 < 2 { next }
    index(carriers, " " pid " ") { carrier[who] = 1 }
    $4 == number || who == leader { place[who] = "s" }
    $3 == number { place[who] = "g" }
    END {
      if (!stranger) for (who in place) print place[who] who
      for (who in carrier) if (stranger || !(who in place)) print "o" who
    }'); do
    case $each in
    g*) grouped="$grouped ${each#g}" ;;
    s*) strays="$strays ${each#s}" ;;
    o*) outside="$outside ${each#o}" ;;
    esac
  done
  # Once it is empty its number may be given away.
  [ "$grouped$strays" ] || is_alive "$group" || group=
}

nobody() { [ -z "$grouped$strays$outside" ]; }

signal_all() { # signal_all NAME: to everybody of the last census
  for each in $grouped; do # while one member lives the number of the group is not given away
    if is_alive "$each" || [ ! -d /proc/self ]; then kill -s "$1" -- "-${group%%:*}" 2>/dev/null; break; fi
  done
  signal "$1" $strays $outside
}

remember() { # adds who was seen inside and outside to the lists, each once
  for each in $grouped $strays; do
    case $inside in *" $each "*) ;; *) inside="$inside$each " ;; esac
  done
  for each in $outside; do
    case $gone in *" $each "*) ;; *) gone="$gone$each " ;; esac
  done
}

# TERM, GRACE seconds, KILL, recount. Sets receipt: processes/on TERM/on KILL/had left/remaining.
end_all() { # end_all GRACE
  inside=' ' gone=' ' killed=' '
  clock; patience=$((now + $1))
  census; remember
  signal_all TERM
  signal_all CONT # who is stopped could not hear it
  set -- 0.02 0.05 0.1 0.2 0.5 # a census is not cheap: look again ever less often
  until nobody || [ "$now" -gt "$patience" ]; do
    pause "$1"; [ $# -eq 1 ] || shift
    census; remember; clock
  done
  for nap in 0.02 0.05 0.1 0.2 0.5 0.5 0.5 1 1 1; do # again, for what was forked in between
    nobody && break
    killed="$killed$grouped $strays "
    signal_all KILL
    pause "$nap"; census; remember
  done
  tally
}

tally() { # sets receipt
  set -- $grouped $strays $outside; remaining=$#
  set -- $gone; left=$# all=$# on_term=0 on_kill=0
  for each in $inside; do
    case $gone in *" $each "*) continue ;; esac
    all=$((all + 1))
    case " $grouped $strays " in *" $each "*) continue ;; esac # nothing has ended it
    case $killed in
    *" $each "*) on_kill=$((on_kill + 1)) ;;
    *) on_term=$((on_term + 1)) ;;
    esac
  done
  receipt=$all/$on_term/$on_kill/$left/$remaining
}

# ---- the state of a run --------------------------------------------------------------------------

# A run belongs to whoever makes the symbolic link `claim` ("process token boot"): made in one step,
# with its content, by one process only. It is made before anything is launched and never removed; so
# a start may be repeated as often as one likes.
claim() { # NFS may say of what it just made that it exists already
  ln -s "$1" claim 2>/dev/null || [ "$(readlink claim)" = "$1" ]
}

# Sets state (in the run's directory) to: exited, running, starting, incomplete, reboot or died.
look() {
  keeper= payload= watchdog= started=
  if [ -e exit ]; then state=exited; return; fi
  # It is away for a moment while the watchdog is replaced, see guard.
  if { [ -e pids ] && read -r keeper payload watchdog started claimed_in <pids; } 2>/dev/null; then
    case $keeper in *:*) ;; *) look_older ;; esac
  elif [ -L claim ]; then
    keeper=$(readlink claim)
    if [ "$keeper" = retired ]; then state=incomplete; return; fi
    claimed_in=${keeper##* } keeper=${keeper%% *}
  else look_unclaimed; return; fi
  this_boot
  if [ "$claimed_in" != "$boot" ]; then state=reboot
  elif is_alive "$keeper"; then
    state=running
    [ -z "$watchdog" ] || is_alive "$watchdog" || signal USR1 "$keeper" # it starts another
  elif is_alive "$watchdog"; then state=running
  else state=died; fi
  if [ -e exit ]; then state=exited; fi # it ended while we looked
}

look_older() { # by a supervisor from before births were kept: numbers only
  claimed_in=$(readlink claim) claimed_in=${claimed_in##* }
  if identify "$payload"; then payload=$who; fi
  if identify "$watchdog"; then watchdog=$who; fi
  if identify "$keeper"; then keeper=$who; fi
}

look_unclaimed() { # nobody has begun; after 30 s, or a reboot, nobody will: see retire
  clock; this_boot; state=starting
  if [ -e born ]; then
    read -r born born_in <born
    [ "$born_in" = "$boot" ] && [ $((now - born)) -lt 30 ] || state=incomplete
  else # whole or not at all: one who read an empty one would take us for very old
    echo "$now $boot" >"born.$$" && mv -f "born.$$" born
  fi
}

# retire ID: nothing was launched here, and by taking the claim we see to it that nothing ever will.
retire() {
  claim retired
  # By its path: others may have put ours away already, and what stands there now may be alive.
  [ "$(readlink "$runs/$1/claim")" = retired ] || return 1
  set -- "$runs/$1" "$runs/.incomplete.$1.$$"
  mv "$1" "$2" 2>/dev/null || return 0
  # Others may have done so, and started anew, since we looked.
  if [ "$(readlink "$2/claim")" != retired ]; then mv "$2" "$1"; return 1; fi
  rm -rf "$2"
}

survivors() { # a census when nobody keeps the run any more; elsewhere than in its directory: by the cookie alone
  group=${payload-}
  is_alive "$group" || group= # too long ago to know its group by the number
  census
}

# ---- start ---------------------------------------------------------------------------------------

start() { # start ID SIZE TIMEOUT GRACE MAX, program on standard input
  if ! can_make_session; then say error nosession; return 0; fi
  [ -d "$runs" ] || problem=$(umask 077; LC_ALL=C mkdir -p "$runs" 2>&1) || { refuse; return 0; }
  upload=$runs/.new.$1.$$
  trap 'rm -f "$upload"' EXIT
  trap 'exit 75' HUP INT TERM
  (umask 077; cat >"$upload") 2>/dev/null || { say error nospace; return 0; }
  measure "$upload"
  [ "$size" = "$2" ] || { say error short; return 0; } # a cut line must not run half a program
  enter "$1" || { refuse; return 0; }
  if [ -L claim ]; then say existing; return 0; fi
  # It was over, or called off, before this start arrived: see bury.
  if [ -L "$runs/.over.$1" ]; then rmdir "$runs/$1" 2>/dev/null; say existing; return 0; fi
  # In its own session, and with no stream of the channel: a lost line means nothing. It closes its
  # output when it has the claim, or else says what is wrong.
  told=$(in_new_session sh "$self" supervise "$1" "$upload" "$3" "$4" "$5" "$$" </dev/null 2>/dev/null &)
  case $told$(readlink claim) in
  *" $$ "*) trap - EXIT; say started ;; # the upload is the supervisor's now
  nospace*) say error nospace ;;
  '' | retired) say error nolaunch ;;
  *) say existing ;;
  esac
  if is_time_to_sweep; then sweep </dev/null >/dev/null 2>&1 & fi
}

enter() { # enter ID: into its directory, made when there is none
  problem=$(LC_ALL=C mkdir -m 700 "$runs/$1" 2>&1) && { cd "$runs/$1"; return; }
  cd "$runs/$1" 2>/dev/null || return 1
  look
  [ "$state" = incomplete ] || return 0
  retire "$1"
  problem=$(LC_ALL=C mkdir -m 700 "$runs/$1" 2>&1)
  cd "$runs/$1" 2>/dev/null
}

refuse() { # why there can be no directory
  case $problem in
  *'o space'* | *uota*) say error nospace ;;
  *) say error nodirectory ;;
  esac
}

can_make_session() { command -v setsid >/dev/null 2>&1 || command -v perl >/dev/null 2>&1; }

in_new_session() { # becomes the given command, as leader of its own session and process group
  if command -v setsid >/dev/null 2>&1; then exec setsid "$@"; fi
  exec perl -e 'use POSIX; POSIX::setsid(); $SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec {$ARGV[0]} @ARGV; exit 127' "$@"
}

is_time_to_sweep() { # once an hour
  clock; swept=
  [ -e "$runs/.swept" ] && read -r swept <"$runs/.swept"
  [ -z "$swept" ] || [ "$swept" -gt "$now" ] || [ $((now - swept)) -ge 3600 ]
}

# What others left behind: cut uploads, half removals, probes of a Ferry that died, versions of us that
# nobody has used for a month (one that a run still has open lives on without its name).
sweep() {
  echo "$now" >"$runs/.swept" || return
  touch "$self"
  find "$ferry"/supervisor-*.sh -prune -mtime +30 -exec rm -f {} +
  find "$ferry"/.new.* "$runs"/.new.* "$runs"/.removed.* "$runs"/.incomplete.* -prune -mmin +60 -exec rm -rf {} +
  find "$runs/." ! -name . -prune -name '.over.*' -mtime +1 -exec rm -f {} + # there may be thousands
  for each in "$runs"/probe-*; do
    id=${each##*/}
    case $id in *[!A-Za-z0-9._-]*) continue ;; esac
    [ -z "$(find "$each" -prune -mmin +60)" ] || (remove "$id")
  done
}

# ---- the supervisor itself -----------------------------------------------------------------------

supervise() { # supervise ID PROGRAM TIMEOUT GRACE MAX TOKEN
  program=$2 timeout=$3 grace=$4 blocks=$((($5 + 511) / 512))
  cd "$runs/$id" && [ -e "$program" ] || exit 1
  trap 'rm -f "$program" ./*".$$"' EXIT # it may hold secrets
  prepare || { echo nospace; exit 1; }
  open_pipes || exit 1
  this_boot; identify $$; keeper=$who
  claim "$keeper $6 $boot" || { [ -L claim ] || echo nospace; exit 0; }
  trap - EXIT
  exec >/dev/null # start may answer
  interrupted=; trap 'interrupted=1' HUP TERM # not ignored: that would be handed down to the script
  started=$(date +%s); clock; deadline=$((now + timeout))
  launch
  exec 3<&- 4<&- 5>&- 6>&-
  guard
  reap "$payload"; exit_status=$status
  receipt=
  if decide exit; then
    signal TERM "$watchdog"
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

prepare() { # all that may fail for want of space, while nothing has begun
  true >>out && true >>err && true >>wanted && true >"undecided.$$" || return 1
  # Written over later, in place: the end can be recorded on a full disk.
  for file in exit receipt pids; do printf '%0300d\n' 0 >"$file.$$" || return 1; done
  printf 'FERRY_RUN=%s;\0' "$id" >cookie # see find_carriers
}

open_pipes() { # both ends here, so that no side ever waits for the other to come
  mkfifo "out.$$" "err.$$" || return 1
  exec 7<>"out.$$" 8<>"err.$$" 3<"out.$$" 4<"err.$$" 5>"out.$$" 6>"err.$$" 7>&- 8>&-
}

launch() { # the script, and a pump for each of its streams
  # Pipes, not files: `echo x >/dev/stderr` in a script would empty a file.
  (exec 4<&- 5>&- 6>&-; pump out) & identify $!; pump_out=$who
  (exec 3<&4 4<&- 5>&- 6>&-; pump err) & identify $!; pump_err=$who
  (
    # The program may hold secrets: gone from the disk before its first line runs.
    exec <"$program" >&5 2>&6 3<&- 4<&- 5>&- 6>&-
    rm -f "$program" "out.$$" "err.$$"
    FERRY_RUN="$id;"; export FERRY_RUN
    # A command started with & ignores INT and QUIT, and would hand that down to the script.
    if env --default-signal=INT,QUIT >/dev/null 2>&1; then set -- env --default-signal=INT,QUIT; fi
    in_new_session "$@" sh -s
  ) & identify $!; payload=$who group=$who
}

guard() { # starts the watchdog, and tells who we all are
  trap '' USR1 # until it listens
  watch & identify $!; watchdog=$who
  trap 'interrupted=1' USR1
  [ -e pids ] && mv pids "pids.$$"
  echo "$keeper $payload $watchdog $started $boot" 1<>"pids.$$"; mv -f "pids.$$" pids
}

pump() { # pump FILE: append descriptor 3 to it, as far as the limit; the rest is read and dropped
  ulimit -f "$blocks" 2>/dev/null
  copier=; trap '[ -z "$copier" ] || kill "$copier" 2>/dev/null; exit 3' TERM
  cat <&3 >>"$1" 2>/dev/null & copier=$!
  wait "$copier" && exit 0
  copier=
  # Over the limit, or no space left: a reader must stay, or the script dies of SIGPIPE.
  cat <&3 >/dev/null & copier=$!
  wait "$copier"
  exit 3
}

finish_pump() { # finish_pump PROCESS STREAM: 2 s for what is on its way, even if a stranger holds the pipe
  for nap in 0.01 0.03 0.1 0.2 0.3 0.5 0.5 0.5; do is_alive "$1" || break; pause "$nap"; done
  signal TERM "$1"
  reap "$1"
  [ "$status" -eq 0 ] || cut="$cut${cut:+,}$2"
}

reap() { # reap PROCESS: its exit status in $status; a signal to us must not be taken for its end
  while :; do
    interrupted=
    wait "${1%%:*}"; status=$?
    # Up to 128 it is the process's own: a shell that is asked again knows nothing of it any more.
    [ "$interrupted" ] && [ "$status" -gt 128 ] || return 0
    [ "$1" != "$payload" ] || is_alive "$watchdog" || guard # somebody killed it, see look
  done
}

# One of exit, cancel and timeout wins; a rename has one winner and needs no space on the disk.
decide() { mv "undecided.$$" "decided-$1" 2>/dev/null; }

leftovers() { # the script ended; what it left behind gets 2 s (`exec > >(tee log)` needs a moment), then goes
  # Mostly there is nothing: its group is empty, and nobody has the cookie. That is cheaper to see.
  # (Of another user's it would say that they may not be signalled.)
  case $([ ! -d /proc/self ] || { LC_ALL=C; kill -0 "-${group%%:*}" 2>&1; }) in
  *'o such process'*) find_carriers; [ "$carriers" = ' ' ] && return ;;
  esac
  clock; patience=$((now + 2))
  census
  set -- 0.02 0.05 0.1 0.2
  until nobody || [ "$now" -gt "$patience" ]; do
    pause "$1"; [ $# -eq 1 ] || shift
    census; clock
  done
  nobody || end_all 1
}

record() { # the end, in one step and after everything else: who sees `exit` has all there is
  measure_both; times="started=$started ended=$(date +%s)"
  echo "1 status=$exit_status reason=$reason $sizes $times cut=$cut receipt=$receipt ;" 1<>"exit.$$"
  mv -f "exit.$$" exit
  for bell in wake.*; do if [ -p "$bell" ]; then echo over 1<>"$bell"; fi; done # followers sleep on these
  rm -f wanted cookie decided-* ./*".$$"
}

watch() { # beside the supervisor: timeout and cancel, also when no Ferry lives; USR1: look now
  nap= missing= tick=1
  trap 'rung=1; [ -z "$nap" ] || kill "$nap" 2>/dev/null' USR1
  trap '[ -z "$nap" ] || kill "$nap" 2>/dev/null; exit 0' TERM
  # Another watchdog may have been killed over what it had decided.
  for decided in cancel timeout; do
    [ -e "decided-$decided" ] || continue
    read -r receipt remainder <"receipt.$$"
    case $receipt in */*) ;; *) end_for "$decided" ;; esac # what it could not end is told already
    return
  done
  while :; do
    rung=
    if is_here; then
      missing=
      [ -e "undecided.$$" ] || break
      if [ ! -e wanted ]; then stop cancel; break; fi
    elif [ -z "$missing" ]; then missing=1 # not for one failed look
    else end_all "$grace"; break; fi
    if [ "$timeout" -gt 0 ]; then
      clock; rest=$((deadline - now))
      if [ "$rest" -lt 0 ]; then stop timeout; break; fi
      [ "$rest" -ge "$tick" ] || tick=$((rest + 1))
    fi
    if ! is_alive "$keeper"; then orphaned; break; fi
    sleep "$tick" & nap=$!
    [ -z "$rung" ] || kill "$nap" 2>/dev/null
    wait "$nap"
    nap= tick=5
  done
}

is_here() { [ -L "$runs/$id/claim" ]; } # somebody may have removed everything under us

stop() { # stop cancel|timeout
  if decide "$1"; then end_for "$1"; fi
}

end_for() { # end_for cancel|timeout
  end_all "$grace"
  echo "$receipt ." 1<>"receipt.$$"
  is_alive "$keeper" || { exit_status= reason=$1 cut=; record; }
}

orphaned() { # the supervisor was killed: its script may finish, but how it ended cannot be known
  trap : USR1; trap - TERM
  until census; nobody; do
    clock
    if ! is_here; then end_all "$grace"; return; fi
    if [ ! -e wanted ]; then stop cancel; return; fi
    if [ "$timeout" -gt 0 ] && [ "$now" -gt "$deadline" ]; then stop timeout; return; fi
    sleep 1
  done
  decide exit
  for nap in 0.05 0.1 0.3 0.5 1; do # the pumps have nothing to wait for any more
    is_alive "$pump_out" || is_alive "$pump_err" || break
    pause "$nap"
  done
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
  clock; until_over=$((now + $4))
  while look; [ "$state" = starting ]; do
    clock; [ "$now" -lt "$until_over" ] || return 75
    pause
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
  case $(command -v timeout >/dev/null && tail --version 2>/dev/null) in
  *GNU*) follow_tail "$@" ;;
  *) follow_poll "$@" ;;
  esac
  [ -e exit ] && return 77
  return 75
}

follow_tail() { # GNU tail wakes on each change (inotify): a line is on its way within a millisecond
  # We sleep until a line comes through this pipe (the end of the run, see record) or its only writer
  # ends (the lease is over, or our input ends because the client is gone).
  mkfifo "wake.$$" || { follow_poll "$@"; return; } # a full disk has no room for it
  exec 5<&0 7<>"wake.$$" 6<"wake.$$"
  timeout "$4" cat <&5 >&7 5<&- 6<&- 7>&- 9>&- & identify $!; asides=$who
  exec 7>&-
  # -s: where the host has no inotify left for this user (128 instances by default, two a run).
  tail -s 0.1 -c "+$(($2 + 1))" -f out 6<&- & identify $!; asides="$asides $who"
  tail -s 0.1 -c "+$(($3 + 1))" -f err >&9 6<&- & identify $!; asides="$asides $who"
  [ -e exit ] || read -r woken <&6
  signal TERM $asides
  rm -f "wake.$$"
  wait
}

follow_poll() { # each stream keeps one open file: every `cat` goes on exactly where the last one stopped
  exec 3<out 4<err
  tail -c "+$(($2 + 1))" <&3; tail -c "+$(($3 + 1))" <&4 >&9
  (read -r -t 0.01 ring </dev/null) 2>/dev/null; [ $? -le 1 ] && has_timed_read=1 || has_timed_read=
  until clock; [ -e exit ] || [ "$now" -ge "$until_over" ]; do
    cat <&3 && cat <&4 >&9 || return
    if [ "$has_timed_read" ]; then
      read -r -t 0.2 ring
      # Nothing is sent to us: what can be read is the end, and the client is gone. (The exit status
      # above does not tell, with busybox it is the same for the end and for the time.)
      if read -r -t 0 ring; then return; fi
    else pause 0.2; fi
  done
}

# ---- status, cancel, remove ----------------------------------------------------------------------

status() { # status ID
  cd "$runs/$1" 2>/dev/null || { # somebody may have removed it under a script that its watchdog has yet to end
    survivors
    set -- $grouped $strays $outside
    say gone "alive=$# ;"
    return 0
  }
  look
  case $state in
  exited) read -r record <exit; say exited "$record" ;;
  incomplete) retire "$1"; say gone ;;
  starting) say starting ;;
  running) measure_both; say running "$sizes started=$started ;" ;;
  reboot) measure_both; say lost "reason=reboot $sizes started=$started ;" ;;
  died)
    survivors; measure_both
    set -- $grouped $strays $outside
    say lost "reason=supervisor_died $sizes started=$started alive=$# ;"
    ;;
  esac
}

cancel() { # cancel ID: ask the watchdog to end the run; returns at once. Unknown: nothing ever runs
  [ -d "$runs/$1" ] || { (umask 077; mkdir -p "$runs") 2>/dev/null; bury "$1"; }
  if cd "$runs/$1" 2>/dev/null; then
    look
    case $state in
    starting | running)
      # A request that a full disk cannot refuse.
      [ -L claim ] || bury "$1"
      if [ -L claim ] || ! retire "$1"; then rm -f wanted; fi
      signal USR1 "$watchdog"
      ;;
    died) end_survivors ;;
    esac
  else
    survivors
    nobody || end_all 5
  fi
  status "$1"
}

end_survivors() {
  survivors
  nobody && return
  end_all 5
  exit_status= reason=supervisor_died cut=
  true >"exit.$$"
  record
}

bury() { # a start that arrives late finds it, for two days; probes are never started twice
  case $1 in probe-*) ;; *) ln -s over "$runs/.over.$1" 2>/dev/null ;; esac
}

remove() { # remove ID: only when it is over, and nothing of it lives
  if cd "$runs/$1" 2>/dev/null; then
    look
    case $state in
    starting | running) say error running; return 0 ;;
    incomplete) retire "$1" || { say error running; return 0; } ;;
    died) survivors; nobody || { say error alive; return 0; } ;;
    esac
    cd "$runs"
    if [ -e "$1" ]; then
      bury "$1"
      mv "$1" ".removed.$1.$$" || { say error stuck; return 0; }
      rm -rf ".removed.$1.$$"
    fi
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
