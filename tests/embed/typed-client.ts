/**
 * What the compiler must know of the API, and what it must refuse; `tsc -p tests` is the test, nothing here runs.
 */
import { hc } from "hono/client";
import type { HearthApp } from "../../src/index.ts";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T => true as T;

const client = hc<HearthApp>("http://127.0.0.1:8765");

export async function answersAreTyped(): Promise<void> {
  const ping = await (await client.api.ping.$get()).json();
  holds<Equal<typeof ping.message, "pong">>();

  const read = await (await client.api.read_data.$post({ json: { data_source: { type: "csv" } } })).json();
  holds<Equal<typeof read.status, "success">>();
  holds<Equal<typeof read.data.shape, [number, number]>>();
  holds<Equal<typeof read.data.columns, (string | number)[]>>();

  const written = await (
    await client.api.write_data.$post({ json: { data: { records: [] }, output: { filename: "a.csv" } } })
  ).json();
  holds<Equal<typeof written.rows, number>>();

  const computed = await (await client.api.compute.$post({ json: { operation: "describe" } })).json();
  holds<Equal<typeof computed.operation, string>>();
  holds<Equal<typeof computed.result.dtypes, Record<string, string>>>();

  const status = await (await client.api.status.$get()).json();
  holds<Equal<typeof status.pid, number>>();
}

export async function wrongRequestsAreRefused(): Promise<void> {
  // @ts-expect-error a body is needed
  await client.api.compute.$post();
  // @ts-expect-error the operation is a name
  await client.api.compute.$post({ json: { operation: 5 } });
  // @ts-expect-error a data source is an object
  await client.api.read_data.$post({ json: { data_source: "cities.csv" } });
  // @ts-expect-error records are objects
  await client.api.write_data.$post({ json: { data: { records: "x,y" } } });
  // @ts-expect-error no such endpoint
  await client.api.nowhere.$get();
  // @ts-expect-error ping has no DELETE
  await client.api.ping.$delete();
}
