import { type Path, path } from "./answer.ts";
import { unknownPath } from "./html.ts";
import { printExternalId } from "./print.ts";
import type { Room, Unit } from "./record.ts";
import { notFound } from "./resource.ts";
import type { World } from "./world.ts";

/**
 * Alma: Rental object. Of the records that fit a Bitrix id, a unit that is found by its used additional id fits
 * best, then a room, then any other unit; among equals the newest.
 */
export function rentalObjectPaths(world: World): Path[] {
  return [
    path("realty/rental_object/:bx/", {
      GET: ({ params: { bx = "" } }) => {
        if (bx === "") return unknownPath;
        const [best] = candidates(bx, world);
        return best ? { status: 200, body: print(best, world) } : notFound(world);
      },
    }),
  ];
}

function candidates(bx: string, { data }: World): (Unit | Room)[] {
  const byAdditional = data.units.by("additional_external_id", bx);
  return [
    ...byAdditional.filter((unit) => unit.is_used_additional_external_id),
    ...data.rooms.by("external_id", bx),
    ...data.units.by("external_id", bx),
  ];
}

function print(found: Unit | Room, { switches }: World) {
  const unit = "building" in found ? found : undefined;
  return {
    id: found.id,
    external_id: printExternalId(found.external_id, switches),
    additional_external_id: unit?.additional_external_id ?? "",
    is_used_additional_external_id: unit?.is_used_additional_external_id ?? false,
    parent_unit: "parent_unit" in found ? found.parent_unit : null,
  };
}
