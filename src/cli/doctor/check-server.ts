import type { LocalServer } from "../../client/find-instance.ts";
import { askHealth, type HealthAnswer } from "../../lifecycle/health.ts";
import { type PortRule, portSequence } from "../../lifecycle/instance.ts";
import { readRecord } from "../../lifecycle/record.ts";
import { silentServer } from "../../lifecycle/silent-server.ts";
import { findService } from "../../service/find-service.ts";
import { PROTOCOL, VERSION } from "../../version.ts";
import { addressText } from "../control/address-text.ts";
import { checkService } from "./check-service.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";

const FREE_PORT = "Stop it and run `hearth restart`, or choose another port: --port N or HEARTH_PORT.";

/** The instance's server, by its socket, and who is at its port. Starts nothing and keeps nothing awake. */
export async function checkServer(local: LocalServer): Promise<Finding[]> {
  const answer = await askHealth(local.runtime, { socketPath: local.instance.socketPath });
  const service = await findService(local);
  const found = service === undefined ? [] : [await checkService(service, local)];
  if (answer.kind === "hearth") return [describeServer(local, answer), ...found];
  if (answer.kind === "silent") {
    const { message, hint } = await silentServer(local.runtime, local.instance);
    return [fail("server", message, hint)];
  }
  const server =
    answer.kind === "none" ? ok("server", "does not run; the next command starts it") : brokenServer(local);
  // A port that a manager holds is not knocked at: that would start the server.
  return [server, ...(service?.manager.holdsPort === true ? [] : [await checkPort(local)]), ...found];
}

function describeServer({ instance }: LocalServer, { health }: HealthAnswer & { kind: "hearth" }): Finding {
  const record = readRecord(instance.recordPath);
  const address = record === undefined ? instance.socketPath : addressText(record);
  const shown = `runs: ${address}, pid ${health.pid}, version ${health.version}`;
  if (health.protocol !== PROTOCOL)
    return fail("server", `${shown}: its protocol doesn't fit`, "Run: hearth restart");
  if (health.version !== VERSION)
    return warn("server", `${shown}; this is ${VERSION}`, "Run: hearth restart");
  if (record?.tcpProblem !== undefined)
    return warn("server", `${shown}, without TCP. ${record.tcpProblem}`, FREE_PORT);
  return ok("server", shown);
}

function brokenServer({ instance }: LocalServer): Finding {
  return fail(
    "server",
    `Something answers on ${instance.socketPath}, but not as hearth does`,
    "`hearth stop --force` ends a server that hangs; `hearth logs` tells what it did.",
  );
}

async function checkPort({ runtime, instance }: LocalServer): Promise<Finding> {
  const { host, portRule } = instance;
  const port = portRule.kind === "any" ? 0 : (portSequence(portRule).next().value as number);
  if (port === 0) return ok("port", "any free one");
  const answer = await askHealth(runtime, { host, port });
  if (answer.kind === "none") return ok("port", `${host}:${port} is free`);
  return takenPort(`${host}:${port}`, portRule, answer);
}

function takenPort(address: string, rule: PortRule, answer: HealthAnswer): Finding {
  const message = `${address} is held by ${holder(answer)}`;
  if (rule.kind === "derived") return ok("port", `${message}; the next free one will be used`);
  return warn("port", `${message}: owner's commands work, HTTP clients and the page don't`, FREE_PORT);
}

function holder(answer: HealthAnswer): string {
  if (answer.kind === "lynguine") return `lynguine ${answer.version}`;
  if (answer.kind === "hearth") return `another hearth (${answer.health.instance}, pid ${answer.health.pid})`;
  if (answer.kind === "other-user") return "another user's hearth";
  return answer.kind === "stopping" ? "a hearth that is stopping" : "another program";
}
