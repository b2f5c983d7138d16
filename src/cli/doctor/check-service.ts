import type { LocalServer } from "../../client/find-instance.ts";
import type { InstalledService } from "../../service/find-service.ts";
import { serviceStatus } from "../../service/service.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** The service that is to start this server. Asks its manager alone: a look at the port would start the server. */
export async function checkService(
  { manager }: InstalledService,
  { instance }: LocalServer,
): Promise<Finding> {
  const { address, problems } = await serviceStatus(manager, instance);
  const [first, ...others] = problems;
  if (first === undefined) return ok("service", `${manager.name} starts it, http://${address}`);
  const more = others.length === 0 ? "" : `, and ${others.length} more`;
  return warn("service", `${first}${more}`, "`hearth service status` tells all.");
}
