/** One thing that is wrong in a mapping file, and where. */
export interface MappingIssue {
  readonly file: string;
  /** Both from 1; 0 for a fault of the file as a whole. */
  readonly line: number;
  readonly column: number;
  /** The way to it in the file: `items.apartment.records.unit.name`; empty for the file as a whole. */
  readonly path: string;
  /** What is true and what to do. */
  readonly message: string;
}

/** A mapping file is not right: everything that is wrong with it. */
export class MappingError extends Error {
  readonly issues: readonly MappingIssue[];
  /** One sentence for each fault, with its place. */
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
