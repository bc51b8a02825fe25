import { notFoundPage } from "../http/html.ts";
import { fieldMessage, requestMessage } from "../http/message.ts";
import { Refusal } from "../http/refusal.ts";
import type { ApiRequest, ApiResponse, Handler } from "../http/route.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Table } from "../store/table.ts";
import { type Fields, readBody } from "./field.ts";

/** A row with the two ids that a path may contain. */
interface IdentifiedRow {
  readonly id: number;
  readonly external_id: string | null;
  readonly extra?: Readonly<Record<string, unknown>>;
}

/** The behaviour of one kind of record. */
export interface Resource<T extends IdentifiedRow> {
  readonly table: Table<T>;
  /** Whether lists omit the record while switch `archivedInLists` is off. */
  readonly isHidden: (row: T) => boolean;
  /** The record in a list answer. */
  readonly summary: (row: T) => unknown;
  /** The record in the answer to its own GET. */
  readonly detail: (row: T) => Readonly<Record<string, unknown>>;
  readonly fields: Fields<T>;
  /** Checks rules beyond single fields. `before` is undefined in a POST. Throws Refusal. */
  readonly check?: (draft: Partial<T>, before?: T) => void;
  /** Converts the fields of a request to the fields to store; by default they are the same. */
  readonly toStored?: (draft: Partial<T>, before?: T) => Partial<T>;
  /** Side effects of a create on other records. */
  readonly onCreated?: (row: T) => void;
}

/** The handlers that every kind of record has. */
export interface Handlers {
  readonly list: Handler;
  readonly create: Handler;
  readonly read: Handler;
  readonly update: Handler;
}

/** Alma's 404 for an unknown id, in JSON. */
export function notFound({ switches }: SimulatorContext): ApiResponse {
  return { status: 404, body: { detail: requestMessage.notFound[switches.language] } };
}

/** The record that a path names by either id; the newest if several have the Bitrix id. */
function findByPath<T extends IdentifiedRow>(table: Table<T>, { params }: ApiRequest): T | undefined {
  if (params.id !== undefined) return table.get(Number(params.id));
  return table.by("external_id", (params.bx ?? "") as T["external_id"])[0];
}

/** A handler for the record that the path names; it answers 404 if there is none. */
export function recordHandler<T extends IdentifiedRow>(
  table: Table<T>,
  context: SimulatorContext,
  handle: (row: T, request: ApiRequest) => ApiResponse,
): Handler {
  return (request) => {
    if (request.params.bx === "") return notFoundPage;
    const row = findByPath(table, request);
    return row ? handle(row, request) : notFound(context);
  };
}

/** The list, create, read and update handlers of one kind of record. */
export function createHandlers<T extends IdentifiedRow>(
  resource: Resource<T>,
  context: SimulatorContext,
): Handlers {
  const { table, fields } = resource;
  const serialize = (row: T) => ({ ...resource.detail(row), ...row.extra });
  const respond = (status: number, row: T): ApiResponse => {
    switch (context.switches.writeAnswer) {
      case "record":
        return { status, body: serialize(row) };
      case "sent":
        return { status, body: { id: row.id, ...pick(row, Object.keys(fields)) } };
      case "id":
        return { status, body: { id: row.id } };
      case "empty":
        return { status };
    }
  };
  const readDraft = (request: ApiRequest, before?: T): Partial<T> => {
    const draft = readBody(fields, request.body, context, before);
    rejectDuplicateId(draft, before);
    resource.check?.(draft, before);
    return resource.toStored?.(draft, before) ?? draft;
  };
  const rejectDuplicateId = (draft: Partial<T>, before?: T) => {
    const { external_id } = draft;
    if (context.switches.duplicateExternalIds || !external_id || external_id === before?.external_id) return;
    if (table.by("external_id", external_id).length > 0) {
      throw new Refusal({ external_id: [fieldMessage.externalIdTaken] });
    }
  };
  return {
    list: () => {
      const rows = table.all().filter((row) => context.switches.archivedInLists || !resource.isHidden(row));
      return { status: 200, body: rows.map(resource.summary) };
    },
    create: (request) => {
      const row = table.insert(readDraft(request));
      resource.onCreated?.(row);
      return respond(201, table.get(row.id) ?? row);
    },
    read: recordHandler(table, context, (row) => ({ status: 200, body: serialize(row) })),
    update: recordHandler(table, context, (row, request) =>
      respond(200, table.change(row.id, readDraft(request, row))),
    ),
  };
}

function pick(row: object, names: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).filter(([name]) => names.includes(name)));
}
