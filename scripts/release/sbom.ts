import { createHash } from "node:crypto";
import { lockedPackage } from "./locked-package.ts";
import { runTool } from "./run-tool.ts";
import { shippedRefs } from "./shipped.ts";

interface Component {
  readonly "bom-ref": string;
  name: string;
  readonly [key: string]: unknown;
}

/** The parts of a CycloneDX document that are touched here. */
interface Bom {
  serialNumber: string;
  metadata: { timestamp: string; component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

/**
 * The bill of materials of a release, CycloneDX as JSON: npm's own, from package-lock.json, reduced to what users get, and
 * Bun, which is inside each binary. What would differ at each call is taken from the content instead.
 *
 * @param time stands for the moment at which it was made
 */
export async function createSbom(project: string, time: Date): Promise<string> {
  // Not `--omit dev`: npm 11 then leaves out what a dev dependency needs too, such as yaml.
  const text = await runTool(["npm", "sbom", "--sbom-format", "cyclonedx", "--package-lock-only"], {
    cwd: project,
  });
  const bom = JSON.parse(text) as Bom;
  const self = bom.metadata.component;
  // npm takes the name of the folder.
  self.name = "hearthd";
  bom.metadata.timestamp = time.toISOString();
  const edges = new Map(bom.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const shipped = shippedRefs(project, edges, self["bom-ref"]);
  bom.components = bom.components.filter((one) => shipped.has(one["bom-ref"]));
  bom.dependencies = bom.dependencies
    .filter(({ ref }) => ref === self["bom-ref"] || shipped.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => shipped.has(one)) }));
  const runtime = runtimeComponent(project);
  bom.components.push(runtime);
  bom.dependencies.find(({ ref }) => ref === self["bom-ref"])?.dependsOn.push(runtime["bom-ref"]);
  bom.dependencies.push({ ref: runtime["bom-ref"], dependsOn: [] });
  bom.serialNumber = "";
  bom.serialNumber = `urn:uuid:${uuidOf(JSON.stringify(bom))}`;
  return `${JSON.stringify(bom, undefined, 2)}\n`;
}

function runtimeComponent(project: string): Component {
  const { version } = lockedPackage(project, "bun");
  return {
    "bom-ref": `bun@${version}`,
    type: "platform",
    name: "bun",
    version,
    scope: "required",
    description: "The runtime inside the binaries; the npm package does without",
    purl: `pkg:npm/bun@${version}`,
    licenses: [{ license: { id: "MIT" } }],
  };
}

/** A UUID of the kind that is made from data (RFC 9562, version 8). */
function uuidOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join("-");
}
