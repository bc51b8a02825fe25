import { encodeChanges, encodeDraft, toInputPath } from "../codec/draft.ts";
import {
  type ChangesOf,
  type DraftOf,
  type Fields,
  isObject,
  type PartialOf,
  type Path,
  parseId,
  type RecordOf,
} from "../codec/field.ts";
import { isBusinessRule, type Problem } from "../codec/problem.ts";
import { describeRef, encodeRef, type Ref } from "../codec/ref.ts";
import { type AlmaError, NoResponseError, NotSentError } from "../http/errors.ts";
import { stringifyJson } from "../http/exact-json.ts";
import { type AlmaRequest, type AlmaResponse, type CallOptions, isSuccess } from "../http/send.ts";
import type { AnyDeclaration } from "./declaration.ts";
import { fillTemplate, PathVariants, variantsByRef } from "./path-variants.ts";
import { isErrorBody, problemsOf, unexplainedRefusal } from "./problems.ts";
import {
  isJsonNotFound,
  isPathMissing,
  type Readable,
  readable,
  responseError,
  type Upstream,
} from "./readable.ts";

/** One connected kind of record. Only the verbs in its declaration may be used. */
export type Resource<D extends AnyDeclaration> = Readable<PartialOf<D["fields"]>, RecordOf<D["fields"]>> &
  Writable<DraftOf<D["fields"]>, ChangesOf<D["fields"]>>;

/** Connects a kind to Alma. Nothing is sent before the first call. */
export const connect = <D extends AnyDeclaration>(
  upstream: Upstream,
  kind: string,
  declaration: D,
): Resource<D> =>
  ({
    ...readable(upstream, kind, declaration),
    ...writable(upstream, declaration),
  }) as unknown as Resource<D>;

/** The outcome of a write. It is returned, never thrown. */
export type WriteOutcome =
  /** Alma performed it. `id` is from the response to a create; `endedAt` is the clock's time of the response. */
  | { readonly outcome: "done"; readonly id?: number; readonly endedAt: number }
  /** Alma refused it. Without a status, the draft was invalid and nothing was sent. */
  | { readonly outcome: "refused"; readonly problems: readonly Problem[]; readonly status?: number }
  /**
   * It was certainly not performed: nothing was sent, or Alma was too busy, refused the API key or does not have the
   * path.
   */
  | { readonly outcome: "not-done"; readonly error: AlmaError }
  /**
   * It was sent, and it is unknown whether Alma performed it. `sentAt` is the clock's time of sending. `isOver`: Alma
   * itself has answered, so it will not perform it later.
   */
  | {
      readonly outcome: "unknown";
      readonly error: AlmaError;
      readonly sentAt: number;
      readonly isOver?: boolean;
    };

interface WriteRequest {
  readonly method: "POST" | "PATCH";
  readonly variants: PathVariants;
  /** The record's encoded path segment; undefined for a create. */
  readonly encodedRef?: string;
  readonly subject: string;
  readonly body: NonNullable<AlmaRequest["body"]>;
  readonly toInputPath: (bodyPath: Path) => Path;
  /** Returns whether the JSON of a 2xx confirms the write. By default anything but `false` does. */
  readonly isConfirmation?: (json: unknown) => boolean;
}

/** Sends a write once. After a 404 or 405, when nothing was performed, sends it to the next path variant. */
async function sendWrite(upstream: Upstream, writeRequest: WriteRequest, options: CallOptions) {
  const { method, variants, encodedRef, subject, body } = writeRequest;
  let lastOutcome: WriteOutcome | undefined;
  for (const template of variants.inOrder()) {
    const path = encodedRef === undefined ? template : fillTemplate(template, encodedRef);
    const route = `${method} ${template}`;
    const request: AlmaRequest = { method, path, route, subject, body, options, isAboutRecord: true };
    const response = await sendOnce(upstream, request);
    if ("outcome" in response) return response;
    if (isSuccess(response)) variants.confirm(template);
    const outcome = outcomeOf(upstream, request, response, writeRequest);
    if (!isPathMissing(response) || variants.isConfirmed(template)) return outcome;
    // If no variant works, a 404 of Alma itself is more informative than one of its router or a proxy.
    if (lastOutcome === undefined || isJsonNotFound(response)) lastOutcome = outcome;
  }
  return lastOutcome ?? { outcome: "refused", problems: [unexplainedRefusal] };
}

/** Returns the response to a write, or its outcome if there is none. */
export async function sendOnce(
  { send }: Upstream,
  request: AlmaRequest,
): Promise<AlmaResponse | WriteOutcome> {
  try {
    return await send(request);
  } catch (error) {
    if (error instanceof NotSentError) return { outcome: "not-done", error };
    if (!(error instanceof NoResponseError)) throw error;
    const { sentAt } = error;
    return sentAt === undefined ? { outcome: "not-done", error } : { outcome: "unknown", error, sentAt };
  }
}

/** Returns the outcome of a write from a response of any status. */
export function outcomeOf(
  upstream: Upstream,
  request: AlmaRequest,
  response: AlmaResponse,
  { toInputPath, isConfirmation }: Pick<WriteRequest, "toInputPath" | "isConfirmation">,
): WriteOutcome {
  const { status, body, sentAt, endedAt } = response;
  const refused = (problems: readonly Problem[]): WriteOutcome => ({ outcome: "refused", problems, status });
  const unknown = (): WriteOutcome => ({
    outcome: "unknown",
    error: responseError(response, request),
    sentAt,
    isOver: status === 500 || (isSuccess(response) && "json" in body),
  });
  const notDone = (): WriteOutcome => ({ outcome: "not-done", error: responseError(response, request) });

  if (isSuccess(response)) {
    // Alma documents no responses to writes, except that a block returns `true` on success (Alma: Apartments,
    // block). So a record, `true` or nothing is a success, and `false` a refusal.
    if ("text" in body) return body.text.trim() === "" ? { outcome: "done", endedAt } : unknown();
    if (body.json === false) return refused([unexplainedRefusal]);
    if (isConfirmation && !isConfirmation(body.json)) return unknown();
    const id = isObject(body.json) ? parseId(body.json.id) : undefined;
    return { outcome: "done", endedAt, id };
  }
  if (status === 401 || status === 429) return notDone();
  // A redirect may follow a write that was performed, and a timeout (408) does not say what was performed before.
  if (status >= 500 || status < 400 || status === 408) return unknown();
  if (status === 405 || (status === 404 && !isJsonNotFound(response))) return notDone();
  const problems = problemsOf(body, { toInputPath, secrets: upstream.secrets() });
  // A 403 concerns the write if Alma accepted the key before or reports a business rule; otherwise it concerns the key.
  const isAboutKey = status === 403 && !upstream.isKeyKnown();
  return isAboutKey && !problems.some(({ code }) => isBusinessRule(code)) ? notDone() : refused(problems);
}

/** The writes of one kind. A write is never repeated, and never aborted because its caller disconnects. */
export interface Writable<Draft, Changes> {
  /** The field that Alma requires with a new name, since names are unique within it. */
  readonly nameScope?: string;
  /** Returns all problems that prevent sending a draft or changes, as far as they can be found without Alma. */
  checkDraft(draft: Draft): readonly Problem[];
  checkChanges(changes: Changes): readonly Problem[];
  create(draft: Draft, options: CallOptions): Promise<WriteOutcome>;
  /** Sends the fields in `changes`; null clears. Throws BAD_USER_INPUT for a ref that no path can contain. */
  update(ref: Ref, changes: Changes, options: CallOptions): Promise<WriteOutcome>;
  /** Archives or unarchives. Contracts archived with it stay archived (Alma: Apartments, archive). */
  archive(ref: Ref, isArchived: boolean, options: CallOptions): Promise<WriteOutcome>;
  /**
   * Blocks from today without an end date, or unblocks. The status changes after the response (Alma: Apartments,
   * block).
   */
  block(ref: Ref, isBlocked: boolean, options: CallOptions): Promise<WriteOutcome>;
}

/** Connects the writes of a kind: all verbs, whether or not the kind has them. */
function writable<const F extends Fields>(
  upstream: Upstream,
  {
    noun,
    paths,
    fields,
    nameScope,
  }: Pick<AnyDeclaration, "noun" | "paths" | "nameScope"> & { readonly fields: F },
): Writable<DraftOf<F>, ChangesOf<F>> {
  // Separate from the variants of reads: a path that works for GET may not work for PATCH.
  const createVariants = new PathVariants(paths.create ?? paths.list);
  const variantsOf = variantsByRef(paths);

  const patchFlag = (
    name: string,
    flag: string,
    describeAction: (value: boolean) => string,
    isConfirmation?: (json: unknown, value: boolean) => boolean,
  ) => {
    const variantsOf = variantsByRef(paths, `${name}/`);
    return async (ref: Ref, value: boolean, options: CallOptions): Promise<WriteOutcome> => {
      return sendWrite(
        upstream,
        {
          method: "PATCH",
          variants: variantsOf(ref),
          encodedRef: encodeRef(noun, ref),
          subject: `${describeAction(value)} ${describeRef(noun, ref)}`,
          body: stringifyJson({ [flag]: value }),
          toInputPath: () => [],
          isConfirmation: isConfirmation && ((json) => isConfirmation(json, value)),
        },
        options,
      );
    };
  };
  return {
    nameScope,

    checkDraft: (draft) => encodeDraft(fields, draft).problems,
    checkChanges: (changes) => encodeChanges(fields, changes).problems,

    async create(draft, options) {
      const { body, problems } = encodeDraft(fields, draft);
      if (problems.length > 0) return { outcome: "refused", problems };
      return sendWrite(
        upstream,
        {
          method: "POST",
          variants: createVariants,
          subject: `a new ${noun}`,
          body: stringifyJson(body),
          toInputPath: toInputPath.bind(undefined, fields, draft),
        },
        options,
      );
    },

    async update(ref, changes, options) {
      const encodedRef = encodeRef(noun, ref);
      const input: Readonly<Record<string, unknown>> = changes;
      const encoded = encodeChanges(fields, input);
      const problems = [...encoded.problems];
      if (nameScope !== undefined && input.name !== undefined && input[nameScope] === undefined) {
        const message = `Alma accepts a new name of a ${noun} only together with this.`;
        problems.push({ code: "REQUIRED", message, path: [nameScope] });
      }
      if (problems.length > 0) return { outcome: "refused", problems };
      return sendWrite(
        upstream,
        {
          method: "PATCH",
          variants: variantsOf(ref),
          encodedRef,
          subject: `a change of ${describeRef(noun, ref)}`,
          body: stringifyJson(encoded.body),
          toInputPath: toInputPath.bind(undefined, fields, input),
        },
        options,
      );
    },

    archive: patchFlag("archive", "is_archived", (on) => (on ? "archiving" : "unarchiving")),
    block: patchFlag("block", "is_blocked", (on) => (on ? "blocking" : "unblocking"), confirmsBlock),
  };
}

/**
 * Returns whether the JSON of a 2xx confirms a block or its removal: `true` (Alma: Apartments, block), nothing, or an
 * object that is not an error and does not have the opposite flag. Readings do not show blocks, so for anything else
 * the outcome is unknown.
 */
function confirmsBlock(json: unknown, isBlocked: boolean) {
  if (!isObject(json)) return json === true || json === null;
  return (
    parseId(json.id) !== undefined || ((json.is_blocked ?? isBlocked) === isBlocked && !isErrorBody(json))
  );
}
