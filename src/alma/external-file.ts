import { isSuccess } from "./answer.ts";
import type { Path } from "./codec.ts";
import { AlmaError } from "./errors.ts";
import { isObject } from "./field.ts";
import { print } from "./json.ts";
import { type FileSource, multipart } from "./multipart.ts";
import type { Upstream } from "./readable.ts";
import type { CallOptions } from "./reading.ts";
import type { Request, Response } from "./send.ts";
import { type Outcome, outcomeOf, sendOnce } from "./write.ts";

/**
 * How Alma takes a file: as a link that it fetches itself, `{"url", "description"}`, or as a multipart form. Its document
 * mentions the address without describing it (Alma: Apartments, photos).
 */
export type FileForm = "link" | "multipart";

const path = "external-image/";
const LINK_FIELD = "url";
const FILE_FIELD = "file";

/** Uploads: the id that Alma answers is used in photos and scans. */
export interface ExternalFiles {
  /** Which form Alma takes: the setting, or what its OPTIONS or an upload has shown; undefined if still unknown. */
  form(options: CallOptions): Promise<FileForm | undefined>;
  /** Gives Alma a link. If refused for its form, `form` tells of the other one from then on. */
  link(input: { readonly url: string; readonly description: string }, options: CallOptions): Promise<Outcome>;
  /** Streams a file to Alma. If refused for its form, `form` tells of the other one from then on. */
  send(file: FileSource, description: string, options: CallOptions): Promise<Outcome>;
}

/** `external-image/`, in either form. Without a setting no upload is ever made just to find out. */
export function externalFiles(upstream: Upstream, setting: FileForm | undefined): ExternalFiles {
  let form = setting;
  let fileField = FILE_FIELD;
  let asked: Promise<void> | undefined;

  const learn = (shape: Shape) => {
    if (shape.fileField !== undefined) fileField = shape.fileField;
    if (setting === undefined && shape.form !== undefined) form = shape.form;
  };

  const ask = async (options: CallOptions): Promise<void> => {
    const request: Request = {
      method: "OPTIONS",
      path,
      route: `OPTIONS ${path}`,
      what: "how it takes files",
      options,
    };
    const response = await sendOnce(upstream, request);
    if ("outcome" in response)
      throw "error" in response ? response.error : new AlmaError("ALMA_UNAVAILABLE", "");
    if (isSuccess(response) && "json" in response.body) learn(described(response.body.json));
  };

  const upload = async (
    using: FileForm,
    body: NonNullable<Request["body"]>,
    options: CallOptions,
  ): Promise<Outcome> => {
    const request: Request = {
      method: "POST",
      path,
      route: `POST ${path}`,
      what: "an upload of a file",
      body,
      options,
    };
    const response = await sendOnce(upstream, request);
    if ("outcome" in response) return response;
    const outcome = outcomeOf(upstream, request, response, trace);
    if (outcome.outcome === "done") {
      if (setting === undefined) form = using;
      return outcome.id === undefined ? withoutId(response) : outcome;
    }
    learn(demanded(using, response));
    return outcome;
  };

  return {
    async form(options) {
      if (form === undefined) {
        // Asked once; if that fails, the next one who wants to know asks again.
        asked ??= ask(options).catch(() => {
          asked = undefined;
        });
        await asked;
      }
      return form;
    },
    link: ({ url, description }, options) =>
      upload("link", print({ [LINK_FIELD]: url, description }), options),
    send: (file, description, options) =>
      upload("multipart", multipart({ description }, fileField, file), options),
  };
}

interface Shape {
  readonly form?: FileForm;
  readonly fileField?: string;
}

/** What the metadata that Django REST Framework answers to OPTIONS says: fields by type, or else media types. */
function described(json: unknown): Shape {
  if (!isObject(json)) return {};
  const fields =
    isObject(json.actions) && isObject(json.actions.POST) ? Object.entries(json.actions.POST) : [];
  const file = fields.find(([, field]) => isObject(field) && /upload/.test(String(field.type)));
  if (file !== undefined) return { form: "multipart", fileField: file[0] };
  if (fields.some(([name]) => name === LINK_FIELD)) return { form: "link" };
  if (!Array.isArray(json.parses)) return {};
  const takes = (type: string) => (json.parses as unknown[]).includes(type);
  if (takes("application/json") === takes("multipart/form-data")) return {};
  return { form: takes("application/json") ? "link" : "multipart" };
}

/** What a refusal says about the form: a media type that is not taken, or a field of the other form that is missed. */
function demanded(using: FileForm, { status, body }: Response): Shape {
  if (status === 415) return { form: using === "link" ? "multipart" : "link" };
  if (status !== 400 || !("json" in body) || !isObject(body.json)) return {};
  const complaints = Object.keys(body.json);
  if (using === "multipart") return complaints.includes(LINK_FIELD) ? { form: "link" } : {};
  const missed = complaints.find((field) => /file|image|photo|picture/.test(field));
  return missed === undefined ? {} : { form: "multipart", fileField: missed };
}

function trace(place: Path): Path {
  const field = place.find((step) => typeof step === "string");
  return field === LINK_FIELD || field === "description" ? [field] : [];
}

/** A file whose id nobody knows is of no use to anybody. */
function withoutId({ at }: Response): Outcome {
  const message =
    "Alma took a file but did not tell its id, so that it cannot be used. Tell Alma's operator.";
  return { outcome: "lost", error: new AlmaError("ALMA_BAD_ANSWER", message), sentAt: at };
}
