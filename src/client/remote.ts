import { HearthError } from "../errors.ts";
import { loadRuntime } from "../runtime/detect.ts";
import { clientHeaders } from "./caller-headers.ts";
import type { Connection } from "./connection.ts";
import type { ClientOptions } from "./options.ts";

/** A connection to the server at `options.url`, as a guest. */
export function connectRemote(url: string, { token, fetch }: ClientOptions): Connection {
  const base = parseBase(url);
  return {
    shownAddress: base,
    start: undefined,
    fetch: (path, init) =>
      fetch === undefined ? runtimeFetch(base + path, init) : customFetch(fetch, base + path, init),
    headers: () => ({
      ...clientHeaders(),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    }),
  };
}

function parseBase(url: string): string {
  const isHttp = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (!isHttp) throw new HearthError("address-invalid", `"${url}" is not an http:// or https:// address`);
  return url.replace(/\/+$/, "");
}

async function runtimeFetch(url: string, init: RequestInit): Promise<Response> {
  const runtime = await loadRuntime();
  return await runtime.fetch(undefined, url, init);
}

async function customFetch(
  fetch: NonNullable<ClientOptions["fetch"]>,
  url: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    if (error instanceof HearthError) throw error;
    // Whether the request arrived can't be told from another's error: the careful assumption is that it did.
    throw new HearthError("connection-broken", `The connection to ${url} broke`, { cause: error });
  }
}
