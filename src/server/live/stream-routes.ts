import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { DocumentNode } from "graphql";
import type { Config, Log } from "../../config/index.ts";
import type { OperationRequest } from "../../graph/index.ts";
import type { FairSlots } from "../admission/fair-slots.ts";
import type { RunOperation } from "../apollo/operation-runner.ts";
import { readGraphqlRequest } from "../document/graphql-request.ts";
import { rejectCrossOrigin } from "../http/cross-origin.ts";
import { createErrorBody, RefusedRequest, statusOfCode } from "../http/error-response.ts";
import type { RequestHook, RouteHooks } from "../http/route-hooks.ts";
import { IsLeftOver } from "../peer/left-over.ts";
import type { MutationsHere } from "../peer/mutations-here.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import { askerOf, type Followed, follow, keyOf } from "./follow.ts";
import { changeEvents, changeLines, type Framing, graphqlEvents } from "./framing.ts";
import { createQuestions, type Refusal, refuse } from "./question.ts";
import { answerChanges, answerQuery, type MessageOf } from "./streamed-answer.ts";
import { readStreamed, type StreamedChanges } from "./streamed-document.ts";
import type { Streams } from "./streams.ts";

interface StreamRouteParts {
  readonly config: Config;
  readonly analyzer: OperationAnalyzer;
  readonly log: Log;
  readonly streams: Streams;
  /** For answers that are made at once. */
  readonly slots: FairSlots;
  readonly mutations: Pick<MutationsHere, "release">;
  readonly run: RunOperation;
  /** Parses and validates a document within the limits of all. Throws a GraphQLError. */
  readDocument(text: string): DocumentNode;
  /** Finds persisted documents; a hook before the handler. */
  readonly findDocument: RequestHook;
}

/** Milliseconds from one answer of a live query to the next. */
const LIVE_INTERVAL = 1_000;

const changeFields = "event kind recordId field before after isWithheld notBefore notAfter origin cursor";
const author = "by { name operation requestId }";

/** Adds `GET /changes`, and `/graphql/stream` for subscriptions and live queries. */
export function addStreamRoutes(app: FastifyInstance, hooks: RouteHooks, parts: StreamRouteParts): void {
  const { config, analyzer, log, streams, slots, mutations, run, readDocument, findDocument } = parts;
  const questions = createQuestions(slots);
  const common = {
    ...hooks,
    onRequest: [...hooks.onRequest, rejectCrossOrigin(config, "open streams")],
    exposeHeadRoute: false,
  };

  app.get("/changes", {
    ...common,
    handler: async (request, reply) => {
      const { caller, headers } = request;
      const { after: asked, kinds, ...others } = request.query as Readonly<Record<string, string>>;
      const [other] = Object.keys(others);
      if (other !== undefined) {
        const message = `There is no parameter ${JSON.stringify(other.slice(0, 50))} here; there are after and kinds.`;
        return reply.code(400).send(createErrorBody("BAD_USER_INPUT", message));
      }
      const isEvents = /\btext\/event-stream\b/.test(headers.accept ?? "");
      const framing = isEvents ? changeEvents : changeLines;
      const fields = caller?.scopes.has("AUDIT") ? `${changeFields} ${author}` : changeFields;
      const text = `subscription Changes($after: String, $kinds: [RecordKind!]) { changes(after: $after, kinds: $kinds) { ${fields} } }`;
      const after = headers["last-event-id"] || asked || null;
      const variables = { after, kinds: kinds === undefined ? null : String(kinds).split(",") };
      // Safe: it is a subscription.
      const streamed = readStreamed({ variables }, text, readDocument) as StreamedChanges;
      return open(
        request,
        reply,
        framing,
        followChanges(request, framing, streamed, "Changes", (change) => change),
      );
    },
  });

  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    ...common,
    preHandler: findDocument,
    handler: async (request, reply) => {
      mutations.release(request.raw);
      const asked = readGraphqlRequest(request);
      if (!asked) return reply.code(400).send(createErrorBody("BAD_REQUEST", noRequest));
      return open(request, reply, graphqlEvents, followOperation(request, asked));
    },
  });

  /** Opens a stream. What is refused is told as the response, or by the stream, where its protocol has it so. */
  async function open(
    request: FastifyRequest,
    reply: FastifyReply,
    framing: Framing,
    followed: Followed | Refusal,
  ): Promise<FastifyReply> {
    const stream = streams.open(request, reply, framing);
    try {
      const refusal = "ask" in followed ? await follow(stream, questions, followed) : followed;
      if (refusal && framing === graphqlEvents) stream.start(null);
      if (refusal) stream.end("refused", refusal);
      if (refusal && !stream.isStarted) {
        const status = refusal.status === 200 ? statusOfCode(refusal.code) : refusal.status;
        return reply.code(status).type("application/json; charset=utf-8").send(refusal.text);
      }
    } catch (error) {
      if (!(error instanceof IsLeftOver))
        log.error({ requestId: request.id, error }, "unexpected error in a stream");
      stream.end("failed", brokenOff);
    }
    if (stream.isStarted) return reply;
    throw new RefusedRequest(503, brokenOff.code, brokenOff.message, { retryAfter: 1 });
  }

  function followOperation(request: FastifyRequest, asked: OperationRequest): Followed | Refusal {
    const text = request.document ?? asked.query;
    if (text === undefined) return refuse("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");
    const streamed = readStreamed(asked, text, readDocument);
    if (streamed.kind === "changes")
      return followChanges(request, graphqlEvents, streamed, asked.operationName, messageOf);
    if (streamed.kind === "mutation")
      return refuse("BAD_USER_INPUT", "Mutations are sent to /graphql; nothing was done.");
    if (streamed.kind === "live") {
      const { document, operation } = streamed;
      if (analyzer.analyze(document, operation).requiredScopes.has("SECRETS"))
        return refuse("FORBIDDEN", "A live query shows no secrets: each look at them is one query.");
    }
    const isOnce = streamed.kind === "once";
    const query = { ...asked, query: streamed.kind === "live" ? streamed.text : text };
    const asker = askerOf(request, !isOnce);
    return {
      key: isOnce ? randomUUID() : keyOf(request, [query.query, query.operationName, query.variables]),
      ask: () => answerQuery(run, asker, query, graphqlEvents),
      ...{ minInterval: LIVE_INTERVAL, owner: request.caller?.id ?? "", after: null, isOnce },
    };
  }

  function followChanges(
    request: FastifyRequest,
    framing: Framing,
    streamed: StreamedChanges,
    operationName: string | undefined,
    toMessage: MessageOf,
  ): Followed {
    const { text, variables, after } = streamed;
    const asker = askerOf(request, true);
    return {
      key: keyOf(request, [framing.contentType, text, operationName, variables]),
      ask: (at) => answerChanges(run, asker, operationName, streamed, at, framing, toMessage),
      ...{ minInterval: 0, owner: request.caller?.id ?? "", after, isOnce: false },
    };
  }
}

const messageOf: MessageOf = (change, cursor, key, errors) => ({
  ...(errors.length > 0 && { errors }),
  data: { [key]: change },
  extensions: { alma: { cursor } },
});

const noRequest =
  "The request is no GraphQL request. Send JSON with a query by POST, or query in the address by GET.";
const brokenOff = {
  code: "STREAM_ENDED",
  message: "The stream broke off. Open it again, after the last cursor.",
};
