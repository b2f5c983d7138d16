import { FIRST_VIEW } from "./base.ts";
import { createStore, useStore } from "./store.ts";

/** Where in the page one is: `#/models/org/b?tab=log` has the view `models`, the rest `org/b`, and parameters. */
export interface Route {
  readonly view: string;
  readonly rest: string;
  readonly params: URLSearchParams;
}

const route = createStore<Route>(parse(location.hash));
addEventListener("hashchange", () => route.set(parse(location.hash)));

/** Where one is now. */
export function useRoute(): Route {
  return useStore(route);
}

/** The address of a place in the page. */
export function hrefOf(
  view: string,
  rest = "",
  params: Readonly<Record<string, string | undefined>> = {},
): string {
  const given = Object.entries(params).filter((entry): entry is [string, string] => (entry[1] ?? "") !== "");
  const query = given.length === 0 ? "" : `?${new URLSearchParams(given).toString()}`;
  return `#/${view}${rest === "" ? "" : `/${rest.split("/").map(encodeURIComponent).join("/")}`}${query}`;
}

/** Goes there; with `isSame` the way back doesn't lead to where one was. */
export function go(href: string, isSame = false): void {
  if (!isSame) {
    location.hash = href;
    return;
  }
  history.replaceState(null, "", href);
  route.set(parse(href));
}

function parse(hash: string): Route {
  const [path = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", ...rest] = path.split("/");
  return {
    view: view === "" ? FIRST_VIEW : view,
    rest: rest.map(decoded).join("/"),
    params: new URLSearchParams(query),
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
