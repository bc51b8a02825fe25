import type { FastifyInstance } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** What is at the route's address. `GET /` lists the routes that say so. */
    readonly about?: string;
    /** The route's name in the navigation, if it is a page. */
    readonly page?: string;
  }
  interface FastifyInstance {
    /** The routes that say what they are, in the order in which they were added. */
    readonly listedRoutes: readonly ListedRoute[];
  }
}

/** A route that says what it is. */
export interface ListedRoute {
  readonly path: string;
  readonly about: string;
  readonly page?: string | undefined;
}

/** Lists the routes that are added after this call. */
export function listRoutes(app: FastifyInstance): void {
  const listed = new Map<string, ListedRoute>();
  app.addHook("onRoute", ({ url, config: { about, page } = {} }) => {
    if (about !== undefined) listed.set(url, { path: url, about, page });
  });
  app.decorate("listedRoutes", { getter: () => [...listed.values()] });
}
