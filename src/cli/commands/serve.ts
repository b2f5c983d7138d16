import { HearthError } from "../../errors.ts";
import { defineCommand } from "../command.ts";
import { commonArgs } from "../common-args.ts";
import { serverArgs, settingFlags } from "../server-args.ts";

export default defineCommand({
  description:
    "Run the server in the foreground until it is stopped; or start, stop, restart it or ask how it is",
  examples: [
    "hearth serve",
    "hearth serve --port 8765 --root ~/data",
    "hearth serve --start --idle-timeout 1h",
    "hearth serve --status",
  ],
  args: {
    start: { type: "boolean", description: "Start it in the background and return: hearth start" },
    stop: { type: "boolean", description: "Stop it: hearth stop" },
    restart: { type: "boolean", description: "Stop it and start it in the background: hearth restart" },
    status: { type: "boolean", description: "Show how it is: hearth status" },
    force: { type: "boolean", description: "With --stop: kill it when it does not leave in time" },
    background: { type: "boolean", hidden: true, description: "Started by a client: leave when idle" },
    "started-by-hand": {
      type: "boolean",
      hidden: true,
      description: "Started by a person, in the background",
    },
    service: {
      type: "string",
      hidden: true,
      valueHint: "NAME",
      description: "Started as this service, by its manager",
    },
    engine: {
      type: "string",
      hidden: true,
      valueHint: "VERSION",
      description: "Run the query engine for the server that started us",
    },
    reader: {
      type: "string",
      hidden: true,
      valueHint: "VERSION",
      description: "Read files for the server that started us",
    },
    supervised: {
      type: "boolean",
      hidden: true,
      description: "Started by a server in the foreground that failed: it starts us again",
    },
    faults: {
      type: "string",
      hidden: true,
      valueHint: "TIMES",
      description: "When the servers before this one in the background failed",
    },
    directory: { type: "string", hidden: true, valueHint: "DIR", description: "Where relative paths start" },
    ...commonArgs,
    ...serverArgs,
  },
  async run(args) {
    if (args.engine !== undefined) {
      const { hostEngine } = await import("../../engine/process/host.ts");
      return hostEngine(args.engine);
    }
    if (args.reader !== undefined) {
      const { hostReader } = await import("../../readers/host.ts");
      return hostReader(args.reader);
    }
    const flags = { ...args, root: (args as { readonly root?: readonly string[] }).root };
    switch (controlOf(args)) {
      case "start":
        return await (await import("../control/start.ts")).startServer(flags);
      case "stop":
        return await (await import("../control/stop.ts")).stopServer(flags);
      case "restart":
        return await (await import("../control/restart.ts")).restartServer(flags);
      case "status":
        return await (await import("../control/status.ts")).tellStatus(flags);
      default:
        return await (
          await import("../control/serve.ts")
        ).serveHere({
          flags: settingFlags(args),
          directory: args.directory ?? process.cwd(),
          isBackground: args.background === true || args.service !== undefined,
          isSupervised: args.supervised === true,
          faults: timesIn(args.faults),
          serviceName: args.service,
          startedHow: startedHow(args),
          asJson: args.json === true,
          isQuiet: args.quiet === true,
        });
    }
  },
});

function startedHow(args: {
  readonly service?: string | undefined;
  readonly background?: boolean | undefined;
  readonly "started-by-hand"?: boolean | undefined;
}) {
  if (args.service !== undefined) return "service";
  return args.background === true && args["started-by-hand"] !== true ? "auto" : "by-hand";
}

function timesIn(text: string | undefined): readonly number[] {
  return (text ?? "").split(",").filter(Boolean).map(Number).filter(Number.isFinite);
}

const CONTROLS = ["start", "stop", "restart", "status"] as const;

function controlOf(args: { readonly [K in (typeof CONTROLS)[number]]?: boolean | undefined }) {
  const asked = CONTROLS.filter((name) => args[name] === true);
  if (asked.length <= 1) return asked[0];
  throw new HearthError("usage", `--${asked[0]} and --${asked[1]} exclude each other`);
}
