import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";

const jsonTypes = /^application\/(graphql-response\+)?json\b/;
/** The maximum number of Accept headers remembered. */
const maxAcceptHeaders = 100;
/** The maximum length of a remembered header in characters. */
const maxAcceptLength = 300;

/**
 * The JSON media types chosen by Apollo Server, by method and Accept header. The choice does not depend on
 * the query.
 */
export class ContentTypes {
  readonly #types = new LRUCache<string, string>({ max: maxAcceptHeaders });

  /**
   * Returns the content type of a request's answer; undefined if Apollo Server must choose it or refuse the request.
   */
  find(request: FastifyRequest): string | undefined {
    return this.#types.get(keyOf(request));
  }

  /** Remembers Apollo Server's choice. */
  note(request: FastifyRequest, reply: FastifyReply): void {
    const contentType = String(reply.getHeader("content-type"));
    if (reply.statusCode !== 200 || !jsonTypes.test(contentType)) return;
    if ((request.headers.accept ?? "").length <= maxAcceptLength)
      this.#types.set(keyOf(request), contentType);
  }
}

const keyOf = ({ method, headers }: FastifyRequest) => `${method} ${headers.accept ?? ""}`;
