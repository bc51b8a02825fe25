import { type Route, route, routesByBothIds } from "./http/route.ts";
import { date, decimal, filledText, parentKey } from "./rule/field-type.ts";
import { createHandlers, type Resource } from "./rule/resource.ts";
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
  })),
});

/** Alma: Payments. */
export function routes(context: SimulatorContext): Route[] {
  const { list, create, read } = createHandlers(paymentResource(context), context);
  return [
    route("realty/payments/", { GET: list, POST: create }),
    ...routesByBothIds("realty/payments/", { GET: read }),
  ];
}

function paymentResource({ data, switches }: SimulatorContext): Resource<Payment> {
  return {
    table: data.payments,
    isHidden: () => false,
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
    }),
    fields: {
      external_id: filledText(),
      amount: decimal(),
      date: date(),
      tenant_contract: parentKey(["tenantContracts"]),
    },
  };
}
