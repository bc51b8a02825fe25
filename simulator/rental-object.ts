import { notFoundPage } from "./http/html.ts";
import { type Route, route } from "./http/route.ts";
import { notFound } from "./rule/resource.ts";
import { serializeExternalId } from "./rule/serialize.ts";
import type { SimulatorContext } from "./store/context.ts";
import type { Room, Unit } from "./store/record.ts";

/**
 * Alma: Rental object. If several records have a Bitrix id, a unit whose additional id is in use comes first, then a
 * room, then any other unit; among equals the newest.
 */
export function routes(context: SimulatorContext): Route[] {
  return [
    route("realty/rental_object/:bx/", {
      GET: ({ params: { bx = "" } }) => {
        if (bx === "") return notFoundPage;
        const [match] = candidates(bx, context);
        return match ? { status: 200, body: serializeRentalObject(match, context) } : notFound(context);
      },
    }),
  ];
}

function candidates(bx: string, { data }: SimulatorContext): (Unit | Room)[] {
  const byAdditional = data.units.by("additional_external_id", bx);
  return [
    ...byAdditional.filter((unit) => unit.is_used_additional_external_id),
    ...data.rooms.by("external_id", bx),
    ...data.units.by("external_id", bx),
  ];
}

function serializeRentalObject(record: Unit | Room, { switches }: SimulatorContext) {
  const unit = "building" in record ? record : undefined;
  return {
    id: record.id,
    external_id: serializeExternalId(record.external_id, switches),
    additional_external_id: unit?.additional_external_id ?? "",
    is_used_additional_external_id: unit?.is_used_additional_external_id ?? false,
    parent_unit: "parent_unit" in record ? record.parent_unit : null,
  };
}
