import type { ApiRequest, Route } from "./route.ts";

/** The path of the API. */
export const ROOT = "/external_api/";

/** The route of a path, and what its parameters are there. */
export interface FoundRoute {
  readonly route: Route;
  readonly params: ApiRequest["params"];
}

/** The route of unknown paths. */
const unknownRoute: Route = { url: "", methods: () => ({}), parses: () => [] };

/** Characters of a parameter: a longer one leads nowhere. */
const maxLength = 10_000;

/** Finds the route of a URL. Fastify would compile each route for each method, which costs more than most tests ask. */
export function createRouter(routes: readonly Route[]): (url: string) => FoundRoute {
  const patterns = routes.map((route) => ({ route, pattern: patternOf(ROOT + route.url) }));
  return (url) => {
    const path = url.replace(/[?#].*/s, "");
    for (const { route, pattern } of patterns) {
      const found = pattern.exec(path);
      if (!found) continue;
      const params = Object.entries(found.groups ?? {}).map(([name, value]) => [
        name,
        decodeURIComponent(value),
      ]);
      return { route, params: Object.fromEntries(params) };
    }
    return { route: unknownRoute, params: {} };
  };
}

/** `:id(^\d+$)` is a parameter of this form, `:bx` one of any. */
const patternOf = (url: string) =>
  new RegExp(
    `^${url.replace(/:(\w+)(?:\(\^(.+?)\$\))?/g, (_, name, form = `[^/]{0,${maxLength}}`) => `(?<${name}>${form})`)}$`,
  );
