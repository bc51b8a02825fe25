/** One issue of a mapping file and its position. */
export interface MappingIssue {
  readonly file: string;
  /** Line and column start at 1; both are 0 if the issue is the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** The path in the file: `items.apartment.records.unit.name`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong and what to do about it. */
  readonly message: string;
}

/** An invalid mapping file, with all its issues. */
export class MappingError extends Error {
  readonly issues: readonly MappingIssue[];
  /** One sentence for each issue, with its position. */
  readonly messages: readonly string[];

  constructor(issues: readonly MappingIssue[]) {
    const messages = issues.map(formatIssue);
    const count = issues.length === 1 ? "a fault" : `${issues.length} faults`;
    super(`The Bitrix mapping has ${count}:\n- ${messages.join("\n- ")}`);
    this.issues = issues;
    this.messages = messages;
  }
}

function formatIssue({ file, line, column, path, message }: MappingIssue): string {
  const location = line === 0 ? file : `${file}:${line}:${column}`;
  return `${location}${path === "" ? "" : ` ${path}`}: ${message}`;
}
