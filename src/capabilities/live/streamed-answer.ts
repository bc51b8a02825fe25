import { hash } from "node:crypto";
import type { FormattedExecutionResult, GraphQLFormattedError } from "graphql";
import { errorPersistence } from "../../alma/index.ts";
import type { OperationRequest } from "../../graph/index.ts";
import {
  createErrorBody,
  type ExecuteInternally,
  gatewayAddress,
  type InternalRequest,
  statusOfCode,
} from "../../server/index.ts";
import { type Framing, nextMessage } from "./framing.ts";
import { AFTER_VARIABLE, CURSORS_ALIAS, type StreamedChanges } from "./streamed-document.ts";

/** An answer for all followers. */
export interface StreamedAnswer {
  /** Its content; an answer with the same content is not sent again. */
  readonly content: string;
  /** Returns the bytes for followers that use this address of the gateway; undefined if there is nothing to send. */
  bytesFor(address: string): Buffer | undefined;
  /** The number of bytes, excluding addresses. */
  readonly size: number;
  /** The cursor after this answer. */
  readonly cursor: string | null;
  /** Why there is no answer: the code and the response. */
  readonly refusal: Refusal | undefined;
  /** Returns whether the answer must be created again. */
  isOutdated(): boolean;
}

/** A response without data. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
  readonly status: number;
  readonly text: string;
  /** Whether the refusal may be temporary. */
  readonly isPassing: boolean;
}

/** Creates the refusal of a request that the server cannot answer. */
export function createRefusal(code: string, message: string, isPassing = false): Refusal {
  return {
    code,
    message,
    isPassing,
    status: statusOfCode(code),
    text: JSON.stringify(createErrorBody(code, message)),
  };
}

/** The delay, in milliseconds, before an answer with a failure, whose dependencies are unknown, is created again. */
const RETRY_DELAY = 5_000;

async function run(
  execute: ExecuteInternally,
  request: InternalRequest,
  operationRequest: OperationRequest,
  table?: Parameters<ExecuteInternally>[2],
) {
  const madeAt = performance.now();
  // With `http` the answer is printed, up to MAX_RESPONSE.
  const { response, printed, cacheInfo } = await execute(
    request,
    { ...operationRequest, http: { method: "POST" } },
    table,
  );
  return {
    status: response.http.status ?? 200,
    text: String(printed?.text ?? ""),
    head: printed?.head ?? "",
    isOutdated: () =>
      cacheInfo ? cacheInfo.validity() === "outdated" : performance.now() - madeAt > RETRY_DELAY,
  };
}

/** Creates the answer of a live query, or of an operation that is answered once. */
export async function answerQuery(
  execute: ExecuteInternally,
  request: InternalRequest,
  operationRequest: OperationRequest,
): Promise<StreamedAnswer> {
  const { status, text, head, isOutdated } = await run(execute, request, operationRequest);
  const failure = text.startsWith('{"data":{') ? undefined : refusalOf(JSON.parse(text), status, text);
  // A temporary failure is an answer too, except OVERLOADED.
  const refusal = failure?.isPassing && failure.code !== "OVERLOADED" ? undefined : failure;
  const content = hash("sha256", head, "base64");
  return { content, ...sent(nextMessage(text)), cursor: null, refusal, isOutdated };
}

/** The number of gateway addresses for which an answer is cached; for others it is written each time. */
const MAX_ADDRESSES = 4;

/** Prepares an answer for sending: its links use the address of each client's request. */
function sent(message: string): Pick<StreamedAnswer, "bytesFor" | "size"> {
  const bytes = Buffer.from(message);
  if (!gatewayAddress.hasPlaceholder(message)) return { bytesFor: () => bytes, size: bytes.length };
  const known = new Map<string, Buffer>();
  return {
    size: bytes.length,
    bytesFor(address) {
      const own = known.get(address) ?? Buffer.from(gatewayAddress.insert(message, address));
      if (known.size < MAX_ADDRESSES) known.set(address, own);
      return own;
    },
  };
}

/** Creates the answer with the changes after a cursor. */
export async function answerChanges(
  execute: ExecuteInternally,
  request: InternalRequest,
  { query: { text: query, variables }, key }: StreamedChanges,
  after: unknown,
  framing: Framing,
): Promise<StreamedAnswer> {
  const operationRequest = { query, variables: { ...variables, [AFTER_VARIABLE]: after } };
  const texts: (string | Promise<string>)[] = [];
  const sink = { path: ["changes", "nodes"], add: (node: string | Promise<string>) => void texts.push(node) };
  const table = { chooseRows: () => ({ sink, isWhole: false }), isReport: false, checksOnly: false };
  const { status, text, isOutdated } = await run(execute, request, operationRequest, table);
  const result = JSON.parse(text) as FormattedExecutionResult<{ readonly changes?: Page | null }>;
  const { changes } = result.data ?? {};
  const refusal = changes ? undefined : refusalOf(result, status, text);
  const messages = (changes ? await Promise.all(texts) : []).map((change, index) => {
    const cursor = changes?.[CURSORS_ALIAS][index]?.cursor ?? null;
    const errors = (result.errors ?? []).flatMap((error) => errorOf(error, index, key));
    return framing.change(change, cursor, key, errors);
  });
  const body = messages.length > 0 ? sent(messages.join("")) : { bytesFor: () => undefined, size: 0 };
  const cursor = changes?.pageInfo.endCursor ?? null;
  return { content: `${cursor} ${refusal?.code}`, ...body, cursor, refusal, isOutdated };
}

interface Page {
  readonly [CURSORS_ALIAS]: readonly { readonly cursor: string }[];
  readonly pageInfo: { readonly endCursor: string | null };
}

/** Returns why a response has no data; undefined if it has data. */
function refusalOf(
  { data, errors }: FormattedExecutionResult,
  status: number,
  text: string,
): Refusal | undefined {
  const [error] = errors ?? [];
  const isPartial = data && !("changes" in data);
  if (!error || isPartial) return undefined;
  const code = String(error.extensions?.code);
  return { code, message: error.message, status, text, isPassing: errorPersistence(code) !== "stays" };
}

/** Returns the error of a field of one node, with its path in that node's message. */
function errorOf(error: GraphQLFormattedError, index: number, key: string): GraphQLFormattedError[] {
  const [, , at, ...rest] = error.path ?? [];
  return at === index ? [{ ...error, path: [key, ...rest] }] : [];
}
