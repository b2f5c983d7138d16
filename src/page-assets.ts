import { readFileSync } from "node:fs";
import { HearthError } from "./errors.ts";
import { pageFile } from "./page-files.ts";

/** A file of the page as it is sent. */
export interface PageAsset {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The same, packed by gzip. */
  readonly packed: Uint8Array<ArrayBuffer>;
}

/** What the page is made of. */
export interface PageManifest {
  /** Names of the script and the style that the shell begins with. */
  readonly script: string;
  readonly style: string;
  /** Content types by name. */
  readonly files: Readonly<Record<string, string>>;
}

let manifest: PageManifest | undefined;

/** The page's manifest. Throws `page-missing` where the page was not built. */
export function pageManifest(): PageManifest {
  try {
    return (manifest ??= JSON.parse(new TextDecoder().decode(read("manifest.json"))) as PageManifest);
  } catch (cause) {
    throw new HearthError("page-missing", "The page was not built", {
      hint: "Run `npm run build page` in hearth's folder.",
      cause,
    });
  }
}

const assets = new Map<string, PageAsset>();

/** A file of the page; undefined: none has this name. Read once. Throws `page-missing`. */
export function pageAsset(name: string): PageAsset | undefined {
  const known = assets.get(name);
  if (known !== undefined) return known;
  const { files } = pageManifest();
  const type = Object.hasOwn(files, name) ? files[name] : undefined;
  if (type === undefined) return undefined;
  const asset = { type, bytes: read(name), packed: read(`${name}.gz`) };
  assets.set(name, asset);
  return asset;
}

function read(name: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(pageFile(name)));
}
