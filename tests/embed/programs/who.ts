// What each kind of caller reaches, and that a slip in `authorize` lets nobody in.
import { resolve } from "node:path";
import { type Authorize, createHearth, type HearthOptions } from "../../../src/index.ts";
import { ask, print, readOf } from "./support.ts";

async function codeOf(options: HearthOptions, filename: string): Promise<string | undefined> {
  const hearth = createHearth(options);
  const [status, { code, data }] = await ask(hearth.app, "/api/read_data", readOf(filename));
  await hearth.close();
  return data === undefined ? `${status} ${code}` : `${status} ${data.records.length} rows`;
}

const told: string[] = [];
const saying = (answer: unknown): Authorize => (() => answer) as unknown as Authorize;
const failing = () => Promise.reject(new Error("no directory service"));
print({
  nothing: await codeOf({}, resolve("a.csv")),
  owner: await codeOf({ authorize: () => "owner" }, resolve("a.csv")),
  ownerRelative: await codeOf({ authorize: () => Promise.resolve("owner"), directory: "left" }, "a.csv"),
  guest: await codeOf({ authorize: () => "guest", roots: ["left"] }, "a.csv"),
  guestOutside: await codeOf({ authorize: () => "guest", roots: ["left"] }, resolve("a.csv")),
  refused: await codeOf({ authorize: () => "refused", roots: ["."] }, "a.csv"),
  slips: await Promise.all(
    [undefined, null, true, "", "Owner", {}].map((answer) =>
      codeOf({ authorize: saying(answer), roots: ["."] }, "a.csv"),
    ),
  ),
  byHeader: await codeOf(
    { authorize: (request) => (request.headers.get("x-user") === "me" ? "owner" : "refused") },
    "a.csv",
  ),
  failed: await codeOf(
    {
      authorize: failing,
      onError: (error, id) => told.push(`${error.code} ${id.length > 0} ${error.cause}`),
    },
    "a.csv",
  ),
  told,
});
