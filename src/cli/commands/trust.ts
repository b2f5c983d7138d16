import { basename, resolve } from "node:path";
import { CONFIG_NAMES } from "../../config/find.ts";
import { listTrusted, trust, untrust } from "../../config/trust.ts";
import { HearthError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { checkConfig } from "../control/check-config.ts";
import { findProjectConfig, stateFolderHere } from "../control/project-config.ts";
import { reloadRunning, tellRunning } from "../control/reload-running.ts";
import { openLog } from "../log.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Let a project's config set everything: roots, addresses, programs to run",
  examples: ["hearth trust", "hearth trust ./hearth.yaml", "hearth trust --list", "hearth trust --remove"],
  args: {
    file: {
      type: "positional",
      description: "Config file; default: the one that is found here",
      valueHint: "FILE",
    },
    list: { type: "boolean", description: "Show what is trusted" },
    remove: { type: "boolean", description: "Take the trust back" },
    ...commonArgs,
  },
  async run(args) {
    const stateFolder = stateFolderHere();
    if (args.list === true) return printList(stateFolder, args.json === true);
    const path = args.file === undefined ? findProjectConfig() : resolve(args.file);
    if (path === undefined) {
      throw new HearthError("usage", "There is no hearth.yaml or hearth.json here", {
        hint: "Name the file.",
      });
    }
    const log = await openLog(args);
    if (args.remove === true) {
      const wasTrusted = untrust(path, stateFolder);
      const server = await reloadRunning(path);
      if (args.json === true) return printData(`${JSON.stringify({ path, wasTrusted, server })}\n`);
      log.info(wasTrusted ? `${path} is no longer trusted` : `${path} was not trusted`);
      return tellRunning(server, log);
    }
    const { hash, warnings } = await check(path);
    for (const warning of warnings) log.warn(warning);
    const entry = trust(path, stateFolder, hash); // the very content that was looked at
    const server = await reloadRunning(path);
    if (args.json === true) return printData(`${JSON.stringify({ ...entry, server })}\n`);
    log.success(`${entry.path} is trusted as it is now; when it changes, it has to be trusted again`);
    tellRunning(server, log);
  },
});

/** What is no config, or a broken one, is not trusted. Throws `usage` for the first, `config-invalid` for the second. */
async function check(path: string) {
  if (!CONFIG_NAMES.includes(basename(path))) {
    throw new HearthError("usage", `${path} is not a config that a search finds`, {
      hint: `Those are named ${CONFIG_NAMES.join(" or ")}. One that is named by --config counts without trust.`,
    });
  }
  return await checkConfig(path);
}

function printList(stateFolder: string, asJson: boolean): void {
  const entries = listTrusted(stateFolder);
  if (asJson) return printData(`${JSON.stringify(entries)}\n`);
  for (const { path, state, trustedAt } of entries) printData(`${state.padEnd(7)}  ${trustedAt}  ${path}\n`);
}
