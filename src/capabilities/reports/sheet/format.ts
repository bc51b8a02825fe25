import { writeCsv } from "./csv.ts";
import { writeJson, writeNdjson } from "./json.ts";
import { writeParquet } from "./parquet.ts";
import type { FileParts, SheetOptions, Table } from "./table.ts";
import { writeXlsx } from "./xlsx.ts";
/**
 * Returns the `Content-Disposition` of a file: an ASCII name for old clients, and the title in any script for others
 * (RFC 8187), which encodes more characters than `encodeURIComponent`.
 */
export function contentDisposition(name: string, title: string, ending: string): string {
  const ascii = `${name}.${ending}`.replace(/[^\w. -]/g, "_");
  const full = encodeURIComponent(`${title}.${ending}`.replace(/[\p{Cc}\p{Cs}/\\:*?"<>|]/gu, "_")).replace(
    /['()*]/g,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${full}`;
}

/** A file format for tables. */
export interface Format {
  /** The name that people use. */
  readonly title: string;
  readonly mediaType: string;
  readonly write: (table: Table, options?: SheetOptions) => FileParts;
}

/** The formats by file extension. */
export const formats = {
  csv: { title: "CSV", mediaType: "text/csv; charset=utf-8", write: writeCsv },
  xlsx: {
    title: "Excel",
    mediaType: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    write: writeXlsx,
  },
  ndjson: { title: "NDJSON", mediaType: "application/x-ndjson", write: writeNdjson },
  json: { title: "JSON", mediaType: "application/json; charset=utf-8", write: writeJson },
  parquet: { title: "Parquet", mediaType: "application/vnd.apache.parquet", write: writeParquet },
} satisfies Record<string, Format>;

/** The extension of a format. */
export type FileExtension = keyof typeof formats;

/** Returns whether an extension belongs to a format. */
export const isFileExtension = (text: string): text is FileExtension => Object.hasOwn(formats, text);
