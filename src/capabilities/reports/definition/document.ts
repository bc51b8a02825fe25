import { readdirSync } from "node:fs";
import { join } from "node:path";
import { parse, YAMLParseError } from "yaml";
import { z } from "zod";

/** The delay, in milliseconds, after which unused documents are read. */
const DELAY = 5_000;

/**
 * Reads documents on first use, or soon after the start, so that the log reports broken ones without delaying the first
 * answers.
 */
export function readLater<T extends object>(read: () => T): () => T {
  let known: T | undefined;
  const get = () => {
    known ??= read();
    return known;
  };
  setTimeout(() => {
    try {
      get();
    } catch {
      // The first use reports the error.
    }
  }, DELAY).unref();
  return get;
}

const ENDING = ".graphql";

/** Returns the paths of the documents in folders, by name. Throws the file system's errors. */
export const listDocuments = (...folders: readonly string[]): ReadonlyMap<string, string> =>
  new Map(
    folders
      .flatMap((folder) => readdirSync(folder).map((file) => [file, join(folder, file)] as const))
      .filter(([file]) => file.endsWith(ENDING))
      .map(([file, path]) => [file.slice(0, -ENDING.length), path] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );

const text = z.string({ error: ({ input }) => (input === undefined ? "is missing" : "is not a text") });
const path = text.regex(
  /^[_A-Za-z]\w*(\.[_A-Za-z]\w*)*$/,
  "is not a path: write the names of fields, with dots between them",
);
const title = text.trim().min(1, "is empty").max(200, "is longer than 200 characters");
const total = z.union([z.literal("sum"), z.strictObject({ percent: path, of: path })]);
const operand = text.regex(
  /^(\$\w+|[_A-Za-z]\w*(\.[_A-Za-z]\w*)*)$/,
  "is neither a path nor $ and a variable",
);
const flag = z.boolean({ error: "is neither true nor false" });
const oneCase = z.strictObject({
  text: title.optional(),
  empty: path.optional(),
  /** Whether all of them are. */
  zero: z.union([path, z.array(path).min(1)]).optional(),
  positive: path.optional(),
  /** The column in which merged rows differ. */
  differs: path.optional(),
});
/** A text for rows that meet a condition on one column; if the text is omitted, such rows are left out. */
export type ConditionalText = z.infer<typeof oneCase>;
const columnShape = z.strictObject({
  title: title.optional(),
  total: total.optional(),
  amount: flag.optional(),
  more: flag.optional(),
  first: flag.optional(),
  means: text.trim().optional(),
  difference: z.tuple([operand, operand]).optional(),
  change: z.tuple([path, path]).optional(),
  yearBefore: path.optional(),
  cases: z.array(oneCase).min(1).optional(),
  /** A text for each value of another column. */
  words: z.strictObject({ of: path, texts: z.record(z.string(), title) }).optional(),
  ages: flag.optional(),
});
const titled = title.transform((text): z.infer<typeof columnShape> => ({ title: text }));
const column = z.union([titled, columnShape], {
  error:
    "is neither a title nor { title, total, amount, more, first, means, difference, change, yearBefore, cases, words, ages }, whose total is sum or { percent: PATH, of: PATH }",
});
/**
 * How pages group rows by default. `label`: the column with the name of a group. `sheets`: whether each group starts a
 * new page of paper.
 */
const subtotals = z.strictObject({ by: path, label: path.optional(), sheets: flag.default(false) });
/** Columns that pages show as one column. */
const joined = z.strictObject({
  title,
  of: z.array(path).min(1).max(4),
  between: z.string().default(" "),
  yes: title.optional(),
});
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const parameter = z.strictObject({
  title: title.optional(),
  description: z.string().trim().optional(),
  choices: z.string().optional(),
  default: z.union([scalar, z.array(scalar)]).optional(),
});
const chart = z.strictObject({
  title: title.optional(),
  kind: z.enum(["bar", "line"]),
  x: path,
  /** The last day of the value at x; the point is drawn as unfinished until that day is over. */
  until: path.optional(),
  y: z.array(path).min(1).max(8),
});

const headSchema = z.strictObject({
  title,
  description: z.string().trim().optional(),
  /** Its position in the gallery, in ascending order; if omitted, last. */
  order: z.number({ error: "is not a number" }).optional(),
  rows: path,
  expand: path.optional(),
  merge: z.array(path).min(1).max(4).optional(),
  key: z.array(path).min(1).max(4).optional(),
  parameters: z.record(z.string(), parameter).default({}),
  columns: z.record(z.string(), column).default({}),
  joined: z.array(joined).default([]),
  subtotals: subtotals.optional(),
  /** Other columns by which people may group rows. */
  groups: z.array(path).max(8).default([]),
  chart: chart.optional(),
});
/** The head of a report. */
export type DocumentHead = z.infer<typeof headSchema>;

/** A document that is not a report. The message is a sentence for its author. */
export class InvalidDocumentError extends Error {}

/** Throws an InvalidDocumentError for a name that a URL cannot contain. */
export function checkName(name: string): void {
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name))
    throw new InvalidDocumentError(
      "Its name is part of addresses: use lowercase letters, digits and single hyphens.",
    );
}

/** Reads the head of a report. Throws an InvalidDocumentError. */
export const parseHead = (document: string): DocumentHead =>
  parseHeadAs(document, headSchema, '"# title: Rent roll" and "# rows: units.nodes"');

/**
 * Reads the head of a document: its first lines that start with `#`, which are YAML without that sign.
 * Throws an InvalidDocumentError.
 */
export function parseHeadAs<T>(document: string, schema: z.ZodType<T>, example: string): T {
  const lines: string[] = [];
  for (const line of document.replace(/^\uFEFF/, "").split(/\r\n|[\n\r]/)) {
    if (!line.startsWith("#")) break;
    lines.push(line.replace(/^# ?/, ""));
  }
  if (lines.length === 0)
    throw new InvalidDocumentError(`It does not begin with a head: lines such as ${example}.`);
  const parsed = schema.safeParse(parseYaml(lines.join("\n")));
  if (parsed.success) return parsed.data;
  throw new InvalidDocumentError(
    parsed.error.issues
      .map((issue) => {
        const place = issue.path.length === 0 ? "Its head" : `In its head, ${issue.path.join(".")}`;
        return `${place}${issue.message.startsWith("is ") ? "" : ":"} ${issue.message}.`;
      })
      .join(" "),
  );
}

function parseYaml(text: string) {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new InvalidDocumentError(`Its head is not YAML: ${error.message.replace(/\s+/g, " ").trim()}`);
  }
}
