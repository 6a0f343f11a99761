/* Numbers of the wire as words of the page: the same shapes as the template tags of the server. */

export const DASH = "—";

/** Fen of a wire price "7.20", or null. */
export function fen(text) {
  if (text === null || text === undefined || text === "") return null;
  const [whole, fraction = ""] = String(text).split(".");
  return Number(whole) * 100 + Number(fraction.padEnd(2, "0").slice(0, 2)) * (whole.startsWith("-") ? -1 : 1);
}

/** 720 → "7.20". */
export function priceKg(value) {
  if (value === null) return DASH;
  return `${value < 0 ? "-" : ""}${Math.floor(Math.abs(value) / 100)}.${String(Math.abs(value) % 100).padStart(2, "0")}`;
}

/** Fen per kg as yuan per jin: 721 → "3.605". */
export function priceJin(value) {
  if (value === null) return DASH;
  const tenths = value * 5;
  const text = `${Math.floor(tenths / 1000)}.${String(tenths % 1000).padStart(3, "0")}`;
  return text.endsWith("0") ? text.slice(0, -1) : text;
}

/** 123456 fen → "1,234.56". */
export function yuan(value) {
  const sign = value < 0 ? "-" : "";
  const whole = Math.floor(Math.abs(value) / 100);
  return `${sign}${whole.toLocaleString("en")}.${String(Math.abs(value) % 100).padStart(2, "0")}`;
}

/** 12500 kg → "12.5". */
export function tonnes(kg) {
  return (kg / 1000).toLocaleString("en", { maximumFractionDigits: 3 });
}

export function kilograms(kg) {
  return Number(kg).toLocaleString("en");
}

export function direction(change) {
  if (!change) return "flat";
  return change > 0 ? "rise" : "fall";
}

const ARROWS = { rise: "▲", fall: "▼", flat: "■" };

/** Fills a cell with a change: arrow, word for screen readers, difference and percent. */
export function writeChange(cell, change, bps, words) {
  cell.replaceChildren();
  if (change === null) {
    cell.textContent = DASH;
    return;
  }
  const kind = direction(change);
  const line = document.createElement("span");
  line.className = `${kind} nowrap`;
  const arrow = document.createElement("span");
  arrow.className = "arrow";
  arrow.setAttribute("aria-hidden", "true");
  arrow.textContent = ARROWS[kind];
  const word = document.createElement("span");
  word.className = "visually-hidden";
  word.textContent = words[kind];
  line.append(arrow, word, priceKg(Math.abs(change)));
  if (bps !== null) {
    const percent = document.createElement("span");
    percent.className = "change__percent";
    percent.textContent = `(${bps < 0 ? "" : "+"}${(bps / 100).toFixed(2)}%)`;
    line.append(" ", percent);
  }
  cell.append(line);
}

/** Colours a price by its direction and lets it light up once. */
export function colour(cell, kind, flash) {
  cell.classList.remove("rise", "fall", "flat", "flash-rise", "flash-fall");
  cell.classList.add(kind);
  if (flash) {
    void cell.offsetWidth;
    cell.classList.add(`flash-${flash}`);
  }
}
