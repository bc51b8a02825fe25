import type { FastifyRequest } from "fastify";
import { BadSheet, type SheetForm, sheetForms } from "../sheet/sheet.ts";

/** The file of a request: the body itself, or that of a form. Throws a BadSheet. */
export async function readUpload(
  request: FastifyRequest,
): Promise<{ readonly bytes: Buffer; readonly form: SheetForm }> {
  if (request.isMultipart()) {
    const file = await request.file();
    const ending = file?.filename.split(".").at(-1)?.toLowerCase() ?? "";
    if (!file || !(ending in sheetForms))
      throw new BadSheet("has to be a file that ends in .xlsx, .csv, .json or .ndjson.");
    // Safe: it was looked up.
    return { bytes: await file.toBuffer(), form: ending as SheetForm };
  }
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim() ?? "";
  const form = (Object.keys(sheetForms) as SheetForm[]).find((one) =>
    (sheetForms[one] as readonly string[]).includes(type),
  );
  if (!form || !Buffer.isBuffer(request.body))
    throw new BadSheet(
      `has to come as one of ${Object.values(sheetForms).flat().join(", ")} (Content-Type), or as the file of a form.`,
    );
  return { bytes: request.body, form };
}
