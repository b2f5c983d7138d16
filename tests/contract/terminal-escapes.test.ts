import { describe, expect, test } from "bun:test";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createPlace } from "../support/place.ts";
import { takePorts } from "../support/ports.ts";
import { hearth } from "../support/run.ts";
import { hearthCommand, TARGETS } from "../support/targets.ts";
import { Terminal } from "../support/terminal.ts";
import { upstreamCommand } from "../support/upstream.ts";

const NASTY = "a\u001b]0;owned\u0007b\u001b[2Jc\u202ed";
const SPELLED = "a\\x1b]0;owned\\x07b\\x1b[2Jc\\u202ed";

describe.each(TARGETS)("security: escapes of others on %s", (target) => {
  test("reach a pipe as they are, and no terminal", async () => {
    const place = createPlace();
    const command = hearthCommand(target).join(" ");
    const answers = place.write("answers.json", JSON.stringify({ hi: { content: NASTY } }));
    place.write(
      "print.sh",
      `printf 'up \\033]0;owned\\007\\033[2J\\n' >&2\nexec ${upstreamCommand(`--answers ${answers}`).replace("${PORT}", "$1")}\n`,
    );
    place.write("hearth.yaml", `startPort: ${takePorts()}\nmodels: {m: {cmd: "sh print.sh \${PORT}"}}\n`);
    const config = ["--config", "hearth.yaml"];
    try {
      const piped = await hearth(target, place, ["chat", "m", "hi", ...config]);
      expect(piped.stdout).toBe(`${NASTY}\n`);
      await using terminal = await Terminal.open(place.home, place.data, place.env);
      const chat = await terminal.type(`${command} chat m hi ${config.join(" ")}`);
      expect(chat.shown).toContain(SPELLED);
      const logs = await terminal.type(`${command} models logs m ${config.join(" ")}`);
      expect(logs.shown).toContain("up \\x1b]0;owned\\x07\\x1b[2J");
      const missing = await terminal.type(`${command} read $'no\\e]0;x\\a.csv' ${config.join(" ")}`);
      expect(missing.shown).toContain("no\\x1b]0;x\\x07.csv");
      for (const { shown } of [chat, logs, missing])
        expect(shown.replaceAll(/\u001b\[\d+m/g, "")).not.toContain("\u001b");
    } finally {
      await hearth(target, place, ["stop", ...config]);
      place.remove();
    }
  });

  test("a model whose log folder can't be made runs and answers", async () => {
    const place = createPlace();
    place.write(
      "hearth.yaml",
      `startPort: ${takePorts()}\nmodels: {m: {cmd: ${JSON.stringify(upstreamCommand("--talk"))}}}\n`,
    );
    const config = ["--config", "hearth.yaml"];
    try {
      await hearth(target, place, ["ping", ...config]);
      const instances = join(place.env["HEARTH_STATE_DIR"] as string, "instances");
      mkdirSync(instances, { recursive: true });
      for (const name of readdirSync(instances)) writeFileSync(join(instances, name, "models"), "");
      for (let i = 0; i < 3; i += 1) {
        const { exitCode, stderr } = await hearth(target, place, ["chat", "m", "hi", ...config, "--json"]);
        expect([exitCode, stderr]).toEqual([0, ""]);
      }
      const { stdout } = await hearth(target, place, ["models", "logs", "m", ...config]);
      expect(stdout.match(/chat\/completions/g)?.length).toBe(3);
    } finally {
      await hearth(target, place, ["stop", ...config]);
      place.remove();
    }
  });
});
