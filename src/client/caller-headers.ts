import { PROTOCOL, VERSION } from "../version.ts";
import { timeZone } from "./time-zone.ts";

const NAMED_VARIABLE = /\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

/** What a server may need to know of the one who calls; docs/architecture.md lists the headers. */
export interface CallerFacts {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** The request's query and body, as far as it is a text: only variables named in it are sent. */
  readonly requestText: string;
  /** Further variables to send, by name. */
  readonly wanted?: ReadonlySet<string>;
}

/** The headers of any request by hearth's own client. */
export function clientHeaders(): Record<string, string> {
  return { "x-hearth-client": `${VERSION}/${PROTOCOL}` };
}

/** The owner's headers, for requests that read or write files. They count only on the instance's Unix socket. */
export function callerHeaders({
  directory,
  environment,
  requestText,
  wanted = new Set(),
}: CallerFacts): Record<string, string> {
  return {
    "x-hearth-directory": encodeURIComponent(directory),
    "x-hearth-environment": encodeURIComponent(
      JSON.stringify(namedVariables(environment, requestText, wanted)),
    ),
    "x-hearth-time-zone": timeZone(environment),
    "x-hearth-umask": process.umask().toString(8),
  };
}

/** HOME (for `~`), the variables that the text names and the wanted ones; nothing else of the environment ever leaves the process. */
export function namedVariables(
  environment: Readonly<Record<string, string | undefined>>,
  text: string,
  wanted: ReadonlySet<string> = new Set(),
): Record<string, string> {
  const names = new Set(["HOME", ...wanted]);
  for (const [, braced, bare] of text.matchAll(NAMED_VARIABLE)) names.add((braced ?? bare) as string);
  const found: Record<string, string> = {};
  for (const name of names) {
    const value = environment[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}
