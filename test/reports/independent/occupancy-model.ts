import type { World } from "../../independent/alma/world.ts";
import { lettingModel } from "../../independent/letting-world.ts";
import { periodsOf, type Unit } from "../../independent/read/group-arithmetic.ts";
import {
  buildingIdOf,
  buildingOf,
  byBuilding,
  daysBetween,
  decimal,
  distinct,
  type Expected,
} from "./table-model.ts";

export const titles = [
  "Period",
  "Until",
  "Building",
  "Lettable units and rooms",
  "Lettable days",
  "Occupied days",
  "Occupancy, %",
  "Building in Alma",
];

/** Whole numbers in percent, with one decimal, halves up. */
function percent(part: number, whole: number): string {
  const tenths = (BigInt(part) * 2000n + BigInt(whole)) / (2n * BigInt(whole));
  return `${tenths / 10n}.${tenths % 10n}`;
}

/** The report, computed from every object on every day. */
export function expectedOccupancy(
  world: World,
  over: { readonly from: string; readonly to: string; readonly unit: Unit },
  only?: number,
): Expected {
  const { objects, isLettable, isVacant } = lettingModel(world);
  const lettable = objects.filter(
    (row) => isLettable(row) && (only === undefined || buildingOf(row) === only),
  );
  const buildings = distinct(lettable.map(buildingOf), byBuilding(world));
  const rows = periodsOf(over).flatMap(({ from, to, days }) =>
    buildings.map((building) => {
      const own = lettable.filter((row) => buildingOf(row) === building);
      let occupied = 0;
      for (const day of daysBetween(from, to)) occupied += own.filter((row) => !isVacant(row, day)).length;
      const lettableDays = own.length * days;
      return [
        from,
        to,
        world.buildings.get(building ?? 0)?.name ?? null,
        own.length,
        lettableDays,
        occupied,
        decimal(percent(occupied, lettableDays)),
        buildingIdOf(building),
      ];
    }),
  );
  return { titles, rows };
}
