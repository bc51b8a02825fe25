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

/** Maximum characters of a parameter: a longer one matches no route. */
const maxLength = 10_000;

/**
 * Finds the route of a URL. Fastify would compile each route for each method, which costs more than most tests'
 * requests.
 */
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

/** `:id(^\d+$)` matches only this form, `:bx` any text. */
const patternOf = (url: string) =>
  new RegExp(
    `^${url.replace(/:(\w+)(?:\(\^(.+?)\$\))?/g, (_, name, form = `[^/]{0,${maxLength}}`) => `(?<${name}>${form})`)}$`,
  );
