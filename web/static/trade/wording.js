/*
 * Names and quantities as the reader of the page says them.
 */

import { jinText, priceText, quantityText } from "./format.js";
import { t } from "./messages.js";

/** "12,500 公斤" or "12.5 吨". */
export function sized(kg, unit) {
  return `${quantityText(kg, unit)} ${t(`unit.${unit}`)}`;
}

/** "7.20 元/公斤". */
export function pricedKg(fen) {
  return `${priceText(fen)} ${t("unit.priceKg")}`;
}

/** "3.60 元/斤": display only. */
export function pricedJin(fen) {
  return `${jinText(fen)} ${t("unit.priceJin")}`;
}

/** Name of a product by its code; the code itself for one that is not listed any more. */
export function productName(products, code) {
  return products.get(code)?.name ?? code;
}
