/**
 * Runs `bind` under umask 0177, so that a socket it makes has mode 0600 from its first moment. `bind` must make it
 * before it returns, not later: the umask belongs to the whole process.
 */
export function withPrivateUmask<T>(bind: () => T): T {
  const before = process.umask(0o177);
  try {
    return bind();
  } finally {
    process.umask(before);
  }
}
