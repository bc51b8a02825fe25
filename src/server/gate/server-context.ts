import type { IncomingMessage } from "node:http";
import type { OperationHooks, OperationRequest } from "../../graph/index.ts";
import type { ReportAdmission } from "../admission/reports.ts";
import type { AdmittedRequest } from "../observe/admitted-request.ts";

/** The context of every resolver and hook: the graph's own context with the admitted request. */
export interface ServerContext {
  readonly admittedRequest: AdmittedRequest;
  readonly admission: ReportAdmission;
  readonly httpRequest: IncomingMessage;
  /** Whether another process has handed the request on. */
  readonly isHandedOn: boolean;
  /** The token of the term in which this process led when it began; undefined where it did not lead. */
  readonly term: string | undefined;
  /** The key under which the answer may be kept; null if it may not. */
  readonly answerKey: string | null;
  /** Whether it is a report, however little it asks for. */
  readonly isReport: boolean;
  /** Whether everything is checked and nothing executed. */
  readonly checksOnly: boolean;
  /** Given if the operation has been checked before Apollo Server got it: what refuses it, if anything does. */
  readonly checked: { readonly refusal?: unknown } | undefined;
}

/** The context that Apollo Server gets for an operation; `unwrapContextHooks` replaces it. */
export interface WrappedContext extends ServerContext {
  readonly graphContext: object;
  /** The persisted document to execute in place of the request's query; null if the request names none. */
  readonly document: string | null;
}

/**
 * Replaces the wrapper by the graph's own context with the admitted request, and sets a persisted document as the
 * request's query. Apollo Server gets a wrapper because it copies the properties of a context, which would break an
 * object with private state.
 */
export const unwrapContextHooks: OperationHooks<ServerContext> = {
  requestDidStart(context: { contextValue: unknown; request: OperationRequest }) {
    const wrapped = context.contextValue as WrappedContext;
    const { graphContext, document, admittedRequest, admission, httpRequest } = wrapped;
    const { isHandedOn, term, answerKey, isReport, checksOnly, checked } = wrapped;
    const own = {
      admittedRequest,
      admission,
      httpRequest,
      isHandedOn,
      term,
      answerKey,
      isReport,
      checksOnly,
      checked,
    };
    context.contextValue = Object.assign(graphContext, own satisfies ServerContext);
    if (document === null) return;
    const { persistedQuery: _, ...extensions } = context.request.extensions ?? {};
    Object.assign(context.request, { query: document, extensions });
  },
};
