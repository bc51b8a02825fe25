import { isSuccess } from "./answer.ts";
import type { Path } from "./codec.ts";
import { AlmaError } from "./errors.ts";
import { demanded, described, type FileForm, LINK_FIELD, type Shape } from "./file-form.ts";
import { print } from "./json.ts";
import { type FileSource, multipart, watched } from "./multipart.ts";
import type { Upstream } from "./readable.ts";
import type { CallOptions } from "./reading.ts";
import type { Request, Response } from "./send.ts";
import { type Outcome, outcomeOf, sendOnce } from "./write.ts";

const path = "external-image/";

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
  let fileField = "file";
  let asked: Promise<void> | undefined;

  const learn = (shape: Shape) => {
    fileField = shape.fileField ?? fileField;
    form = setting ?? shape.form ?? form;
  };

  const request = (method: "OPTIONS" | "POST", what: string, options: CallOptions): Request => {
    return { method, path, route: `${method} ${path}`, what, options };
  };

  const ask = async (options: CallOptions): Promise<void> => {
    const response = await upstream.send(request("OPTIONS", "how it takes files", options));
    if (isSuccess(response) && "json" in response.body) learn(described(response.body.json));
  };

  const upload = async (
    using: FileForm,
    body: NonNullable<Request["body"]>,
    options: CallOptions,
  ): Promise<Outcome> => {
    const sent = { ...request("POST", "an upload of a file", options), body };
    const response = await sendOnce(upstream, sent);
    if ("outcome" in response) return advised(response);
    const outcome = advised(outcomeOf(upstream, sent, response, trace));
    if (outcome.outcome !== "done") learn(demanded(using, response));
    else if (outcome.id === undefined) return withoutId(response);
    else learn({ form: using });
    return outcome;
  };

  return {
    async form(options) {
      if (form === undefined) {
        // Asked once; if no answer comes, the next one who wants to know asks again.
        asked ??= ask(options).catch((error) => {
          asked = undefined;
          if (!(error instanceof AlmaError)) throw error;
        });
        await asked;
      }
      return form;
    },

    link({ url, description }, options) {
      return upload("link", print({ [LINK_FIELD]: url, description }), options);
    },

    async send(file, description, options) {
      const { content, fault } = watched(file.content);
      const body = multipart({ description }, fileField, { ...file, content });
      const outcome = await upload("multipart", body, options);
      // Alma cannot have taken a form that never came to its end.
      return fault() === undefined ? outcome : { outcome: "not-done", error: brokenOff(fault()) };
    },
  };
}

function trace(place: Path): Path {
  const field = place.find((step) => step === LINK_FIELD || step === "description");
  return field === undefined ? [] : [field];
}

/** A lost upload need not be looked for: nothing refers to it yet. */
function advised(outcome: Outcome): Outcome {
  if (outcome.outcome !== "lost") return outcome;
  const { code, message } = outcome.error;
  const advice =
    "Whether the file was uploaded is not known. A second upload does no harm: at worst Alma keeps a copy that nothing uses.";
  return { ...outcome, error: new AlmaError(code, `${message} ${advice}`, { cause: outcome.error }) };
}

function brokenOff(cause: unknown): AlmaError {
  if (cause instanceof AlmaError) return cause;
  const message = "The file broke off before its end; nothing was uploaded. Send it again.";
  return new AlmaError("BAD_USER_INPUT", message, { cause });
}

/** A file whose id nobody knows is of no use to anybody. */
function withoutId({ at }: Response): Outcome {
  const message =
    "Alma took a file but did not tell its id, so that it cannot be used. Tell Alma's operator.";
  return { outcome: "lost", error: new AlmaError("ALMA_BAD_ANSWER", message), sentAt: at };
}
