import type { RequestHook } from "../http/route-hooks.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The text to execute instead of the request's query; null if it names no known document. */
    document: string | null;
  }
}

/** Documents that callers may request by id. */
export interface KnownDocuments {
  /** A `preHandler` hook that sets the `document` of a request, or refuses it. */
  readonly hook: RequestHook;
  /** Returns the text of a document by id. */
  find(id: string): string | undefined;
  /** Whether other documents are refused. */
  readonly isRequired: boolean;
}
