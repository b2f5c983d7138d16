/** The slice of Bun's global that the adapter uses, so that no runtime's type package is needed. */
export interface BunGlobal {
  readonly version: string;
  serve(options: Record<string, unknown>): BunServer;
  /** Collects garbage; `true`: all of it, before it returns. */
  gc(force: boolean): void;
}

export interface BunServer {
  readonly port: number;
  /** Stops listening; `true` also drops every connection. Settles when the last connection is gone. */
  stop(closeActiveConnections?: boolean): Promise<void>;
  /** Null when the client has gone already. */
  requestIP(request: Request): { readonly address: string; readonly port: number } | null;
}

/** The slice of Deno's global that the adapter uses. */
export interface DenoGlobal {
  readonly version: { readonly deno: string };
  serve(
    options: Record<string, unknown>,
    handler: (request: Request, info: DenoRequestInfo) => Promise<Response> | Response,
  ): DenoServer;
  createHttpClient(options: Record<string, unknown>): object;
  readonly permissions: { querySync(descriptor: { name: string }): { readonly state: string } };
  dlopen(library: string, symbols: Record<string, object>): { readonly symbols: NativeSymbols };
  readonly UnsafePointerView: new (pointer: unknown) => {
    getInt32(): number;
    copyInto(bytes: Uint8Array): void;
  };
}

type NativeSymbols = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** What Deno tells a handler besides the request. */
export interface DenoRequestInfo {
  readonly remoteAddr: { readonly hostname?: string; readonly port?: number };
}

export interface DenoServer {
  readonly addr: { readonly port?: number };
  readonly finished: Promise<void>;
  shutdown(): Promise<void>;
}

interface Globals {
  readonly Bun?: BunGlobal;
  readonly Deno?: DenoGlobal;
}

/** `Bun`, where it is. */
export const bunGlobal = (globalThis as unknown as Globals).Bun;

/** `Deno`, where it is. */
export const denoGlobal = (globalThis as unknown as Globals).Deno;

declare const HEARTH_BINARY: boolean;

/** True in hearth's own compiled binary; `scripts/build.ts` defines it, so that other adapters drop out of the bundle. */
export const isHearthBinary: boolean = typeof HEARTH_BINARY === "boolean" && HEARTH_BINARY;
