import type { FastifyReply, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Config } from "../../config.ts";
import { chooseEncoding } from "../http/compression.ts";
import type { Log } from "../http/log.ts";
import { isUnmodified, privateCacheControl } from "../http/private-cache.ts";
import { auditedRequest } from "../observe/admitted-request.ts";
import { logOperation } from "../observe/log-operation.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { OperationOutcome } from "../observe/operation-outcome.ts";
import { answerKeyOf } from "./answer-key.ts";
import type { KeptAnswer } from "./kept-answer.ts";
import type { KeptAnswers } from "./kept-answers.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The key under which the answer may be kept; null if it may not. */
    answerKey: string | null;
  }
}

/** The operation of a kept answer, for its span. */
export interface KeptOperation extends Pick<OperationOutcome, "outcome" | "calls"> {
  readonly name: string | undefined;
  readonly kind: string;
}

const jsonTypes = /^application\/(graphql-response\+)?json\b/;
/** Accept headers whose media type is known. */
const maxAcceptHeaders = 100;
/** Characters. */
const maxAcceptLength = 300;

/** Sends kept answers in place of Apollo Server, after the hooks of the route. */
export function createKeptSender(
  answers: KeptAnswers,
  { compression }: Pick<Config, "compression">,
  log: Log,
  metrics: Metrics,
  describeSpan: (operation: KeptOperation) => void,
) {
  /** The JSON that Apollo Server has chosen for each method and Accept header; it does so whatever is asked. */
  const contentTypes = new LRUCache<string, string>({ max: maxAcceptHeaders });

  return {
    /** The kept answer to a request, if there is one that stands. */
    find(request: FastifyRequest): KeptAnswer | undefined {
      const { accept = "" } = request.headers;
      if (!answers.isOn || accept.length > maxAcceptLength) return undefined;
      const key = answerKeyOf(request);
      if (key === undefined) return undefined;
      request.answerKey = key;
      return contentTypes.has(acceptOf(request)) ? answers.find(key) : undefined;
    },

    /** A Fastify `onSend` hook: notes which content type Apollo Server has chosen. */
    noteContentType(request: FastifyRequest, reply: FastifyReply, payload: unknown, done: Done): void {
      const contentType = reply.getHeader("content-type");
      if (request.answerKey !== null && reply.statusCode === 200 && jsonTypes.test(String(contentType)))
        contentTypes.set(acceptOf(request), String(contentType));
      done(null, payload);
    },

    /** Sends a kept answer, and logs and counts it like every other operation. */
    async send(answer: KeptAnswer, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
      const startedAt = performance.now();
      const { name, hash, oldest, maxAge, repeatable } = answer.details;
      reply.header("content-type", contentTypes.get(acceptOf(request)));
      const isGet = request.method === "GET";
      reply.header("cache-control", isGet ? privateCacheControl(maxAge, oldest) : "no-store");
      if (isGet && isUnmodified(request, reply, answer.etag)) reply.send();
      else {
        const encoding = compression ? chooseEncoding(request, reply, answer.bytes.length) : undefined;
        const bytes = encoding ? await answer.encoded(encoding) : answer.bytes;
        if (encoding && request.answerKey !== null) answers.keep(request.answerKey, answer);
        reply.send(bytes);
      }
      const kind = "query";
      const age = oldest ? Math.round((Date.now() - Date.parse(oldest)) / 100) / 10 : undefined;
      const outcome = { outcome: "ok", codes: [], calls: 0, reused: repeatable.reused, age };
      describeSpan({ name, kind, ...outcome });
      if (request.caller) {
        const audited = auditedRequest(request, request.caller);
        logOperation(log, metrics, {
          request: audited,
          name,
          kind,
          hash,
          startedAt,
          isKept: true,
          ...outcome,
        });
      }
      return reply;
    },
  };
}

const acceptOf = ({ method, headers }: FastifyRequest): string => `${method} ${headers.accept ?? ""}`;

type Done = (error: null, payload: unknown) => void;
