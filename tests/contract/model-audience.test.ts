import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createPlace, type Place } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";
import { chat, upstreamCommand } from "../support/upstream.ts";
import { asOwner } from "./support.ts";

/** In the command line of each model, in its environment, and in what it prints before it fails. */
const SECRET = "s3cret-of-the-command-line";
const OUTPUT = "no such device";

const config = (keys: string, takenPort: number | undefined) => `
startPort: ${takePorts()}
groups: {all: {swap: false, members: [ok, crash, slow, taken, missing]}}
models:
  ok: {cmd: ${JSON.stringify(upstreamCommand(`--key ${SECRET}`))}, env: [KEY=${SECRET}]}
  crash: {cmd: ${JSON.stringify(upstreamCommand(`--crash --key ${SECRET}`))}}
  slow: {cmd: ${JSON.stringify(upstreamCommand("--crash"))}, sendLoadingState: comments}
  taken: {cmd: sleep 100, proxy: "http://127.0.0.1:${takenPort}"}
  missing: {cmd: "/no-such-folder/${SECRET} \${PORT}"}
${keys}`;

describe.each(TARGETS)("security: who sees commands and output of models on %s", (target) => {
  describe.each([
    [
      "with keys",
      "apiKeys: [team, {key: for-crash, models: [crash, slow, ok, taken, missing]}, {key: boss, admin: true}]\n",
    ],
    ["without keys, where other users are let in", "otherUsers: true\n"],
    ["without keys", ""],
  ])("%s", (_, keys) => {
    let place: Place;
    let server: TestServer;
    let stranger: ReturnType<typeof Bun.serve>;
    beforeAll(async () => {
      place = createPlace();
      stranger = Bun.serve({ port: 0, hostname: "127.0.0.1", fetch: () => new Response("stranger") });
      place.write("hearth.yaml", config(keys, stranger.port));
      server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
    });
    afterAll(async () => {
      await server.stop();
      await stranger.stop(true);
      place.remove();
    });
    const hasKeys = keys.includes("apiKeys");
    /** Without a key in force guests are this user, who may see the output, but never a command. */
    const hidesOutput = keys !== "";
    const callers: readonly Record<string, string>[] = hasKeys
      ? [{ authorization: "Bearer team" }, { authorization: "Bearer for-crash" }]
      : [{}];

    test.if(hidesOutput)(
      "a model that can't start names no program, folder or process for others",
      async () => {
        for (const headers of callers) {
          const texts = [
            await server.post("/v1/chat/completions", chat("taken"), headers),
            await server.post("/v1/chat/completions", chat("missing"), headers),
            await server.get("/api/models", headers),
          ];
          const text = (await Promise.all(texts.map((answer) => answer.text()))).join("\n");
          expect(text).toContain(`port ${stranger.port} belongs to another program`);
          expect(text).toContain("could not be started");
          for (const hidden of [SECRET, "no-such-folder", `process ${process.pid}`, process.argv[0]!])
            expect(text).not.toContain(hidden);
        }
        const told = await asOwner(server, "/api/models");
        expect(await told.text()).toContain(`process ${process.pid}`);
      },
    );

    test("neither answers, errors, events, lists nor metrics have them for others", async () => {
      for (const headers of callers) {
        const events = await fetch(`${server.url}/api/events?topics=models,pulse`, { headers });
        let told = "";
        void (async () => {
          for await (const bytes of events.body ?? []) told += Buffer.from(bytes).toString();
        })().catch(() => {});
        expect((await server.post("/v1/chat/completions", chat("ok"), headers)).status).toBe(200);
        const texts = [
          await server.post("/v1/chat/completions", chat("crash"), headers),
          await server.get("/upstream/crash/x", headers),
          await server.post("/v1/chat/completions", chat("slow", { stream: true }), headers),
          await server.post("/api/models/load/crash", {}, headers),
          await server.get("/api/models", headers),
          await server.get("/running", headers),
          await server.get("/metrics", headers),
          await server.get("/api/status", headers),
          await server.get("/api/activity", headers),
          await server.get("/api/models/command/ok", headers),
          ...(hidesOutput
            ? [await server.get("/logs", headers), await server.get("/api/models/logs/crash", headers)]
            : []),
        ];
        const text = (await Promise.all(texts.map((answer) => answer.text()))).join("\n");
        expect(text).not.toContain(SECRET);
        if (hidesOutput) expect(text).not.toContain(OUTPUT);
        else expect(text).toContain(OUTPUT);
        if (events.status === 200) await until("the failure is told", () => told.includes('"failed"'));
        expect(told).not.toContain(SECRET);
        if (hidesOutput) expect(told).not.toContain(OUTPUT);
        await events.body?.cancel().catch(() => {});
      }
    });

    test("/running keeps llama-swap's shape, with the command for the owner and admins", async () => {
      const cmdFor = async (answer: Promise<Response>) =>
        ((await (await answer).json()) as { running: { model: string; cmd: string }[] }).running.find(
          ({ model }) => model === "ok",
        )?.cmd;
      expect(await cmdFor(server.get("/running", callers[0]))).toBe("");
      expect(await cmdFor(asOwner(server, "/running"))).toContain(SECRET);
      if (hasKeys) expect(await cmdFor(server.get("/running", { "x-api-key": "boss" }))).toContain(SECRET);
    });

    test("the owner hears all of why a model failed", async () => {
      const body = JSON.stringify(chat("crash"));
      const answer = await asOwner(server, "/v1/chat/completions", { method: "POST", body });
      expect(await answer.text()).toContain(OUTPUT);
      expect(await (await asOwner(server, "/api/models")).text()).toContain(OUTPUT);
    });
  });
});
