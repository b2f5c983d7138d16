import { expect, test } from "bun:test";
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { posix } from "node:path";
import { accessFor, codeOf, scratch } from "./access-fixture.ts";

/** A small seeded generator (mulberry32), so that a failure can be repeated. */
function generator(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

type Entry = { readonly link: string } | { readonly text: string } | "folder";
const NAMES = ["a", "b", "ü", "日本", "x.csv", " ", "..."];

/** A random tree below `/root` and `/out`, as it is in memory and on disk. */
function growTree(pick: (below: number) => number, top: string): Map<string, Entry> {
  const tree = new Map<string, Entry>([
    ["/root", "folder"],
    ["/out", "folder"],
  ]);
  for (let i = 0; i < 40; i++) {
    const folders = [...tree].filter(([, entry]) => entry === "folder").map(([path]) => path);
    const path = `${folders[pick(folders.length)]}/${NAMES[pick(NAMES.length)]}`;
    if (tree.has(path)) continue;
    const kind = pick(3);
    if (kind === 0) tree.set(path, "folder");
    if (kind === 1) tree.set(path, { text: `text of ${path}` });
    if (kind === 2) tree.set(path, { link: posix.normalize(randomPath(pick, top)) });
  }
  for (const folder of ["/root", "/out"]) mkdirSync(top + folder);
  for (const [path, entry] of tree) {
    if (entry === "folder") mkdirSync(top + path, { recursive: true });
    else if ("text" in entry) writeFileSync(top + path, entry.text);
    else symlinkSync(entry.link, top + path);
  }
  return tree;
}

function randomPath(pick: (below: number) => number, top: string): string {
  const parts = Array.from({ length: 1 + pick(5) }, () => {
    const special = ["..", ".", "", "root", "out"];
    return pick(3) === 0 ? special[pick(special.length)] : NAMES[pick(NAMES.length)];
  });
  const path = parts.join("/") || "a";
  return [path, path, `${top}/root/${path}`, `${top}/${path}`, `${path}/`][pick(5)] ?? path;
}

/**
 * Where a path leads in the tree, links below the root followed one by one; undefined for a circle. Links outside are
 * not followed: nothing there is looked at.
 */
function model(tree: Map<string, Entry>, top: string, absolute: string): string | undefined {
  let rest = posix.normalize(absolute).split("/").filter(Boolean);
  let here = "";
  for (let steps = 0; rest.length > 0; steps++) {
    if (steps > 2000) return undefined;
    const [part = "", ...others] = rest;
    rest = others;
    if (part === "..") here = posix.dirname(here || "/").replace(/^\/$/, "");
    else if (part !== ".") {
      const isBelow = `${here}/`.startsWith(`${top}/root/`);
      const entry = isBelow ? tree.get(`${here}/${part}`.slice(top.length)) : undefined;
      if (entry !== undefined && entry !== "folder" && "link" in entry) {
        if (entry.link.startsWith("/")) here = "";
        rest = [...entry.link.split("/").filter(Boolean), ...rest];
      } else here = `${here}/${part}`;
    }
  }
  return here || "/";
}

test.each([1, 2, 3, 4, 5, 6, 7, 8])(
  "random paths: a guest reads what the model allows (seed %d)",
  async (seed) => {
    using scratched = scratch();
    const top = scratched.path;
    const pick = generator(seed * 7919);
    const tree = growTree(pick, top);
    const access = accessFor({ kind: "guest" }, top);
    for (let i = 0; i < 400; i++) {
      const path = randomPath(pick, top);
      const real = model(tree, top, posix.isAbsolute(path) ? path : `${top}/root/${path}`);
      const code = await codeOf(access.stamp(path));
      const opened = await access.open(path).catch(() => undefined);
      // A circle may close outside, and then that is all that is said
      const told = real === undefined && code === "path-outside" ? "file-failed" : code;
      const isMissingOnTheWay = told === "file-not-found" && leavesMissingFolder(tree, top, path);
      if (!isMissingOnTheWay) expect({ path, told }).toEqual({ path, told: wanted(tree, top, path, real) });
      expect(opened !== undefined).toBe(code === "fine");
      if (opened === undefined) continue;
      expect(opened.stamp.realPath).toBe(real!);
      expect(tree.get(real!.slice(top.length))).toEqual({ text: readFileSync(opened.fd, "utf8") });
      opened.close();
    }
  },
);

/** Whether a folder that the path leaves by `..` is not there, or is no folder: `missing/../x` is no name of x. */
function leavesMissingFolder(tree: Map<string, Entry>, top: string, path: string): boolean {
  const parts = (posix.isAbsolute(path) ? path : `${top}/root/${path}`).split("/");
  return parts.some((part, index) => {
    if (part !== "..") return false;
    const real = model(tree, top, parts.slice(0, index).join("/") || "/") ?? "";
    return real.startsWith(`${top}/root/`) && tree.get(real.slice(top.length)) !== "folder";
  });
}

function wanted(tree: Map<string, Entry>, top: string, path: string, real: string | undefined): string {
  if (real === undefined) return "file-failed";
  const inTree = real.slice(top.length);
  if (real !== `${top}/root` && !real.startsWith(`${top}/root/`)) return "path-outside";
  const entry = tree.get(inTree);
  if (entry === "folder") return "not-a-file";
  return entry === undefined || /(^|\/)\.{0,2}$/.test(path) ? "file-not-found" : "fine";
}
