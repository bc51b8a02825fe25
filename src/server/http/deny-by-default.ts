import type { FastifyInstance, RouteOptions } from "fastify";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Whether anybody may ask, without a key. */
    readonly isPublic?: boolean;
  }
}

/** Lets `addRoutes` add only routes with hooks that ask who may, or that say that anybody may. Throws otherwise. */
export function denyByDefault(app: FastifyInstance, addRoutes: () => void): void {
  let isAdding = true;
  app.addHook("onRoute", ({ url, onRequest, config }: RouteOptions) => {
    if (isAdding && !config?.isPublic && [onRequest ?? []].flat().length === 0)
      throw new Error(`The route ${url} says neither who may ask nor that anybody may.`);
  });
  addRoutes();
  isAdding = false;
}
