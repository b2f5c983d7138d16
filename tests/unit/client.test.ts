import { afterEach, describe, expect, test } from "bun:test";
import { callerHeaders, namedVariables } from "../../src/client/caller-headers.ts";
import { createClient, HearthClient } from "../../src/client/client.ts";
import type { Connection } from "../../src/client/connection.ts";
import { parseAnswer, stringifyBody } from "../../src/client/parse-answer.ts";
import { finalError, retryDelay } from "../../src/client/retry.ts";
import { systemTimeZone, timeZone } from "../../src/client/time-zone.ts";
import { type FaultCode, HearthError } from "../../src/errors.ts";
import {
  type ScriptedAnswer,
  type ScriptedServer,
  startScriptedServer,
} from "../fixtures/client/scripted-server.ts";

let server: ScriptedServer | undefined;

afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function serve(...answers: ScriptedAnswer[]): Promise<ScriptedServer> {
  server = await startScriptedServer(...answers);
  return server;
}

async function failure(promise: Promise<unknown>): Promise<HearthError> {
  try {
    await promise;
  } catch (error) {
    return error as HearthError;
  }
  throw new Error("it succeeded");
}

const table =
  '{"status":"success","data":{"records":[{"a":1}],"columns":["a"],"shape":[1,1],"dtypes":{"a":"int64"}}}';
const stopping = '{"status":"error","error_message":"leaving","code":"server-stopping"}';

describe("a request", () => {
  test("is repeated on 500 and on a broken connection, until it is answered", async () => {
    const { url, requests } = await serve({ status: 500, body: "{}" }, "break", "cut", { body: table });
    expect((await createClient({ url }).read("x.csv")).records).toEqual([{ a: 1 }]);
    expect(requests.length).toBe(4);
  });

  test("is never repeated on 4xx, and tells message, hint, status and request id", async () => {
    const body =
      '{"status":"error","error_message":"No file \\"x\\"","code":"file-not-found","hint":"Look.","request_id":"r1"}';
    const { url, requests } = await serve({ status: 404, body });
    const error = await failure(createClient({ url }).read("x"));
    expect(error).toBeInstanceOf(HearthError);
    expect(error).toMatchObject({
      code: "file-not-found",
      status: 404,
      hint: "Look.",
      requestId: "r1",
      message: 'No file "x"',
    });
    expect(requests.length).toBe(1);
  });

  test("keeps message and status of a code that only a newer server knows", async () => {
    const { url } = await serve({
      status: 422,
      body: '{"error_message":"new","code":"not-of-this-version"}',
    });
    expect(await failure(createClient({ url }).read("x"))).toMatchObject({
      status: 422,
      message: "new",
      code: "request-invalid",
    });
  });

  test("gives a stranger's answer in short", async () => {
    const { url } = await serve({ status: 403, body: "<html><h1>Forbidden</h1></html>" });
    expect((await failure(createClient({ url }).ping())).message).toBe("The server answered 403: Forbidden");
  });

  test("ends after its time limit, and is not repeated", async () => {
    const { url, requests } = await serve("silence");
    const error = await failure(createClient({ url, timeoutSeconds: 0.1 }).read("x"));
    expect(error).toMatchObject({ code: "response-timeout", status: 504 });
    expect(requests.length).toBe(1);
  });

  test("ends when its signal or its client says so", async () => {
    const { url } = await serve("silence");
    const client = createClient({ url });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 30);
    expect((await failure(client.read("x", { signal: controller.signal }))).code).toBe("request-cancelled");
    setTimeout(() => client.close(), 30);
    expect((await failure(client.read("x"))).code).toBe("request-cancelled");
  });

  test("nobody answers: server-unreachable, exit code 3", async () => {
    const { url, close } = await serve({ body: "{}" });
    await close();
    expect(await failure(createClient({ url, retries: 1 }).ping())).toMatchObject({
      code: "server-unreachable",
      exitCode: 3,
    });
  });
});

describe("a write", () => {
  const rows = [{ a: 1 }];

  test("whose connection broke may have happened, and is not repeated", async () => {
    const { url, requests } = await serve("break");
    expect((await failure(createClient({ url }).write(rows, "x.csv"))).code).toBe("maybe-written");
    expect(requests.length).toBe(1);
  });

  test("is repeated when the server was leaving, and not on any other 5xx", async () => {
    const first = await serve(
      { status: 503, body: stopping },
      { body: '{"message":"Wrote 1 records","rows":1,"bytes":4}' },
    );
    expect(await createClient({ url: first.url }).write(rows, "x.csv")).toMatchObject({ rows: 1, bytes: 4 });
    await first.close();
    const second = await serve({ status: 500, body: "{}" });
    expect((await failure(createClient({ url: second.url }).write(rows, "x.csv"))).code).toBe("internal");
    expect(second.requests.length).toBe(1);
  });

  test("of a stream goes by the query, after a ping has shown that a server is there", async () => {
    const { url, requests } = await serve({ body: '{"message":"Wrote 1 records","rows":1,"bytes":4}' });
    const body = new Blob(["a\n1\n"]).stream();
    await createClient({ url }).write({ type: "csv", body, options: { delimiter: ";" } }, "o ut.parquet");
    expect(requests.map(({ path }) => path)).toEqual([
      "/api/ping",
      "/api/write_data?from.delimiter=%3B&from=csv&output=o%20ut.parquet",
    ]);
    expect(requests[1]?.body).toBe("a\n1\n");
  });
});

describe("a streamed answer", () => {
  test("that breaks on the way rejects, never ends cleanly", async () => {
    const { url } = await serve("cut");
    const stream = await createClient({ url, retries: 0 }).readStream("x", "csv");
    expect((await failure(new Response(stream).text())).code).toBe("connection-broken");
  });
});

describe("a client of the local server", () => {
  function connection(refusals: number, starts: { count: number }): Connection {
    let left = refusals;
    return {
      shownAddress: "test",
      headers: () => ({}),
      fetch: async () => {
        if (left-- > 0) throw new HearthError("server-unreachable", "nobody");
        return new Response('{"status":"ok","message":"pong"}');
      },
      start: async () => void starts.count++,
    };
  }

  test("starts it when none answers, and asks again", async () => {
    const starts = { count: 0 };
    const client = new HearthClient(async () => connection(1, starts));
    expect((await client.ping()).message).toBe("pong");
    expect(starts.count).toBe(1);
  });

  test("gives up when each one that it starts is gone again", async () => {
    const starts = { count: 0 };
    const client = new HearthClient(async () => connection(100, starts), { retries: 1 });
    expect((await failure(client.ping())).code).toBe("server-unreachable");
    expect(starts.count).toBeLessThanOrEqual(3);
  });
});

describe("time limits and endings of a client", () => {
  function refusing(start: Connection["start"]): Connection {
    return {
      shownAddress: "test",
      headers: () => ({}),
      fetch: async () => {
        throw new HearthError("server-unreachable", "nobody");
      },
      start,
    };
  }

  test("the time limit holds for a start that never ends, and the start is told", async () => {
    let told: AbortSignal | undefined;
    const never = (signal?: AbortSignal) => {
      told = signal;
      return new Promise<void>(() => {});
    };
    const client = new HearthClient(async () => refusing(never), { timeoutSeconds: 0.05 });
    expect((await failure(client.read("x"))).code).toBe("response-timeout");
    expect(told?.aborted).toBe(true);
    expect((await failure(client.ping())).code).toBe("response-timeout");
  });

  test("a cancelled request does not wait for the start", async () => {
    const controller = new AbortController();
    const client = new HearthClient(async () => refusing(() => new Promise<void>(() => {})));
    const asked = failure(client.ping({ signal: controller.signal }));
    controller.abort();
    expect((await asked).code).toBe("request-cancelled");
  });

  test("a cancelled request does not wait for its next try", async () => {
    const controller = new AbortController();
    let tries = 0;
    const failing: Connection = {
      ...refusing(undefined),
      fetch: async () => {
        tries += 1;
        // The pause has begun by the time of this callback.
        setTimeout(() => controller.abort(), 5);
        return new Response("{}", { status: 500 });
      },
    };
    const client = new HearthClient(async () => failing, { signal: controller.signal });
    expect((await failure(client.ping())).code).toBe("request-cancelled");
    expect(tries).toBe(1);
  });

  test("close() ends the body of an answer that is still read", async () => {
    const { url } = await serve("endless");
    const client = createClient({ url });
    const response = await client.request({ method: "GET", path: "/x" });
    const read = failure(response.text());
    client.close();
    expect((await read).code).toBe("request-cancelled");
  });
});

describe("the retry policy", () => {
  const attempt = (code: FaultCode, isRepeatable: boolean, number = 0) => ({
    error: new HearthError(code, "x"),
    attempt: number,
    retries: 3,
    isRepeatable,
  });

  test.each([
    ["server-unreachable", true, true],
    ["server-stopping", true, true],
    ["connection-broken", true, false],
    ["internal", true, false],
    ["file-not-found", false, false],
    ["too-busy", false, false],
    ["response-timeout", false, false],
  ] as const)("%s: read again %p, write again %p", (code, reads, writes) => {
    expect(retryDelay(attempt(code, true)) !== undefined).toBe(reads);
    expect(retryDelay(attempt(code, false)) !== undefined).toBe(writes);
  });

  test("waits longer each time, and not for ever", () => {
    const waits = [0, 1, 2].map((number) => retryDelay(attempt("internal", true, number), () => 1));
    expect(waits).toEqual([100, 200, 400]);
    expect(retryDelay(attempt("internal", true, 3))).toBeUndefined();
  });

  test("only an unknown outcome becomes maybe-written", () => {
    expect(finalError(attempt("connection-broken", false)).code).toBe("maybe-written");
    expect(finalError(attempt("response-timeout", false)).code).toBe("maybe-written");
    expect(finalError(attempt("disk-full", false)).code).toBe("disk-full");
    expect(finalError(attempt("connection-broken", true)).code).toBe("connection-broken");
  });
});

describe("numbers on the wire", () => {
  test("whole numbers beyond 2^53 are bigints, all others plain numbers", async () => {
    expect(await parseAnswer<unknown>('{"a":[9007199254740993,2.0,1.5],"b":18446744073709551615}')).toEqual({
      a: [9007199254740993n, 2, 1.5],
      b: 18446744073709551615n,
    });
    expect(await parseAnswer<unknown>('{"a":0.12345678901234567}')).toEqual({
      a: Number("0.12345678901234567"),
    });
  });

  test("a bigint is sent as the number it is", () => {
    expect(stringifyBody({ a: 9007199254740993n, b: [-1n], c: "1n" })).toBe(
      '{"a":9007199254740993,"b":[-1],"c":"1n"}',
    );
  });
});

describe("what a client tells about its caller", () => {
  test("only variables that the request names, and HOME", () => {
    const environment = { HOME: "/home/me", DATA: "/d", SECRET: "s", X_1: "x" };
    expect(namedVariables(environment, '{"filename":"$DATA/a-${X_1}.csv $GONE $5"}')).toEqual({
      HOME: "/home/me",
      DATA: "/d",
      X_1: "x",
    });
    const headers = callerHeaders({
      directory: "/tmp/ü x",
      environment: { ...environment, TZ: "Europe/Zurich" },
      requestText: "",
    });
    expect(headers["x-hearth-directory"]).toBe("%2Ftmp%2F%C3%BC%20x");
    expect(headers["x-hearth-environment"]).not.toContain("SECRET");
    expect(headers["x-hearth-time-zone"]).toBe("Europe/Zurich");
  });

  test("the time zone is that of the C library: TZ, the system's link, and UTC without one", () => {
    expect(timeZone({ TZ: ":Asia/Tokyo" })).toBe("Asia/Tokyo");
    expect(systemTimeZone("/nowhere/localtime", "/nowhere/timezone")).toBe("UTC");
  });
});
