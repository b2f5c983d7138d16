import { writeJson } from "../json-write.ts";
import type { FolderWriter } from "../target.ts";
import { writeYaml } from "../yaml/write.ts";
import { writeMarkdown } from "./yaml.ts";

const asYaml: FolderWriter["encode"] = (record) =>
  Object.keys(record).length === 0 ? "" : writeYaml(record);

/** Outputs of one file a row (section 7 of the wire contract), and JSON beside them. */
export const FOLDER_WRITERS: Readonly<Record<string, FolderWriter>> = {
  yaml_directory: { type: "yaml_directory", suffix: "", encode: asYaml },
  json_directory: { type: "json_directory", suffix: "", encode: (record) => `${writeJson(record)}\n` },
  markdown_directory: { type: "markdown_directory", suffix: "", encode: writeMarkdown },
  /** What is known of a file, beside it. */
  meta_directory: { type: "meta_directory", suffix: ".yml", encode: asYaml },
};
