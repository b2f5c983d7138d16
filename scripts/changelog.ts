/**
 * `npm run changelog`: prints what changed, by the titles of the commits since the last version's tag. `-- --from REF` begins
 * elsewhere, `--to REF` ends elsewhere.
 */
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { readChanges } from "./release/read-changes.ts";

const { values } = parseArgs({ options: { from: { type: "string" }, to: { type: "string" } } });
process.stdout.write(await readChanges(resolve(import.meta.dir, ".."), values));
