import { COMMANDS } from "../command-table.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { manPage } from "../man/page.ts";
import { printData } from "../print.ts";

export default defineCommand({
  description: "Print the manual page of all commands, for man",
  examples: ["hearth man > hearth.1 && man ./hearth.1", "hearth man | man -l -"],
  args: commonArgs,
  async run() {
    printData(await manPage(COMMANDS));
  },
});
