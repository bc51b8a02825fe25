import { type EncodeResult, encodeChanges, encodeDraft, toInputPath } from "../codec/draft.ts";
import { type ChangesOf, type DraftOf, type Fields, isObject, parseId } from "../codec/field.ts";
import type { Problem } from "../codec/problem.ts";
import { describeRef, encodeRef, type Ref } from "../codec/ref.ts";
import { stringifyJson } from "../http/json.ts";
import type { CallOptions } from "../http/send.ts";
import type { AnyDeclaration } from "./declaration.ts";
import { type PathTemplate, PathVariants } from "./path-variants.ts";
import type { Upstream } from "./readable.ts";
import { isErrorBody } from "./refusal.ts";
import { type Outcome, sendWrite } from "./write.ts";

/** The writes of one kind. A write is never repeated, and never aborted because its caller left. */
export interface Writable<Draft, Changes> {
  /** The field that Alma requires along with a new name, since names are unique within it. */
  readonly nameScope?: string;
  /** All problems because of which a draft, or changes, cannot be sent, as far as they can be found without Alma. */
  checkDraft(draft: Draft): readonly Problem[];
  checkChanges(changes: Changes): readonly Problem[];
  create(draft: Draft, options: CallOptions): Promise<Outcome>;
  /** Sends what `changes` has; null clears. Throws BAD_USER_INPUT for a ref that no path can carry. */
  update(ref: Ref, changes: Changes, options: CallOptions): Promise<Outcome>;
  /** Archives or unarchives. Contracts that were archived along with it stay archived (Alma: Apartments, archive). */
  archive(ref: Ref, isArchived: boolean, options: CallOptions): Promise<Outcome>;
  /** Blocks from today without an end, or unblocks. The status changes after the response (Alma: Apartments, block). */
  block(ref: Ref, isBlocked: boolean, options: CallOptions): Promise<Outcome>;
}

/** Connects the writes of a kind: all of Alma's verbs, whether or not the kind has them. */
export function writable<const F extends Fields>(
  upstream: Upstream,
  {
    noun,
    paths,
    fields,
    nameScope,
  }: Pick<AnyDeclaration, "noun" | "paths" | "nameScope"> & { readonly fields: F },
): Writable<DraftOf<F>, ChangesOf<F>> {
  // Separate from the variants of reads: a path that works for GET may not work for PATCH.
  const variants = {
    create: new PathVariants(paths.create ?? paths.list),
    byId: new PathVariants(paths.byId),
    byExternalId: new PathVariants(paths.byExternalId),
  };

  const patchFlag = (
    name: string,
    flag: string,
    describeAction: (value: boolean) => string,
    isConfirmation?: (json: unknown, value: boolean) => boolean,
  ) => {
    const variantsOf = (templates: readonly PathTemplate[]) =>
      new PathVariants(templates.map((template) => `${template}${name}/`));
    const variants = { byId: variantsOf(paths.byId), byExternalId: variantsOf(paths.byExternalId) };
    return async (ref: Ref, value: boolean, options: CallOptions): Promise<Outcome> => {
      return sendWrite(
        upstream,
        {
          method: "PATCH",
          variants: "id" in ref ? variants.byId : variants.byExternalId,
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

    checkDraft: (draft) => problemsIn(encodeDraft(fields, draft)),
    checkChanges: (changes) => problemsIn(encodeChanges(fields, changes)),

    async create(draft, options) {
      const encoded = encodeDraft(fields, draft);
      if ("problems" in encoded) return { outcome: "refused", problems: encoded.problems };
      return sendWrite(
        upstream,
        {
          method: "POST",
          variants: variants.create,
          subject: `a new ${noun}`,
          body: stringifyJson(encoded.body),
          toInputPath: toInputPath.bind(undefined, fields, draft),
        },
        options,
      );
    },

    async update(ref, changes, options) {
      const encodedRef = encodeRef(noun, ref);
      const input: Readonly<Record<string, unknown>> = changes;
      const encoded = encodeChanges(fields, input);
      const problems = [...problemsIn(encoded)];
      if (nameScope !== undefined && input.name !== undefined && input[nameScope] === undefined) {
        const message = `Alma takes a new name of a ${noun} only along with this.`;
        problems.push({ code: "REQUIRED", message, path: [nameScope] });
      }
      if ("problems" in encoded || problems.length > 0) return { outcome: "refused", problems };
      return sendWrite(
        upstream,
        {
          method: "PATCH",
          variants: "id" in ref ? variants.byId : variants.byExternalId,
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
 * Whether the JSON of a 2xx says that a block was made or removed: `true` (Alma: Apartments, block), nothing, or an
 * object that is no error and does not have the opposite flag. No reading shows a block, so that anything else leaves
 * its outcome unknown.
 */
function confirmsBlock(json: unknown, isBlocked: boolean): boolean {
  if (!isObject(json)) return json === true || json === null;
  return (
    parseId(json.id) !== undefined || ((json.is_blocked ?? isBlocked) === isBlocked && !isErrorBody(json))
  );
}

function problemsIn(encoded: EncodeResult): readonly Problem[] {
  return "problems" in encoded ? encoded.problems : [];
}
