import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { expect, test } from "bun:test";
import { locate } from "../../src/access/locate.ts";
import { scratch } from "./access-fixture.ts";

/** Replaces the file by renaming, again and again. */
const REPLACER = `
const { renameSync, writeFileSync } = require("node:fs");
const { parentPort, workerData } = require("node:worker_threads");
parentPort.postMessage("ready");
for (;;) { writeFileSync(workerData + ".new", "x"); renameSync(workerData + ".new", workerData); }
`;

test("a file that is replaced again and again is never missing", async () => {
  using place = scratch();
  const path = join(place.path, "f.csv");
  writeFileSync(path, "v");
  const replacer = new Worker(REPLACER, { eval: true, workerData: path });
  await new Promise((resolve) => replacer.once("message", resolve));
  const odd = new Set<string>();
  for (let i = 0; i < 40_000; i++) {
    const found = locate(path);
    if (found.errno !== undefined || found.path !== path) odd.add(`${found.errno} ${found.path}`);
  }
  await replacer.terminate();
  expect([...odd]).toEqual([]);
});
