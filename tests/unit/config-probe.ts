/** Resolves the settings of several folders and prints what came; has to be the same under every runtime. */
import { HearthError } from "../../src/errors.ts";
import { resolveSettings } from "../../src/config/resolve.ts";
import { waitingSentence } from "../../src/config/resolved.ts";
import { trust } from "../../src/config/trust.ts";

const [home = "", ...folders] = process.argv.slice(2);
const env = { HOME: home, HEARTH_ROOTS: "~/x:y", HEARTH_ALLOWED_ORIGINS: "https://A.example:443" };

for (const folder of folders) {
  for (const isTrusting of [false, true]) {
    try {
      if (isTrusting) trust(`${folder}/hearth.yaml`, `${home}/.local/state/hearth`);
      const resolved = await resolveSettings({ flags: { "idle-timeout": "5m" }, env, cwd: folder });
      process.stdout.write(`${JSON.stringify({ ...resolved, sentence: waitingSentence(resolved) })}\n`);
    } catch (error) {
      if (!(error instanceof HearthError)) throw error;
      process.stdout.write(`${error.code} ${error.message} ${error.hint}\n`);
    }
  }
}
