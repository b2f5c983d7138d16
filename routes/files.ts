import { Hono } from "hono";
import type { Hearth } from "../src/hearth.ts";
import { contextOf, type HearthEnv } from "./context.ts";

/** Entries that are listed; a folder with more is no place to look through. */
const MOST_ENTRIES = 5000;

/** What lies in the folders that the caller may read. */
export function fileRoutes(hearth: Hearth) {
  return new Hono<HearthEnv>().get("/api/files", async (c) => {
    const directory = c.req.query("directory") ?? ".";
    const { entries } = await hearth.filesFor(contextOf(c).caller()).list(directory);
    const sorted = entries.toSorted(
      (a, b) => Number(b.kind === "folder") - Number(a.kind === "folder") || (a.name < b.name ? -1 : 1),
    );
    return c.json({
      status: "success" as const,
      directory,
      entries: sorted.slice(0, MOST_ENTRIES),
      count: entries.length,
    });
  });
}
