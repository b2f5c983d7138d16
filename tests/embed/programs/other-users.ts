// Servers of its own for clients of several users: prints their addresses, ends with its input.
import { createHearth } from "../../../src/index.ts";
import { print } from "./support.ts";

const options = [{ roots: ["."] }, { roots: ["."], otherUsers: true }];
const hearths = options.map((one) => createHearth(one));
const servers = await Promise.all(hearths.map((hearth) => hearth.serve()));
print(servers.map(({ url }) => url));
for await (const _ of process.stdin);
await Promise.all(hearths.map((hearth) => hearth.close()));
