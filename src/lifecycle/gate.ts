import type { ServeOptions } from "../runtime/types.ts";

type Handler = ServeOptions["fetch"];

/** Holds requests until the server is ready for them: a port answers from the moment it is bound. */
export interface Gate {
  readonly fetch: Handler;
  /** Lets the waiting requests and all later ones through to `handler`. */
  open(handler: Handler): void;
}

/** A closed gate. */
export function createGate(): Gate {
  let handler: Handler | undefined;
  let resolve: (opened: Handler) => void = () => {};
  const opened = new Promise<Handler>((fulfil) => {
    resolve = fulfil;
  });
  return {
    fetch: (request, exchange) =>
      handler === undefined ? opened.then((open) => open(request, exchange)) : handler(request, exchange),
    open(given) {
      handler = given;
      resolve(given);
    },
  };
}
