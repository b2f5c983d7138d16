import { defineCommand } from "../command.ts";
import { clientArgs } from "../common-args.ts";
import { connect } from "../connect.ts";
import { openInBrowser } from "../open-browser.ts";
import { printData, say } from "../print.ts";

export default defineCommand({
  description: "Open the server's page in the browser, signed in as its owner",
  examples: ["hearth open", "hearth open --print", "hearth open --sign-out"],
  args: {
    print: { type: "boolean", description: "Print the link instead: it is good once, within a minute" },
    "sign-out": { type: "boolean", description: "End the sign-in of all pages instead" },
    ...clientArgs,
  },
  async run(args) {
    const client = await connect(args);
    const ask = { method: "POST", isRepeatable: false } as const;
    if (args["sign-out"] === true) {
      const { message } = await client.json<{ message: string }>({ ...ask, path: "/api/control/sign-out" });
      if (args.quiet !== true) say(message);
      return;
    }
    const { code, url } = await client.json<{ code: string; url: string }>({
      ...ask,
      path: "/api/control/page-link",
    });
    const link = `${url}/#open=${code}`;
    if (args.json === true) return printData(`${JSON.stringify({ url, link })}\n`);
    if (args.print !== true && (await openInBrowser(link))) {
      if (args.quiet !== true) say(`Opened ${url}`);
      return;
    }
    if (args.print !== true && args.quiet !== true)
      say("No browser was found; open this link within a minute:");
    printData(`${link}\n`);
  },
});
