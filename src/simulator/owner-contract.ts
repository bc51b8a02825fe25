import type { Path } from "./answer.ts";
import { contractFields, contractHandlers, contractPaths } from "./contract.ts";
import { fieldMessage } from "./message.ts";
import { printDay, printScan } from "./print.ts";
import type { OwnerContract } from "./record.ts";
import { Refusal } from "./refusal.ts";
import { day, scan, text } from "./value.ts";
import type { World } from "./world.ts";

/** Alma: Contracts, owner_contracts. Made on units only. */
export function ownerContractPaths(world: World): Path[] {
  const handlers = contractHandlers<OwnerContract>(
    {
      table: world.data.ownerContracts,
      clientType: "owner",
      fields: {
        ...contractFields,
        contract_with_client_scan: scan(),
        property_title_deed_scan: scan(),
        property_management_letter_scan: scan(),
        dtcm_permit_scan: scan(),
        pml_start_date: day(),
        pml_end_date: day(),
        work_model: text(),
      },
      detail: (row) => ({
        contract_with_client_scan: print(row, "contract_with_client_scan", world),
        property_title_deed_scan: print(row, "property_title_deed_scan", world),
        property_management_letter_scan: print(row, "property_management_letter_scan", world),
        dtcm_permit_scan: print(row, "dtcm_permit_scan", world),
        pml_start_date: printDay(row.pml_start_date),
        pml_end_date: printDay(row.pml_end_date),
        work_model: row.work_model,
      }),
      place(contract, before) {
        if (contract.unit_id !== before?.unit_id && !world.data.units.get(contract.unit_id)) {
          throw new Refusal({ unit_id: [fieldMessage.onlyUnits] }, true);
        }
      },
    },
    world,
  );
  return contractPaths("owner_contracts", handlers, world);
}

type Scan =
  | "contract_with_client_scan"
  | "property_title_deed_scan"
  | "property_management_letter_scan"
  | "dtcm_permit_scan";

function print(row: OwnerContract, name: Scan, world: World): string | null {
  return printScan(row[name], `contracts_files/owner_contract_${row.id}/${name}`, world);
}
