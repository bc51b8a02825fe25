import type { Path } from "./answer.ts";
import { contractFields, contractHandlers, contractPaths } from "./contract.ts";
import { forbidNonSharing, forbidOverlap } from "./occupancy.ts";
import { printScan } from "./print.ts";
import type { TenantContract } from "./record.ts";
import { money, scan, text } from "./value.ts";
import type { World } from "./world.ts";

/** Alma: Contracts, tenant_contracts. */
export function tenantContractPaths(world: World): Path[] {
  const print = (row: TenantContract, name: "contract_scan" | "co_tenant_id_scan") =>
    printScan(row[name], `contracts_files/tenant_contract_${row.id}/${name}`, world);
  const handlers = contractHandlers<TenantContract>(
    {
      table: world.data.tenantContracts,
      clientType: "tenant",
      fields: {
        ...contractFields,
        price: money(),
        contract_scan: scan(),
        co_tenant: text(),
        co_tenant_id_scan: scan("optional"),
        co_tenant_id: text("optional"),
        history: text(),
        type_contract: text(),
      },
      detail: (row) => ({
        price: row.price,
        contract_scan: print(row, "contract_scan"),
        co_tenant: row.co_tenant,
        co_tenant_id_scan: print(row, "co_tenant_id_scan"),
        history: row.history,
        type_contract: row.type_contract,
        co_tenant_id: row.co_tenant_id,
      }),
      place(contract, before) {
        const sameObject = contract.unit_id === before?.unit_id;
        const sameDates =
          contract.start_date === before?.start_date && contract.end_date === before?.end_date;
        if (!sameObject) forbidNonSharing(contract, world);
        if (!sameObject || !sameDates) forbidOverlap(contract, world);
      },
    },
    world,
  );
  return contractPaths("tenant_contracts", handlers, world);
}
