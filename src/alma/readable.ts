import { failure, isJsonNotFound, isSuccess, jsonOf } from "./answer.ts";
import { AlmaError } from "./errors.ts";
import { type Decoder, decoder, type Fields, partDecoder, type RecordOf } from "./field.ts";
import { Forms, fill, type Template } from "./form.ts";
import { listing } from "./listing.ts";
import type { CallOptions, Listing, Lookup, Reading } from "./reading.ts";
import { describe, isPlain, type Ref, segment } from "./ref.ts";
import type { Request, Response, Send } from "./send.ts";
import { heeding, type Unheard } from "./vocabulary.ts";

/** What every resource is made with. */
export interface Upstream {
  readonly send: Send;
  /** Told of each field that Alma answers and no table knows. */
  readonly onStrange: (kind: string, field: string) => void;
  /** Told of each word that Alma answers and its document does not show. */
  readonly onNovelty: (found: Unheard) => void;
  /** Whether Alma has answered 2xx in this process, so that the key is a good one. */
  readonly isKeyKnown: () => boolean;
  /** What no caller may see: Alma's host, the key. */
  readonly secrets: readonly string[];
}

/** Where a resource is to be found, each path below ALMA_URL; if it may be in several places, the printed one first. */
export interface Paths {
  readonly list: readonly Template[];
  readonly byId: readonly Template[];
  readonly byExternalId: readonly Template[];
}

/** One kind of record in Alma, for reading. */
export interface Readable<Summary, Detail> {
  /** `unit`: as messages call it. */
  readonly noun: string;
  /** Every record that Alma's list names, in Alma's order. Throws AlmaError. */
  list(options: CallOptions): Promise<Reading<Listing<Summary>>>;
  /** One record. Throws AlmaError; BAD_USER_INPUT, before any call, for a ref that no path can carry. */
  get(ref: Ref, options: CallOptions): Promise<Lookup<Detail>>;
}

/** What a list shows of a record; a field that an entry leaves out is undefined. */
export type SummaryOf<F extends Fields, S> = { readonly id: number } & {
  readonly [K in S & keyof RecordOf<F>]: RecordOf<F>[K] | undefined;
};

/** The usual places of a resource: `base/`, `base/{id}/` and `base/external_id/{bx}/`, for each base. */
export function under(...bases: readonly string[]): Paths {
  return {
    list: bases.map((base) => `${base}/`),
    byId: bases.map((base) => `${base}/{id}/`),
    byExternalId: bases.map((base) => `${base}/external_id/{bx}/`),
  };
}

/** The reading side of a resource: its paths, and which of its fields the list shows. */
export function readable<const F extends Fields, const S extends keyof F & string>(
  { send, onStrange, onNovelty }: Upstream,
  {
    noun,
    plural,
    paths,
    fields,
    summary,
  }: {
    noun: string;
    plural: string;
    paths: Paths;
    fields: F;
    summary: readonly S[];
  },
): Readable<SummaryOf<F, S>, RecordOf<F>> {
  const forms = {
    list: new Forms(paths.list),
    byId: new Forms(paths.byId),
    byExternalId: new Forms(paths.byExternalId),
  };
  const shown = Object.fromEntries(Object.entries(fields).filter(([name]) => summary.includes(name as S)));
  const decodeSummary = heeding(noun, partDecoder(shown) as unknown as Decoder<SummaryOf<F, S>>, onNovelty);
  const decodeDetail = heeding(noun, decoder(fields), onNovelty);
  const strange = (field: string) => onStrange(noun, field);

  return {
    noun,

    async list(options) {
      const what = `the list of ${plural}`;
      let refused: AlmaError | undefined;
      for (const template of forms.list.inOrder()) {
        const request = get(template, template, what, options, true);
        const response = await send(request);
        if (isAbsent(response)) {
          refused ??= failure(response, request);
          continue;
        }
        const value = listing(jsonOf(response, request), what, decodeSummary, strange);
        forms.list.prove(template);
        return { at: response.at, value };
      }
      throw refused;
    },

    async get(ref, options) {
      const places = "id" in ref ? forms.byId : forms.byExternalId;
      const what = describe(noun, ref);
      const place = segment(noun, ref);
      let at = 0;
      for (const template of places.inOrder()) {
        const request = get(template, fill(template, place), what, options);
        const response = await send(request);
        at = response.at;
        if (!isAbsent(response)) {
          const found = decodeDetail(jsonOf(response, request), strange);
          if (found === undefined || ("id" in ref && found.record.id !== ref.id)) throw another(what);
          places.prove(template);
          return { at, found, decided: true };
        }
        // Only from an address that is known to work does "not found" mean the record.
        const known = places.single || places.isProven(template);
        if (known && isJsonNotFound(response)) return { at, decided: isPlain(ref) };
      }
      return { at, decided: false };
    },
  };
}

function get(template: Template, path: string, what: string, options: CallOptions, long = false): Request {
  return { method: "GET", path, route: `GET ${template}`, what, options, long };
}

/** Whether an answer may mean that the form of the path is a wrong one. */
function isAbsent(response: Response): boolean {
  return !isSuccess(response) && (response.status === 404 || response.status === 405);
}

function another(what: string): AlmaError {
  return new AlmaError(
    "ALMA_BAD_ANSWER",
    `Alma was asked for ${what} and answered with something else. Try again; if it stays so, tell Alma's operator.`,
  );
}
