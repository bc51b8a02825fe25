import type { ChangesOf, DraftOf, Fields, RecordOf } from "./field.ts";
import { Forms, type Template } from "./form.ts";
import { print } from "./json.ts";
import type { Kind } from "./kind.ts";
import { type Paths, type Readable, readable, type SummaryOf, type Upstream } from "./readable.ts";
import type { CallOptions } from "./reading.ts";
import { describe, type Ref, segment } from "./ref.ts";
import { type Touches, type Writable, writable } from "./writable.ts";
import { type Outcome, write } from "./write.ts";

/** What there is to say about one kind of record; everything that can be done with it follows. */
export interface Spec<F extends Fields, S, T extends Touches> {
  /** `unit` and `units`: as messages call it. */
  readonly noun: string;
  readonly plural: string;
  readonly paths: Paths;
  /** Where a create goes, if not to the list's address. */
  readonly create?: readonly Template[];
  readonly fields: F;
  /** The fields that the list shows. */
  readonly summary: readonly S[];
  readonly touches: T;
  /** The field that Alma wants along with a new name. */
  readonly renamedWithin?: keyof F & string;
}

/** One kind of record in Alma: list, get, create, update. */
export type Resource<Summary, Detail, Draft, Changes> = Readable<Summary, Detail> & Writable<Draft, Changes>;

/** A resource, from its paths and its fields. */
export function resource<const F extends Fields, const S extends keyof F & string>(
  upstream: Upstream,
  spec: Spec<F, S, Touches>,
): Resource<SummaryOf<F, S>, RecordOf<F>, DraftOf<F>, ChangesOf<F>> {
  return { ...readable(upstream, spec), ...writable(upstream, spec) };
}

/** What the writes of a rental object touch. */
export interface RentableTouches extends Touches {
  readonly archive: readonly Kind[];
  readonly unarchive: readonly Kind[];
  readonly block: readonly Kind[];
  readonly unblock: readonly Kind[];
}

/** A rental object can also be archived and blocked. */
export interface Rentable {
  readonly touches: RentableTouches;
  /** Takes contracts with it that no unarchiving brings back (Alma: Apartments, archive). */
  archive(ref: Ref, isArchived: boolean, options: CallOptions): Promise<Outcome>;
  /** Without an end, from today. The answer says nothing about the status, which follows later (Alma: block). */
  block(ref: Ref, isBlocked: boolean, options: CallOptions): Promise<Outcome>;
}

/** A resource that can be archived and blocked, each at an address of its own below the record's. */
export function rentable<const F extends Fields, const S extends keyof F & string>(
  upstream: Upstream,
  spec: Spec<F, S, RentableTouches>,
): Resource<SummaryOf<F, S>, RecordOf<F>, DraftOf<F>, ChangesOf<F>> & Rentable {
  const { noun, paths, touches } = spec;
  const verb = (name: string, flag: string, describeIt: (value: boolean) => string) => {
    const at = (templates: readonly Template[]) =>
      new Forms(templates.map((template) => `${template}${name}/`));
    const forms = { byId: at(paths.byId), byExternalId: at(paths.byExternalId) };
    return async (ref: Ref, value: boolean, options: CallOptions): Promise<Outcome> => {
      const place = segment(noun, ref);
      const what = `${describeIt(value)} ${describe(noun, ref)}`;
      const body = print({ [flag]: value });
      const trace = () => [];
      return write(
        upstream,
        { method: "PATCH", forms: "id" in ref ? forms.byId : forms.byExternalId, place, what, body, trace },
        options,
      );
    };
  };
  return {
    ...resource(upstream, spec),
    touches,
    archive: verb("archive", "is_archived", (on) => (on ? "archiving" : "unarchiving")),
    block: verb("block", "is_blocked", (on) => (on ? "blocking" : "unblocking")),
  };
}
