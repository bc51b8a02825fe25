import { type Encoded, encodeChanges, encodeDraft, trace } from "./draft.ts";
import type { ChangesOf, DraftOf, Fields } from "./field.ts";
import { Forms, type Template } from "./form.ts";
import { print } from "./json.ts";
import type { Kind } from "./kind.ts";
import type { Problem } from "./problem.ts";
import type { Paths, Upstream } from "./readable.ts";
import type { CallOptions } from "./reading.ts";
import { describe, type Ref, segment } from "./ref.ts";
import { type Outcome, write } from "./write.ts";

/**
 * Which kinds of records a write may change beside the one that it names: those under it and those above it that are
 * tied to it.
 */
export interface Touches {
  readonly create: readonly Kind[];
  readonly update: readonly Kind[];
}

/** One kind of record in Alma, for writing. Nothing sent is ever repeated, or ended because its caller left. */
export interface Writable<Draft, Changes> {
  readonly touches: Touches;
  /** The field that Alma wants along with a new name: names are unique within it. */
  readonly renamedWithin?: string;
  /** Everything that keeps a draft, or changes, from being sent, as far as that shows without Alma. */
  checkDraft(draft: Draft): readonly Problem[];
  checkChanges(changes: Changes): readonly Problem[];
  create(draft: Draft, options: CallOptions): Promise<Outcome>;
  /** Sends what `changes` has; null clears. Throws BAD_USER_INPUT for a ref that no path can carry. */
  update(ref: Ref, changes: Changes, options: CallOptions): Promise<Outcome>;
}

/** The writing side of a resource. */
export function writable<const F extends Fields>(
  upstream: Upstream,
  {
    noun,
    paths,
    create = paths.list,
    fields,
    touches,
    renamedWithin,
  }: {
    noun: string;
    paths: Paths;
    /** Where a create goes, if not to the list's address. */
    create?: readonly Template[];
    fields: F;
    touches: Touches;
    renamedWithin?: keyof F & string;
  },
): Writable<DraftOf<F>, ChangesOf<F>> {
  // Apart from the reads' forms: that one method works at an address proves nothing about another.
  const forms = {
    create: new Forms(create),
    byId: new Forms(paths.byId),
    byExternalId: new Forms(paths.byExternalId),
  };

  return {
    touches,
    ...(renamedWithin === undefined ? {} : { renamedWithin }),

    checkDraft: (draft) => problemsIn(encodeDraft(fields, draft)),
    checkChanges: (changes) => problemsIn(encodeChanges(fields, changes)),

    async create(draft, options) {
      const encoded = encodeDraft(fields, draft);
      if ("problems" in encoded) return { outcome: "refused", problems: encoded.problems };
      const what = `a new ${noun}`;
      const back = trace.bind(undefined, fields, draft);
      return write(
        upstream,
        { method: "POST", forms: forms.create, what, body: print(encoded.body), trace: back },
        options,
      );
    },

    async update(ref, changes, options) {
      const place = segment(noun, ref);
      const given: Readonly<Record<string, unknown>> = changes;
      const encoded = encodeChanges(fields, given);
      const problems = [...problemsIn(encoded)];
      if (renamedWithin !== undefined && given.name !== undefined && given[renamedWithin] === undefined) {
        const message = `Alma takes a new name of a ${noun} only along with this.`;
        problems.push({ code: "REQUIRED", message, path: [renamedWithin] });
      }
      if ("problems" in encoded || problems.length > 0) return { outcome: "refused", problems };
      return write(
        upstream,
        {
          method: "PATCH",
          forms: "id" in ref ? forms.byId : forms.byExternalId,
          place,
          what: `a change of ${describe(noun, ref)}`,
          body: print(encoded.body),
          trace: trace.bind(undefined, fields, given),
        },
        options,
      );
    },
  };
}

function problemsIn(encoded: Encoded): readonly Problem[] {
  return "problems" in encoded ? encoded.problems : [];
}
