import { type Answer, type Asked, changingPath, type Path } from "./answer.ts";
import { Invalid, readBody } from "./field.ts";
import { fieldMessage, requestMessage } from "./message.ts";
import type { File } from "./record.ts";
import { Refusal } from "./refusal.ts";
import { text } from "./value.ts";
import type { World } from "./world.ts";

/**
 * `external-image/`, which the source mentions and does not describe. It takes a link, which Alma fetches by itself
 * (the stand-in only notes it), or a file in a multipart body, in a part of any name; which of them is a switch.
 * Answered with the id to use in photos and scans.
 */
export function externalImagePaths(world: World): Path[] {
  const { data, switches } = world;
  const parses = () => [
    ...(switches.imageForm === "multipart" ? [] : ["application/json"]),
    ...(switches.imageForm === "link" ? [] : ["multipart/form-data"]),
  ];
  const create = (asked: Asked): Answer => {
    const type = asked.contentType.split(";")[0]?.trim().toLowerCase() ?? "";
    if (!parses().includes(type)) {
      return { status: 415, body: { detail: requestMessage.mediaType(type)[switches.language] } };
    }
    const file = type === "application/json" ? fromLink(asked, world) : fromUpload(asked);
    return { status: 201, body: { id: data.files.insert(file).id } };
  };
  return [changingPath("external-image/", () => ({ POST: create }), parses)];
}

function fromLink(asked: Asked, world: World): Partial<File> {
  const { url, description } = readBody<{ url: string; description: string }>(
    { url: text("known", webAddress), description: text("optional") },
    asked.body,
    world,
  );
  const name = new URL(url ?? "").pathname.split("/").pop();
  return { url: url ?? null, description: description ?? null, name: name || "file" };
}

function webAddress(value: string): string {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol))
    throw new Invalid(fieldMessage.notUrl);
  return value;
}

function fromUpload({ uploads }: Asked): Partial<File> {
  const [upload] = uploads;
  if (!upload) throw new Refusal({ file: [fieldMessage.noFile] });
  return { name: upload.name, type: upload.type, bytes: upload.bytes };
}
