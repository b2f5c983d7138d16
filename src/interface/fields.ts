import { expandVariables } from "../access/expand.ts";
import type { CellObject } from "../data/json-keys.ts";
import type { Cell } from "../data/table.ts";
import { HearthError } from "../errors.ts";
import { type InterfaceOptions, loadInterface } from "./load.ts";

/** The fields of one talk: where they are looked for. */
export interface TalkRequest {
  readonly markdownFile: string;
  /** Interfaces that have what the front matter has not. */
  readonly configFiles: readonly string[];
  /** Only the first of them that exists is looked into, as lynguine does. */
  readonly firstConfig: boolean;
  /** Folder that the names count from; undefined: the caller's. */
  readonly directory?: string | undefined;
}

export interface TalkFields {
  /** The value of a field; undefined where nobody has it. */
  get(field: string): Cell | undefined;
  /** What could not be read, in words. A missing file is none: it has no fields. */
  readonly warnings: readonly string[];
}

/** The body of a text is no field of it. */
const BODY = "content";

/**
 * Reads the fields of a talk (section 3 of the wire contract): the front matter's, else those of the configs. Variables
 * in texts are the caller's; a list under `categories` becomes one text. What can't be read counts as having no fields.
 */
export async function readTalk(
  request: TalkRequest,
  options: Omit<InterfaceOptions, "directory" | "field">,
): Promise<TalkFields> {
  const warnings: string[] = [];
  const orNone = (error: unknown): undefined => {
    if (!(error instanceof HearthError)) throw error;
    if (error.code !== "file-not-found") warnings.push(error.message);
    return undefined;
  };
  const front = await frontMatter(request, options).catch(orNone);
  const configs: CellObject[] = [];
  for (const config of request.configFiles) {
    const before = warnings.length;
    const loaded = await loadInterface(config, { ...options, directory: request.directory ?? "." }).catch(
      orNone,
    );
    if (loaded !== undefined) configs.push(loaded.values);
    const isThere = loaded !== undefined || warnings.length > before;
    if (request.firstConfig && isThere) break;
  }
  const { caller } = options;
  return {
    warnings: [...new Set(warnings)], // text and configs may have the same to say
    get(field) {
      if (front !== undefined && field !== BODY && Object.hasOwn(front, field)) {
        const value = front[field] as Cell;
        return spoken(field, typeof value === "string" ? expandVariables(value, caller) : value);
      }
      const config = configs.find((values) => Object.hasOwn(values, field));
      return config && spoken(field, config[field] as Cell);
    },
  };
}

async function frontMatter(
  { markdownFile, directory }: TalkRequest,
  { files, documents, signal }: Omit<InterfaceOptions, "directory" | "field">,
): Promise<CellObject> {
  const place = directory === undefined ? {} : { directory };
  return (await documents.frontMatter({ path: markdownFile, place, files, signal })).value;
}

/** lamd reads categories as one text; quotes in them are not escaped. */
function spoken(field: string, value: Cell): Cell {
  if (field !== "categories" || !Array.isArray(value)) return value;
  return `['${(value as readonly Cell[]).map(String).join("', '")}']`;
}
