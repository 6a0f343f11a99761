/* The Dutch dial: a ring that empties and a hand that falls from the start price to the floor. It only draws;
   which price it is, server time decides. With reduced motion the hand steps instead of gliding. */

const SVG = "http://www.w3.org/2000/svg";
const CENTRE = 120;
const RADIUS = 100;
const FROM = -225;
const SWEEP = 270;
const MARKS = 10;

function at(fraction, radius) {
  const angle = ((FROM + SWEEP * fraction) * Math.PI) / 180;
  return [CENTRE + radius * Math.cos(angle), CENTRE + radius * Math.sin(angle)];
}

function arc(from, to, radius) {
  const [x1, y1] = at(from, radius);
  const [x2, y2] = at(to, radius);
  const large = (to - from) * SWEEP > 180 ? 1 : 0;
  return `M${x1.toFixed(2)} ${y1.toFixed(2)}A${radius} ${radius} 0 ${large} 1 ${x2.toFixed(2)} ${y2.toFixed(2)}`;
}

function element(name, attributes, parent) {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  parent.append(node);
  return node;
}

export class Dial {
  /** box: an <svg class="dial">; start and floor in fen per kg; text(fen) writes a price; unit below it. */
  constructor(box, start, floor, text, unit) {
    this.start = start;
    this.floor = floor;
    this.text = text;
    this.still = matchMedia("(prefers-reduced-motion: reduce)");
    box.replaceChildren();
    box.setAttribute("viewBox", "0 0 240 240");
    element("path", { class: "dial__ring", d: arc(0, 1, RADIUS) }, box);
    this.rest = element("path", { class: "dial__rest", d: arc(0, 1, RADIUS) }, box);
    for (let mark = 0; mark <= MARKS; mark += 1) {
      const [x1, y1] = at(mark / MARKS, RADIUS - 12);
      const [x2, y2] = at(mark / MARKS, RADIUS - 18);
      element("line", { class: "dial__mark", x1, y1, x2, y2 }, box);
      if (mark % 5 === 0) {
        const [x, y] = at(mark / MARKS, RADIUS - 30);
        element("text", { class: "dial__text", x, y }, box).textContent = text(Math.round(floor + ((start - floor) * mark) / MARKS));
      }
    }
    this.price = element("text", { class: "dial__price", x: CENTRE, y: CENTRE }, box);
    element("text", { class: "dial__unit", x: CENTRE, y: CENTRE + 32 }, box).textContent = unit;
    this.hand = element("line", { class: "dial__hand" }, box);
  }

  /** price: what the clock says now; glide: the same between two ticks, a real number. */
  draw(price, glide) {
    const shown = this.still.matches ? price : glide;
    const span = Math.max(1, this.start - this.floor);
    const fraction = Math.min(1, Math.max(0, (shown - this.floor) / span));
    this.rest.setAttribute("d", fraction > 0.001 ? arc(0, fraction, RADIUS) : "");
    const [x1, y1] = at(fraction, RADIUS - 9);
    const [x2, y2] = at(fraction, RADIUS + 11);
    for (const [name, value] of Object.entries({ x1, y1, x2, y2 })) this.hand.setAttribute(name, value.toFixed(2));
    const text = this.text(price);
    if (this.price.textContent !== text) this.price.textContent = text;
  }
}

/** The Dutch price at a server time: {price, glide}. from: where it began to fall; since and now in ms. */
export function dutchPrice({ from, since, tickMs, step, floor }, now) {
  const ticks = Math.max(0, now - since) / tickMs;
  return {
    price: Math.max(floor, from - Math.floor(ticks) * step),
    glide: Math.max(floor, from - ticks * step),
  };
}
