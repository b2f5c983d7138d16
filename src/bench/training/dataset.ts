import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomNumbers } from "../random.ts";

/** The files of a data set, as mlx_lm names them. */
export type Split = "train" | "valid" | "test";

const WORDS =
  "river mountain signal window garden engine letter morning copper winter bridge market planet thread harbor candle".split(
    " ",
  );
const SEED = 11;
/** Words of a question and of its answer: a short exchange of a chat. */
const QUESTION_WORDS = 12;
const ANSWER_WORDS = 40;

/**
 * Writes a data set of made-up chats, the same each time: `train.jsonl` with `rows` rows, `valid.jsonl` and `test.jsonl`
 * with a tenth of that, but at least `rows` of a batch.
 *
 * @param dir made when it is not there
 * @param splits which of the files; without `valid.jsonl` mlx_lm does not validate
 */
export function createDummyDataset(
  dir: string,
  rows: number,
  {
    leastRows = 1,
    splits = ["train", "valid", "test"],
  }: { leastRows?: number; splits?: readonly Split[] } = {},
): void {
  if (!Number.isInteger(rows) || rows < 1) throw new RangeError(`A data set of ${rows} rows can't be made`);
  mkdirSync(dir, { recursive: true });
  const random = randomNumbers(SEED);
  const words = (count: number) =>
    Array.from({ length: count }, () => WORDS[Math.floor(random() * WORDS.length)]).join(" ");
  const row = () =>
    JSON.stringify({
      messages: [
        { role: "user", content: `Write about ${words(QUESTION_WORDS)}.` },
        { role: "assistant", content: `${words(ANSWER_WORDS)}.` },
      ],
    });
  for (const split of splits) {
    const count = Math.max(leastRows, split === "train" ? rows : Math.ceil(rows / 10));
    writeFileSync(join(dir, `${split}.jsonl`), `${Array.from({ length: count }, row).join("\n")}\n`);
  }
}
