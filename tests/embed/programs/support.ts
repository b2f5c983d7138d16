/** The `HearthApp` or any Hono app, as far as the programs ask it. */
interface Asked {
  request(path: string, init?: RequestInit): Response | Promise<Response>;
}

/** Status and JSON of an answer, for printing. */
export async function ask(app: Asked, path: string, init: RequestInit = {}): Promise<[number, Answer]> {
  const response = await app.request(path, init);
  const text = await response.text();
  return [response.status, text.startsWith("{") ? (JSON.parse(text) as Answer) : { text }];
}

/** The fields of hearth's answers that the programs look at. */
export interface Answer {
  readonly text?: string;
  readonly code?: string;
  readonly hint?: string;
  readonly message?: string;
  readonly error_message?: string;
  readonly data?: { readonly records: readonly Record<string, unknown>[] };
  readonly result?: { readonly records: readonly Record<string, unknown>[] };
  readonly hearth?: { readonly requests: { readonly served: number }; readonly runtime: string };
  readonly servers?: readonly { readonly url: string }[];
  readonly paths?: Readonly<Record<string, unknown>>;
}

/** The init of a POST with a JSON body. */
export function json(body: unknown, headers: Record<string, string> = {}): RequestInit {
  return {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  };
}

/** A request to read a CSV file by name. */
export function readOf(filename: string, headers: Record<string, string> = {}): RequestInit {
  return json({ data_source: { type: "csv", filename } }, headers);
}

/** Prints what the test compares. */
export function print(result: unknown): void {
  console.log(JSON.stringify(result));
}
