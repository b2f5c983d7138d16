// The models of a config inside another program: preloaded, asked by fetch, gone with close.
import { createHearth } from "../../../src/index.ts";
import { json, print } from "./support.ts";

interface Facts {
  readonly models: readonly { readonly state: string }[];
}

const hearth = createHearth({ config: "hearth.yaml", authorize: () => "owner" });
await hearth.ready();
const states = async () => {
  const { models } = (await (await hearth.fetch(new Request("http://hearth/api/models"))).json()) as Facts;
  return models.map(({ state }) => state);
};
let isPreloaded = false;
for (let i = 0; i < 400 && !isPreloaded; i += 1) {
  isPreloaded = (await states())[0] === "ready";
  await new Promise((resolve) => setTimeout(resolve, 20));
}
const ask = (model: string) =>
  hearth.fetch(new Request("http://hearth/v1/chat/completions", json({ model, messages: [] })));
const answer = await ask("b");
const echo = (await answer.json()) as { readonly pid: number; readonly body: { readonly model: string } };
const unknown = await ask("nobody");
const { error } = (await unknown.json()) as { readonly error: { readonly code: string } };
const after = await states();
await hearth.close();
print({
  isPreloaded,
  answer: [answer.status, echo.body.model],
  states: after,
  unknown: [unknown.status, error.code],
  isGone: isGone(echo.pid),
});

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
}
