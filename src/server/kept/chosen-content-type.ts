import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";

const jsonTypes = /^application\/(graphql-response\+)?json\b/;
/** Accept headers whose media type is known. */
const maxAcceptHeaders = 100;
/** Characters. */
const maxAcceptLength = 300;

/** The JSON that Apollo Server has chosen for each method and Accept header; it does so whatever is asked. */
export class ChosenContentTypes {
  readonly #types = new LRUCache<string, string>({ max: maxAcceptHeaders });

  /** The content type of a request's answer; undefined where Apollo Server has to choose, or to refuse. */
  find(request: FastifyRequest): string | undefined {
    return this.#types.get(keyOf(request));
  }

  /** Notes what Apollo Server has chosen. */
  note(request: FastifyRequest, reply: FastifyReply): void {
    const contentType = String(reply.getHeader("content-type"));
    if (reply.statusCode !== 200 || !jsonTypes.test(contentType)) return;
    if ((request.headers.accept ?? "").length <= maxAcceptLength)
      this.#types.set(keyOf(request), contentType);
  }
}

const keyOf = ({ method, headers }: FastifyRequest): string => `${method} ${headers.accept ?? ""}`;
