/** One thing that is wrong in a mapping file, and where. */
export interface MappingFault {
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
  readonly faults: readonly MappingFault[];
  /** One sentence for each fault, with its place. */
  readonly sentences: readonly string[];

  constructor(faults: readonly MappingFault[]) {
    const sentences = faults.map(sentence);
    const count = faults.length === 1 ? "a fault" : `${faults.length} faults`;
    super(`The Bitrix mapping has ${count}:\n- ${sentences.join("\n- ")}`);
    this.faults = faults;
    this.sentences = sentences;
  }
}

function sentence({ file, line, column, path, message }: MappingFault): string {
  const place = line === 0 ? file : `${file}:${line}:${column}`;
  return `${place}${path === "" ? "" : ` ${path}`}: ${message}`;
}
