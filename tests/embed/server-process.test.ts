import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { freePort } from "../support/ports.ts";
import { createPlace } from "../support/place.ts";
import { pythonWithMlx } from "../support/python.ts";
import { run } from "../support/run.ts";
import { RUNTIMES, scriptCommand } from "../support/targets.ts";

const mlx = await pythonWithMlx();

describe.skipIf(mlx === undefined).each(RUNTIMES)("a model server in a %s program", (runtime) => {
  test("is started, asked by the AI SDK, and gone with its block", async () => {
    const place = createPlace();
    const { model, python } = mlx as NonNullable<typeof mlx>;
    const command = scriptCommand(runtime, join(import.meta.dir, "programs/server-process.ts"));
    const { exitCode, stderr, stdout } = await run(command, {
      cwd: place.data,
      env: { ...place.env, MODEL: model, PYTHON: python, PORT: String(await freePort()) },
    });
    place.remove();
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual([true, true, true, "length", 6, true, false]);
  });
});
