/*
 * Numbers between what people read and the integers the terminal computes with.
 *
 * Money is fen, quantity is kg, price is fen per kg: integers well below 2^53, so every sum is exact.
 * Text is parsed digit by digit, never through a float; a float appears only inside the chart.
 */

const MAX_PRICE = 1_000_000;
const PRICE = /^(\d{1,5})(?:\.(\d{1,2}))?$/;
const YUAN = /^(-?)(\d{1,14})(?:\.(\d{1,2}))?$/;
const KG = /^\d{1,10}$/;
const TONNE = /^(\d{1,7})(?:\.(\d{1,3}))?$/;

/** Half-width digits, no thousands separators, no blanks: what a person means by "７，２００ ". */
function normalised(text) {
  return text
    .trim()
    .replace(/[０-９．]/g, (c) => String.fromCharCode(c.charCodeAt(0) - 0xfee0))
    .replace(/[。]/g, ".")
    .replace(/[,，\s]/g, "");
}

/** "7.20" (yuan per kg) as 720 fen, or null when it is not a price the exchange takes. */
export function parsePrice(text) {
  const match = PRICE.exec(normalised(text));
  if (!match) return null;
  const fen = Number(match[1]) * 100 + Number((match[2] ?? "").padEnd(2, "0"));
  return fen > 0 && fen <= MAX_PRICE ? fen : null;
}

/** "-1234.5" yuan as -123450 fen, or null. */
export function parseYuan(text) {
  const match = YUAN.exec(text);
  if (!match) return null;
  const fen = Number(match[2]) * 100 + Number((match[3] ?? "").padEnd(2, "0"));
  return match[1] ? -fen : fen;
}

/** A quantity as typed, in kg or in tonnes, as whole kg; null when it is not one. */
export function parseQuantity(text, unit) {
  const clean = normalised(text);
  if (unit === "t") {
    const match = TONNE.exec(clean);
    if (!match) return null;
    const kg = Number(match[1]) * 1000 + Number((match[2] ?? "").padEnd(3, "0"));
    return kg > 0 ? kg : null;
  }
  return KG.test(clean) && Number(clean) > 0 ? Number(clean) : null;
}

const grouped = (digits) => digits.replace(/\B(?=(\d{3})+$)/g, ",");

/** 720 as "7.20", the form the API takes. */
export function priceText(fen) {
  return `${Math.floor(fen / 100)}.${String(fen % 100).padStart(2, "0")}`;
}

/** 720 fen/kg as "3.60" or "3.605" yuan per jin (500 g): display only, contracts are in kg. */
export function jinText(fen) {
  const mils = fen * 5;
  const text = `${Math.floor(mils / 1000)}.${String(mils % 1000).padStart(3, "0")}`;
  return text.endsWith("0") ? text.slice(0, -1) : text;
}

/** 12345678 fen as "123,456.78". */
export function yuanText(fen) {
  const size = Math.abs(fen);
  return `${fen < 0 ? "-" : ""}${grouped(String(Math.floor(size / 100)))}.${String(size % 100).padStart(2, "0")}`;
}

/** A movement of money: "+1,234.56", "-80.00". */
export function signedYuanText(fen) {
  return `${fen > 0 ? "+" : ""}${yuanText(fen)}`;
}

/** 12500 kg as "12,500". */
export function kgText(kg) {
  return `${kg < 0 ? "-" : ""}${grouped(String(Math.abs(kg)))}`;
}

/** 12500 kg as "12.5" tonnes, as many decimals as it needs. */
export function tonneText(kg) {
  const whole = grouped(String(Math.floor(kg / 1000)));
  const rest = String(kg % 1000).padStart(3, "0").replace(/0+$/, "");
  return rest ? `${whole}.${rest}` : whole;
}

/** A quantity in the unit the reader chose. */
export function quantityText(kg, unit) {
  return unit === "t" ? tonneText(kg) : kgText(kg);
}

/** A change in fen with its sign: "+0.12", "-0.08", "0.00". */
export function signedPriceText(fen) {
  return `${fen > 0 ? "+" : fen < 0 ? "-" : ""}${priceText(Math.abs(fen))}`;
}

/** Basis points as a signed percentage: 235 is "+2.35%". */
export function percentText(bps) {
  return `${bps > 0 ? "+" : bps < 0 ? "-" : ""}${priceText(Math.abs(bps))}%`;
}

/** A large amount in short: 万元 and 亿元 in Chinese, K and M in English. */
export function shortYuan(fen, language) {
  const yuan = Math.floor(fen / 100);
  if (language === "en") return shortened(yuan, [[1e9, "B"], [1e6, "M"], [1e3, "K"]]);
  return shortened(yuan, [[1e8, "亿"], [1e4, "万"]]);
}

function shortened(value, units) {
  for (const [size, name] of units) {
    if (value >= size) {
      const hundredths = Math.floor((value * 100) / size);
      return `${yuanText(hundredths)}${name}`;
    }
  }
  return grouped(String(value));
}

const clock = new Intl.DateTimeFormat("en-GB", {
  timeZone: "Asia/Shanghai", hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false,
});
const calendar = new Intl.DateTimeFormat("en-CA", {
  timeZone: "Asia/Shanghai", year: "numeric", month: "2-digit", day: "2-digit",
});

/** Time of day at the exchange: "09:31:05". */
export function clockText(when) {
  return clock.format(when instanceof Date ? when : new Date(when));
}

/** Day at the exchange: "2026-01-31". */
export function dayText(when) {
  return calendar.format(when instanceof Date ? when : new Date(when));
}

/** "01-31 09:31:05" for a list that may reach back over midnight; the time alone for today. */
export function momentText(when) {
  const date = new Date(when);
  const day = dayText(date);
  return day === dayText(new Date()) ? clockText(date) : `${day.slice(5)} ${clockText(date)}`;
}
