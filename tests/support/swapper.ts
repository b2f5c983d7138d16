/**
 * Exchanges two names in a loop, as an attacker with write permission in a root may: `renameat2` with RENAME_EXCHANGE,
 * so that at every moment both names exist. Arguments: the two paths. Ends with its stdin. Linux on Bun.
 */
import { dlopen } from "bun:ffi";

const NAMES = ["libc.so.6", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
const RENAMEAT2 = process.arch === "arm64" ? 276 : 316;
const EXCHANGE = 2;
const HERE = -100;

/** Exchanges between two looks at whether to go on. */
const AT_ONCE = 500;

function systemCall() {
  for (const name of NAMES) {
    try {
      return dlopen(name, { syscall: { args: ["i64", "i64", "ptr", "i64", "ptr", "i64"], returns: "i64" } })
        .symbols.syscall;
    } catch {
      // The other C library
    }
  }
  throw new Error("no C library");
}

const call = systemCall();
const [one, other] = [2, 3].map((at) => Buffer.from(`${process.argv[at]}\0`)) as [Buffer, Buffer];
const life = { isOver: false };
process.stdin.on("end", () => (life.isOver = true)).resume();
process.stdout.write("ready\n");
while (!life.isOver) {
  for (let i = 0; i < AT_ONCE; i++) {
    if (Number(call(RENAMEAT2, HERE, one, HERE, other, EXCHANGE)) !== 0) throw new Error("exchange failed");
  }
  await new Promise((resolve) => setImmediate(resolve));
}
