/*
 * How the chart looks: klinecharts' styles from the design tokens, and the line of figures above the candles.
 */

import { byId, directionOf } from "./dom.js";
import { clockText, dayText, shortYuan } from "./format.js";
import { LANGUAGE, t } from "./messages.js";

/** A volume in short, as the language of the page counts. */
export function shortVolume(value) {
  const size = Number(value);
  if (Math.abs(size) < 10_000) return String(Math.round(size * 100) / 100);
  return shortYuan(Math.round(size) * 100, LANGUAGE);
}

/** A design token of the moment. */
export function token(name) {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** klinecharts' styles from the design tokens of the moment. */
export function chartStyles() {
  const [rise, fall, flat] = [token("--rise"), token("--fall"), token("--flat")];
  const [ink, ink2, ink3] = [token("--ink"), token("--ink-2"), token("--ink-3")];
  const [line, surface, surface3] = [token("--line"), token("--surface"), token("--surface-3")];
  const family = getComputedStyle(document.body).fontFamily;
  const lines = [token("--gold-mark"), token("--info"), "#b05cc8", ink2].map((color) => ({ color, size: 1 }));
  const changes = { upColor: rise, downColor: fall, noChangeColor: flat };
  const axis = {
    axisLine: { color: line }, tickLine: { color: line }, tickText: { color: ink3, size: 11, family },
  };
  const crosshair = {
    line: { color: ink3, dashedValue: [3, 3] },
    text: { color: surface, backgroundColor: ink2, borderColor: ink2, size: 11, family },
  };
  const margins = { marginLeft: 6, marginTop: 4, marginRight: 6, marginBottom: 2 };
  const legend = { color: ink2, size: 11, family, defaultValue: "—", ...margins };
  return {
    grid: { horizontal: { color: line, dashedValue: [2, 3] }, vertical: { show: false } },
    candle: {
      bar: {
        ...changes,
        upBorderColor: rise, downBorderColor: fall, noChangeBorderColor: flat,
        upWickColor: rise, downWickColor: fall, noChangeWickColor: flat,
      },
      area: {
        lineColor: token("--info"), lineSize: 1.5,
        backgroundColor: [
          { offset: 0, color: "rgba(40, 110, 190, 0.02)" }, { offset: 1, color: "rgba(40, 110, 190, 0.16)" },
        ],
        point: { animation: false, color: token("--info") },
      },
      priceMark: {
        high: { color: ink2, textFamily: family, textSize: 11 },
        low: { color: ink2, textFamily: family, textSize: 11 },
        last: { ...changes, text: { size: 11, family, color: "#ffffff" } },
      },
      tooltip: { title: { show: false }, legend: { ...legend, template: candleLegend } },
    },
    indicator: {
      ohlc: changes,
      bars: [{ style: "fill", upColor: alpha(rise), downColor: alpha(fall), noChangeColor: flat }],
      lines,
      tooltip: { title: { ...legend, color: ink3 }, legend },
    },
    xAxis: axis,
    yAxis: axis,
    separator: { color: line, activeBackgroundColor: surface3 },
    crosshair: { horizontal: crosshair, vertical: crosshair },
    overlay: { text: { color: ink, family } },
  };
}

function alpha(hex) {
  return /^#[0-9a-f]{6}$/i.test(hex) ? `${hex}b0` : hex;
}

/** The line of figures above the candles: time, open, high, low, close, change, volume. */
function candleLegend({ prev, current }, styles) {
  if (!current) return [];
  const before = prev?.close ?? current.open;
  const { upColor, downColor, noChangeColor } = styles.bar;
  const color = { rise: upColor, fall: downColor, flat: noChangeColor }[directionOf(current.close - before)];
  const percent = before ? ((current.close - before) / before) * 100 : 0;
  const price = (value) => ({ text: value.toFixed(2), color });
  const figures = [
    { title: "", value: `${dayText(current.timestamp).slice(5)} ${clockText(current.timestamp).slice(0, 5)}` },
    { title: `${t("chart.open")} `, value: price(current.open) },
    { title: `${t("chart.high")} `, value: price(current.high) },
    { title: `${t("chart.low")} `, value: price(current.low) },
    { title: `${t("chart.close")} `, value: price(current.close) },
    { title: `${t("chart.change")} `, value: { text: `${percent > 0 ? "+" : ""}${percent.toFixed(2)}%`, color } },
    { title: `${t("chart.volume")} `, value: shortVolume(current.volume ?? 0) },
  ];
  return byId("chart").clientWidth < 520 ? figures.slice(0, 5) : figures;
}
