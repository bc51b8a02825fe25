import { stringifyJson } from "../http/json.ts";
import type { CallOptions } from "../http/reading.ts";
import type { Kind } from "../kind.ts";
import type { ChangesOf, DraftOf, Fields, RecordOf } from "../record/field.ts";
import { describeRef, encodeRef, type Ref } from "../record/ref.ts";
import { type PathTemplate, PathVariants } from "./path-variants.ts";
import { type Paths, type Readable, readable, type SummaryOf, type Upstream } from "./readable.ts";
import { type AffectedKinds, type Writable, writable } from "./writable.ts";
import { type Outcome, sendWrite } from "./write.ts";

/** What there is to say about one kind of record; everything that can be done with it follows. */
export interface ResourceSpec<F extends Fields, S, T extends AffectedKinds> {
  /** `unit` and `units`: as messages call it. */
  readonly noun: string;
  readonly plural: string;
  readonly paths: Paths;
  /** Where a create goes, if not to the list's address. */
  readonly create?: readonly PathTemplate[];
  readonly fields: F;
  /** The fields that the list shows. */
  readonly summary: readonly S[];
  readonly affects: T;
  /** The field that Alma wants along with a new name. */
  readonly nameScope?: keyof F & string;
}

/** One kind of record in Alma: list, get, create, update. */
export type Resource<Summary, Detail, Draft, Changes> = Readable<Summary, Detail> & Writable<Draft, Changes>;

/** A resource, from its paths and its fields. */
export function resource<const F extends Fields, const S extends keyof F & string>(
  upstream: Upstream,
  spec: ResourceSpec<F, S, AffectedKinds>,
): Resource<SummaryOf<F, S>, RecordOf<F>, DraftOf<F>, ChangesOf<F>> {
  return { ...readable(upstream, spec), ...writable(upstream, spec) };
}

/** What the writes of a rental object touch. */
export interface RentableAffects extends AffectedKinds {
  readonly archive: readonly Kind[];
  readonly unarchive: readonly Kind[];
  readonly block: readonly Kind[];
  readonly unblock: readonly Kind[];
}

/** A rental object can also be archived and blocked. */
export interface Rentable {
  readonly affects: RentableAffects;
  /** Takes contracts with it that no unarchiving brings back (Alma: Apartments, archive). */
  archive(ref: Ref, isArchived: boolean, options: CallOptions): Promise<Outcome>;
  /** Without an end, from today. The answer says nothing about the status, which follows later (Alma: block). */
  block(ref: Ref, isBlocked: boolean, options: CallOptions): Promise<Outcome>;
}

/** A resource that can be archived and blocked, each at an address of its own below the record's. */
export function rentable<const F extends Fields, const S extends keyof F & string>(
  upstream: Upstream,
  spec: ResourceSpec<F, S, RentableAffects>,
): Resource<SummaryOf<F, S>, RecordOf<F>, DraftOf<F>, ChangesOf<F>> & Rentable {
  const { noun, paths, affects } = spec;
  const patchFlag = (name: string, flag: string, describeAction: (value: boolean) => string) => {
    const variantsOf = (templates: readonly PathTemplate[]) =>
      new PathVariants(templates.map((template) => `${template}${name}/`));
    const variants = { byId: variantsOf(paths.byId), byExternalId: variantsOf(paths.byExternalId) };
    return async (ref: Ref, value: boolean, options: CallOptions): Promise<Outcome> => {
      const encodedRef = encodeRef(noun, ref);
      const subject = `${describeAction(value)} ${describeRef(noun, ref)}`;
      const body = stringifyJson({ [flag]: value });
      const toInputPath = () => [];
      return sendWrite(
        upstream,
        {
          method: "PATCH",
          variants: "id" in ref ? variants.byId : variants.byExternalId,
          encodedRef,
          subject,
          body,
          toInputPath,
        },
        options,
      );
    };
  };
  return {
    ...resource(upstream, spec),
    affects,
    archive: patchFlag("archive", "is_archived", (on) => (on ? "archiving" : "unarchiving")),
    block: patchFlag("block", "is_blocked", (on) => (on ? "blocking" : "unblocking")),
  };
}
