import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { resolveSettings } from "../../src/config/resolve.ts";
import type { Flags } from "../../src/config/given-values.ts";

/** A home with a project in it, in a folder of its own, removed by `using`. */
export function scratchHome() {
  const top = realpathSync(mkdtempSync(join(tmpdir(), "hearth-config-")));
  const home = join(top, "home");
  const project = join(home, "project");
  const env = { HOME: home } as Record<string, string>;
  mkdirSync(join(project, ".git"), { recursive: true });
  return {
    top,
    home,
    project,
    env,
    stateDir: join(home, ".local/state/hearth"),
    userConfig: join(home, ".config/hearth/hearth.yaml"),
    write(path: string, text: string, mode = 0o644): string {
      const full = join(top, path);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text, { mode });
      return full;
    },
    resolve: (flags: Flags = {}, cwd = project) => resolveSettings({ flags, env, cwd }),
    [Symbol.dispose]: () => rmSync(top, { recursive: true, force: true }),
  };
}
