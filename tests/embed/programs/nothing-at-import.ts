// Imports everything public and makes a hearth, but asks nothing of it: the process must end by itself, at once, and
// leave no file behind.
import { createClient } from "../../../src/client/index.ts";
import { createHearth } from "../../../src/index.ts";
import { print } from "./support.ts";

const globals = [globalThis.Request, globalThis.Response, globalThis.fetch];
const hearth = createHearth({ roots: ["."], stateDir: "state", config: "missing.yaml" });
createClient({ url: "http://127.0.0.1:1" });
const isUntouched = [globalThis.Request, globalThis.Response, globalThis.fetch].every(
  (value, index) => value === globals[index],
);
print({ routes: hearth.app.routes.length > 5, isUntouched });
