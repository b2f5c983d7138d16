/**
 * A POSIX shell script that closes every descriptor above 2 and becomes the command in its arguments, keeping the pid.
 * Node and Deno pass on what they inherited themselves, and neither can close it: Node marks only the first 16, Deno
 * may not even list /proc. dash closes one-digit numbers only, so for others bash takes over where it is there
 * (busybox and macOS's sh manage alone). $1 is this very script.
 */
const SCRIPT = `self=$1; shift; rest=
for path in /proc/$$/fd/* /dev/fd/*; do
  fd=\${path##*/}
  case $fd in
    [012] | *[!0-9]*) ;;
    ?) eval "exec $fd>&-" ;;
    *) rest="$rest $fd" ;;
  esac
done
if [ -n "$rest" ]; then
  if [ -n "$BASH_VERSION" ] || ! command -v bash >/dev/null 2>&1; then
    for fd in $rest; do (eval "exec $fd>&-") 2>/dev/null && eval "exec $fd>&-"; done
  else
    exec bash -p -c "$self" bash "$self" "$@"
  fi
fi
exec "$@"`;

/** The command that runs `command` with no descriptor but the standard three. */
export function withoutDescriptors(command: readonly string[]): [string, ...string[]] {
  return ["/bin/sh", "-c", SCRIPT, "sh", SCRIPT, ...command];
}
