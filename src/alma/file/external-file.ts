import { isObject, type Path } from "../codec/field.ts";
import { AlmaError } from "../http/errors.ts";
import { stringifyJson } from "../http/exact-json.ts";
import type { AlmaRequest, AlmaResponse, CallOptions } from "../http/send.ts";
import type { Upstream } from "../resource/readable.ts";
import { classify } from "../resource/wording.ts";
import { outcomeOf, sendOnce, type WriteOutcome } from "../resource/writable.ts";
import { InvalidFileError } from "./file-content.ts";
import { type FileSource, multipart } from "./multipart.ts";

/**
 * How Alma accepts a file: as a link that it fetches, `{"url", "description"}`, or in a multipart form. Its document
 * mentions the endpoint without describing it (Alma: Apartments, photos).
 */
export type FileForm = "link" | "multipart";

/** The form of uploads, as far as a response shows it. */
interface FormHint {
  readonly form?: FileForm;
  /** The multipart field of the file. */
  readonly fileField?: string;
}

/** The field of the link, in the link form. */
const LINK_FIELD = "url";

/**
 * Infers the form from a refusal: an unsupported media type, or a missing field that only the other form has.
 */
function formFromRefusal(sentForm: FileForm, { status, body }: AlmaResponse): FormHint {
  if (status === 415) return { form: sentForm === "link" ? "multipart" : "link" };
  if (status !== 400 || !("json" in body) || !isObject(body.json)) return {};
  const refusedFields = Object.keys(body.json);
  if (sentForm === "multipart") return refusedFields.includes(LINK_FIELD) ? { form: "link" } : {};
  // An error about the link itself does not mean that Alma expects the other form.
  if (refusedFields.includes(LINK_FIELD)) return {};
  // Nor does an error about the file that Alma fetched, such as its size.
  const missingField = Object.entries(body.json).find(
    ([field, errors]) =>
      /file|image|photo|picture/.test(field) && classify(JSON.stringify(errors)) === "REQUIRED",
  )?.[0];
  return missingField === undefined ? {} : { form: "multipart", fileField: missingField };
}

const path = "external-image/";

/** The URL of a file, with a description. */
export interface LinkInput {
  readonly url: string;
  readonly description: string;
}

/** Uploads to Alma. The returned id is used for photos and scans. */
export type ExternalFiles = ReturnType<typeof createExternalFiles>;

/** Connects the endpoint `external-image/`. */
export function createExternalFiles(upstream: Upstream, setting: FileForm | undefined) {
  let form = setting;
  let fileField = "file";

  const learnFrom = (shape: FormHint) => {
    fileField = shape.fileField ?? fileField;
    form = setting ?? shape.form ?? form;
  };

  const upload = async (
    sentForm: FileForm,
    body: NonNullable<AlmaRequest["body"]>,
    options: CallOptions,
  ): Promise<WriteOutcome> => {
    const sent: AlmaRequest = {
      method: "POST",
      path,
      route: `POST ${path}`,
      subject: "an upload of a file",
      body,
      options,
    };
    const response = await sendOnce(upstream, sent);
    if ("outcome" in response) return withAdvice(response);
    if (response.status === 413) return { outcome: "not-done", error: tooLarge(sentForm) };
    const outcome = withAdvice(outcomeOf(upstream, sent, response, { toInputPath }));
    if (outcome.outcome !== "done") learnFrom(formFromRefusal(sentForm, response));
    else if (outcome.id === undefined) return missingId(response);
    else learnFrom({ form: sentForm });
    return outcome;
  };

  return {
    /** Returns the form that Alma accepts: by the setting or by an upload; undefined while it is unknown. */
    form: () => form,

    /** Sends a link, which Alma fetches. If Alma refuses the form, `form` returns the other one from then on. */
    sendLink({ url, description }: LinkInput, options: CallOptions) {
      return upload("link", stringifyJson({ [LINK_FIELD]: url, description }), options);
    },

    /** Streams a file. If Alma refuses the form, `form` returns the other one from then on. */
    async sendFile(file: FileSource, description: string, options: CallOptions): Promise<WriteOutcome> {
      let readError: AlmaError | undefined;
      async function* content() {
        try {
          yield* file.content;
        } catch (error) {
          readError = incompleteUpload(error);
          throw error;
        }
      }
      const body = multipart({ description }, fileField, { ...file, content: content() });
      const outcome = await upload("multipart", body, options);
      // Alma cannot have accepted a form that was not sent completely.
      return readError ? { outcome: "not-done", error: readError } : outcome;
    },
  };
}

function toInputPath(bodyPath: Path): Path {
  const field = bodyPath.find((step) => step === LINK_FIELD || step === "description");
  return field === undefined ? [] : [field];
}

/**
 * Adds advice to an outcome. Nothing refers to a file before its id is known, so an upload of unknown outcome may be
 * repeated.
 */
function withAdvice(outcome: WriteOutcome): WriteOutcome {
  if (outcome.outcome !== "unknown") return outcome;
  const { code, message } = outcome.error;
  const advice =
    "It is unknown whether the file was uploaded: Alma may cut off a file that is too large without an answer. A second upload does " +
    "no harm: at worst Alma keeps a copy that nothing uses.";
  return { ...outcome, error: new AlmaError(code, `${message} ${advice}`, { cause: outcome.error }) };
}

/** Creates the error for a 413, which may come from a proxy such as nginx without a reason. */
function tooLarge(form: FileForm) {
  const subject = form === "link" ? "The file at the link" : "The file";
  return new InvalidFileError(
    "too-large",
    `${subject} is too large for Alma or for a proxy before it (413); nothing was uploaded. Send a smaller file, or ask ` +
      "the operator what Alma accepts.",
  );
}

function incompleteUpload(cause: unknown) {
  if (cause instanceof AlmaError) return cause;
  const message = "The file was interrupted; nothing was uploaded. Send it again.";
  return new AlmaError("BAD_USER_INPUT", message, { cause });
}

/** Returns the outcome if Alma accepted a file without returning an id. */
function missingId({ sentAt }: AlmaResponse): WriteOutcome {
  const message = "Alma accepted a file but returned no id, so it cannot be used. Tell Alma's operator.";
  return { outcome: "unknown", error: new AlmaError("ALMA_BAD_ANSWER", message), sentAt };
}
