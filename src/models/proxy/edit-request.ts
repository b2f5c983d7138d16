import type { Filters } from "../config/types.ts";

/** A request's parameters, as its JSON body has them. */
export type Params = Readonly<Record<string, unknown>>;

/**
 * A request as its model's server gets it: some parameters removed, some set where the request doesn't say them, some set
 * in any case, and the model called as the server knows it. Gives undefined when nothing changes.
 *
 * @param askedName the name that the client asked for
 */
export function editParams(
  params: Params,
  askedName: string,
  { filters, upstreamName }: { readonly filters: Filters; readonly upstreamName: string | undefined },
): Params | undefined {
  const edited: Record<string, unknown> = { ...params };
  let isChanged = false;
  const set = (name: string, value: unknown) => {
    if (name === "model") return;
    edited[name] = value;
    isChanged = true;
  };
  for (const name of filters.strip) {
    if (!Object.hasOwn(edited, name)) continue;
    delete edited[name];
    isChanged = true;
  }
  for (const [name, value] of Object.entries(filters.defaults)) {
    if (!Object.hasOwn(edited, name)) set(name, value);
  }
  for (const [name, value] of Object.entries(filters.set)) set(name, value);
  for (const [name, value] of Object.entries(filters.setById.get(askedName) ?? {})) set(name, value);
  if (upstreamName !== undefined && upstreamName !== params["model"]) {
    edited["model"] = upstreamName;
    isChanged = true;
  }
  return isChanged ? edited : undefined;
}
