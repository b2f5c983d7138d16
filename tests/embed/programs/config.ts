// A config file: its token holds from the very first request, the options go before it, and a broken one is told to the
// program, not to its callers.
import { writeFileSync } from "node:fs";
import { createHearth } from "../../../src/index.ts";
import { ask, print, readOf } from "./support.ts";

writeFileSync("secret", "from-the-file\n", { mode: 0o600 });
writeFileSync("good.yaml", "roots: [right]\ntokenFile: secret\nbodyLimit: 1kB\nport: 1\n", { mode: 0o600 });
writeFileSync("bad.yaml", "roots: [right]\nbodyLimit: plenty\n", { mode: 0o600 });

// Written as a program would: an unset variable must not take the config's token away.
const hearth = createHearth({ config: "good.yaml", roots: ["left"], token: process.env["NO_SUCH_TOKEN"] });
const token = { authorization: "Bearer from-the-file" };
const status = async (path: string, init?: RequestInit) => (await ask(hearth.app, path, init))[0];
const good = {
  first: await status("/api/read_data", readOf("a.csv")),
  right: await status("/api/read_data", readOf(new URL("right/a.csv", base()).pathname, token)),
  left: await status("/api/read_data", readOf("a.csv", token)),
  tooLarge: await status("/api/read_data", readOf("a".repeat(2000), token)),
};
await hearth.close();

const told: (string | undefined)[] = [];
const broken = createHearth({
  config: "bad.yaml",
  onError: (error) => told.push(error.cause instanceof Error ? error.cause.message : undefined),
});
const [refused, body] = await ask(broken.app, "/api/ping");
const early = await broken.ready().catch((error: Error) => `${error.name}: ${error.message}`);
const served = await broken.serve().catch((error: { code: string }) => error.code);
writeFileSync("bad.yaml", "roots: [right]\n");
const mended = (await ask(broken.app, "/api/ping"))[0];
await broken.close();
print({
  good,
  refused,
  code: body.code,
  said: JSON.stringify(body).includes("plenty"),
  told,
  early,
  served,
  mended,
});

function base(): URL {
  return new URL(`file://${process.cwd()}/`);
}
