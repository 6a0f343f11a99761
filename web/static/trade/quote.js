/*
 * The line of figures above the chart: name, last, change, open, high, low, volume, turnover, band.
 */

import { byId, directionOf, setText } from "./dom.js";
import { percentText, priceText, shortYuan, signedPriceText } from "./format.js";
import { LANGUAGE, t } from "./messages.js";
import { pricedJin, sized } from "./wording.js";

/** Draw the figures of `product` (null while products are on their way). */
export function drawQuote(product, unit) {
  if (!product) return;
  const ticker = product.ticker;
  const price = (id, fen) => {
    const target = byId(id);
    setText(target, fen ? priceText(fen) : t("quote.none"));
    target.dataset.direction = directionOf(fen ? fen - product.reference : 0);
  };
  setText(byId("quote-name"), product.name);
  setText(byId("quote-code"), product.code);
  price("quote-last", ticker?.last);
  price("quote-open", ticker?.open);
  price("quote-high", ticker?.high);
  price("quote-low", ticker?.low);
  drawChange(ticker);
  setText(byId("quote-jin"), pricedJin(ticker?.last ?? product.reference));
  setText(byId("quote-reference"), priceText(product.reference));
  setText(byId("quote-limit-high"), priceText(product.high));
  setText(byId("quote-limit-low"), priceText(product.low));
  setText(byId("quote-volume"), ticker ? sized(ticker.volumeKg, unit) : t("quote.none"));
  setText(byId("quote-turnover"), ticker ? shortYuan(ticker.turnover, LANGUAGE) : t("quote.none"));
  const phase = byId("quote-phase");
  setText(phase, ticker ? t(`phase.${ticker.phase}`) : "");
  phase.dataset.phase = ticker?.phase ?? "";
}

function drawChange(ticker) {
  const change = byId("quote-change");
  setText(change, ticker?.last ? signedPriceText(ticker.change) : "");
  setText(byId("quote-percent"), ticker?.last ? percentText(ticker.changeBps) : "");
  byId("quote").dataset.direction = directionOf(ticker?.last ? ticker.change : 0);
}

/** The window's title follows the market, as a dealer with many windows wants it. */
export function drawTitle(product, base) {
  const ticker = product?.ticker;
  document.title = ticker?.last
    ? `${priceText(ticker.last)} ${percentText(ticker.changeBps)} ${product.name} · ${base}`
    : base;
}
