/**
 * A script that uses the client library. The server starts itself at the first call and leaves when it is idle; run it
 * twice to see the difference.
 *
 *   npx bun examples/script.ts
 *   node examples/script.ts
 *   deno run --allow-net --allow-read --allow-write --allow-env --allow-run --allow-sys examples/script.ts
 */
import { createClient, HearthError } from "../src/client/index.ts"; // in your own script: from "hearthd/client"

interface City {
  readonly city: string;
  readonly country: string;
  readonly population: number;
}

const hearth = createClient({ cwd: import.meta.dirname });

const started = performance.now();
const { records, shape } = await hearth.read<City>("cities.csv");
console.log(`${shape[0]} cities in ${Math.round(performance.now() - started)} ms, first ${records[0]?.city}`);

const query = "select continent, sum(population) as people from data group by all order by people desc";
const { records: continents } = await hearth.compute("sql", { source: "cities.csv", params: { query } });
console.table(continents);

try {
  await hearth.read("towns.csv");
} catch (error) {
  if (!(error instanceof HearthError)) throw error;
  console.log(`${error.code} (${error.status}): ${error.message}`);
}
