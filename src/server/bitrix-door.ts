import type { GraphQLRequest, GraphQLResponse } from "@apollo/server";
import type { FastifyInstance, FastifyReply, FastifyRequest, onRequestHookHandler } from "fastify";
import { type GraphQLSchema, isEnumType } from "graphql";
import type { Config } from "../config.ts";
import { answerOf, type Result, skippedAnswer } from "./bitrix-answer.ts";
import { kindsOf, type ParseJson, readBody } from "./bitrix-body.ts";
import { readForm } from "./bitrix-form.ts";
import { syncOperation } from "./bitrix-operation.ts";
import { explainBodies } from "./bitrix-refusal.ts";
import { type EntityTypes, readWebhook } from "./bitrix-webhook.ts";
import { mayWrite } from "./may-write.ts";
import { refusal } from "./refusal.ts";
import { sameSite } from "./same-site.ts";

/** What the address for Bitrix items needs. */
export interface BitrixDoorParts {
  readonly config: Config;
  readonly schema: GraphQLSchema;
  readonly mapping: EntityTypes;
  /** Those that let a caller in, in order; the caller is known after them. */
  readonly entrance: readonly onRequestHookHandler[];
  /** Runs an operation as `/graphql` does. */
  run(request: FastifyRequest, reply: FastifyReply, asked: GraphQLRequest): Promise<GraphQLResponse>;
}

/** Bytes of a form: it has one item, and each of its signs may take three. */
const largestForm = 1_048_576;

/**
 * `POST /bitrix/sync`, the mutation `syncBitrix` for tools that speak no GraphQL. Takes JSON,
 * `{"items": [{"kind": "APARTMENT", "item": {…}}], "dryRun": false}`, the list alone, or one `{"kind", "item"}`, and
 * the form of a Bitrix webhook, as far as it names an item. Answers what the mutation answers, with the number of those
 * that `failed`.
 *
 * The key comes in a header as it does everywhere: in an address it would be written into the logs of all that is in
 * between. Bitrix's own webhooks and robots can set no header, so that something in between has to add it; the token
 * that they send proves who sent it to the portal's own handlers only, and is not read. For the same reason nothing is
 * taken from the address's search: what is there is refused, lest a `dryRun` be overlooked.
 */
export async function addBitrixDoor(app: FastifyInstance, parts: BitrixDoorParts): Promise<void> {
  const { config, schema, mapping, entrance, run } = parts;
  const operation = syncOperation(schema);
  const kindType = schema.getType("BitrixItemKind");
  const kinds = kindsOf(isEnumType(kindType) ? kindType.getValues().map(({ name }) => name) : []);
  await app.register(async (scope) => {
    const takeJson = scope.getDefaultJsonParser("error", "error");
    scope.removeAllContentTypeParsers();
    const json = { parseAs: "string", bodyLimit: config.bitrixMaxBody } as const;
    scope.addContentTypeParser("application/json", json, takeJson);
    const form = { parseAs: "string", bodyLimit: largestForm } as const;
    scope.addContentTypeParser(
      "application/x-www-form-urlencoded",
      form,
      async (_request: FastifyRequest, body: string) => readForm(body),
    );
    explainBodies(scope, { form: largestForm, json: config.bitrixMaxBody });
    scope.post("/bitrix/sync", {
      onRequest: [
        ...entrance,
        sameSite(config, "send Bitrix items"),
        mayWrite("Syncing Bitrix items"),
        noSearch,
      ],
      handler: async (request, reply) => {
        const parseJson: ParseJson = (text) => parsed(takeJson, request, text);
        const { body } = request;
        const asked =
          body instanceof Map
            ? readWebhook(body, kinds, mapping, parseJson)
            : readBody(body, kinds, parseJson);
        if ("itemId" in asked) return send(reply, skippedAnswer(asked));
        const sees = request.caller?.scopes.has("READ") === true;
        const query = sees ? operation.full : operation.blind;
        const variables = { items: asked.items, dryRun: asked.dryRun };
        const response = await run(request, reply, { query, operationName: "SyncBitrix", variables });
        for (const [name, value] of response.http.headers) reply.header(name, value);
        const result = response.body.kind === "single" ? (response.body.singleResult as Result) : {};
        return send(reply, answerOf(result));
      },
    });
  });
}

/** Sends an answer, however long: it says what was written, and what was asked bounds it. */
function send(reply: FastifyReply, answer: ReturnType<typeof answerOf>) {
  const { status, body, retryAfter } = answer;
  if (retryAfter !== undefined) reply.header("retry-after", retryAfter);
  return reply
    .code(status)
    .header("cache-control", "no-store")
    .type("application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

/** What Fastify's own reader of JSON makes of a text within a body: it is safe from names of prototypes. */
function parsed(
  read: ReturnType<FastifyInstance["getDefaultJsonParser"]>,
  request: FastifyRequest,
  text: string,
) {
  let failure: Error | null = null;
  let value: unknown;
  void read(request, text, (error, found) => {
    failure = error;
    value = found;
  });
  if (failure) throw failure;
  return value;
}

function noSearch({ query }: FastifyRequest, reply: FastifyReply, done: () => void): void {
  if (Object.keys(query as object).length === 0) {
    done();
    return;
  }
  const message =
    "The address has a search (?…), and nothing is read from there. Send all in the body, and the key in X-Api-Key or " +
    "Authorization: Bearer.";
  reply.code(400).send(refusal("BAD_USER_INPUT", message));
}
