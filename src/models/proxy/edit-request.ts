import type { Filters } from "../config/types.ts";

/** A request's parameters, as its JSON body has them. */
export type Params = Readonly<Record<string, unknown>>;

/**
 * A request as its model's server gets it: some parameters removed, some set where the request doesn't say them, some set
 * in any case, and the model called as the server knows it. Gives undefined when nothing changes.
 *
 * @param name the model's name, as the client asked for it or as it was resolved
 */
export function editParams(
  params: Params,
  name: string,
  { filters, upstreamName }: { readonly filters: Filters; readonly upstreamName: string | undefined },
): Params | undefined {
  const edited: Record<string, unknown> = { ...params };
  let isChanged = false;
  const set = (param: string, value: unknown) => {
    if (param === "model") return;
    edited[param] = value;
    isChanged = true;
  };
  for (const param of filters.strip) {
    if (!Object.hasOwn(edited, param)) continue;
    delete edited[param];
    isChanged = true;
  }
  for (const [param, value] of Object.entries(filters.defaults)) {
    if (!Object.hasOwn(edited, param)) set(param, value);
  }
  for (const [param, value] of Object.entries(filters.set)) set(param, value);
  for (const [param, value] of Object.entries(filters.setById.get(name) ?? {})) set(param, value);
  // A selector's name, or one in the query, is none that the server knows.
  const sentName = upstreamName ?? name;
  if (sentName !== params["model"]) {
    edited["model"] = sentName;
    isChanged = true;
  }
  return isChanged ? edited : undefined;
}
