import type { Answer, Asked, Handler } from "./answer.ts";
import { type Fields, readBody } from "./field.ts";
import { unknownPath } from "./html.ts";
import { fieldMessage, requestMessage } from "./message.ts";
import { Refusal } from "./refusal.ts";
import type { Table } from "./table.ts";
import type { World } from "./world.ts";

interface Named {
  readonly id: number;
  readonly external_id: string | null;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** What is particular to one kind of record. */
export interface Kind<T extends Named> {
  readonly table: Table<T>;
  /** Whether lists leave the record out when they leave archived ones out. */
  readonly hidden: (row: T) => boolean;
  readonly summary: (row: T) => unknown;
  readonly detail: (row: T) => Readonly<Record<string, unknown>>;
  readonly fields: Fields<T>;
  /** Rules beyond single fields; `before` is missing in a POST. Throws Refusal. */
  readonly check?: (draft: Partial<T>, before?: T) => void;
  /** What is stored of what was sent, where that is not the same. */
  readonly settle?: (draft: Partial<T>, before?: T) => Partial<T>;
  /** What a record's creation changes elsewhere. */
  readonly created?: (row: T) => void;
}

/** The four things that can be done to every kind of record. */
export interface Handlers {
  readonly list: Handler;
  readonly create: Handler;
  readonly read: Handler;
  readonly update: Handler;
}

/** No record with this id: Alma's 404, in JSON. */
export function notFound({ switches }: World): Answer {
  return { status: 404, body: { detail: requestMessage.notFound[switches.language] } };
}

/** The record that a path names, by either form; of several with one Bitrix id, the newest. */
export function named<T extends Named>(table: Table<T>, { params }: Asked): T | undefined {
  if (params.id !== undefined) return table.get(Number(params.id));
  return table.by("external_id", (params.bx ?? "") as T["external_id"])[0];
}

/** Runs a handler's work on the record that the path names. */
export function onNamed<T extends Named>(
  table: Table<T>,
  world: World,
  work: (row: T, asked: Asked) => Answer,
): Handler {
  return (asked) => {
    if (asked.params.bx === "") return unknownPath;
    const row = named(table, asked);
    return row ? work(row, asked) : notFound(world);
  };
}

/** List, create, read and update of one kind of record. */
export function resource<T extends Named>(kind: Kind<T>, world: World): Handlers {
  const { table, fields } = kind;
  const print = (row: T) => ({ ...kind.detail(row), ...row.extra });
  const answer = (status: number, row: T): Answer => {
    switch (world.switches.writeAnswer) {
      case "record":
        return { status, body: print(row) };
      case "sent":
        return { status, body: { id: row.id, ...pick(row, Object.keys(fields)) } };
      case "id":
        return { status, body: { id: row.id } };
      case "empty":
        return { status };
    }
  };
  const write = (asked: Asked, before?: T): Partial<T> => {
    const draft = readBody(fields, asked.body, world, before);
    refuseTakenId(draft, before);
    kind.check?.(draft, before);
    return kind.settle?.(draft, before) ?? draft;
  };
  const refuseTakenId = (draft: Partial<T>, before?: T) => {
    const { external_id } = draft;
    if (world.switches.duplicateExternalIds || !external_id || external_id === before?.external_id) return;
    if (table.by("external_id", external_id).length > 0) {
      throw new Refusal({ external_id: [fieldMessage.externalIdTaken] });
    }
  };
  return {
    list: () => {
      const rows = table.all().filter((row) => world.switches.archivedInLists || !kind.hidden(row));
      return { status: 200, body: rows.map(kind.summary) };
    },
    create: (asked) => {
      const row = table.insert(write(asked));
      kind.created?.(row);
      return answer(201, table.get(row.id) ?? row);
    },
    read: onNamed(table, world, (row) => ({ status: 200, body: print(row) })),
    update: onNamed(table, world, (row, asked) => answer(200, table.change(row.id, write(asked, row)))),
  };
}

function pick(row: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}
