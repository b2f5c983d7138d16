import type { Exchange } from "./types.ts";

/** The exchange of runtimes whose own `Request` and `Response` are quick, and of requests from an embedding program. */
export const WEB_EXCHANGE: Exchange = {
  requestHeader: (request, name) => request.headers.get(name),
  setHeader: (response, name, value) => response.headers.set(name, value),
};
