/*
 * What this person chose on this machine: depth of the book, unit, period, indicators, confirmation.
 * Kept in localStorage; a browser that refuses storage just forgets.
 */

const KEY = "jinguo.terminal";
const DEFAULTS = {
  levels: 0,
  unit: "kg",
  view: "candles",
  period: "1m",
  main: ["MA"],
  sub: ["VOL", "MACD"],
  confirm: true,
  tab: "orders",
};

function stored() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "{}");
  } catch {
    return {};
  }
}

let current = { ...DEFAULTS, ...stored() };

/** One choice; `levels` 0 means as many as fit the screen. */
export function preference(name) {
  return current[name];
}

/** Remember one choice. */
export function prefer(name, value) {
  current = { ...current, [name]: value };
  try {
    localStorage.setItem(KEY, JSON.stringify(current));
  } catch {
    // Storage is full or forbidden: the choice lives as long as the page.
  }
}
