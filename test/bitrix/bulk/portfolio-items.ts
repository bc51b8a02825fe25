import {
  apartment,
  contact,
  file,
  type Item,
  ownerContract,
  tenantContract,
  unit,
  WHOLE,
} from "../item/items.ts";
import { chance, type Deal, type Home, type Person, type Place, type Portfolio } from "./portfolio.ts";

/** The Bitrix options of Alma values. */
const bedrooms = ["", "54", 56, "58", "60", 62];
const stations: Readonly<Record<string, unknown>> = {
  "": "2762",
  "Damac Properties": 110,
  DMCC: "112",
  Union: 80,
};
const roomNames: Readonly<Record<string, unknown>> = { "1": 1294, "2": "1296", Bed1: "5902" };
const options: Readonly<Record<string, unknown>> = {
  "TM 10%": 1698,
  "TM 20%": "1704",
  "Rent to rent": "1696",
  "Long term": 1706,
  Airbnb: "882",
  Booking: 1304,
  "Long-term 3+ months": 886,
};

/** An id that no item has, and an option that no table has. */
const NOBODY = 99_999;

/** The items of a portfolio in a seeded random order. `wrapped` is the share sent as a complete Bitrix answer. */
export function itemsOf(
  { homes, places, people, deals }: Portfolio,
  seed: number,
  { wrapped = 0.3 } = {},
): Item[] {
  const { odds, shuffled } = chance(seed);
  const items = [
    ...homes.map(homeItem),
    ...places.filter(({ sent }) => sent).map(placeItem),
    ...people.map(personItem),
    ...deals.map(dealItem),
  ];
  return shuffled(items).map(({ kind, item }) => {
    if (odds(wrapped)) return { kind, item: { result: kind === "CONTACT" ? item : { item } } };
    return { kind, item };
  });
}

function homeItem(home: Home): Item {
  return apartment(home.id, {
    title: home.title,
    ...(home.whole && { ufCrm6_1736951470242: [WHOLE] }),
    ...(home.names !== undefined && { ufCrm6_1684425402: home.names }),
    apartment_type: home.broken === "option" ? NOBODY : bedrooms[home.bedrooms],
    ufCrm6_1682232863625: bedrooms[home.bedrooms],
    ufCrm6_1682232424142: home.broken === "number" ? "large" : `${home.area}`,
    ufCrm6_1682232447205: home.rent === "" ? "" : `${home.rent}|AED`,
    ufCrm6_1682232465964: home.baths === 0 ? "" : `${home.baths}`,
    ufCrm6_1697622591377: home.pool ? "Y" : "N",
    ufCrm6_1682232312628: home.floor,
    ufCrm6_1682235809295: home.login,
    ufCrm6_1686728251990: home.password,
    ufCrm6_1715777670: home.lock,
    ufCrm6_1682233481671: stations[home.station],
    ufCrm6_1682232363193: home.building,
  });
}

function placeItem(place: Place): Item {
  return unit(place.id, place.home, {
    title: place.title,
    ufCrm8_1698838056004: place.broken === "option" ? NOBODY : roomNames[place.name],
    ufCrm8_1699620518232: place.rent,
    ufCrm8_1682957076924: place.bunk ? "244" : 242,
    ...(place.broken === "link" && { ufCrm8_1684429208: [] }),
  });
}

function personItem(person: Person): Item {
  return contact(person.id, {
    NAME: person.first,
    BIRTHDATE: person.broken ? "the 1st of May" : `${person.birthday}T03:00:00+03:00`,
    PHONE: person.phone === "" ? [] : [{ VALUE_TYPE: "WORK", VALUE: person.phone }],
  });
}

function dealItem(deal: Deal): Item {
  const { id, on, broken } = deal;
  const person = broken === "noContact" ? NOBODY : deal.person;
  const object = broken === "elsewhere" ? NOBODY : on;
  const start = broken === "date" ? "31.31.2026" : `${deal.start}T03:00:00+03:00`;
  const model = broken === "option" ? NOBODY : options[deal.model];
  const scan = deal.scan === undefined ? "" : file(deal.scan);
  if (deal.kind === "tenant") {
    return tenantContract(id, object, person, {
      title: deal.title,
      ufCrm20ContractStartDate: start,
      ufCrm20ContractEndDate: `${deal.end}T03:00:00+03:00`,
      opportunity: deal.price,
      ufCrm20Contract: scan === "" ? [] : [scan],
      ufCrm20_1693561495: model,
    });
  }
  return ownerContract(id, object, person, {
    title: deal.title,
    ufCrm10_1693823247516: start,
    ufCrm10_1693823282826: `${deal.end}T03:00:00+03:00`,
    ufCrm10_1709042143: scan,
    ufCrm10_1694000435068: deal.passport === undefined ? "" : file(deal.passport),
    ufCrm10_1708955821: model,
  });
}
