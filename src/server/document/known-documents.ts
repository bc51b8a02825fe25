import type { RequestHook } from "../http/route-hooks.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The text to execute in place of the request's query; null if it names no known document. */
    document: string | null;
  }
}

/** Documents that callers may ask for by an id. */
export interface KnownDocuments {
  /** A `preHandler` hook that sets the `document` of a request, or refuses it. */
  readonly hook: RequestHook;
  /** The text of the document with an id. */
  find(id: string): string | undefined;
  /** Whether no other documents are executed. */
  readonly isRequired: boolean;
}
