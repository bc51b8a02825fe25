import type { FastifyRequest } from "fastify";
import type { Upload } from "./route.ts";

/** A request body, parsed as far as possible. */
interface RequestBody {
  readonly raw: string;
  readonly parsed: unknown;
  /** Why the JSON could not be parsed. */
  readonly parseError?: string;
  readonly uploads: readonly Upload[];
}

/** Parses a JSON or multipart body. Never throws for invalid JSON. */
export async function parseBody(request: FastifyRequest): Promise<RequestBody> {
  if (request.isMultipart()) return parseMultipart(request);
  const raw = typeof request.body === "string" ? request.body : "";
  if (raw === "") return { raw, parsed: undefined, uploads: [] };
  try {
    return { raw, parsed: JSON.parse(raw), uploads: [] };
  } catch (error) {
    return { raw, parsed: undefined, parseError: (error as Error).message, uploads: [] };
  }
}

async function parseMultipart(request: FastifyRequest): Promise<RequestBody> {
  const fields: Record<string, unknown> = {};
  const uploads: Upload[] = [];
  for await (const part of request.parts()) {
    if (part.type === "field") {
      fields[part.fieldname] = part.value;
      continue;
    }
    let bytes = 0;
    for await (const chunk of part.file) bytes += (chunk as Buffer).length;
    uploads.push({ field: part.fieldname, name: part.filename, type: part.mimetype, bytes });
  }
  return { raw: "", parsed: uploads.length > 0 ? { ...fields, uploads } : fields, uploads };
}
