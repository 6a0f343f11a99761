/*
 * F10 资料: what a product is, in a dialog: variety, origin, grade, and the rules of its orders.
 */

import { byId, element, setText } from "./dom.js";
import { parseYuan, priceText, signedPriceText } from "./format.js";
import { LANGUAGE, has, t } from "./messages.js";
import { pricedKg, sized } from "./wording.js";

/** Open the dialog for one product (as read by wire.js; `row` is what the API sent). */
export function showProductFacts(product) {
  const { row } = product;
  const facts = [
    ["facts.code", product.code],
    ["facts.variety", LANGUAGE === "en" ? row.variety.name.en : row.variety.name.zh],
    ["facts.origin", row.county],
    ["facts.grade", word("grade", row.grade)],
    ["facts.size", `≥ ${row.size_mm} mm`],
    ["facts.bagging", word("bagging", row.bagging)],
    ["facts.store", word("store", row.store_type)],
    ["facts.year", row.crop_year],
    ["facts.reference", pricedKg(product.reference)],
    ["facts.band", `${priceText(product.low)} – ${pricedKg(product.high)}`],
    ["facts.premium", premium(row.premium_discount, row.is_base)],
    ["facts.tick", pricedKg(product.tick)],
    ["facts.step", sized(product.stepKg, "kg")],
    ["facts.minimum", sized(product.minKg, "kg")],
  ];
  setText(byId("facts-title"), product.name);
  byId("facts-list").replaceChildren(
    ...facts.flatMap(([key, value]) => [element("dt", {}, t(key)), element("dd", {}, String(value))]),
  );
  byId("facts").showModal();
}

/** A code of the API in the page's language; an unknown code shows itself. */
function word(kind, code) {
  const key = `${kind}.${code}`;
  return has(key) ? t(key) : code;
}

function premium(text, isBase) {
  return isBase ? t("facts.base") : `${signedPriceText(parseYuan(text))} ${t("unit.priceKg")}`;
}
