import { createHash } from "node:crypto";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { DocumentNode, GraphQLSchema } from "graphql";
import type { Config, Log } from "../../config/index.ts";
import { type OperationRequest, readFreshness } from "../../graph/index.ts";
import type { FairSlots } from "../admission/fair-slots.ts";
import { readGraphqlRequest } from "../document/graphql-request.ts";
import { rejectCrossOrigin } from "../http/cross-origin.ts";
import { createErrorBody, statusOfCode } from "../http/error-response.ts";
import type { RouteHooks } from "../http/route-hooks.ts";
import { scopesText } from "../kept/answer-key.ts";
import type { AskingRequest } from "../observe/admitted-request.ts";
import { IsLeftOver } from "../peer/left-over.ts";
import type { MutationsHere } from "../peer/mutations-here.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import { changeEvents, changeLines, complete, type Framing, graphqlEvents } from "./framing.ts";
import { Questions, type Refusal } from "./question.ts";
import type { Stream } from "./stream.ts";
import { answerChanges, answerQuery, type MessageOf, type RunOperation } from "./streamed-answer.ts";
import { readStreamed, type StreamedChanges } from "./streamed-document.ts";
import type { Streams } from "./streams.ts";

interface StreamRouteParts {
  readonly config: Config;
  readonly schema: GraphQLSchema;
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
  readonly findDocument: (request: FastifyRequest, reply: FastifyReply, done: () => void) => void;
}

/** Milliseconds from one answer of a live query to the next. */
const LIVE_INTERVAL = 1_000;

const changeFields = "event kind recordId field before after isWithheld notBefore notAfter origin cursor";
const author = "by { name operation requestId }";

/** Adds `GET /changes`, and `/graphql/stream` for subscriptions and live queries. */
export function addStreamRoutes(app: FastifyInstance, hooks: RouteHooks, parts: StreamRouteParts): void {
  const { config, schema, analyzer, log, streams, slots, mutations, run, readDocument, findDocument } = parts;
  const questions = new Questions(slots);
  const onRequest = [...hooks.onRequest, rejectCrossOrigin(config, "open streams")];

  app.route({
    method: "GET",
    url: "/changes",
    exposeHeadRoute: false,
    ...hooks,
    onRequest,
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
      return guarded(request, reply, framing, (stream) =>
        followChanges(stream, request, framing, streamed, "Changes", (change) => change),
      );
    },
  });

  app.route({
    method: ["GET", "POST"],
    url: "/graphql/stream",
    exposeHeadRoute: false,
    ...hooks,
    onRequest,
    preHandler: findDocument,
    handler: async (request, reply) => {
      mutations.release(request.raw);
      const asked = readGraphqlRequest(request);
      if (!asked) return reply.code(400).send(createErrorBody("BAD_REQUEST", noRequest));
      return guarded(request, reply, graphqlEvents, (stream) => followOperation(stream, request, asked));
    },
  });

  /** Opens a stream and runs what it tells. */
  async function guarded(
    request: FastifyRequest,
    reply: FastifyReply,
    framing: Framing,
    follow: (stream: Stream) => Promise<Refusal | undefined>,
  ): Promise<FastifyReply> {
    const stream = streams.open(request, reply, framing);
    try {
      const refusal = await follow(stream);
      if (refusal && !stream.isStarted) {
        stream.end("refused");
        const status = refusal.status === 200 ? statusOfCode(refusal.code) : refusal.status;
        return reply.code(status).type("application/json; charset=utf-8").send(refusal.text);
      }
      if (refusal) stream.end("refused", refusal);
    } catch (error) {
      if (!(error instanceof IsLeftOver))
        log.error({ requestId: request.id, error }, "unexpected error in a stream");
      stream.end("failed", {
        code: "STREAM_ENDED",
        message: "The stream broke off. Open it again, after this cursor.",
      });
    }
    if (!stream.isStarted) return reply.code(503).header("retry-after", 1).send(endedEarly);
    return reply;
  }

  async function followOperation(stream: Stream, request: FastifyRequest, asked: OperationRequest) {
    const text = request.document ?? asked.query;
    if (text === undefined)
      return refuseOperation(stream, "PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported");
    const streamed = readStreamed(asked, text, readDocument);
    if (streamed.kind === "changes")
      return followChanges(stream, request, graphqlEvents, streamed, asked.operationName, messageOf);
    if (streamed.kind === "once")
      return streamed.isMutation
        ? refuseOperation(stream, "BAD_USER_INPUT", "Mutations are sent to /graphql; nothing was done.")
        : followQuery(stream, request, { ...asked, query: text }, false);
    const { document, operation } = streamed;
    if (analyzer.analyze(document, operation).requiredScopes.has("SECRETS"))
      return refuseOperation(
        stream,
        "FORBIDDEN",
        "A live query shows no secrets: each look at them is one query.",
      );
    if (readFreshness(schema, operation, asked.variables)?.maxAge === 0)
      return refuseOperation(
        stream,
        "BAD_USER_INPUT",
        "@live and @freshness(maxAge: 0) would read Alma all the time; give an age.",
      );
    return followQuery(stream, request, { ...asked, query: streamed.text }, true);
  }

  /** Tells what was wrong by the stream itself, as the protocol has it. */
  async function refuseOperation(stream: Stream, code: string, message: string): Promise<undefined> {
    stream.start(null);
    stream.end("refused", { code, message });
  }

  async function followQuery(
    stream: Stream,
    request: FastifyRequest,
    asked: OperationRequest,
    isLive: boolean,
  ) {
    const asker = askerOf(request, isLive);
    const ask = () => answerQuery(run, asker, asked, graphqlEvents);
    const key = isLive
      ? keyOf(request, [asked.query, asked.operationName, asked.variables])
      : `once ${request.id}`;
    return questions.listen(
      key,
      { ask, minInterval: LIVE_INTERVAL, owner: asker.caller?.id ?? "" },
      async (question) => {
        for (let answer = await question.next(undefined, stream.signal); answer; ) {
          const { refusal, bytes } = answer;
          stream.start(null);
          // What is refused for want of room is asked again, and not told.
          if (bytes && !(isLive && refusal?.code === "OVERLOADED")) await stream.send(bytes, null);
          if (!isLive || (refusal && !refusal.isPassing)) {
            await stream.send(Buffer.from(complete), null);
            stream.end(refusal ? "refused" : "complete");
          }
          answer = await question.next(answer, stream.signal);
        }
        return undefined;
      },
    );
  }

  async function followChanges(
    stream: Stream,
    request: FastifyRequest,
    framing: Framing,
    streamed: StreamedChanges,
    operationName: string | undefined,
    toMessage: MessageOf,
  ): Promise<Refusal | undefined> {
    const asker = askerOf(request, true);
    const common = keyOf(request, [framing.contentType, streamed.text, operationName, streamed.variables]);
    let after = streamed.after;
    let refusal: Refusal | undefined;
    while (!stream.signal.aborted && !refusal) {
      const ask = () => answerChanges(run, asker, operationName, streamed, after, framing, toMessage);
      const asking = { ask, minInterval: 0, owner: asker.caller?.id ?? "" };
      refusal = await questions.listen(`${common} ${JSON.stringify(after)}`, asking, async (question) => {
        for (let answer = await question.next(undefined, stream.signal); answer; ) {
          const { bytes, cursor, refusal } = answer;
          if (refusal && !(stream.isStarted && refusal.isPassing)) return refusal;
          if (!refusal) {
            stream.start(bytes ? null : cursor);
            if (bytes) await stream.send(bytes, cursor);
            else stream.cursor = cursor;
            if (cursor !== after) return undefined;
          }
          answer = await question.next(answer, stream.signal);
        }
        return undefined;
      });
      after = stream.cursor;
    }
    if (refusal && framing === graphqlEvents) return refuseOperation(stream, refusal.code, refusal.message);
    return refusal;
  }
}

/** The request as its answers need it, which may outlast it: others listen, too. */
const askerOf = (
  { id, headers, body, routeOptions, caller, raw, ticket }: FastifyRequest,
  isStreamed: boolean,
): AskingRequest => ({
  ...{ id, headers, body, routeOptions, caller, raw, isStreamed },
  ...(ticket && { ticket }),
  document: null,
  answerKey: null,
});

/** Two with the same key get the same answers. */
function keyOf({ caller }: FastifyRequest, asked: readonly unknown[]): string {
  const text = JSON.stringify(asked);
  const viewer = /\bviewer\b/.test(text) ? caller?.id : "";
  return createHash("sha256")
    .update(`${viewer}\n${caller ? scopesText(caller.scopes) : ""}\n${text}`)
    .digest("base64");
}

const messageOf: MessageOf = (change, cursor, key, errors) => ({
  ...(errors.length > 0 && { errors }),
  data: { [key]: change },
  extensions: { alma: { cursor } },
});

const noRequest =
  "The request is no GraphQL request. Send JSON with a query, by POST, or query in the address, by GET.";
const endedEarly = createErrorBody("STREAM_ENDED", "The stream ended before it began. Open it again.");
