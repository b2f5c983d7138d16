import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, streamText } from "ai";
import OpenAI, { NotFoundError } from "openai";
import { join } from "node:path";
import { identifyProcess } from "../../src/runtime/identity.ts";
import { createPlace } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { pythonWithMlx } from "../support/python.ts";
import { run } from "../support/run.ts";
import { startServer, type TestServer } from "../support/server.ts";
import { PROJECT, TARGETS } from "../support/targets.ts";
import { until } from "../support/until.ts";

const mlx = await pythonWithMlx();

interface Facts {
  readonly state: string;
  readonly pid: number;
  readonly starts: number;
  readonly memoryBytes: number;
  readonly loadMs: number;
}

/** The real mlx_lm on a tiny model: its answers are noise, everything else is as with a large one. */
describe.skipIf(mlx === undefined).each(TARGETS)("the real mlx_lm server on %s", (target) => {
  let server: TestServer;
  beforeAll(async () => {
    const { model, python } = mlx as NonNullable<typeof mlx>;
    const place = createPlace();
    place.write(
      "hearth.yaml",
      `
startPort: ${takePorts()}
macros: {mlx: "${python} -m mlx_lm server --host 127.0.0.1 --port \${PORT}"}
models:
  tiny:
    server:
      type: mlx-lm
      program: ${python} -m mlx_lm server
      model: ${model}
      sampling: {temperature: 0, maxTokens: 8, repetitionPenalty: 1.1, seed: 7}
    warmUp: true
    env: [HF_HUB_OFFLINE=1]
  plain: {cmd: "\${mlx} --model ${model}", useModelName: default_model, env: [HF_HUB_OFFLINE=1]}
  absent: {cmd: "\${mlx} --model ./nowhere", useModelName: default_model, env: [HF_HUB_OFFLINE=1]}
healthCheckTimeout: 20
groups: {all: {swap: false, members: [tiny, absent]}}
`,
    );
    server = await startServer(target, { place, args: ["--config", "hearth.yaml"] });
  });
  afterAll(async () => {
    await server.stop();
    server.place.remove();
  });
  const factsOf = async (id: string): Promise<Facts> => {
    const { models } = (await (await server.get("/api/models")).json()) as {
      models: (Facts & { id: string })[];
    };
    return models.find((model) => model.id === id) as Facts;
  };

  test("is started by the official openai client, which gets answers, streams, and errors that it understands", async () => {
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "unused" });
    const messages = [{ role: "user" as const, content: "Say something" }];
    const plain = await client.chat.completions.create({ model: "tiny", messages, max_tokens: 5 });
    expect(plain).toMatchObject({ usage: { completion_tokens: 5 }, choices: [{ finish_reason: "length" }] });
    let text = "";
    let finish: string | null = null;
    for await (const chunk of await client.chat.completions.create({
      model: "tiny",
      messages,
      stream: true,
    })) {
      text += chunk.choices[0]?.delta.content ?? "";
      finish = chunk.choices[0]?.finish_reason ?? finish;
    }
    expect([typeof text, finish]).toEqual(["string", "length"]);
    expect((await client.models.list()).data.map(({ id }) => id)).toEqual(["tiny", "plain", "absent"]);
    const unknown = await client.chat.completions
      .create({ model: "nobody", messages })
      .catch((error) => error as Error);
    expect(unknown).toBeInstanceOf(NotFoundError);
    expect(unknown).toMatchObject({ code: "model_not_found" });
    expect(await factsOf("tiny")).toMatchObject({ state: "ready", starts: 1 });
    await until("its memory is measured", async () => (await factsOf("tiny")).memoryBytes > 50e6);
  });

  test("answers the Vercel AI SDK, at once and in a stream", async () => {
    const provider = createOpenAICompatible({ name: "hearth", baseURL: `${server.url}/v1` });
    const model = provider("tiny");
    const { finishReason, usage } = await generateText({
      model,
      prompt: "Say something",
      maxOutputTokens: 4,
    });
    expect([finishReason, usage.outputTokens]).toEqual(["length", 4]);
    const stream = streamText({ model, prompt: "Say something" });
    for await (const part of stream.textStream) expect(typeof part).toBe("string");
    expect(await stream.finishReason).toBe("length");
  });

  test("answers Python's openai client, and curl", async () => {
    const { python } = mlx as NonNullable<typeof mlx>;
    const script = join(PROJECT, "tests/fixtures/models/openai_client.py");
    const env = { ...server.place.env, HEARTH_URL: server.url, MODEL: "tiny" };
    const { stderr, stdout } = await run([python, script], { cwd: server.place.data, env });
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({
      models: ["tiny", "plain", "absent"],
      tokens: 5,
      finish: "length",
      isText: true,
      last: "length",
      code: "model_not_found",
    });
    const body = JSON.stringify({ model: "tiny", messages: [{ role: "user", content: "hi" }], stream: true });
    const curl = await run(["curl", "-sN", `${server.url}/v1/chat/completions`, "-d", body], {
      cwd: server.place.data,
      env,
    });
    expect(curl.stdout).toMatch(/^(?:: .*\n\n|data: \{.*\n\n)+data: \[DONE\]\n\n$/);
  });

  test("is swapped for another, and nothing of it is left", async () => {
    const before = await factsOf("tiny");
    const client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "unused" });
    const answer = await client.completions.create({ model: "plain", prompt: "x", max_tokens: 2 });
    expect(answer.usage?.completion_tokens).toBe(2);
    expect(await factsOf("tiny")).toMatchObject({ state: "stopped", pid: null });
    expect(await identifyProcess(before.pid, "proc")).toBeUndefined();
    expect((await factsOf("plain")).state).toBe("ready");
  });

  test("that can't load its model goes on running, and is given up at once, with its own words", async () => {
    const response = await server.post("/v1/chat/completions", { model: "absent", messages: [] });
    const text = await response.text();
    expect(response.status).toBe(503);
    expect(text).toContain("it said that it has failed");
    expect(text).toContain("./nowhere");
    expect(text).not.toContain("GET /health");
    expect((await factsOf("absent")).pid).toBeNull();
  });
});
