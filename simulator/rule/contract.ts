import { fieldMessage, ruleMessage } from "../http/message.ts";
import { Refusal, ruleViolation } from "../http/refusal.ts";
import { EXTERNAL_ID_SEGMENT, ID_SEGMENT, type Route, route, switchableRoute } from "../http/route.ts";
import type { SimulatorContext } from "../store/context.ts";
import type { Contract } from "../store/record.ts";
import type { Table } from "../store/table.ts";
import type { Fields } from "./field.ts";
import { date, foreignKey, text } from "./field-type.ts";
import { forbidBlocked } from "./occupancy.ts";
import { createHandlers, type Handlers, type Resource } from "./resource.ts";
import { serializeDay, serializeExternalId } from "./serialize.ts";
import { updateStatus } from "./status.ts";

/** The fields of both kinds of contracts. */
export const contractFields: Fields<Contract> = {
  external_id: text(),
  unit_id: foreignKey(["units", "rooms"]),
  client_id: foreignKey(["clients"]),
  name: text(),
  start_date: date(),
  end_date: date(),
};

/** The differences between the two kinds of contracts. */
interface ContractSpec<T extends Contract> {
  readonly table: Table<T>;
  readonly clientType: "owner" | "tenant";
  readonly fields: Fields<T>;
  /** The fields of a detail answer that follow `unit_usage`. */
  readonly detail: (row: T) => Readonly<Record<string, unknown>>;
  /** Checks the rental object and the dates of a contract. Throws Refusal. */
  readonly checkPlacement: (contract: T, before?: T) => void;
}

/** The handlers of one kind of contract (Alma: Contracts). */
export function contractHandlers<T extends Contract>(
  spec: ContractSpec<T>,
  context: SimulatorContext,
): Handlers {
  const { data, switches } = context;
  const resource: Resource<T> = {
    table: spec.table,
    isHidden: (row) => row.is_archived,
    summary: ({ id, number, external_id }) => ({
      id,
      number,
      external_id: serializeExternalId(external_id, switches),
    }),
    detail: (row) => ({
      id: row.id,
      name: row.name,
      number: row.number,
      start_date: serializeDay(row.start_date),
      end_date: serializeDay(row.end_date),
      external_id: serializeExternalId(row.external_id, switches),
      unit_usage: {
        usage_id: row.usage_id,
        client_id: row.client_id,
        unit_id: row.unit_id,
        client_type: spec.clientType,
        is_archived: row.is_archived,
      },
      ...spec.detail(row),
    }),
    fields: spec.fields,
    check(draft, before) {
      if (before?.is_archived) throw ruleViolation(ruleMessage.archivedUsage);
      if (before && draft.client_id !== undefined && draft.client_id !== before.client_id) {
        throw new Refusal({ client_id: [fieldMessage.clientFixed] });
      }
      const after = { ...before, ...draft } as T;
      if (after.unit_id !== before?.unit_id) forbidBlocked(after, context);
      spec.checkPlacement(after, before);
    },
    onCreated(row) {
      // A client is unconfirmed until the first contract (Alma: Clients).
      data.clients.change(row.client_id, { status: "active", has_app_access: true });
      updateStatus(row.unit_id, context);
    },
  };
  return createHandlers(resource, context);
}

/**
 * The paths of one kind of contract. In the document, GET by Bitrix id is below `rooms/`, but PATCH below `contracts/`.
 */
export function contractRoutes(
  kind: "owner_contracts" | "tenant_contracts",
  handlers: Handlers,
  context: SimulatorContext,
): Route[] {
  const { list, create, read, update } = handlers;
  const { switches } = context;
  const readMethod = (form: "printed" | "external_id") =>
    switches.contractForm === form || switches.contractForm === "both" ? { GET: read } : {};
  return [
    route(`realty/contracts/${kind}/`, { GET: list, POST: create }),
    route(`realty/contracts/${kind}/${ID_SEGMENT}`, { GET: read, PATCH: update }),
    switchableRoute(`realty/contracts/${kind}/${EXTERNAL_ID_SEGMENT}`, () => ({
      ...readMethod("external_id"),
      PATCH: update,
    })),
    switchableRoute(`realty/rooms/contracts/${kind}/:bx/`, () => readMethod("printed")),
  ];
}
