import { LineCounter, isMap, isPair, isScalar, isSeq, parseDocument } from "yaml";
import type { Document } from "yaml";
import { yamlSentence } from "../yaml-words.ts";

/** A YAML or JSON text, read: its values, and where each of them stands. */
export interface ParsedDocument {
  /** The top level; empty when there is a problem. */
  readonly values: Readonly<Record<string, unknown>>;
  /** What makes the text unusable, each with its place: `hearth.yaml:3:7: ...`. */
  readonly problems: readonly string[];
  /** Where a value stands, as `hearth.yaml:3:7`; with `"key"` its key. */
  where(path: readonly string[], part?: "key" | "value"): string;
}

/** Reads YAML 1.2 (of which JSON is a part) with merge keys; `shown` names the file in every message. */
export function parseYaml(text: string, shown: string): ParsedDocument {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    merge: true,
    prettyErrors: false,
    logLevel: "error",
  });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${shown}:${Math.max(1, line)}:${Math.max(1, col)}`;
  };
  const problems = document.errors.map((error) => `${place(error.pos[0])}: ${yamlSentence(error.code)}`);
  const values = problems.length === 0 ? topLevel(document, problems, place(0)) : {};
  return {
    values,
    problems,
    where: (path, part = "value") => place(offsetOf(document, path, part)),
  };
}

function topLevel(document: Document, problems: string[], start: string): Record<string, unknown> {
  try {
    const value: unknown = document.toJS();
    if (value === null || value === undefined) return {};
    if (isMap(document.contents)) return value as Record<string, unknown>;
    problems.push(`${start}: expected keys and values`);
  } catch {
    // The library throws for an alias without its anchor, and for aliases that would unfold without end
    problems.push(
      `${start}: an alias (*name) has no anchor (&name) before it, or there are too many of them`,
    );
  }
  return {};
}

/** Offset of a node; of what came by a merge key, that of the nearest mapping around it. */
function offsetOf(document: Document, path: readonly string[], part: "key" | "value"): number {
  let node: unknown = document.contents;
  let offset = 0;
  for (const [depth, key] of path.entries()) {
    if (isSeq(node)) {
      node = node.items[Number(key)];
      offset = startOf(node) ?? offset;
      continue;
    }
    const pair = isMap(node)
      ? node.items.find((item) => isPair(item) && keyText(item.key) === key)
      : undefined;
    if (pair === undefined) return offset;
    const isLast = depth === path.length - 1;
    offset = startOf(isLast && part === "key" ? pair.key : pair.value) ?? startOf(pair.key) ?? offset;
    node = pair.value;
  }
  return offset;
}

function keyText(key: unknown): string {
  return String(isScalar(key) ? key.value : key);
}

function startOf(node: unknown): number | undefined {
  const range = (node as { range?: readonly number[] | null } | null)?.range;
  return range?.[0];
}
