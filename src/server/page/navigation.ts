import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Describes the route. `GET /` lists the routes that have a description. */
    readonly about?: string;
    /** The name of a page in the navigation. */
    readonly page?: string;
  }
  interface FastifyInstance {
    /** The described routes, in the order in which they were added. */
    readonly listedRoutes: readonly ListedRoute[];
  }
}

/** A route with a description. */
export interface ListedRoute {
  readonly path: string;
  readonly about: string;
  readonly page?: string | undefined;
}

/** Starts listing the routes added after this call. */
export function listRoutes(app: FastifyInstance): void {
  const listed = new Map<string, ListedRoute>();
  app.addHook("onRoute", ({ url, config: { about, page } = {} }) => {
    if (about !== undefined) listed.set(url, { path: url, about, page });
  });
  app.decorate("listedRoutes", { getter: () => [...listed.values()] });
}
