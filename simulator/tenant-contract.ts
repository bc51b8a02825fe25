import type { Route } from "./http/route.ts";
import { contractFields, contractHandlers, contractRoutes } from "./rule/contract.ts";
import { decimal, fileKey, text } from "./rule/field-type.ts";
import { forbidNonSharing, forbidOverlap } from "./rule/occupancy.ts";
import { serializeScan } from "./rule/serialize.ts";
import type { SimulatorContext } from "./store/context.ts";
import type { TenantContract } from "./store/record.ts";

/** Alma: Contracts, tenant_contracts. */
export function routes(context: SimulatorContext): Route[] {
  const serializeRowScan = (row: TenantContract, name: "contract_scan" | "co_tenant_id_scan") =>
    serializeScan(row[name], `contracts_files/tenant_contract_${row.id}/${name}`, context);
  const handlers = contractHandlers<TenantContract>(
    {
      table: context.data.tenantContracts,
      clientType: "tenant",
      fields: {
        ...contractFields,
        price: decimal(),
        contract_scan: fileKey(),
        co_tenant: text(),
        co_tenant_id_scan: fileKey("optional"),
        co_tenant_id: text("optional"),
        history: text(),
        type_contract: text(),
      },
      detail: (row) => ({
        price: row.price,
        contract_scan: serializeRowScan(row, "contract_scan"),
        co_tenant: row.co_tenant,
        co_tenant_id_scan: serializeRowScan(row, "co_tenant_id_scan"),
        history: row.history,
        type_contract: row.type_contract,
        co_tenant_id: row.co_tenant_id,
      }),
      checkPlacement(contract, before) {
        const sameObject = contract.unit_id === before?.unit_id;
        const sameDates =
          contract.start_date === before?.start_date && contract.end_date === before?.end_date;
        if (!sameObject) forbidNonSharing(contract, context);
        if (!sameObject || !sameDates) forbidOverlap(contract, context);
      },
    },
    context,
  );
  return contractRoutes("tenant_contracts", handlers, context);
}
