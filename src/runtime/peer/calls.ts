import type { DenoGlobal } from "../globals.ts";

/** The calls of the C library that name the owner of a socket. Each gives -1 where the system's own does. */
export interface SocketCalls {
  socket(domain: number, type: number, protocol: number): number;
  send(fd: number, bytes: Uint8Array, size: number, flags: number): number;
  recv(fd: number, bytes: Uint8Array, size: number, flags: number): number;
  close(fd: number): number;
  getpeername(fd: number, address: Uint8Array, length: Uint32Array): number;
  getsockname(fd: number, address: Uint8Array, length: Uint32Array): number;
  getsockopt(fd: number, level: number, option: number, value: Uint8Array, length: Uint32Array): number;
}

/** glibc, then musl. */
const LIBRARIES = [
  "libc.so.6",
  `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`,
  "libc.so",
];

type Kind = "i32" | "bytes" | "size";

const SIGNATURES: Readonly<Record<keyof SocketCalls, readonly [readonly Kind[], Kind]>> = {
  socket: [["i32", "i32", "i32"], "i32"],
  send: [["i32", "bytes", "size", "i32"], "size"],
  recv: [["i32", "bytes", "size", "i32"], "size"],
  close: [["i32"], "i32"],
  getpeername: [["i32", "bytes", "bytes"], "i32"],
  getsockname: [["i32", "bytes", "bytes"], "i32"],
  getsockopt: [["i32", "i32", "i32", "bytes", "bytes"], "i32"],
};

interface BunFfi {
  dlopen(library: string, symbols: Record<string, { args: string[]; returns: string }>): { symbols: object };
}

/** Loads the calls on Bun, when they are first needed; undefined where the C library can't be loaded. */
export function bunSocketCalls(): () => SocketCalls | undefined {
  const kinds = { i32: "i32", bytes: "ptr", size: "i64_fast" };
  const symbols = Object.fromEntries(
    Object.entries(SIGNATURES).map(([called, [args, returns]]) => [
      called,
      { args: args.map((kind) => kinds[kind]), returns: kinds[returns] },
    ]),
  );
  return () => {
    // The name apart, so that other runtimes' bundlers and checkers don't look for the module
    const name = "bun:ffi";
    const ffi = process.getBuiltinModule(name) as unknown as BunFfi;
    return firstThatLoads((library) => ffi.dlopen(library, symbols).symbols);
  };
}

/** Loads the calls on Deno, when they are first needed; undefined without `--allow-ffi`. */
export function denoSocketCalls(deno: DenoGlobal): () => SocketCalls | undefined {
  const kinds = { i32: "i32", bytes: "buffer", size: "isize" };
  const symbols = Object.fromEntries(
    Object.entries(SIGNATURES).map(([called, [parameters, result]]) => [
      called,
      { parameters: parameters.map((kind) => kinds[kind]), result: kinds[result] },
    ]),
  );
  return () => {
    if (deno.permissions.querySync({ name: "ffi" }).state !== "granted") return undefined;
    const raw = firstThatLoads((library) => deno.dlopen(library, symbols).symbols);
    // Sizes are bigints here.
    return (
      raw && {
        ...raw,
        send: (...args) => Number(raw.send(...args)),
        recv: (...args) => Number(raw.recv(...args)),
      }
    );
  };
}

function firstThatLoads(load: (library: string) => object): SocketCalls | undefined {
  for (const library of LIBRARIES) {
    try {
      return load(library) as SocketCalls;
    } catch {
      // The next one: glibc and musl have other names
    }
  }
  return undefined;
}
