export {
  type AnsweredOperation,
  type OperationRequest,
  type ResolvedOperation,
  readFreshness,
  type SingleResponse,
} from "./answer/answer-steps.ts";
export { badInput } from "./argument/bad-input.ts";
export { type PageInfo, parsePageSize } from "./argument/page.ts";
export { kindByName, kindName } from "./argument/ref.ts";
export type { JsonValue } from "./argument/scalar.ts";
export {
  buildExecutableSchema,
  type ExecutableSchema,
  type GraphExtension,
} from "./executable-schema.ts";
export { withheldName, withholdField } from "./execution/collect-fields.ts";
export {
  coerceArguments,
  coerceVariables,
  fragmentsOf,
  isOmitted,
  readDirective,
} from "./execution/operation-info.ts";
export { createGraph, type Graph, type WriteServiceOptions } from "./graph.ts";
export { joinFirst } from "./input/conflicting-contracts.ts";
export { checkInput } from "./input/input-checks.ts";
export type { GuardedComparison } from "./input/input-refs.ts";
export { isOfClient, type NamesByBitrixId, type NamesClient, readNames } from "./input/named-client.ts";
export { COVERAGE_FIELDS, stateOn } from "./letting/contract-state.ts";
export { RENT_FIELDS } from "./letting/rent-field.ts";
export {
  addPartialDataError,
  findUndecidable,
  loadAll,
  malformedEntriesError,
  partialDataError,
} from "./member/partial-data.ts";
export { currentOperation } from "./metering/current-operation.ts";
export { Meter, type Steps } from "./metering/meter.ts";
export { mapPromiseOrValue, type PromiseOrValue } from "./metering/promise-or-value.ts";
export * as inSteps from "./metering/steps.ts";
export { nextTurn } from "./metering/turn.ts";
export { idempotencyKeyProblem, runIdempotent } from "./mutation/run-idempotent.ts";
export { uploadFromUrl } from "./mutation/upload-from-url.ts";
export { JsonText } from "./output/json-text.ts";
export { createRecordWriter } from "./record-writer.ts";
export * from "./rent/day.ts";
export { coverageOf, rentTermsOf } from "./rent/rent.ts";
export type { ComputedField } from "./resolver/computed-field.ts";
export { type CacheInfo, type GraphContext, recordTruncation } from "./resolver/context.ts";
export { type AnnotatedElement, type ScopeByField, scopesOf } from "./resolver/field-scope.ts";
export type { FileLinks, StopSignal } from "./resolver/graph-request.ts";
export type { Inject, InjectionKey } from "./resolver/graph-settings.ts";
export type { FindOtherCatalog, IsFollowed, OtherCatalog } from "./resolver/other-catalog.ts";
export type { RowsRequest } from "./resolver/rows-request.ts";
export { readDescriptions, readFieldScopes, readTypeDefs } from "./type-defs.ts";
export type { MutationResult } from "./write/mutation-result.ts";
export { type UserError, userError } from "./write/user-error.ts";
export type { InputFields } from "./write/write.ts";
export type { WriteContext } from "./write/write-context.ts";
