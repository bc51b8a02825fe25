import { parse, YAMLParseError } from "yaml";
import { z } from "zod";

const text = z.string({ error: ({ input }) => (input === undefined ? "is missing" : "is no text") });
const path = text.regex(
  /^[_A-Za-z]\w*(\.[_A-Za-z]\w*)*$/,
  "is no path: write the names of fields, with dots between them",
);
const title = text.trim().min(1, "is empty").max(200, "is longer than 200 characters");
const total = z.union([z.literal("sum"), z.strictObject({ percent: path, of: path })]);
const column = z.union([title, z.strictObject({ title: title.optional(), total: total.optional() })], {
  error: "is neither a title nor { title, total }, whose total is sum or { percent: PATH, of: PATH }",
});
const scalar = z.union([z.string(), z.number(), z.boolean()]);

const headSchema = z.strictObject({
  title,
  description: z.string().trim().optional(),
  rows: path,
  expand: path.optional(),
  parameters: z
    .record(
      z.string(),
      z.strictObject({
        title: title.optional(),
        description: z.string().trim().optional(),
        default: z.union([scalar, z.array(scalar)]).optional(),
      }),
    )
    .default({}),
  columns: z.record(z.string(), column).default({}),
  chart: z
    .strictObject({ kind: z.enum(["bar", "line"]), x: path, y: z.array(path).min(1).max(8) })
    .optional(),
});

/** What the head of a report says. */
export type Head = z.infer<typeof headSchema>;

/** A document that is no report. The message is a sentence for whoever wrote it. */
export class ReportFault extends Error {}

/**
 * Reads the head of a document: the lines at its beginning that start with `#`, which are YAML without that sign.
 * Throws a ReportFault.
 */
export function parseHead(document: string): Head {
  const lines: string[] = [];
  for (const line of document.replace(/^\uFEFF/, "").split(/\r\n|[\n\r]/)) {
    if (!line.startsWith("#")) break;
    lines.push(line.replace(/^# ?/, ""));
  }
  if (lines.length === 0)
    throw new ReportFault(
      'It does not begin with a head: lines such as "# title: Rent roll" and "# rows: units.nodes".',
    );
  const parsed = headSchema.safeParse(parseYaml(lines.join("\n")));
  if (parsed.success) return parsed.data;
  throw new ReportFault(
    parsed.error.issues
      .map((issue) => {
        const place = issue.path.length === 0 ? "Its head" : `In its head, ${issue.path.join(".")}`;
        return /^is /.test(issue.message) ? `${place} ${issue.message}.` : `${place}: ${issue.message}.`;
      })
      .join(" "),
  );
}

function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new ReportFault(`Its head is no YAML: ${error.message.replace(/\s+/g, " ").trim()}`);
  }
}
