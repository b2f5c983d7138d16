import { describe, expect, test } from "bun:test";
import { join } from "node:path";
import { CAN_SWITCH_USER, Client, OTHER } from "../support/peer-client.ts";
import { createPlace } from "../support/place.ts";
import { RUNTIMES, scriptCommand } from "../support/targets.ts";

describe.skipIf(!CAN_SWITCH_USER).each(RUNTIMES)(
  "security: other users of this machine, embedded in a %s program (needs Linux and root)",
  (runtime) => {
    test("are refused by serve(), and let in with `otherUsers`", async () => {
      const place = createPlace();
      const command = scriptCommand(runtime, join(import.meta.dir, "programs", "other-users.ts"));
      const program = Bun.spawn(command, { cwd: place.data, env: place.env, stdin: "pipe", stdout: "pipe" });
      try {
        const [guarded = "", open = ""] = JSON.parse(await firstLine(program.stdout)) as string[];
        const statusOf = async (url: string, uid: number) => {
          await using client = new Client(url);
          return (await client.ask({ uid, path: "/api/status" })).status;
        };
        expect(await statusOf(guarded, OTHER)).toBe(403);
        expect(await statusOf(guarded, 0)).toBe(200);
        expect(await statusOf(open, OTHER)).toBe(200);
        await program.stdin.end();
        expect(await program.exited).toBe(0);
      } finally {
        program.kill("SIGKILL");
        place.remove();
      }
    });
  },
);

async function firstLine(stream: ReadableStream<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of stream) {
    text += Buffer.from(chunk).toString();
    if (text.includes("\n")) break;
  }
  return text.split("\n")[0] ?? "";
}
