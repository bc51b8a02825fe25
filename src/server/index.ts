export { createApiKey } from "./access/api-key.ts";
export { createFairSlots } from "./admission/fair-slots.ts";
export { UnreadBytes } from "./admission/quota.ts";
export { parseLimitedJson } from "./body/json-limits.ts";
export { IDLE_READER_TIME } from "./body/large-body.ts";
export { readGraphqlRequest } from "./document/graphql-request.ts";
export type { KnownDocuments } from "./document/known-documents.ts";
export { chooseEncoding } from "./http/compression.ts";
export { hasPreflightHeader, rejectCrossOrigin } from "./http/cross-origin.ts";
export { createErrorBody, disabledError, RefusedRequest, statusOfCode } from "./http/error-response.ts";
export * as gatewayAddress from "./http/gateway-address.ts";
export { preferredType } from "./http/media-type.ts";
export { etagOf, isUnmodified } from "./http/private-cache.ts";
export { createRateLimiter } from "./http/rate-limit.ts";
export { onRequestClosed } from "./http/request-closed.ts";
export { type RequestHook, throttledConfig } from "./http/route-hooks.ts";
export { type ReadLink, runKeyCommand } from "./key-command.ts";
export {
  auditedRequest,
  type InternalRequest,
  ownersOf,
  type RequestLike,
} from "./observe/admitted-request.ts";
export type { AuditedRequest } from "./observe/audit-log.ts";
export { createLog } from "./observe/create-log.ts";
export { type FatalRequestStorage, REFUSED_FOR } from "./observe/fatal-requests.ts";
export { createMetrics, type Metrics } from "./observe/metrics.ts";
export { handleProcessErrors, warnOfBlockedEventLoop } from "./observe/process-errors.ts";
export { startWatchdog } from "./observe/watchdog.ts";
export { readAsset } from "./page/asset.ts";
export { type Content, Html, html } from "./page/html.ts";
export { type Page, renderNavigation, renderProblem, sendPage, showProblem, wantsPage } from "./page/page.ts";
export type { StartPage } from "./page/page-routes.ts";
export { LeadershipLostError } from "./peer/interrupted-requests.ts";
export type { Sharing } from "./peer/peers.ts";
export { waitForTarget } from "./peer/target-process.ts";
export {
  type AddRoutes,
  createDocumentRules,
  type DocumentRules,
  type ExecuteInternally,
  type ExecuteOperation,
  type RouteParts,
  type ServerPorts,
  type TableAnswers,
} from "./route-parts.ts";
export { findRootFields } from "./scope/argument-scopes.ts";
export { findNeededScopes } from "./scope/reduced-document.ts";
export { type Caller, parseScopes, requireScopes, type Scope, scopes, scopesText } from "./scope/scope.ts";
export { createServer, type ServerOptions } from "./server.ts";
export { findSettingFileErrors } from "./setting-files.ts";
