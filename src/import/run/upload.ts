import type { FastifyRequest } from "fastify";
import { BadSheet, sheetForms } from "../sheet/sheet.ts";

/** The file of a request: the body itself, or that of a form. Throws a BadSheet. */
export async function readUpload(request: FastifyRequest) {
  if (request.isMultipart()) {
    const file = await request.file();
    const ending = file?.filename.split(".").at(-1)?.toLowerCase();
    const form = [...sheetForms.values()].find((one) => one === ending);
    if (!file || !form) throw new BadSheet("has to be a file that ends in .xlsx, .csv, .json or .ndjson.");
    return { bytes: await file.toBuffer(), form };
  }
  const form = sheetForms.get((request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "");
  if (!form || !Buffer.isBuffer(request.body))
    throw new BadSheet(
      `has to come as one of ${[...sheetForms.keys()].join(", ")} (Content-Type), or as the file of a form.`,
    );
  return { bytes: request.body, form };
}
