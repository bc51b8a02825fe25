import type { CachedRecord } from "../../catalog/index.ts";
import type { DataIssueCode } from "../generated.ts";
import type { GraphContext } from "../record/context.ts";
import type { RecordView } from "../view/record-view.ts";
import type { Issue } from "./check.ts";

/** An item of the list: the parent of its type's resolvers. */
export class DataIssue {
  readonly code: DataIssueCode;
  readonly #context: GraphContext;
  readonly #issue: Issue;

  constructor(context: GraphContext, code: DataIssueCode, issue: Issue) {
    this.code = code;
    this.#context = context;
    this.#issue = issue;
  }

  get record(): RecordView {
    return this.#viewOf(this.#issue.record);
  }

  get name(): string | null {
    return nameOf(this.#issue.record);
  }

  get other(): RecordView | null {
    const { other } = this.#issue;
    return other && this.#viewOf(other);
  }

  get message(): string {
    return this.#issue.message();
  }

  /** Those that it shows. */
  get records(): readonly CachedRecord[] {
    const { record, other } = this.#issue;
    return other ? [record, other] : [record];
  }

  #viewOf(record: CachedRecord): RecordView {
    return this.#context.viewOf(record, this.#context.operation.connectionCutoff);
  }
}

/** How people know a record. What cannot be read is left out. */
function nameOf({ value }: CachedRecord): string | null {
  const { firstName, lastName, number, name } = value as Readonly<Record<string, string | null | undefined>>;
  const client = [firstName, lastName].filter(Boolean).join(" ");
  // A unit or room has a number too, which is that on its door.
  const isContract = "unitUsage" in value;
  return client || (isContract && number) || name || null;
}
