import type { Parents, WriteEnd, Writer } from "../bitrix/index.ts";
import { type Entry, facts, type Kind } from "../catalog/index.ts";
import type { GraphContext } from "./context.ts";
import { create } from "./create.ts";
import { handOver } from "./external-file.ts";
import { update } from "./update.ts";
import type { WriteSpec } from "./write-spec.ts";
import { type Result, type Values, Write } from "./writing.ts";

/** Where a graph's input has pictures: a new record's as a list, those of one that is there as changes. */
const PHOTOS = "photos";

/** The writes of the graph, as a sync of Bitrix items uses them. */
export class BitrixWriter implements Writer {
  readonly dryRun: boolean;
  readonly #context: GraphContext;
  readonly #specs: Readonly<Record<Kind, { readonly write: WriteSpec }>>;
  readonly #since: number;

  /** `since` is when the sync began to read what it decides on. */
  constructor(
    context: GraphContext,
    specs: Readonly<Record<Kind, { readonly write: WriteSpec }>>,
    dryRun: boolean,
    since: number,
  ) {
    this.#context = context;
    this.#specs = specs;
    this.dryRun = dryRun;
    this.#since = since;
  }

  async create(kind: Kind, values: Values, parents: Parents): Promise<WriteEnd> {
    const { refs, planned } = split(parents);
    const write = new Write(this.#context, kind, this.dryRun, this.#since);
    const input = { ...sendable(values), ...refs };
    return endOf(await create(write, this.#specs[kind].write, input, planned));
  }

  async update(entry: Entry, values: Values, parents: Parents): Promise<WriteEnd> {
    const { photos, ...others } = sendable(values);
    const input = {
      ...others,
      ...(Array.isArray(photos) && { [PHOTOS]: { add: photos } }),
      ...split(parents).refs,
    };
    // What is left out in a dry run, since its ids are yet to be given, cannot be checked.
    if (this.dryRun && Object.keys(input).length === 0) return { id: entry.id, errors: [] };
    const write = new Write(this.#context, entry.kind, this.dryRun, this.#since);
    const types: [string] = [facts[entry.kind].typeName];
    const named = { ref: { id: entry.id }, types };
    return endOf(await update(write, this.#specs[entry.kind].write, named, input));
  }

  async upload(link: string): Promise<WriteEnd> {
    const { id, userErrors } = await handOver(this.#context, { input: { url: link }, dryRun: this.dryRun });
    return {
      ...(id !== undefined && { id }),
      errors: userErrors.map(({ code, message }) => ({ code, message })),
    };
  }
}

/** What can be sent of some values: what is only planned has no id yet. */
function sendable(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== "planned"));
}

function split(parents: Parents) {
  const refs: Record<string, { readonly almaId: number }> = {};
  const planned: string[] = [];
  for (const [field, id] of Object.entries(parents)) {
    if (typeof id === "number") refs[field] = { almaId: id };
    else planned.push(field);
  }
  return { refs, planned };
}

function endOf({ id, userErrors }: Result): WriteEnd {
  return {
    ...(id !== undefined && { id }),
    errors: userErrors.map(({ code, message, field }) => ({
      code,
      message,
      ...(field?.[1] !== undefined && { field: field[1] }),
    })),
  };
}
