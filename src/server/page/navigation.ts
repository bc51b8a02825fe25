import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Describes the route. `GET /` lists routes that have it. */
    readonly about?: string;
    /** The route's name in the navigation, if it is a page. */
    readonly page?: string;
  }
  interface FastifyInstance {
    /** The described routes, in order of addition. */
    readonly listedRoutes: readonly ListedRoute[];
  }
}

/** A route with a description. */
export interface ListedRoute {
  readonly path: string;
  readonly about: string;
  readonly page?: string | undefined;
}

/** Lists the routes added after this call. */
export function listRoutes(app: FastifyInstance): void {
  const listed = new Map<string, ListedRoute>();
  app.addHook("onRoute", ({ url, config: { about, page } = {} }) => {
    if (about !== undefined) listed.set(url, { path: url, about, page });
  });
  app.decorate("listedRoutes", { getter: () => [...listed.values()] });
}
