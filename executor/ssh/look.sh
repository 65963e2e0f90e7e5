# What Ferry looks at on a host before a run; changes nothing there, and never runs the script.
#
# Sent on the standard input of `sh -s`. After it come `folder`, `script`, `interpreter`, `run_path`
# (see command.py) and `patience` (seconds), then `look PART…` with the functions of the last section.
# Each fact is told as NAME=VALUE and a NUL. POSIX sh and small tools (GNU or busybox) only.

# posh reads `kill -s KILL -- -123` as "everything this user owns".
[ -z "${POSH_VERSION-}" ] || { echo "Ferry cannot work with posh as sh" >&2; exit 64; }

tell() { printf '%s=%s\0' "$1" "$2"; }

in_new_session() { # becomes the given command
  if command -v setsid >/dev/null; then exec setsid "$@"; fi
  if command -v perl >/dev/null; then
    exec perl -e 'use POSIX; POSIX::setsid(); exec {$ARGV[0]} @ARGV; exit 127' "$@"
  fi
  exec "$@"
}

# bounded SECONDS COMMAND…: its output, "ended " and its exit status, 137 if it took longer. At most
# 4000 bytes of all that: who never stops talking is told by the missing end.
bounded() {
  limit=$1; shift
  {
    (in_new_session "$@") & work=$!
    (
      sleep "$limit" & nap=$!
      trap 'kill "$nap"; exit' TERM
      wait "$nap"
      case $work in '' | *[!0-9]* | 0 | 1) exit ;; esac # everybody, to kill
      kill -s KILL -- "-$work" || kill -s KILL "$work" # not reaped yet, so the number is still its own
    ) >/dev/null & alarm=$!
    wait "$work"; status=$?
    kill "$alarm"
    # What it left behind would hold this pipe, and `head` wait for it. (If there is nothing, there is
    # no such group: numbers come round again only after all the others.)
    case $work in '' | *[!0-9]* | 0 | 1) ;; *) kill -s KILL -- "-$work" ;; esac
    echo "ended $status"
  } | head -c 4000
}

# ---- the script ----------------------------------------------------------------------------------

hash_with() { # hash_with COMMAND…: sets sum from its output; fails if it cannot
  command -v "$1" >/dev/null || return 1
  sum=$("$@" <"$real") || return 1
  sum=${sum##*= } sum=${sum%% *} # "HASH  -", or "SHA2-256(stdin)= HASH"
  case $sum in *[!0-9a-f]*) return 1 ;; esac
  [ ${#sum} -eq 64 ]
}

in_python='
import hashlib, sys
digest, stream = hashlib.sha256(), getattr(sys.stdin, "buffer", sys.stdin)
for block in iter(lambda: stream.read(1 << 20), b""):
    digest.update(block)
print(digest.hexdigest())'
in_perl='binmode STDIN; print Digest::SHA->new(256)->addfile(*STDIN)->hexdigest, "\n"'

real_in_python='import os, sys; print(os.path.realpath(sys.argv[1]))'

ask_git() { # without hooks, monitors, writes to the index, or a look for renames
  bounded 10 git --no-optional-locks -c core.fsmonitor=false -c core.hooksPath=/dev/null \
    -c status.renames=false -c diff.renames=false "$@"
}

# ---- who runs it ---------------------------------------------------------------------------------

# Words of command lines that are the script by name, as "PID WORD"; not of programs that only read.
# Then "seen ." if there was any process at all.
candidates() {
  head -c 4096 /proc/[0-9]*/cmdline | tr '\0' '\n' |
    given=${script##*/} real=${real##*/} awk '
    BEGIN {
      split("vi vim vim.basic vim.tiny nvim view nano emacs less more cat tail head grep egrep rg awk sed diff " \
        "cmp wc cp mv rm ln ls stat file readlink realpath touch chmod chown scp rsync sftp ssh git tar " \
        "sha256sum shasum openssl sudo doas su", names, " ")
      for (i in names) reads[names[i]] = 1
    }
    /^==> \/proc\/[0-9]+\/cmdline <==$/ { split($0, parts, "/"); pid = parts[3]; place = 0; next }
    { word = $0; sub(/^.*\//, "", word) }
    ++place == 1 { done = word in reads }
    !done && place < 9 && told < 50 && (word == ENVIRON["given"] || word == ENVIRON["real"]) {
      print pid, $0
      done = 1; told++
    }
    END { if (pid) print "seen ." }'
}

fields() { # fields PID: sets stat, what follows the name, which may hold anything, line breaks too
  stat=
  while read -r line; do stat=$stat$line; done 2>/dev/null <"/proc/$1/stat"
  stat=${stat##*) }
  [ "$stat" ]
}

is_ours() { # is_ours PID: Ferry runs it, or something that it comes from
  for step in 1 2 3 4 5 6 7 8 9 10 11 12; do
    tr '\0' '\n' <"/proc/$1/environ" | grep -q '^FERRY_RUN=' && return 0
    # Of other users only this can be seen.
    tr '\0' ' ' <"/proc/$1/cmdline" | grep -q '/\.cache/ferry/supervisor-[0-9a-f]*\.sh supervise ' && return 0
    fields "$1" || return 1
    set -- $stat
    shift # the parent's number is first now
    case $1 in 0 | 1) return 1 ;; esac
  done
  return 1
}

is_script() { # is_script PID WORD: it means the script to that process; sets sure
  sure=sure
  case $2 in
  /*) if [ -e "/proc/$1/root/." ]; then set -- "/proc/$1/root$2"; else set -- "$2"; fi ;;
  *)
    # The directory of a stranger's process is not shown: only the name is known to be the same.
    if [ ! -e "/proc/$1/cwd/." ]; then sure=maybe; return; fi
    set -- "/proc/$1/cwd/$2"
    ;;
  esac
  [ "$1" -ef "$real" ]
}

runners() { # "PID SECONDS sure|maybe USER" of those that run it; "seen" if there are processes to see
  ticks=$(getconf CLK_TCK) || ticks=100
  read -r up rest </proc/uptime
  candidates | while read -r pid word; do
    if [ "$pid" = seen ]; then echo seen; continue; fi
    is_script "$pid" "$word" || continue
    is_ours "$pid" && continue
    fields "$pid" || continue
    set -- $stat
    age=$((${up%%.*} - ${20} / ticks))
    user=$(stat -c %U "/proc/$pid") || user=somebody # `ls` of busybox clips names
    echo "$pid $age $sure $user"
  done
}

# ---- parts ---------------------------------------------------------------------------------------

hello() { tell now "$(date +%s.%N)"; }

place() { # sets real, empty if the script cannot run
  real=
  cd "$folder" || { tell problem nocwd; return; }
  tell directory "$(pwd -P)"
  if [ -d "$script" ]; then tell problem isdir
  elif [ -L "$script" ] && [ ! -e "$script" ]; then
    tell points "$(readlink "$script")"
    tell problem dangling
  elif [ ! -e "$script" ]; then tell problem noscript
  elif [ ! -f "$script" ]; then tell problem special
  elif [ ! -r "$script" ]; then tell problem unreadable
  elif [ -z "$interpreter" ] && [ ! -x "$script" ]; then tell problem noexec
  else
    # Up to the dot: a name may end in a line break, and without it would be another file's.
    real=$({ readlink -f "$script" || realpath "$script" || python3 -c "$real_in_python" "$script" ||
      perl -MCwd -e 'print Cwd::abs_path($ARGV[0]), "\n"' "$script"; } && echo .)
    real=${real%?.}
    tell script "$real"
    set -- $(stat -c '%s %Y' "$real" || stat -f '%z %m' "$real" || ls -lnd "$real")
    if [ $# -eq 2 ]; then tell size "$1"; tell modified "$2"; else tell size "${5-}"; fi
  fi
}

digest() { # after place
  [ "$real" ] || return
  hash_with sha256sum || hash_with shasum -a 256 || hash_with openssl dgst -sha256 ||
    hash_with python3 -c "$in_python" || hash_with python -c "$in_python" ||
    hash_with perl -MDigest::SHA -e "$in_perl" || sum=
  tell sha256 "$sum"
}

revision() { # after place
  [ "$real" ] && command -v git >/dev/null && cd "${real%/*}/" || return
  head=$(ask_git rev-parse --verify HEAD)
  case $head in *'ended 0') ;; *) return ;; esac
  # What a checkout names as its filters are programs, and a look runs nothing of it.
  filters=$(ask_git config --name-only --get-regexp '^filter\..*\.(clean|smudge|process)$')
  before=$IFS IFS='
'; set -f --
  for each in $filters; do
    case $each in filter.*) set -- "$@" -c "$each=" -c "${each%.*}.required=false" ;; esac
  done
  IFS=$before; set +f
  changes=$(ask_git "$@" status --porcelain --untracked-files=no --ignore-submodules=dirty)
  case $changes in
  'ended 0') tell dirty '' ;;
  ' '* | [A-Z]*) tell dirty yes ;;
  *) return ;;
  esac
  tell revision "${head%%ended*}"
}

runtime() { # the interpreter: the same that `exec` would take
  [ "$interpreter" ] || return
  cd "$folder" # without it there is the more to tell
  run_path=${run_path:-$PATH} found=
  case $interpreter in
  */*)
    found=$interpreter
    [ -f "$found" ] || { tell runtime_problem nointerp; return; }
    [ -x "$found" ] || { tell runtime_problem noexec; return; }
    ;;
  *)
    before=$IFS IFS=:; set -f
    for each in $run_path; do
      each=${each:-.}/$interpreter
      if [ -f "$each" ] && [ -x "$each" ]; then found=$each; break; fi
    done
    IFS=$before; set +f
    [ "$found" ] || { tell runtime_problem nointerp; return; }
    ;;
  esac
  case $found in /*) ;; *) found=$(pwd -P)/${found#./} ;; esac
  tell interpreter "$found"
  if [ "$found" -ef "$script" ]; then return; fi # it would not tell its version, but do its work
  # Some tell it on their second stream; others only warn there, never twice in the same words.
  version=$(ask_version '')
  [ "$version" != 'ended 0' ] || version=$(ask_version '2>&1')
  tell version "$version"
}

ask_version() { # ask_version REDIRECTION
  bounded "$patience" sh -c "PATH=\$1; export PATH; exec \"\$0\" --version $1" "$found" "$run_path"
}

disk() {
  for each in "$HOME/.cache/ferry/runs" "$HOME/.cache/ferry" "$HOME"; do [ ! -d "$each" ] || break; done
  tell runs_disk "$(bounded "$patience" df -Pk "$each")"
  cd "$folder" && tell folder_disk "$(bounded "$patience" df -Pk .)"
}

hand() { # after place
  [ "$real" ] && [ -d /proc/self ] || return
  [ -d /proc/1 ] || tell hidden yes
  tell runners "$(runners)"
}

look() { # look PART…
  exec </dev/null 2>/dev/null
  LC_ALL=C; export LC_ALL
  printf '\036ferry look\n'
  for part; do "$part"; done
}
