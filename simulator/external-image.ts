import { fieldMessage, requestMessage } from "./http/message.ts";
import { Refusal } from "./http/refusal.ts";
import { type ApiRequest, type ApiResponse, type Route, switchableRoute } from "./http/route.ts";
import { InvalidValueError, readBody } from "./rule/field.ts";
import { text } from "./rule/field-type.ts";
import type { SimulatorContext } from "./store/context.ts";
import type { UploadedFile } from "./store/record.ts";

/**
 * `external-image/`, which Alma's document mentions without describing it. It accepts a link, which Alma fetches itself
 * (the simulator only stores it), or a multipart form with a file in a part of any name; switch `imageForm` decides.
 * The answer has the id for photos and scans.
 */
export function routes(context: SimulatorContext): Route[] {
  const { data, switches } = context;
  const parses = () => [
    ...(switches.imageForm === "multipart" ? [] : ["application/json"]),
    ...(switches.imageForm === "link" ? [] : ["multipart/form-data"]),
  ];
  const create = (request: ApiRequest): ApiResponse => {
    const type = request.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
    if (!parses().includes(type)) {
      return { status: 415, body: { detail: requestMessage.mediaType(type)[switches.language] } };
    }
    const file = type === "application/json" ? fileFromLink(request, context) : fileFromUpload(request);
    return { status: 201, body: { id: data.files.insert(file).id } };
  };
  return [switchableRoute("external-image/", () => ({ POST: create }), parses)];
}

function fileFromLink(request: ApiRequest, context: SimulatorContext): Partial<UploadedFile> {
  const { url, description } = readBody<{ url: string; description: string }>(
    { url: text("known", validateUrl), description: text("optional") },
    request.body,
    context,
  );
  const name = new URL(url ?? "").pathname.split("/").pop();
  return { url: url ?? null, description: description ?? null, name: name || "file" };
}

function validateUrl(value: string): string {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new InvalidValueError(fieldMessage.notUrl);
  return value;
}

function fileFromUpload({ uploads }: ApiRequest): Partial<UploadedFile> {
  const [upload] = uploads;
  if (!upload) throw new Refusal({ file: [fieldMessage.noFile] });
  return { name: upload.name, type: upload.type, bytes: upload.bytes };
}
