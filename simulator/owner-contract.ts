import { fieldMessage } from "./http/message.ts";
import { Refusal } from "./http/refusal.ts";
import type { Route } from "./http/route.ts";
import { contractFields, contractHandlers, contractRoutes } from "./rule/contract.ts";
import { date, fileKey, text } from "./rule/field-type.ts";
import { serializeDay, serializeScan } from "./rule/serialize.ts";
import type { SimulatorContext } from "./store/context.ts";
import type { OwnerContract } from "./store/record.ts";

/** Alma: Contracts, owner_contracts. They are created on units only. */
export function routes(context: SimulatorContext): Route[] {
  const handlers = contractHandlers<OwnerContract>(
    {
      table: context.data.ownerContracts,
      clientType: "owner",
      fields: {
        ...contractFields,
        contract_with_client_scan: fileKey(),
        property_title_deed_scan: fileKey(),
        property_management_letter_scan: fileKey(),
        dtcm_permit_scan: fileKey(),
        pml_start_date: date(),
        pml_end_date: date(),
        work_model: text(),
      },
      detail: (row) => ({
        contract_with_client_scan: serializeRowScan(row, "contract_with_client_scan", context),
        property_title_deed_scan: serializeRowScan(row, "property_title_deed_scan", context),
        property_management_letter_scan: serializeRowScan(row, "property_management_letter_scan", context),
        dtcm_permit_scan: serializeRowScan(row, "dtcm_permit_scan", context),
        pml_start_date: serializeDay(row.pml_start_date),
        pml_end_date: serializeDay(row.pml_end_date),
        work_model: row.work_model,
      }),
      checkPlacement(contract, before) {
        if (contract.unit_id !== before?.unit_id && !context.data.units.get(contract.unit_id)) {
          throw new Refusal({ unit_id: [fieldMessage.onlyUnits] }, true);
        }
      },
    },
    context,
  );
  return contractRoutes("owner_contracts", handlers, context);
}

type ScanField =
  | "contract_with_client_scan"
  | "property_title_deed_scan"
  | "property_management_letter_scan"
  | "dtcm_permit_scan";

function serializeRowScan(row: OwnerContract, name: ScanField, context: SimulatorContext): string | null {
  return serializeScan(row[name], `contracts_files/owner_contract_${row.id}/${name}`, context);
}
