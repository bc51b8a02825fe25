import { type AnsweredOperation, readFreshness } from "../../graph/index.ts";
import { privateCacheControl } from "../http/private-cache.ts";
import type { ServerContext } from "../observe/server-context.ts";
import type { Graph } from "../scope/graph.ts";
import type { OperationAnalyzer } from "../scope/operation-analysis.ts";
import { createKeptAnswer, type KeptAnswers } from "./kept-answers.ts";

/** The conditions for storing an answer, here or in its caller's cache. */
interface StoringParts {
  readonly answers: KeptAnswers;
  readonly graph: Pick<Graph, "schema" | "repeatable">;
  readonly analyzer: OperationAnalyzer;
}

/** The `extensions.alma` of kept answers. Any other key would describe the moment of the answer. */
interface KeptExtensions {
  readonly calls: number;
  readonly reused: number;
  readonly oldest: string | null;
  readonly cutByDefault?: readonly string[];
}
const keptExtensions: ReadonlySet<string> = new Set<keyof KeptExtensions>([
  "calls",
  "reused",
  "oldest",
  "cutByDefault",
]);

/**
 * Returns the `maxAge` of an answer's `@freshness` in milliseconds, and whether it depends on the caller.
 * Undefined for an answer that must not be stored: refused, incomplete or with secrets.
 */
function storableOf(
  { document, operation, request, response: { body } }: AnsweredOperation<ServerContext>,
  { analyzer, graph: { schema } }: StoringParts,
): { readonly maxAge?: number; readonly isPerCaller: boolean } | undefined {
  if (!document || !operation || body.kind !== "single" || body.singleResult.errors?.length) return undefined;
  const { requiredScopes, isPerCaller } = analyzer.analyze(document, operation);
  if (requiredScopes.has("SECRETS")) return undefined;
  return { ...readFreshness(schema, operation, request.variables), isPerCaller };
}

/**
 * A step before printing: adds `kept` to `extensions.explain`, whether the query's answer would be kept and
 * reused while nothing in it changes.
 */
export function explainKept(answered: AnsweredOperation<ServerContext>, parts: StoringParts): void {
  const { contextValue, response } = answered;
  if (response.body.kind !== "single" || !response.body.singleResult.extensions?.explain) return;
  const { extensions } = response.body.singleResult;
  const kept =
    parts.answers.isOn &&
    contextValue.answerKey !== null &&
    storableOf(answered, parts)?.isPerCaller === false &&
    parts.graph.repeatable?.(contextValue) !== undefined &&
    Object.keys(extensions.alma ?? {}).every((name) => keptExtensions.has(name));
  extensions.explain = { ...(extensions.explain as object), kept };
}

/**
 * A step after printing. Lets private caches store the response to a GET: with `@freshness(maxAge: 60)` it is
 * fresh until its oldest data is 60 s old; without it every use is revalidated, so that the next query sees a
 * write, and an unchanged response costs a 304. Keeps the answers of queries, so that the same request gets
 * the same bytes again.
 */
export function storeAnswer(answered: AnsweredOperation<ServerContext>, parts: StoringParts): void {
  const { contextValue, operation, operationName, queryHash, request, response } = answered;
  const { answerKey, text } = contextValue;
  const isGet = request.http?.method === "GET";
  const result = response.body.kind === "single" ? response.body.singleResult : undefined;
  // An explanation is about now.
  if ((!isGet && answerKey === null) || !result?.data || result.extensions?.explain) return;
  const storable = storableOf(answered, parts);
  if (!storable) return;
  const { maxAge = 0, isPerCaller } = storable;
  const { alma, ...others } = (result.extensions ?? {}) as { readonly alma?: KeptExtensions };
  if (isGet) response.http.headers.set("cache-control", privateCacheControl(maxAge, alma?.oldest));
  if (isPerCaller || answerKey === null || !text || operation?.operation !== "query" || response.http.status)
    return;
  const names = [...Object.keys(alma ?? {}), ...Object.keys(others)];
  if (!alma || names.some((name) => !keptExtensions.has(name))) return;
  const repeatable = parts.graph.repeatable?.(contextValue);
  if (repeatable?.standing() !== "current") return;
  const { oldest, cutByDefault } = alma;
  const name = operationName ?? undefined;
  const details = { repeatable, name, hash: queryHash, maxAge, oldest, cutByDefault };
  const answer = createKeptAnswer(text, details);
  if (answer) parts.answers.keep(answerKey, answer);
}
