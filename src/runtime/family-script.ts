/** The variable that children inherit and that tells whose they are; its value is 128 random bits in hex. */
export const MARKER_VARIABLE = "HEARTH_MARKER";

/**
 * Shell functions over a family: the process group GROUP, whose leader began at START, and whatever else carries MARKER
 * in its environment, such as a grandchild in a session of its own. They run under dash, bash and busybox; on Linux by
 * /proc, elsewhere by ps.
 *
 * - `family GROUP MARKER START` prints the pids of its living processes. Only processes of our own user count, none that
 *   began before the leader did, and none of a group whose number came to belong to others.
 *   With `none` for GROUP, of a child that was about to be started, only the marker tells.
 * - `hit SIGNAL GROUP MARKER START` signals them, each looked at once more right before, and prints them.
 *
 * `kill -s NAME --` is the one form that dash, bash and busybox all take for a group. The marker must never stand in the
 * environment of the shell itself.
 */
export const FAMILY_FUNCTIONS = `
on_linux() { [ -r /proc/self/stat ]; }
fields() { # PID: sets state, pgrp and began of a process; fails for one that is gone or dead
  read -r line 2>/dev/null < "/proc/$1/stat" || return 1
  set -- \${line##*) }
  state=$1 pgrp=$3 began=\${20}
  case $state in Z | X | '') return 1 ;; esac
}
began_at() { LC_ALL=C TZ=UTC ps -o lstart= -p "$1" 2>/dev/null | tr -s ' ' | sed 's/^ //; s/ $//'; }
is_strangers() { # GROUP START: the group's number is that of a process which began at another time
  if on_linux; then
    fields "$1" || return 1
    [ "$began" != "$2" ]
  else
    now=$(began_at "$1")
    [ -n "$now" ] && [ "$now" != "$2" ]
  fi
}
belongs() { # PID GROUP MARKER START
  if on_linux; then
    [ -O "/proc/$1" ] && fields "$1" && [ "$began" -ge "$4" ] || return 1
    [ "$pgrp" = "$2" ] && ! is_strangers "$2" "$4" && return 0
    grep -qs "${MARKER_VARIABLE}=$3" "/proc/$1/environ"
  else
    ps -xEww -o pid=,pgid=,stat=,command= 2>/dev/null | of_family "$2" "$3" "$4" | grep -qx "$1"
  fi
}
of_family() { # GROUP MARKER START: the pids among lines of ps
  is_strangers "$1" "$3" && set -- none "$2" "$3"
  while read -r pid pgid stat rest; do
    case $stat in Z*) continue ;; esac
    [ "$pgid" = "$1" ] && echo "$pid" && continue
    case " $rest" in *" ${MARKER_VARIABLE}=$2"*) echo "$pid" ;; esac
  done
}
family() { # GROUP MARKER START
  if on_linux; then
    marked=$(grep -ls "${MARKER_VARIABLE}=$2" /proc/[0-9]*/environ | tr -c '0-9' ' ')
    cat /proc/[0-9]*/stat 2>/dev/null | awk -v group="$1" -v start="$3" -v marked=" $marked " '
      { pid = $1; sub(/^.*\\) /, "") }
      pid == group && $20 != start { strangers = 1 }
      $1 ~ /[ZX]/ || $20 + 0 < start + 0 { next }
      index(marked, " " pid " ") { print pid; next }
      $3 == group { members[pid] }
      END { if (!strangers) for (pid in members) print pid }' |
      while read -r pid; do [ -O "/proc/$pid" ] && echo "$pid"; done
  else
    ps -xEww -o pid=,pgid=,stat=,command= 2>/dev/null | of_family "$1" "$2" "$3"
  fi
}
hit() { # SIGNAL GROUP MARKER START
  pids=$(family "$2" "$3" "$4")
  is_strangers "$2" "$4" || kill -s "$1" -- "-$2" 2>/dev/null
  for pid in $pids; do
    echo "$pid"
    belongs "$pid" "$2" "$3" "$4" && kill -s "$1" "$pid" 2>/dev/null
  done
}
`;

/**
 * `listener PORT GROUP MARKER START` prints who listens on a TCP port of this machine: `nobody`, `ours` for one of the
 * family, `other PID NAME`, or `hidden` for somebody whom we can't see. It needs `FAMILY_FUNCTIONS`.
 */
export const LISTENER_FUNCTION = `
holders() { # PIDS...: those that hold one of the sockets
  ls -l $(printf '/proc/%s/fd ' "$@") 2>/dev/null | awk -v inodes=" $inodes " '
    /^\\/proc\\// { pid = $1; gsub(/[^0-9]/, "", pid) }
    match($0, /socket:\\[[0-9]+\\]/) && index(inodes, " " substr($0, RSTART + 8, RLENGTH - 9) " ") { print pid; exit }'
}
listener() { # PORT GROUP MARKER START
  if on_linux; then
    inodes=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v port=":$(printf %04X "$1")" '
      $4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' | tr '\\n' ' ')
    [ -n "$inodes" ] || { echo nobody; return; }
    # The own shell stands first, so that a single folder is listed by its name too.
    # Mostly it is the leader itself, which is quickly seen.
    [ -n "$2" ] && ! is_strangers "$2" "$4" && [ -n "$(holders $$ "$2")" ] && { echo ours; return; }
    [ -n "$2" ] && [ -n "$(holders $$ $(family "$2" "$3" "$4"))" ] && { echo ours; return; }
    pid=$(holders $(ls /proc | grep '^[0-9]'))
    [ -n "$pid" ] && echo "other $pid $(tr '\\0' ' ' < "/proc/$pid/cmdline" | cut -c1-200)" || echo hidden
  else
    pids=$(lsof -nP -t -iTCP:"$1" -sTCP:LISTEN 2>/dev/null)
    [ -n "$pids" ] || { echo nobody; return; }
    for pid in $pids; do
      [ -n "$2" ] && belongs "$pid" "$2" "$3" "$4" && { echo ours; return; }
    done
    set -- $pids
    echo "other $1 $(ps -o command= -p "$1" | cut -c1-200)"
  fi
}
`;
