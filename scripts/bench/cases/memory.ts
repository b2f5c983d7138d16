import { type Benchmark, bounded, type Figure, shown } from "../result.ts";
import { freePort, residentMib, Workplace } from "../workplace.ts";

const FILES = 1000;
const CACHE_MIB = 64;

/** Resident memory of the idle binary, and after many files. */
export const memory: Benchmark = { name: "memory", run };

async function run(): Promise<Figure[]> {
  await using place = new Workplace();
  const port = freePort();
  const { pid } = await place.serveHearth("binary", port, { HEARTH_CACHE_LIMIT: `${CACHE_MIB}MiB` });
  await Bun.sleep(1000);
  const idle = residentMib(pid);
  const rows = Array.from({ length: 2000 }, (_, i) => `${i},text number ${i},${i / 8}`).join("\n");
  let halfway = 0;
  for (let i = 0; i < FILES; i += 1) {
    const filename = place.write(`f${i}.csv`, `id,text,x${i}\n${rows}\n`);
    const response = await fetch(`http://127.0.0.1:${port}/api/read_data`, {
      method: "POST",
      body: JSON.stringify({ data_source: { type: "csv", filename } }),
    });
    await response.arrayBuffer();
    if (!response.ok) throw new Error(`reading ${filename} failed with ${response.status}`);
    if (i === FILES / 2) halfway = residentMib(pid);
  }
  const status = (await (await fetch(`http://127.0.0.1:${port}/api/status`)).json()) as {
    hearth: { cache: { bytes: number; limit: number; entries: number } };
  };
  const { bytes, limit, entries } = status.hearth.cache;
  const after = residentMib(pid);
  return [
    bounded(
      "resident memory of the idle binary before any data was read",
      idle,
      { atMost: 60 },
      {
        value: `${shown(idle)} MiB`,
        unit: " MiB",
      },
    ),
    bounded(
      `cache after ${FILES} different files, limit ${CACHE_MIB} MiB`,
      bytes / limit,
      { atMost: 1 },
      {
        value: `${shown(bytes / 2 ** 20)} MiB in ${entries} entries`,
        unit: " of the limit",
      },
    ),
    bounded(
      "resident memory then, above the idle binary's",
      after - idle,
      { atMost: 3 * CACHE_MIB },
      {
        value: `${shown(after - idle)} MiB (after half of the files ${shown(halfway - idle)} MiB)`,
        unit: " MiB (three times the cache)",
      },
    ),
  ];
}
