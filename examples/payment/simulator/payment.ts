import { type Route, route, routesByBothIds } from "./http/route.ts";
import { readBody } from "./rule/field.ts";
import { boolean, date, decimal, filledText, parentKey } from "./rule/field-type.ts";
import { createHandlers, type Resource, recordHandler } from "./rule/resource.ts";
import { serializeDay, serializeExternalId } from "./rule/serialize.ts";
import type { SimulatorContext } from "./store/context.ts";
import { Sequence } from "./store/sequence.ts";
import { Table } from "./store/table.ts";

interface Payment {
  readonly id: number;
  external_id: string;
  amount: string;
  date: string | null;
  tenant_contract: number;
  is_archived: boolean;
}

declare module "./store/store.ts" {
  interface Data {
    readonly payments: Table<Payment>;
  }
}

/** The table of payments. */
export const tables = () => ({
  payments: new Table<Payment>(new Sequence(301), () => ({
    external_id: "",
    amount: "0.00",
    date: null,
    tenant_contract: 0,
    is_archived: false,
  })),
});

/** Alma: Payments. */
export function routes(context: SimulatorContext): Route[] {
  const payment = paymentResource(context);
  const { list, create, read, update } = createHandlers(payment, context);
  const archive = recordHandler(payment.table, context, ({ id }, { body }) => {
    const change = readBody<Pick<Payment, "is_archived">>({ is_archived: boolean("known") }, body, context);
    return { status: 200, body: payment.detail(payment.table.change(id, change)) };
  });
  return [
    route("realty/payments/", { GET: list, POST: create }),
    ...routesByBothIds("realty/payments/", { GET: read, PATCH: update }),
    ...routesByBothIds("realty/payments/", { PATCH: archive }, "archive/"),
  ];
}

function paymentResource({ data, switches }: SimulatorContext): Resource<Payment> {
  return {
    table: data.payments,
    isHidden: (row) => row.is_archived,
    summary: ({ id, external_id }) => ({ id, external_id: serializeExternalId(external_id, switches) }),
    detail: (row) => ({
      id: row.id,
      external_id: serializeExternalId(row.external_id, switches),
      amount: row.amount,
      date: serializeDay(row.date),
      tenant_contract: {
        id: row.tenant_contract,
        number: data.tenantContracts.get(row.tenant_contract)?.number ?? "",
      },
      is_archived: row.is_archived,
    }),
    fields: {
      external_id: filledText(),
      amount: decimal(),
      date: date(),
      tenant_contract: parentKey(["tenantContracts"]),
    },
  };
}
