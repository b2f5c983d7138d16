import { createPlace, type Place } from "./place.ts";
import { takePorts } from "./ports.ts";
import { upstreamCommand } from "./upstream.ts";

const FILES: Readonly<Record<string, string>> = {
  "cities.csv": "city,people\nOslo,709000\nBergen,291000\n",
  "people.csv": "name,age\nann,31\nbob,45\n",
  "grades.csv": "name,grade\nann,good\n",
  "visits.csv": "name,visit,mark\nann,spring,3\n",
  "grades.yml": `title: Grades
input: {type: csv, filename: people.csv, directory: ., index: name}
output: {type: csv, filename: grades.csv, directory: ., index: name, columns: [grade]}
series: {type: csv, filename: visits.csv, directory: ., index: name, selector: visit}
`,
  "talk.md": "---\ntitle: Warm\n---\nText\n",
  "_lamd.yml": "institution: Harbor\n",
};

/**
 * The files and the model that the description's examples speak of.
 *
 * @param more lines of the config
 */
export function describedPlace(more = ""): Place {
  const place = createPlace();
  for (const [name, content] of Object.entries(FILES)) place.write(name, content);
  place.write(
    "hearth.yaml",
    `startPort: ${takePorts()}\nmodels:\n  tiny: {cmd: ${JSON.stringify(upstreamCommand())}}\n${more}`,
  );
  return place;
}
