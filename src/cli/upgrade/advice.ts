import { dirname } from "node:path";
import { quote } from "shlex";
import { type Installation, platformName } from "./installation.ts";
import { PACKAGE } from "./registry.ts";

/** What brings a copy to another version: words, where a command alone doesn't do, and the command. */
export interface UpgradeAdvice {
  readonly before: string | undefined;
  readonly command: string;
}

/**
 * How a copy is brought to a version, by the tool that installed it.
 *
 * @param registry where the version is announced, when it isn't the tool's own
 */
export function upgradeAdvice(
  { kind, place }: Installation,
  version: string,
  registry: string | undefined,
): UpgradeAdvice {
  const wanted = `${PACKAGE}@${version}`;
  const from = registry === undefined ? "" : ` --registry ${quote(registry)}`;
  switch (kind) {
    case "binary":
      return binaryAdvice(place, version);
    case "clone":
      return plain(`cd ${quote(place)} && git pull && npm ci && npm run build`);
    case "npm-global":
      return plain(`npm install --global ${wanted}${from}`);
    case "npm-project":
      return plain(`npm install --prefix ${quote(place)} ${wanted}${from}`);
    case "npx":
      return plain(`npx ${wanted}`);
    case "bun-global":
      return plain(`bun add --global ${wanted}${from}`);
    case "pnpm-global":
      return plain(`pnpm add --global ${wanted}${from}`);
    case "deno":
      return plain(`deno install --global --force --allow-all --name hearth npm:${wanted}`);
  }
}

function plain(command: string): UpgradeAdvice {
  return { before: undefined, command };
}

/** The archive is fetched by hand: the registry has only the package. `-U` takes away the running file first. */
function binaryAdvice(place: string, version: string): UpgradeAdvice {
  const folder = `hearth-${version}-${platformName()}`;
  const archive = `${folder}.tar.gz`;
  return {
    before: `Fetch ${archive} from where this binary came from, and check it against SHA256SUMS.`,
    command: `tar -xzUf ${archive} --strip-components 1 -C ${quote(dirname(place))} ${folder}/hearth`,
  };
}
