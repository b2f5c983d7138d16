import { HearthError } from "../../errors.ts";
import type { Reader } from "../source.ts";

/** Google sheets: known, and refused, since hearth reaches no network and keeps no credentials. */
export const gsheetReader: Reader = {
  type: "gsheet",
  extensions: [],
  mediaTypes: [],
  readsNoFile: true,
  parameters: ["sheet", "header", "credential"],
  options: () => undefined,
  read: () =>
    Promise.reject(
      new HearthError(
        "not-supported",
        "Google sheets are not available here: they need stored Google credentials and the network",
        {
          hint: "Download the sheet as CSV or xlsx and read that file.",
        },
      ),
    ),
};
