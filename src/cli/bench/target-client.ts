import { createClient, type HearthClient } from "../../client/index.ts";
import type { ArgDefs } from "../command.ts";
import { connect, type ConnectFlags } from "../connect.ts";

/** Which server is measured. */
export const targetArgs = {
  url: {
    type: "string",
    valueHint: "URL",
    description: "Any server of OpenAI's API, without /v1; default: this hearth",
  },
  key: {
    type: "string",
    valueHint: "KEY",
    description: "Key for that server; better in HEARTH_BENCH_KEY, where no list of processes shows it",
  },
} as const satisfies ArgDefs;

/** A client of the server that the flags mean; requests to one at `--url` are never repeated. */
export async function targetClient(
  args: ConnectFlags & { readonly url?: string | undefined; readonly key?: string | undefined },
): Promise<HearthClient> {
  if (args.url === undefined) return await connect(args);
  const key = args.key ?? process.env["HEARTH_BENCH_KEY"];
  const url = args.url.replace(/\/v1\/?$|\/$/, "");
  return createClient({ url, retries: 0, ...(key === undefined ? {} : { token: key }) });
}
