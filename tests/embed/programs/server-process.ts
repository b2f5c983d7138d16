// A server of one's own, started and stopped by a program: the real mlx_lm, asked through the AI SDK.
import { generateText } from "ai";
import { createServerModel } from "../../../src/ai-sdk.ts";
import { buildServerCommand, createServerConfig, createServerProcess } from "../../../src/models/index.ts";
import { print } from "./support.ts";

const { MODEL = "", PORT = "", PYTHON = "" } = process.env;
const config = createServerConfig({
  type: "mlx-lm",
  program: [PYTHON, "-m", "mlx_lm", "server"],
  model: MODEL,
  port: Number(PORT),
  sampling: { maxTokens: 6, repetitionPenalty: 1.2 },
});

let pid: number | undefined;
const told: unknown[] = [];
{
  await using server = await createServerProcess({
    name: "tiny",
    command: buildServerCommand(config),
    baseUrl: config.baseUrl,
    env: { HF_HUB_OFFLINE: "1" },
  });
  await server.start();
  pid = server.pid;
  told.push(server.isRunning, await server.healthCheck(), (await server.residentBytes()) > 50e6);
  const model = await createServerModel(config);
  const { finishReason, usage } = await generateText({ model, prompt: "Say something" });
  told.push(finishReason, usage.outputTokens, server.output.tail().length > 0);
}
told.push(isThere(pid as number));
print(told);

function isThere(id: number): boolean {
  try {
    process.kill(id, 0);
    return true;
  } catch {
    return false;
  }
}
