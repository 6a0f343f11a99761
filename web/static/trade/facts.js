/*
 * F10 资料: what a product is, in a dialog: variety, origin, grade, and the rules of its orders.
 */

import { byId, element, setText } from "./dom.js";
import { kgText, parseYuan, priceText, signedPriceText } from "./format.js";
import { LANGUAGE, has, t } from "./messages.js";

/** Open the dialog for one product (as read by wire.js; `row` is what the API sent). */
export function showProductFacts(product) {
  const { row } = product;
  const yuan = t("unit.priceKg");
  const kg = t("unit.kg");
  const facts = [
    ["facts.code", product.code],
    ["facts.variety", LANGUAGE === "en" ? row.variety.name.en : row.variety.name.zh],
    ["facts.origin", row.county],
    ["facts.grade", word("grade", row.grade)],
    ["facts.size", `≥ ${row.size_mm} mm`],
    ["facts.bagging", word("bagging", row.bagging)],
    ["facts.store", word("store", row.store_type)],
    ["facts.year", row.crop_year],
    ["facts.reference", `${priceText(product.reference)} ${yuan}`],
    ["facts.band", `${priceText(product.low)} – ${priceText(product.high)} ${yuan}`],
    ["facts.premium", premium(row.premium_discount, row.is_base, yuan)],
    ["facts.tick", `${priceText(product.tick)} ${yuan}`],
    ["facts.step", `${kgText(product.stepKg)} ${kg}`],
    ["facts.minimum", `${kgText(product.minKg)} ${kg}`],
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

function premium(text, isBase, yuan) {
  return isBase ? t("facts.base") : `${signedPriceText(parseYuan(text))} ${yuan}`;
}
