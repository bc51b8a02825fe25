import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import {
  contentDisposition,
  type Format,
  formats,
  isEnding,
  OperationFailure,
  type Table,
} from "../../reports/offer.ts";
import type { Import } from "../definition/import.ts";
import type { Job } from "./import-job.ts";
import type { LeftOut } from "./job-address.ts";
import { type Outcome, outcomeTable, textColumn } from "./outcome-table.ts";

/** Sends what has become of rows as a file, which can be mended and sent again. */
export function sendOutcomes(
  reply: FastifyReply,
  asked: Import,
  job: Job,
  rows: readonly Outcome[],
  leftOut: LeftOut,
  ending: string,
) {
  return sendFile(
    reply,
    ending,
    outcomeTable(asked, job, rows, leftOut),
    `${asked.name}-${job.isDryRun ? "preview" : "result"}`,
  );
}

/** A table of headings alone: an example would be written with what is filled in below it. */
export function templateOf({ title, columns: [key, ...others], names }: Import): Table {
  const titles = [key, ...names, ...others].flatMap((column) => column?.title ?? []);
  return { title, columns: titles.map(textColumn), batches: () => [] };
}

/** Sends a table as a file. Throws an OperationFailure for an ending that no format has. */
export function sendFile(reply: FastifyReply, ending: string, table: Table, name: string) {
  if (!isEnding(ending))
    throw new OperationFailure(
      404,
      "NOT_FOUND",
      `There is no ${ending}. There are: ${Object.keys(formats).join(", ")}.`,
    );
  const { mediaType, write }: Format = formats[ending];
  reply.header("content-disposition", contentDisposition(name, table.title, ending));
  return reply
    .header("cache-control", "no-store")
    .type(mediaType)
    .send(Readable.from(filled(write(table)), { objectMode: false }));
}

function* filled(parts: Iterable<string | Uint8Array>) {
  for (const part of parts) if (part.length > 0) yield part;
}
